import { html } from 'hono/html'
import type { Shown, Visitor } from '../app/page-cases.ts'
import type { RequestView } from '../app/ports.ts'
import { isOver, needsStepUp } from '../domain/request.ts'
import { resourceRef } from '../domain/resource.ts'
import { deedForms } from './deed-forms.ts'
import type { Html } from './layout.ts'
import type { Scene } from './scene.ts'
import { spanWords, time, timeAgo, timeLeft } from './times.ts'
import { askedWords, reviewSentence } from './wording-request.ts'
import { stateTitle, toneOf } from './wording-state.ts'
import { holder, person, titleOf } from './wording.ts'

/** Where a request stands, in words with a colour beside them. */
export function stateBadge({ request }: RequestView): Html {
  return html`<span class="badge ${toneOf(request)}">${stateTitle(request)}</span>`
}

/** What sets a request apart: how risky it is, and what kind. */
export function marks({ request, resource }: RequestView): readonly Html[] {
  return [
    ...(request.kind === 'break-glass' ? [html`<span class="badge bad">Break-glass</span>`] : []),
    ...(request.extends === undefined ? [] : [html`<span class="badge quiet">Extension</span>`]),
    ...(request.kind === 'sponsored' ? [html`<span class="badge quiet">Vendor</span>`] : []),
    ...(resource?.risk === 'high' ? [html`<span class="badge bad">High risk</span>`] : []),
    ...(request.status === 'pending' && needsStepUp(request, resource)
      ? [html`<span class="badge quiet">Step-up</span>`]
      : []),
  ]
}

/** Somebody's words as they were written. */
export function quote(text: string): Html {
  return html`<blockquote class="quote" dir="auto">${text}</blockquote>`
}

/** The way to what somebody has access to, for them. */
export function openLink({ request, resource }: RequestView, visitor: Visitor): readonly Html[] {
  const url = resource?.url
  const isHolder = request.requester.userId === visitor.actor && request.beneficiary === undefined
  const isActive = request.status === 'approved' && request.grant.state === 'active'
  if (!isHolder || !isActive || url === undefined || !URL.canParse(url)) return []
  const { protocol, href, host } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return []
  return [
    html`<a class="button secondary" href="${href}" rel="noreferrer noopener">Open ${host}</a>`,
  ]
}

/** The way to ask once more for what is over, for whoever asked. */
export function againLink(view: RequestView, visitor: Visitor): string | undefined {
  const { request, resource } = view
  const isTheirs = request.requester.userId === visitor.actor && request.extends === undefined
  if (!isTheirs || resource === undefined || isOpen({ view })) return undefined
  return `/?${String(new URLSearchParams({ resource: resourceRef(request) }))}`
}

/** A request of the visitor's own that waits, or that gives them access. */
export function ownItem(scene: Scene, shown: Shown): Html {
  const { view } = shown
  const { beneficiary } = view.request
  return item(
    scene,
    shown,
    [
      html`<p class="meta">${whenWords(scene, view)}</p>`,
      ...(beneficiary === undefined ? [] : [html`<p class="meta">For ${holder(view)}</p>`]),
    ],
    { badge: stateBadge(view), links: openLink(view, scene.c.get('visitor')) },
  )
}

/** A request of somebody else's, for whoever may answer, review or end it. */
export function othersItem(scene: Scene, shown: Shown): Html {
  const { view } = shown
  const { request } = view
  const zone = scene.c.get('visitor').timeZone
  const review = reviewSentence(view, zone)
  const { approvals, approvalsCounted, approvalsNeeded } = request
  const progress =
    request.status === 'pending' && (approvalsNeeded > 1 || approvals.length > 0)
      ? html`<p class="meta">
          ${approvalsCounted} of ${approvalsNeeded}
          approvals${approvals.length === 0 ? '' : `: ${approvals.map(({ by }) => person(by)).join(', ')}`}
        </p>`
      : ''
  const ownPart = answeredWords(shown, scene.c.get('visitor'))
  return item(
    scene,
    shown,
    [
      html`<p class="lead">
        <strong>${holder(view)}</strong>
        ${request.beneficiary === undefined ? '' : ` (asked for by ${person(request.requester)})`}
      </p>`,
      html`<p class="meta">${whenWords(scene, view)}</p>`,
      ...(review === '' ? [] : [html`<p class="meta">${review}</p>`]),
      ...(progress === '' ? [] : [progress]),
      quote(request.reason),
      ...(ownPart === '' ? [] : [html`<p class="meta">${ownPart}</p>`]),
    ],
    // What waits is listed as such.
    request.status === 'pending' ? {} : { badge: stateBadge(view) },
  )
}

/** Why somebody who may answer a request has nothing to approve now; empty when they have, or may not answer it. */
export function answeredWords({ view, may }: Shown, { actor }: Visitor): string {
  const { approvals, status, extends: extended } = view.request
  if (status !== 'pending' || may.has('approve') || !may.has('deny')) return ''
  if (approvals.some(({ by }) => by.userId === actor))
    return 'You approved this; the rest must come from others.'
  return extended === undefined ? 'Others have to approve first, before you can.' : ''
}

/** A request that is over, on one line. */
export function pastItem(scene: Scene, { view }: Shown): Html {
  const { request } = view
  const visitor = scene.c.get('visitor')
  const zone = visitor.timeZone
  const again = againLink(view, visitor)
  return html`<li class="past">
    <a href="/requests/${request.id}">${titleOf(view)}</a>
    ${stateBadge(view)}
    ${request.extends === undefined ? '' : html`<span class="badge quiet">Extension</span>`}
    <span class="meta"
      >asked
      ${time(request.requestedAt, zone)}${
        again === undefined
          ? ''
          : html` ·
              <a class="again" href="${again}"
                >Ask again<span class="hidden"> for ${titleOf(view)}</span></a
              >`
      }</span
    >
  </li>`
}

/** Whether a request waits, or gives access now or later. */
export function isOpen({ view }: Pick<Shown, 'view'>): boolean {
  const { request } = view
  return request.status === 'pending' || (request.status === 'approved' && !isOver(request.grant))
}

function item(
  scene: Scene,
  shown: Shown,
  facts: readonly Html[],
  { badge, links }: { readonly badge?: Html; readonly links?: readonly Html[] },
): Html {
  const { view } = shown
  const { id } = view.request
  return html`<li>
    <article class="card item" aria-labelledby="title-${id}">
      <div class="item-head">
        <h3 id="title-${id}"><a href="/requests/${id}">${titleOf(view)}</a></h3>
        <div class="badges">${badge ?? ''} ${marks(view)}</div>
      </div>
      ${facts} ${deedForms(scene, shown, links)}
    </article>
  </li>`
}

function whenWords({ c, deps }: Scene, { request }: RequestView): Html {
  const zone = c.get('visitor').timeZone
  const now = deps.now()
  if (request.status !== 'approved') {
    const start = request.startsAt === undefined ? '' : html`, from ${time(request.startsAt, zone)}`
    return html`${askedWords(request)}${start}, asked ${timeAgo(request.requestedAt, now)}`
  }
  const { grant } = request
  const left = html`<strong>${timeLeft(grant.endsAt, now)}</strong>`
  switch (grant.state) {
    case 'granting':
      return html`Until ${time(grant.endsAt, zone)}, once Pomerium has confirmed`
    case 'scheduled':
      return html`${spanWords(grant.startsAt, grant.endsAt, zone)}`
    case 'active':
      return html`Until ${time(grant.endsAt, zone)}, ${left}`
    case 'ending':
      return html`May still work until Pomerium confirms, at most until ${time(grant.endsAt, zone)}`
    case 'ended':
    case 'never-active':
      return html`Over since ${time(grant.endedAt, zone)}`
    default:
      return grant satisfies never
  }
}
