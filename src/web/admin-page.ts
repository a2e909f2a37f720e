import { html } from 'hono/html'
import type { Shown } from '../app/page-cases.ts'
import { OVERVIEW_LENGTH } from '../app/page-cases.ts'
import type { PageContext, WebApp, WebDeps } from './context.ts'
import { alertBox } from './controls.ts'
import { TITLES } from './deed-forms.ts'
import type { Html } from './layout.ts'
import { notePage, page } from './layout.ts'
import { refusalStatus } from './refusal-status.ts'
import { othersItem } from './request-items.ts'
import type { DeedTrouble, Scene } from './scene.ts'
import { refusalText } from './wording-refusal.ts'

/** The page of people asking and of people with access. */
export function adminPages(app: WebApp, deps: WebDeps): void {
  app.get('/admin', (c) => showAdmin(c, deps))
}

/** The page, with what went wrong on it. */
export async function showAdmin(
  c: PageContext,
  deps: WebDeps,
  trouble?: DeedTrouble,
): Promise<Response> {
  const visitor = c.get('visitor')
  if (!visitor.mayDecide)
    return notePage(c, 403, {
      title: 'Nothing to decide',
      text: 'You are no approver of anything here: only approvers and administrators see who asks and who has access.',
      action: { path: '/', label: 'Go to your access' },
    })
  const found = await deps.cases.overview(visitor)
  if (!found.ok)
    return notePage(c, refusalStatus(found.refusal), {
      title: 'Not shown',
      text: refusalText(found.refusal, visitor.timeZone),
      place: 'admin',
    })
  const { waiting, reviews } = found.value
  const isReviewed = new Set(reviews.map(({ view }) => view.request.id))
  // Each request once: what is to be reviewed can be ended there too.
  const holding = found.value.holding.filter(({ view }) => !isReviewed.has(view.request.id))
  const scene: Scene = { c, deps, from: 'admin', trouble }
  const isMissed =
    trouble !== undefined &&
    ![...waiting, ...reviews, ...holding].some(
      ({ view, may }) => view.request.id === trouble.id && may.size > 0,
    )
  return page(c, { title: 'Decide', place: 'admin', status: trouble?.status ?? 200 }, [
    isMissed ? alertBox(TITLES[trouble.deed], trouble.text) : html``,
    section(scene, 'waiting', 'People asking', waiting, 'Nobody waits for an answer.'),
    ...(reviews.length === 0
      ? []
      : [section(scene, 'reviews', 'Break-glass to review', reviews, '')]),
    section(scene, 'holding', 'People with access', holding, 'Nobody has access now.'),
  ])
}

function section(
  scene: Scene,
  id: string,
  title: string,
  list: readonly Shown[],
  empty: string,
): Html {
  const isCut = list.length >= OVERVIEW_LENGTH
  const count = isCut ? `first ${list.length}` : `${list.length}`
  const body =
    list.length === 0
      ? html`<div class="card empty"><p>${empty}</p></div>`
      : html`<ul class="items wide">
          ${list.map((shown) => othersItem(scene, shown))}
        </ul>`
  return html`<section class="stack section" aria-labelledby="${id}">
    <h2 id="${id}">${title} <span class="count">${count}</span></h2>
    ${body}
  </section>`
}
