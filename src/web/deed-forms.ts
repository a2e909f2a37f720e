import { html } from 'hono/html'
import type { Deed, Shown } from '../app/page-cases.ts'
import { leftToExtend } from '../domain/decide-ask.ts'
import { allowedSeconds, needsStepUp } from '../domain/request.ts'
import { formatDuration } from '../domain/duration.ts'
import { alertBox, textArea, textField } from './controls.ts'
import type { Html } from './layout.ts'
import { postForm } from './layout.ts'
import type { DeedTrouble, Scene } from './scene.ts'
import { holder, plain, spoken, titleOf } from './wording.ts'

/** What a visitor may do with a request, as forms after `links`; empty when there is nothing. */
export function deedForms(scene: Scene, shown: Shown, links: readonly Html[] = []): Html | '' {
  const forms = [...shown.may]
    .toSorted(inOrder)
    .flatMap((deed) => FORMS[deed](at(scene, shown, deed)))
  if (forms.length + links.length === 0) return ''
  const trouble = troubleWith(scene, shown)
  const isListed =
    trouble !== undefined &&
    forms.length > 0 &&
    (trouble.field === undefined || !shown.may.has(trouble.deed))
  return html`${isListed ? alertBox(TITLES[trouble.deed], trouble.text) : ''}
    <div class="actions">${links} ${forms}</div>`
}

/** What went wrong with a request, when it was with this one. */
export function troubleWith({ trouble }: Scene, { view }: Shown): DeedTrouble | undefined {
  return trouble?.id === view.request.id ? trouble : undefined
}

/** What is said above a page when something could not be done. */
export const TITLES: Readonly<Record<Deed, string>> = {
  approve: 'Not approved',
  deny: 'Not rejected',
  cancel: 'Not cancelled',
  end: 'Not ended',
  extend: 'Not extended',
  review: 'Not reviewed',
}

const ORDER: readonly Deed[] = ['approve', 'deny', 'review', 'extend', 'cancel', 'end']
const inOrder = (a: Deed, b: Deed) => ORDER.indexOf(a) - ORDER.indexOf(b)

/** One deed with a request, on a page. */
interface At {
  readonly scene: Scene
  readonly shown: Shown
  readonly deed: Deed
  /** Of this form. */
  readonly trouble: DeedTrouble | undefined
}

const FORMS: Readonly<Record<Deed, (at: At) => readonly Html[]>> = {
  approve: approveForms,
  deny: (at) => [
    panel(at, 'Reject…', 'danger', [
      textArea({
        ...named(at, 'reason', 'Reason'),
        hint: 'The requester reads it.',
        isRequired: true,
        rows: 2,
      }),
      submit(at, 'Reject', 'danger'),
    ]),
  ],
  cancel: (at) => [form(at, [submit(at, 'Cancel request', 'secondary')])],
  end: (at) => [
    panel(at, 'End now…', 'danger', [
      html`<p class="hint">It ends as soon as Pomerium has confirmed it.</p>`,
      textArea({ ...named(at, 'reason', 'Reason'), rows: 2 }),
      submit(at, 'End access', 'danger'),
    ]),
  ],
  extend: (at) => [
    panel(at, 'Extend…', 'secondary', [
      textField({ ...named(at, 'duration', 'How much longer'), ...extensionTerms(at) }),
      textArea({ ...named(at, 'reason', 'Reason'), isRequired: true, rows: 2 }),
      submit(at, 'Ask for the extension', 'primary'),
    ]),
  ],
  review: (at) => [
    panel(at, 'Review…', 'primary', [
      textArea({
        ...named(at, 'note', 'Note', 'reason'),
        hint: 'Needed when it was not justified.',
        rows: 2,
      }),
      html`<div class="row">
        <button class="button primary" name="verdict" value="justified">
          Justified${hiddenName(at)}
        </button>
        <button class="button danger" name="verdict" value="not-justified">
          Not justified${hiddenName(at)}
        </button>
      </div>`,
    ]),
  ],
}

function approveForms(at: At): readonly Html[] {
  const { scene, shown } = at
  const { request, resource } = shown.view
  const isStepUp = needsStepUp(request, resource)
  if (isStepUp && !scene.c.get('visitor').isLinked)
    return [
      html`<a class="button primary" href="/link"
        >Link your Slack account to approve${hiddenName(at)}</a
      >`,
    ]
  if (isStepUp && scene.from !== 'request')
    return [
      html`<a class="button primary" href="/requests/${request.id}"
        >Open to approve${hiddenName(at)}</a
      >`,
    ]
  const asked = allowedSeconds(request)
  const changes = [
    textField({
      ...named(at, 'duration', 'Shorter time'),
      hint: `Leave it empty to approve the ${spoken(asked)}.`,
      placeholder: formatDuration(Math.max(60, asked / 2)),
    }),
    textArea({ ...named(at, 'note', 'Note', 'reason'), rows: 2 }),
  ]
  // What is risky is not approved by one slip of a finger, as in Slack.
  if (resource?.risk === 'high')
    return [
      panel(at, 'Approve…', 'primary', [
        html`<p class="hint">High risk: be sure before you approve.</p>`,
        ...changes,
        submit(at, 'Approve', 'primary'),
      ]),
    ]
  return [
    form(at, [submit(at, 'Approve', 'primary')]),
    panel(at, html`Adjust…<span class="hidden"> and approve</span>`, 'secondary', [
      ...changes,
      submit(at, 'Approve like this', 'primary'),
    ]),
  ]
}

function extensionTerms({ shown }: At) {
  const { request, resource } = shown.view
  const most = resource?.extension?.maxSeconds
  if (most === undefined || resource === undefined || request.status !== 'approved')
    return { isRequired: true }
  const left = Math.min(most, leftToExtend(request, resource))
  return {
    isRequired: true,
    placeholder: '1h',
    hint: left < 60 ? 'It lasts as long as it may already.' : `Up to ${spoken(left)}.`,
  }
}

/** A control of a deed's form, with what was typed before and what was wrong with it; `field` is what refusals call it. */
function named(
  { shown, deed, trouble }: At,
  name: 'duration' | 'reason' | 'note',
  label: string,
  field: 'duration' | 'reason' = name === 'duration' ? 'duration' : 'reason',
) {
  return {
    id: `${deed}-${shown.view.request.id}-${name}`,
    name,
    label,
    value: trouble?.typed.get(name),
    problem: trouble?.field === field ? trouble.text : undefined,
  }
}

function at(scene: Scene, shown: Shown, deed: Deed): At {
  const trouble = troubleWith(scene, shown)
  return { scene, shown, deed, trouble: trouble?.deed === deed ? trouble : undefined }
}

const TYPED = ['duration', 'reason', 'note']

/** A form behind a button that opens it and closes the others of the request; open while something in it is wrong. */
function panel(at: At, title: Html | string, look: string, body: readonly Html[]): Html {
  const { trouble } = at
  const isTyped = TYPED.some((name) => (trouble?.typed.get(name) ?? '') !== '')
  const isOpen = trouble?.field !== undefined || isTyped
  return html`<details
    class="deed"
    name="deeds-${at.shown.view.request.id}"
    ${isOpen ? html`open` : ''}
  >
    <summary class="button ${look}">${title}${hiddenName(at)}</summary>
    ${form(at, body)}
  </details>`
}

function form({ scene, shown, deed }: At, body: readonly Html[]): Html {
  const { c, deps, from } = scene
  return postForm(c, deps, `/requests/${shown.view.request.id}/${deed}`, [
    html`<input type="hidden" name="from" value="${from}" />`,
    ...body,
  ])
}

function submit(at: At, label: string, look: 'primary' | 'secondary' | 'danger'): Html {
  return html`<div class="row">
    <button class="button ${look}">${label}${hiddenName(at)}</button>
  </div>`
}

/** Which request a button is about, for whoever hears the button alone. */
function hiddenName({ shown }: At): Html {
  const { view } = shown
  return html`<span class="hidden"> ${plain(titleOf(view), 120)}, ${holder(view)}</span>`
}
