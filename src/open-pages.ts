import { createHash, randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createPageCases } from './app/create-page-cases.ts'
import { createUseCases } from './app/create-use-cases.ts'
import type { Deps, Pages } from './app/deps.ts'
import { gentle, inOutage } from './app/directories.ts'
import type { UseCases } from './app/use-cases.ts'
import type { Config } from './config.ts'
import { requestIdFrom } from './domain/ids.ts'
import type { Metrics } from './metrics.ts'
import type { Clock } from './timing.ts'

/** What the rest of the product knows of the pages; `undefined` when there are none. */
export function pagesOf({ web, identity }: Pick<Config, 'web' | 'identity'>): Pages | undefined {
  if (web === undefined) return undefined
  return {
    origin: web.origin,
    isLinkNeeded: identity === 'linked',
    newLinkCode: () => requestIdFrom(randomBytes(5)),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  }
}

/** The pages, ready to answer. What serves them is loaded here, so that a bot without pages does without its memory. */
export async function openPages(
  web: NonNullable<Config['web']>,
  deps: Deps,
  facts: {
    readonly clock: Clock
    readonly formSecret: string
    readonly errorId: () => string
    readonly metrics: Pick<Metrics, 'page'> | undefined
  },
): Promise<RequestListener> {
  const { clock, formSecret, errorId, metrics } = facts
  const { log, store, directory, catalogue } = deps
  const [{ createPages }, { createAssertionVerifier }, { keysAt }] = await Promise.all([
    import('./web/server.ts'),
    import('./web/assertion.ts'),
    import('./web/key-set-remote.ts'),
  ])
  const acting = inOutage(directory, {
    store,
    maxAgeSeconds: () => catalogue().outageSeconds,
    steady: clock.steady,
  })
  const showing = gentle(acting, { steady: clock.steady })
  const toShow = createUseCases({ ...deps, directory: showing })
  const useCases: UseCases = {
    ...createUseCases({ ...deps, directory: acting }),
    offersFor: (actor) => toShow.offersFor(actor),
  }
  return createPages({
    useCases,
    cases: createPageCases(deps, { showing, auditing: acting, linking: directory }),
    verify: createAssertionVerifier({
      keySet: keysAt(web.keys, { now: clock.wall }),
      origin: web.origin,
      now: clock.wall,
      log,
    }),
    origin: web.origin,
    now: clock.wall,
    steady: clock.steady,
    formSecret,
    nonce: () => randomBytes(16).toString('base64url'),
    errorId,
    log,
    ...(metrics === undefined ? {} : { measure: (answer) => metrics.page(answer) }),
  })
}
