import type { Deed } from '../app/page-cases.ts'
import type { RequestView } from '../app/ports.ts'
import type { Outcome } from '../app/use-cases.ts'
import type { RequestId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'
import { showAdmin } from './admin-page.ts'
import { readDuration } from './ask-draft.ts'
import type { PageContext, WebApp, WebDeps } from './context.ts'
import { showHome } from './home-page.ts'
import { showRequest } from './request-view.ts'
import type { From, Trouble } from './scene.ts'
import { mistake, troubleOf } from './scene.ts'
import { seeOther } from './see-other.ts'

const DEEDS: readonly Deed[] = ['approve', 'deny', 'cancel', 'end', 'extend', 'review']

/** The page of one request, and what people do with requests, wherever the form stood. */
export function requestPages(app: WebApp, deps: WebDeps): void {
  app.get('/requests/:id', (c) => showRequest(c, deps, parseRequestId(c.req.param('id'))))
  for (const deed of DEEDS) {
    // Who had to sign in again while they sent a form comes back to its address with nothing to send.
    app.get(`/requests/:id/${deed}`, (c) => {
      const id = parseRequestId(c.req.param('id'))
      return id === undefined ? showRequest(c, deps, id) : seeOther(c, `/requests/${id}`)
    })
    app.post(`/requests/:id/${deed}`, async (c) => {
      const id = parseRequestId(c.req.param('id'))
      if (id === undefined) return showRequest(c, deps, undefined)
      const done = await carryOut(c, deps, id, deed)
      if ('status' in done) return showAgain(c, deps, { ...done, id, deed })
      if (done.ok) return seeOther(c, `/requests/${done.value.request.id}`)
      const typed = c.get('form')
      const { timeZone } = c.get('visitor')
      return showAgain(c, deps, { ...troubleOf(done.refusal, typed, timeZone), id, deed })
    })
  }
}

/** Does it, unless a field cannot be read. */
function carryOut(
  c: PageContext,
  deps: WebDeps,
  id: RequestId,
  deed: Deed,
): Promise<Outcome<RequestView>> | Trouble {
  const form = c.get('form')
  const { actor, assertion } = c.get('visitor')
  const act = { actor, assertion, via: 'web', id } as const
  const words = (name: string) => cleanText(form.get(name) ?? '', { multiline: true })
  const some = <Name extends string>(name: Name) =>
    (words(name) === '' ? {} : { [name]: words(name) }) as { readonly [key in Name]?: string }
  const { useCases } = deps
  switch (deed) {
    case 'approve': {
      if (words('duration') === '') return useCases.approveRequest({ ...act, ...some('note') })
      const duration = readDuration(words('duration'))
      return 'problem' in duration
        ? mistake('duration', duration.problem, form)
        : useCases.approveRequest({
            ...act,
            ...some('note'),
            durationSeconds: duration.seconds,
          })
    }
    case 'deny':
      return useCases.denyRequest({ ...act, reason: words('reason') })
    case 'cancel':
      return useCases.cancelRequest(act)
    case 'end':
      return useCases.endGrant({ ...act, ...some('reason') })
    case 'extend': {
      const duration = readDuration(words('duration'))
      if ('problem' in duration) return mistake('duration', duration.problem, form)
      return useCases.extendGrant({
        ...act,
        reason: words('reason'),
        durationSeconds: duration.seconds,
        idempotencyKey: `web:${c.get('formKey')}`,
      })
    }
    case 'review': {
      const verdict = form.get('verdict')
      if (verdict !== 'justified' && verdict !== 'not-justified')
        return mistake('reason', 'Say whether it was justified.', form)
      return useCases.reviewGrant({ ...act, verdict, ...some('note') })
    }
    default:
      return deed satisfies never
  }
}

const AGAIN: Readonly<
  Record<
    From,
    (
      c: PageContext,
      deps: WebDeps,
      trouble: Parameters<typeof showAdmin>[2] & {},
    ) => Promise<Response>
  >
> = {
  home: (c, deps, trouble) => showHome(c, deps, { deed: trouble }),
  admin: showAdmin,
  request: (c, deps, trouble) => showRequest(c, deps, trouble.id, trouble),
}

/** The page that the form stood on, with what went wrong. */
function showAgain(c: PageContext, deps: WebDeps, trouble: Parameters<(typeof AGAIN)['home']>[2]) {
  const from = c.get('form').get('from') ?? ''
  return AGAIN[from === 'home' || from === 'admin' ? from : 'request'](c, deps, trouble)
}
