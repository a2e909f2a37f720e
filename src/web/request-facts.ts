import { html } from 'hono/html'
import type { RequestView } from '../app/ports.ts'
import { approvalsByStage, stagesOf } from '../domain/approvals.ts'
import type { Html } from './layout.ts'
import { quote } from './request-items.ts'
import { time } from './times.ts'
import { constraintWords } from './wording-constraint.ts'
import { askedWords, stageName } from './wording-request.ts'
import { allOf, holder, person, titleOf } from './wording.ts'

/** What was asked, by whom and under which conditions, and how far its approvals are. */
export function requestFacts(view: RequestView, zone: string | undefined): Html {
  const { request, resource } = view
  const { beneficiary } = request
  const risk = resource === undefined ? 'Not in the catalogue any more' : RISKS[resource.risk]
  const rows: readonly (readonly [string, Html | string | readonly Html[]])[] = [
    ...(beneficiary === undefined
      ? ([['Who', person(request.requester)]] as const)
      : ([
          ['For', holder(view)],
          ['Sponsor', person(request.requester)],
        ] as const)),
    ['Resource', html`${titleOf(view)} <code>${request.resourceId}</code>`],
    ['Risk', risk],
    ['Time', askedWords(request)],
    ...windowRows(view, zone),
    ['Reason', quote(request.reason)],
    ['Approvals', approvals(view)],
    ...conditionRows(view),
    ...(request.extends === undefined
      ? []
      : ([
          ['Extends', html`<a href="/requests/${request.extends}">${request.extends}</a>`],
        ] as const)),
    ['Asked', time(request.requestedAt, zone)],
    ['Id', html`<code>${request.id}</code>`],
  ]
  return html`<dl class="facts">
    ${rows.map(
      ([label, value]) =>
        html`<dt>${label}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}

const RISKS = { low: 'Low', medium: 'Medium', high: 'High' } as const

function windowRows({ request }: RequestView, zone: string | undefined) {
  if (request.status !== 'approved')
    return request.startsAt === undefined
      ? []
      : ([['Start', time(request.startsAt, zone)]] as const)
  const { grant } = request
  return [
    ['From', time(grant.startsAt, zone)],
    ['Until', time(grant.endsAt, zone)],
  ] as const
}

function conditionRows({ request, resource }: RequestView) {
  const constraints =
    request.status === 'approved' ? request.grant.constraints : (resource?.constraints ?? [])
  if (constraints.length === 0) return []
  const items = constraints.map((each) => html`<li>${constraintWords(each)}</li>`)
  return [
    [
      'Conditions',
      html`<ul class="plain">
        ${items}
      </ul>`,
    ],
  ] as const
}

/** How far the approvals are, stage by stage where there are several. */
function approvals({ request, resource }: RequestView): Html | string {
  const { approvalsCounted, approvalsNeeded } = request
  if (request.kind === 'break-glass') return 'Nobody approves an emergency'
  const automatic = 'automatic' in request ? request.automatic : undefined
  if (automatic !== undefined)
    return automatic === 'rego' ? 'By the organisation’s policy' : `By rule ${automatic}`
  const stages = resource === undefined ? [] : stagesOf(request, resource, approvalsNeeded)
  const areAllCounted = approvalsCounted >= request.approvals.length
  if (stages.length < 2 || !areAllCounted) {
    const names = request.approvals.map(({ by }) => person(by))
    const lost = areAllCounted ? '' : ' (some do not count: their givers lost the right)'
    return `${approvalsCounted} of ${approvalsNeeded}${names.length === 0 ? '' : `: ${allOf(names)}`}${lost}`
  }
  const given = approvalsByStage(request, stages)
  const items = stages.map((stage, index) => {
    const by = (given[index] ?? []).map((each) => person(each.by))
    const count = `${Math.min(by.length, stage.approvals)} of ${stage.approvals}`
    return html`<li>
      ${stageName(stage.title, index)}: ${count}${by.length === 0 ? '' : ` – ${allOf(by)}`}
    </li>`
  })
  return html`<ol class="plain">
    ${items}
  </ol>`
}
