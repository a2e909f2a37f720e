import { html } from 'hono/html'
import type { Offer } from '../app/use-cases.ts'
import { formatDuration } from '../domain/duration.ts'
import { refOf } from '../domain/resource.ts'
import { askProblemsIn } from './ask-draft.ts'
import type { PageContext, WebDeps } from './context.ts'
import { alertBox, checkBox, selectField, textArea, textField } from './controls.ts'
import type { Html } from './layout.ts'
import { postForm } from './layout.ts'
import { OFFERS_SHOWN, durationHint, groupsOf, matching, offersShown, preset } from './offers.ts'
import type { Trouble } from './scene.ts'
import { zoneName } from './times.ts'
import type { FieldName, FieldProblem } from './wording-field.ts'
import { allOf, plain, resourceTitle } from './wording.ts'

const USUAL = ['30m', '1h', '2h', '4h', '8h']

export interface AskFacts {
  readonly offers: readonly Offer[]
  /** What was typed to find a resource among many. */
  readonly find: string
  readonly typed: ReadonlyMap<string, string>
  readonly trouble?: Trouble | undefined
}

/** The form in which somebody asks for access, with what they typed before and what is wrong with it. */
export function askForm(c: PageContext, deps: WebDeps, facts: AskFacts): Html {
  const { offers, trouble } = facts
  if (offers.length === 0)
    return html`<p class="meta">
      There is nothing that you may ask for: ask an operator if you expected something.
    </p>`
  const offer = chosen(facts)
  const problems =
    trouble?.field === undefined || trouble.typed.size === 0
      ? []
      : askProblemsIn(trouble, offer, c.get('visitor').timeZone)
  return html`${alertOf(trouble, problems)} ${findForm(facts)}
  ${postForm(c, deps, '/', fields(c, facts, offer, problems))}`
}

function alertOf(trouble: Trouble | undefined, problems: readonly FieldProblem[]): Html | '' {
  if (trouble === undefined) return ''
  const { status, text, field } = trouble
  const title = status === 422 ? 'Not asked yet' : 'Not asked'
  const listed = problems.length > 0 ? problems : [{ text, ...(field && { field }) }]
  return alertBox(
    title,
    listed.map((each) => ({
      text: each.text,
      ...(each.field && { fieldId: `ask-${each.field}` }),
    })),
  )
}

/** The offer that is chosen, or the only one there is. */
function chosen({ offers, typed }: AskFacts): Offer | undefined {
  const ref = typed.get('resource')
  if (ref === undefined || ref === '') return offers.length === 1 ? offers[0] : undefined
  return offers.find(({ resource }) => refOf(resource) === ref)
}

function fields(
  c: PageContext,
  facts: AskFacts,
  offer: Offer | undefined,
  problems: readonly FieldProblem[],
): readonly Html[] {
  const typed = (name: string) => facts.typed.get(name)
  const { trouble } = facts
  const problem = (field: FieldName) =>
    [...problems, ...(trouble === undefined ? [] : [trouble])].find((each) => each.field === field)
      ?.text
  const control = (name: FieldName, label: string) => ({
    id: `ask-${name}`,
    name,
    label,
    value: typed(name),
    problem: problem(name),
  })
  const ref = typed('resource') || (offer === undefined ? '' : refOf(offer.resource))
  const duration = offer?.resource.duration
  return [
    selectField({
      ...control('resource', 'Resource'),
      value: ref,
      empty: 'Choose a resource',
      isRequired: true,
      groups: groupsOf(offersShown(facts)),
    }),
    textField({
      ...control('duration', 'How long'),
      value: typed('duration') ?? (duration === undefined ? '' : preset(offer)),
      hint: durationHint(offer),
      placeholder: '1h30m',
      isRequired: true,
      proposals:
        duration !== undefined && duration.choices.length > 0
          ? duration.choices.map(formatDuration)
          : USUAL,
    }),
    textArea({
      ...control('reason', 'Reason'),
      hint: plain(offer?.resource.reason.hint ?? '', 300) || 'Approvers read it.',
      isRequired: true,
    }),
    ...emergencyField(facts, typed('emergency') === 'yes'),
    ...moreFields(c, facts, control),
    html`<div class="row"><button class="button primary">Ask for access</button></div>`,
  ]
}

function emergencyField({ offers }: AskFacts, isChecked: boolean): readonly Html[] {
  const offered = offers.filter(({ kinds }) => kinds.includes('break-glass'))
  if (offered.length === 0) return []
  const names = allOf(
    offered.map(({ resource }) => resourceTitle(resource)),
    5,
  )
  return [
    checkBox({
      id: 'ask-emergency',
      name: 'emergency',
      label: 'This is an emergency: open it at once (break-glass)',
      hint: `Nobody has to approve; everybody concerned is told, and reviews it afterwards. For ${names}.`,
      isChecked,
    }),
  ]
}

function moreFields(
  c: PageContext,
  { offers, trouble, typed }: AskFacts,
  control: (name: FieldName, label: string) => Parameters<typeof textField>[0],
): readonly Html[] {
  const isSchedulable = offers.some(({ resource }) => resource.scheduleSeconds > 0)
  const isSponsor = offers.some((offer) => offer.isSponsor)
  const fields = [
    ...(isSchedulable
      ? [
          textField({
            ...control('start', 'Start'),
            type: 'datetime-local',
            hint: `On the clock of ${zoneName(c.get('visitor').timeZone)}. Leave it empty to start with the answer.`,
          }),
        ]
      : []),
    ...(isSponsor
      ? [
          textField({
            ...control('beneficiary', 'For somebody else'),
            hint: 'The e-mail address of a vendor who is not in Slack, for whom you vouch.',
            placeholder: 'name@partner.example',
          }),
        ]
      : []),
  ]
  if (fields.length === 0) return []
  const names = ['start', 'beneficiary'] as const
  const isOpen = names.some((name) => (typed.get(name) ?? '') !== '' || trouble?.field === name)
  const title = [
    ...(isSchedulable ? ['Start later'] : []),
    ...(isSponsor ? ['ask for somebody else'] : []),
  ].join(', or ')
  return [
    html`<details class="more" ${isOpen ? html`open` : ''}>
      <summary>${title.charAt(0).toUpperCase()}${title.slice(1)}</summary>
      <div class="more-body">${fields}</div>
    </details>`,
  ]
}

/** A way to find a resource where there are more than fit into a list. */
function findForm({ offers, find }: AskFacts): Html | '' {
  if (offers.length <= OFFERS_SHOWN) return ''
  const found = matching(offers, find)
  const count =
    find === ''
      ? `${offers.length} resources: the list below has the first ${OFFERS_SHOWN}.`
      : found.length === 0
        ? 'No resource is called like this; the list below has the first ones.'
        : found.length > OFFERS_SHOWN
          ? `${found.length} found: the list below has the first ${OFFERS_SHOWN}.`
          : `${found.length} found.`
  return html`<form class="find" method="get" action="/" role="search">
    ${textField({ id: 'find', name: 'q', label: 'Find a resource', type: 'search', value: find, hint: count })}
    <button class="button secondary">Find</button>
  </form>`
}
