import { Hono } from 'hono'
import type {
  LinkState,
  Overview,
  PageCases,
  Shown,
  Story,
  Visitor,
} from '../../src/app/page-cases.ts'
import type { RequestView } from '../../src/app/ports.ts'
import type { Offer, Outcome, UseCases } from '../../src/app/use-cases.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { adminPages } from '../../src/web/admin-page.ts'
import type { WebApp, WebDeps, WebEnv } from '../../src/web/context.ts'
import { homePages } from '../../src/web/home-page.ts'
import { linkPages } from '../../src/web/link-page.ts'
import { requestPages } from '../../src/web/request-page.ts'
import { MORNING, after, alex, aPendingRequest, aResource } from '../support/build.ts'
import { silentLog } from '../support/log.ts'

/** What the pages are made from; whatever is not given refuses or is empty. */
export interface Facts {
  readonly visitor?: Partial<Visitor>
  readonly offers?: Outcome<readonly Offer[]>
  readonly mine?: Outcome<readonly Shown[]>
  readonly overview?: Outcome<Overview>
  readonly story?: Outcome<Story>
  readonly link?: LinkState
  /** What every act comes to. */
  readonly outcome?: Outcome<RequestView>
  readonly linking?: Outcome<LinkState>
  readonly now?: Date
}

export interface Site {
  get(path: string): Promise<Answer>
  /** Sends a form as the server hands it on, after its checks. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Answer>
  /** What was done, with what, in order. */
  readonly acts: readonly (readonly [string, unknown])[]
}

export interface Answer {
  readonly status: number
  readonly html: string
  readonly headers: Headers
}

export const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)> & \u202eevil`
export const refused = (refusal: Refusal) => ({ ok: false, refusal }) as const
export const given = <T>(value: T) => ({ ok: true, value }) as const

export const visitorOf = (facts: Partial<Visitor> = {}): Visitor => ({
  actor: alex.userId,
  assertion: { subject: 'sub-alex', email: alex.email, issuedAt: MORNING },
  isLinked: true,
  timeZone: 'Europe/Brussels',
  mayDecide: false,
  mayAudit: false,
  ...facts,
})

export const offer = (facts: Partial<Offer> = {}): Offer => ({
  resource: aResource({ scheduleSeconds: 0 }),
  kinds: ['standard'],
  isSponsor: false,
  ...facts,
})

export function shown(
  request: RequestView['request'] = aPendingRequest(),
  may: readonly (Shown['may'] extends ReadonlySet<infer D> ? D : never)[] = [],
  more: Partial<RequestView> = {},
): Shown {
  return { view: { request, resource: aResource(), ...more }, may: new Set(may) }
}

/** The pages, made from these facts, without the server around them. */
export function aSite(facts: Facts = {}): Site {
  const acts: (readonly [string, unknown])[] = []
  const outcome = facts.outcome ?? refused({ code: 'busy' })
  const linking = facts.linking ?? refused({ code: 'link-code-wrong' })
  const act = (name: string) => (input: unknown) => {
    acts.push([name, input])
    return Promise.resolve(outcome)
  }
  const never = () => Promise.reject(new Error('not for these pages'))
  const useCases: UseCases = {
    requestAccess: act('requestAccess'),
    extendGrant: act('extendGrant'),
    approveRequest: act('approveRequest'),
    denyRequest: act('denyRequest'),
    cancelRequest: act('cancelRequest'),
    endGrant: act('endGrant'),
    reviewGrant: act('reviewGrant'),
    issueLinkCode: never,
    offersFor: () => Promise.resolve(facts.offers ?? given([offer()])),
    requestsOf: never,
    requestsWaitingFor: never,
    reviewsWaitingFor: never,
    auditDigest: never,
  }
  const cases: PageCases = {
    visit: never,
    auditPage: never,
    auditExport: never,
    mine: () => Promise.resolve(facts.mine ?? given([])),
    overview: () =>
      Promise.resolve(facts.overview ?? given({ waiting: [], reviews: [], holding: [] })),
    story: () => Promise.resolve(facts.story ?? refused({ code: 'no-such-request' })),
    linkState: () => Promise.resolve(facts.link ?? { isOutdated: false }),
    link: (_assertion, code) => {
      acts.push(['link', code])
      return Promise.resolve(linking)
    },
    unlink: () => {
      acts.push(['unlink', undefined])
      return Promise.resolve(linking)
    },
  }
  const deps: WebDeps = {
    useCases,
    cases,
    tokens: { issue: (_assertion, action) => `token for ${action}`, check: () => undefined },
    origin: 'https://jit.example.com',
    now: () => (facts.now ?? after(120)).getTime(),
    log: silentLog,
  }
  const visitor = visitorOf(facts.visitor)
  const app: WebApp = new Hono<WebEnv>()
  let form: ReadonlyMap<string, string> = new Map()
  app.use(async (c, next) => {
    c.set('errorId', 'err-1')
    c.set('assertion', visitor.assertion)
    if (c.req.path !== '/link') c.set('visitor', visitor)
    c.set('form', form)
    c.set('formKey', 'key-1')
    await next()
  })
  for (const put of [homePages, adminPages, requestPages, linkPages]) put(app, deps)
  const answer = async (answered: Response | Promise<Response>): Promise<Answer> => {
    const response = await answered
    return { status: response.status, headers: response.headers, html: await response.text() }
  }
  return {
    acts,
    get: (path) => answer(app.request(path)),
    post(path, fields) {
      form = new Map(Object.entries(fields))
      return answer(app.request(path, { method: 'POST' }))
    },
  }
}
