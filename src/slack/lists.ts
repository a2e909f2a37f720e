import type { KnownBlock } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import { code, duration, inline, time, userMention } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import { context, quote, section } from './wording-blocks.ts'
import { resourceTitle, STATE_TITLES, stateOf } from './wording-state.ts'

/** Most entries of a list; the rest is counted. */
export const LIST_MAX = 20

const TITLE_MAX = 75
const REASON_MAX = 120

/** Somebody's own requests with how they stand. */
export function mineList(views: readonly RequestView[]): Message {
  return list(
    views,
    { none: 'You have not asked for anything yet: `/jit` opens the form.', some: 'Your requests' },
    (view, index) => [
      section(
        `mine-${index}`,
        `${code(view.request.id, 75)} *${STATE_TITLES[stateOf(view.request)]}* ${resourceTitle(view)}, ${standing(view)}`,
      ),
      ...(view.request.status === 'denied'
        ? [quote(`reason-${index}`, view.request.denyReason, { maxChars: REASON_MAX })]
        : []),
    ],
  )
}

/** Requests that wait for somebody's answer: what `approve` and `deny` need to know. */
export function pendingList(views: readonly RequestView[]): Message {
  return list(
    views,
    { none: 'No request waits for your answer.', some: 'Requests that wait for your answer' },
    (view, index) => {
      const { request } = view
      const what = `${resourceTitle(view)} for ${duration(request.durationSeconds)}`
      return [
        section(
          `pending-${index}`,
          `${code(request.id, 75)} ${userMention(request.requester.userId)} asks for ${what}, ${tally(request)}, lapses ${time(request.lapsesAt)}`,
        ),
        quote(`reason-${index}`, request.reason, { maxChars: REASON_MAX }),
      ]
    },
    'Answer with `/jit approve id [note]` or `/jit deny id reason`.',
  )
}

/** What somebody may ask for. */
export function resourcesList(resources: readonly Resource[]): Message {
  return list(
    resources,
    {
      none: 'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
      some: 'You may ask for',
    },
    (resource, index) => [
      section(
        `resource-${index}`,
        `${code(resource.id, 75)} ${inline(resource.title, TITLE_MAX)}, ${termsOf(resource)}`,
      ),
    ],
    'Ask with `/jit`, or with `/jit request resource duration reason`.',
  )
}

/** How long a resource may be asked for and what it takes, as plain text. */
export function termsOf(resource: Resource): string {
  const approvals = resource.approvals === 1 ? '1 approval' : `${resource.approvals} approvals`
  const risk = resource.risk === 'high' ? ', high risk' : ''
  return `at most ${duration(resource.duration.maxSeconds)}, ${approvals}${risk}`
}

function list<T>(
  entries: readonly T[],
  heading: { readonly none: string; readonly some: string },
  blocksOf: (entry: T, index: number) => KnownBlock[],
  hint?: string,
): Message {
  if (entries.length === 0)
    return { text: heading.none, blocks: [section('heading', heading.none)] }
  const rest = entries.length - LIST_MAX
  const small = [...(rest > 0 ? [`${rest} more are not shown.`] : []), hint ?? '']
    .filter((text) => text !== '')
    .join(' ')
  return {
    text: `${heading.some}: ${entries.length}`,
    blocks: [
      section('heading', `*${heading.some}*`),
      ...entries.slice(0, LIST_MAX).flatMap(blocksOf),
      ...(small === '' ? [] : [context('hint', small)]),
    ],
  }
}

function tally(request: AccessRequest): string {
  return `${request.approvals.length} of ${request.approvalsNeeded} approvals`
}

function standing({ request }: RequestView): string {
  switch (request.status) {
    case 'pending':
      return `${duration(request.durationSeconds)} asked, ${tally(request)}, lapses ${time(request.lapsesAt)}`
    case 'denied':
      return `by ${userMention(request.deniedBy.userId)} ${time(request.deniedAt)}`
    case 'cancelled':
      return time(request.cancelledAt)
    case 'lapsed':
      return time(request.lapsedAt)
    case 'approved':
      break
    default:
      return request satisfies never
  }
  const { grant } = request
  switch (grant.state) {
    case 'granting':
      return `not confirmed by Pomerium yet, ends ${time(grant.endsAt)}`
    case 'active':
      return `until ${time(grant.endsAt)}`
    case 'ending':
      return 'may still work until Pomerium confirms'
    case 'ended':
      return `ended ${time(grant.cause === 'expired' ? grant.endsAt : grant.endedAt)}`
    case 'never-active':
      return 'never confirmed by Pomerium, over now'
    default:
      return grant satisfies never
  }
}
