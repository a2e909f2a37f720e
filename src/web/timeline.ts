import { html } from 'hono/html'
import type { RequestView } from '../app/ports.ts'
import type { AccessRequest } from '../domain/request.ts'
import { isOver } from '../domain/request.ts'
import { plusSeconds } from '../domain/time.ts'
import type { Html } from './layout.ts'
import { spanWords } from './times.ts'
import { allowedSeconds } from './wording-request.ts'
import { stateTitle } from './wording-state.ts'

type Part = 'waited' | 'gap' | 'wished' | 'used' | 'left' | 'cut'

interface Segment {
  readonly part: Part
  readonly from: Date
  readonly to: Date
}

const WIDTH = 1_000
const HEIGHT = 28
/** A minute beside eight hours could not be seen: the picture is not to scale where it would be narrower than this. */
const LEAST = 36

const LABELS: Readonly<Record<Part, string>> = {
  waited: 'waiting for an answer',
  gap: 'until the start',
  wished: 'access, if it is approved now',
  used: 'access',
  left: 'access to come',
  cut: 'ended early',
}

/** A small picture of a request from the question to its end, with the same in words for who does not see it. */
export function timeline(
  { request }: RequestView,
  now: number,
  timeZone: string | undefined,
): Html {
  const segments = segmentsOf(request, new Date(now))
  const widths = widthsOf(segments)
  const bars = segments.map(({ part }, index) => {
    const x = widths.slice(0, index).reduce((sum, width) => sum + width, 0)
    const width = Math.max(1, (widths[index] ?? 0) - 3)
    return html`<rect
      class="bar-${part}"
      x="${x.toFixed(1)}"
      y="0"
      width="${width.toFixed(1)}"
      height="${HEIGHT}"
    />`
  })
  const description = segments
    .map(({ part, from, to }) => `${LABELS[part]}: ${spanWords(from, to, timeZone)}`)
    .join('; ')
  const id = `timeline-${request.id}`
  return html`<figure class="timeline">
    <svg
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-labelledby="${id} ${id}-text"
    >
      <title id="${id}">Timeline: ${stateTitle(request)}</title>
      <desc id="${id}-text">${description}</desc>
      ${bars}
    </svg>
    <figcaption>
      <ul class="legend">
        ${segments.map(
          ({ part, from, to }) =>
            html`<li>
              <span class="key key-${part}"></span>
              <span>${LABELS[part]}</span>
              <span class="meta">${spanWords(from, to, timeZone)}</span>
            </li>`,
        )}
      </ul>
    </figcaption>
  </figure>`
}

function segmentsOf(request: AccessRequest, now: Date): readonly Segment[] {
  const { requestedAt } = request
  const answered = answeredAt(request)
  const waited = { part: 'waited', from: requestedAt, to: answered ?? now } as const
  if (request.status === 'pending') {
    const from = request.startsAt !== undefined && request.startsAt > now ? request.startsAt : now
    const to = plusSeconds(from, allowedSeconds(request))
    return solid([
      waited,
      { part: 'gap', from: now, to: from },
      ...(request.extends === undefined ? [{ part: 'wished', from, to } as const] : []),
    ])
  }
  if (request.status !== 'approved') return solid([waited])
  const { grant } = request
  const { startsAt, endsAt } = grant
  const from = startsAt > waited.to ? startsAt : waited.to
  const over =
    isOver(grant) && 'endedAt' in grant && grant.endedAt < endsAt ? grant.endedAt : endsAt
  const past = now < over ? now : over
  return solid([
    waited,
    { part: 'gap', from: waited.to, to: from },
    { part: 'used', from, to: past },
    { part: 'left', from: past > from ? past : from, to: over },
    { part: 'cut', from: over > from ? over : from, to: endsAt },
  ])
}

/** Those that take any time. */
function solid(segments: readonly Segment[]): readonly Segment[] {
  const [first, ...rest] = segments
  const lasting = rest.filter(({ from, to }) => to > from)
  return first === undefined ? lasting : [first, ...lasting]
}

function answeredAt(request: AccessRequest): Date | undefined {
  switch (request.status) {
    case 'pending':
      return undefined
    case 'denied':
      return request.deniedAt
    case 'cancelled':
      return request.cancelledAt
    case 'lapsed':
      return request.lapsedAt
    case 'extended':
      return request.extendedAt
    case 'approved': {
      const last = request.approvals.at(-1)
      const { startsAt, isScheduled } = request.grant
      return last?.at ?? (isScheduled ? request.requestedAt : startsAt)
    }
    default:
      return request satisfies never
  }
}

function widthsOf(segments: readonly Segment[]): readonly number[] {
  const spans = segments.map(({ from, to }) => Math.max(0, to.getTime() - from.getTime()))
  const total = spans.reduce((sum, span) => sum + span, 0) || 1
  const room = WIDTH - LEAST * segments.length
  return spans.map((span) => LEAST + (span / total) * room)
}
