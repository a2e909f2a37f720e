import { html } from 'hono/html'
import type { Shown } from '../app/page-cases.ts'
import type { Offer, Outcome } from '../app/use-cases.ts'
import { cleanText } from '../domain/text.ts'
import { refOf } from '../domain/resource.ts'
import { readAsk } from './ask-draft.ts'
import { askForm } from './ask-form.ts'
import type { PageContext, WebApp, WebDeps } from './context.ts'
import { alertBox, noteBox } from './controls.ts'
import { TITLES } from './deed-forms.ts'
import type { Html } from './layout.ts'
import { page } from './layout.ts'
import { isOpen, ownItem, pastItem } from './request-items.ts'
import type { DeedTrouble, Scene, Trouble } from './scene.ts'
import { mistake, troubleOf } from './scene.ts'
import { plain } from './wording.ts'
import { refusalText } from './wording-refusal.ts'
import { fieldProblem } from './wording-field.ts'
import { seeOther } from './see-other.ts'

const FIND_MAX = 100
const REF_MAX = 200

/** The page on which people ask for access and see what they have. */
export function homePages(app: WebApp, deps: WebDeps): void {
  app.get('/', (c) => showHome(c, deps))
  app.post('/', async (c) => {
    const typed = c.get('form')
    const { actor, assertion, timeZone } = c.get('visitor')
    const draft = readAsk(typed, timeZone)
    if (!draft.ok) {
      const [{ field, text }] = draft.problems
      return showHome(c, deps, { ask: mistake(field, text, typed) })
    }
    const outcome = await deps.useCases.requestAccess({
      ...draft.wish,
      actor,
      assertion,
      via: 'web',
      idempotencyKey: `web:${c.get('formKey')}`,
    })
    if (outcome.ok) return seeOther(c, `/requests/${outcome.value.request.id}`)
    return showHome(c, deps, { ask: troubleOf(outcome.refusal, typed, timeZone) })
  })
}

/** The page, with what went wrong on it. */
export async function showHome(
  c: PageContext,
  deps: WebDeps,
  wrong: { readonly ask?: Trouble; readonly deed?: DeedTrouble } = {},
): Promise<Response> {
  const visitor = c.get('visitor')
  const [offers, own] = await Promise.all([
    deps.useCases.offersFor(visitor.actor),
    deps.cases.mine(visitor),
  ])
  const scene: Scene = { c, deps, from: 'home', trouble: wrong.deed }
  const status = wrong.ask?.status ?? wrong.deed?.status ?? 200
  return page(
    c,
    { title: 'Access', place: 'home', status },
    html`<div class="columns">
      <section class="stack" aria-labelledby="ask">
        <h2 id="ask">Ask for access</h2>
        <div class="card stack">${asking(c, deps, offers, wrong.ask)}</div>
      </section>
      <section class="stack" aria-labelledby="mine">
        <h2 id="mine">Your access</h2>
        ${missed(wrong.deed, own)} ${owned(scene, own, offers.ok)}
      </section>
    </div>`,
  )
}

function asking(
  c: PageContext,
  deps: WebDeps,
  offers: Outcome<readonly Offer[]>,
  trouble: Trouble | undefined,
): Html {
  if (!offers.ok) return noteBox(refusalText(offers.refusal))
  const find = plain(c.req.query('q') ?? '', FIND_MAX)
  if (trouble !== undefined)
    return askForm(c, deps, { offers: offers.value, find, typed: trouble.typed, trouble })
  const wanted = plain(c.req.query('resource') ?? '', REF_MAX)
  return askForm(c, deps, {
    offers: offers.value,
    find,
    typed: new Map(wanted === '' ? [] : [['resource', wanted]]),
    trouble: unknownResource(offers.value, wanted),
  })
}

/** What is wrong with the resource that a link names; whatever it is, nothing was asked yet. */
function unknownResource(offers: readonly Offer[], wanted: string): Trouble | undefined {
  if (wanted === '' || offers.some(({ resource }) => refOf(resource) === wanted)) return undefined
  const levels = offers.flatMap(({ resource }) =>
    resource.id === wanted && resource.level !== undefined ? [resource.level.id] : [],
  )
  const refusal =
    levels.length === 0
      ? ({ code: 'no-such-resource', resource: wanted } as const)
      : ({ code: 'level-needed', levels } as const)
  return mistake('resource', fieldProblem(refusal)?.text ?? '', new Map())
}

/** What went wrong with a request that is not shown any more. */
function missed(trouble: DeedTrouble | undefined, own: Outcome<readonly Shown[]>): Html | '' {
  if (trouble === undefined) return ''
  const isShown =
    own.ok &&
    own.value.some((shown) => isOpen(shown) && shown.view.request.id === trouble.id) &&
    own.value.some(({ view, may }) => view.request.id === trouble.id && may.size > 0)
  return isShown
    ? ''
    : alertBox(TITLES[trouble.deed], cleanText(trouble.text, { multiline: false }))
}

function owned(scene: Scene, own: Outcome<readonly Shown[]>, mayAsk: boolean): Html {
  // Why somebody from outside is served with little is of interest only to who gets nothing at all.
  const isStranger = !own.ok && own.refusal.code !== 'directory-unavailable'
  if (isStranger && mayAsk) return NOTHING
  if (!own.ok) return noteBox(refusalText(own.refusal, scene.c.get('visitor').timeZone))
  const open = own.value.filter(isOpen)
  const past = own.value.filter((shown) => !isOpen(shown))
  const items =
    open.length === 0
      ? NOTHING
      : html`<ul class="items">
          ${open.map((shown) => ownItem(scene, shown))}
        </ul>`
  const recent =
    past.length === 0
      ? ''
      : html`<h3 class="minor">Before</h3>
          <ul class="card pasts">
            ${past.map((shown) => pastItem(scene, shown))}
          </ul>`
  return html`${items} ${recent}`
}

const NOTHING = html`<div class="card empty">
  <p>You have no access now, and no request of yours waits.</p>
</div>`
