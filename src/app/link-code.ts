import { parseRequestId } from '../domain/ids.ts'
import { identify } from './identify.ts'
import type { Deps } from './deps.ts'
import type { UseCases } from './use-cases.ts'

/** How long a code may be used. */
export const LINK_CODE_SECONDS = 600

/** Gives somebody in Slack a code to link with; see {@link UseCases.issueLinkCode}. */
export const issueLinkCode = async (
  deps: Deps,
  input: Parameters<UseCases['issueLinkCode']>[0],
): ReturnType<UseCases['issueLinkCode']> => {
  const { pages, store, log } = deps
  if (pages === undefined) return { ok: false, refusal: { code: 'no-pages' } }
  const identified = await identify(deps, input.actor, new Set())
  if (!identified.ok) return identified
  const { teamId, userId } = identified.person
  const code = pages.newLinkCode()
  const expiresAt = await store.transaction((tx) =>
    tx.identities.issueCode({ teamId, userId }, pages.sha256(code), LINK_CODE_SECONDS),
  )
  log.info({ actor: userId, via: input.via }, 'link code issued')
  return { ok: true, value: { code: written(code), page: `${pages.origin}/link`, expiresAt } }
}

/** The code that somebody typed, in any case, with or without its dash; `undefined` when it is none. */
export function typedCode(text: string): string | undefined {
  const match = /^([0-9A-Za-z]{4})[-\s]?([0-9A-Za-z]{4})$/.exec(text.trim())
  return match === null ? undefined : parseRequestId(`${match[1]}${match[2]}`)
}

function written(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}
