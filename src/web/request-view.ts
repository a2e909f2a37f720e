import { html } from 'hono/html'
import type { Story, Visitor } from '../app/page-cases.ts'
import type { RequestView } from '../app/ports.ts'
import type { AccessRequest } from '../domain/request.ts'
import { needsStepUp } from '../domain/request.ts'
import type { RequestId } from '../domain/ids.ts'
import type { PageContext, WebDeps } from './context.ts'
import { alertBox, noteBox } from './controls.ts'
import { TITLES, deedForms, troubleWith } from './deed-forms.ts'
import type { Html } from './layout.ts'
import { notePage, page } from './layout.ts'
import { requestFacts } from './request-facts.ts'
import { requestHistory } from './request-history.ts'
import { refusalStatus } from './refusal-status.ts'
import { againLink, answeredWords, marks, openLink, quote, stateBadge } from './request-items.ts'
import type { DeedTrouble, Scene } from './scene.ts'
import { timeline } from './timeline.ts'
import { timeWords } from './times.ts'
import { extensionSentence, noticeSentence, reviewSentence } from './wording-request.ts'
import { isMoving, stateSentence } from './wording-state.ts'
import { titleOf } from './wording.ts'
import { refusalText } from './wording-refusal.ts'

/** What Pomerium takes to confirm as a rule; after that, nobody is helped by looking again and again. */
const SOON_MS = 60_000
const LOOK_AGAIN_SECONDS = 3

/** The page of one request, with what went wrong on it; unknown, and not for the visitor's eyes, read the same. */
export async function showRequest(
  c: PageContext,
  deps: WebDeps,
  id: RequestId | undefined,
  trouble?: DeedTrouble,
): Promise<Response> {
  const visitor = c.get('visitor')
  const unknown = { ok: false, refusal: { code: 'no-such-request' } } as const
  const found = id === undefined ? unknown : await deps.cases.story(visitor, id)
  if (!found.ok)
    return notePage(c, refusalStatus(found.refusal), {
      title: found.refusal.code === 'no-such-request' ? 'No such request' : 'Not shown',
      text: refusalText(found.refusal, visitor.timeZone),
      action: { path: '/', label: 'Go to your access' },
    })
  const { shown, events } = found.value
  const { view } = shown
  const scene: Scene = { c, deps, from: 'request', trouble }
  const isFresh = deps.now() - (events.at(-1)?.at.getTime() ?? 0) < SOON_MS
  const isRefreshed = isMoving(view.request) && isFresh && trouble === undefined
  if (isRefreshed) c.header('Refresh', String(LOOK_AGAIN_SECONDS))
  const forms = deedForms(scene, shown, links(view, visitor))
  const ownPart = answeredWords(shown, visitor)
  const wrong = troubleWith(scene, shown)
  const isMissed = wrong !== undefined && shown.may.size === 0
  return page(
    c,
    {
      title: titleOf(view),
      aside: html`<div class="badges">${stateBadge(view)} ${marks(view)}</div>`,
      status: trouble?.status ?? 200,
    },
    html`${isMissed ? alertBox(TITLES[wrong.deed], wrong.text) : ''}
      <div class="columns side">
        <section class="card stack" aria-labelledby="state">
          <h2 id="state" class="hidden">State</h2>
          ${state(scene, found.value, isRefreshed)} ${stepUp(scene, found.value)}
          ${ownPart === '' ? '' : html`<p>${ownPart}</p>`} ${forms}
        </section>
        <section class="card facts-of" aria-labelledby="facts">
          <h2 id="facts" class="hidden">Request</h2>
          ${requestFacts(view, visitor.timeZone)}
        </section>
        <section class="stack" aria-labelledby="story">
          <h2 id="story">What happened</h2>
          ${requestHistory(events, visitor.timeZone)}
        </section>
      </div>`,
  )
}

function state({ c, deps }: Scene, story: Story, isRefreshed: boolean): Html {
  const { view } = story.shown
  const zone = c.get('visitor').timeZone
  const sentences = [
    stateSentence(view, zone),
    extensionSentence(view, zone),
    reviewSentence(view, zone),
  ].filter((sentence) => sentence !== '')
  const { request } = view
  const again = isMoving(request)
    ? html`<p>
        <a href="/requests/${request.id}">Look again</a>
        ${isRefreshed ? html`<span class="meta">This page does so by itself for a minute.</span>` : ''}
      </p>`
    : ''
  const words = lastWords(request)
  return html`<p class="lead">${sentences.join(' ')}</p>
    ${words === '' ? '' : quote(words)} ${next(story, c.get('visitor'), zone)} ${again}
    ${timeline(view, deps.now(), zone)}`
}

/** What whoever asked may do or expect now. */
function next({ shown, events }: Story, visitor: Visitor, zone: string | undefined): Html | '' {
  const { request, resource } = shown.view
  if (request.status !== 'pending' || request.requester.userId !== visitor.actor) return ''
  const where = needsStepUp(request, resource) ? 'on this page' : 'there or here'
  const others =
    request.escalatesAt === undefined
      ? ''
      : ` From ${timeWords(request.escalatesAt, zone)} others may answer too.`
  const notice = noticeSentence(events)
  return html`<p>
    ${notice === '' ? '' : `${notice} `}The question goes to its approvers in Slack; they answer
    ${where}.${others} You get a message in Slack when it is decided.
  </p>`
}

/** What whoever put an end to it wrote. */
function lastWords(request: AccessRequest): string {
  if (request.status === 'denied') return request.denyReason
  if (request.status !== 'approved') return ''
  const { grant } = request
  return ('endReason' in grant ? grant.endReason : undefined) ?? ''
}

/** Ways on from a request, for whoever asked. */
function links(view: RequestView, visitor: Visitor): readonly Html[] {
  const again = againLink(view, visitor)
  return again === undefined
    ? openLink(view, visitor)
    : [html`<a class="button secondary" href="${again}">Ask again</a>`]
}

function stepUp({ c }: Scene, { shown }: Story): Html | '' {
  const { view, may } = shown
  const { request, resource } = view
  if (request.status !== 'pending' || !needsStepUp(request, resource)) return ''
  if (!may.has('approve'))
    return noteBox('It is approved on this page only, by people who linked their Slack account.')
  return c.get('visitor').isLinked
    ? noteBox(
        'It is approved here and not in Slack: you are verified as the identity that you linked.',
      )
    : noteBox('It is approved here, by people who linked their Slack account: link yours first.')
}
