import { html } from 'hono/html'
import type { RequestView } from '../app/ports.ts'
import type { AccessRequest, Approved } from '../domain/request.ts'
import { plusSeconds } from '../domain/time.ts'
import { allowedSeconds } from '../domain/request.ts'
import { closedAt } from '../domain/request-state.ts'
import type { Html } from './layout.ts'
import { spanWords } from './times.ts'
import { stateTitle } from './wording-state.ts'

/** `unsure` is what nobody has confirmed. */
type Part = 'waited' | 'gap' | 'used' | 'left' | 'unsure' | 'cut'

interface Segment {
  readonly part: Part
  readonly label: string
  readonly from: Date
  readonly to: Date
}

const WIDTH = 1_000
const HEIGHT = 28
/** A minute beside eight hours could not be seen: the picture is not to scale where it would be narrower than this. */
const LEAST = 36

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
    .map(({ label, from, to }) => `${label}: ${spanWords(from, to, timeZone)}`)
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
          ({ part, label, from, to }) =>
            html`<li>
              <span class="key key-${part}"></span>
              <span>${label}</span>
              <span class="meta">${spanWords(from, to, timeZone)}</span>
            </li>`,
        )}
      </ul>
    </figcaption>
  </figure>`
}

function segmentsOf(request: AccessRequest, now: Date): readonly Segment[] {
  const waited = segment(
    'waited',
    'waiting for an answer',
    request.requestedAt,
    answeredAt(request) ?? now,
  )
  if (request.status === 'pending') {
    const from = request.startsAt !== undefined && request.startsAt > now ? request.startsAt : now
    const to = plusSeconds(from, allowedSeconds(request))
    const wished = segment('unsure', 'access, if it is approved now', from, to)
    return [
      waited,
      ...lasting([
        segment('gap', BEFORE, now, from),
        ...(request.extends === undefined ? [wished] : []),
      ]),
    ]
  }
  if (request.status !== 'approved') return [waited]
  const isAlone = request.approvals.length === 0 && !request.grant.isScheduled
  const { startsAt } = request.grant
  const from = startsAt > waited.to ? startsAt : waited.to
  return [
    ...(isAlone ? [] : [waited]),
    ...lasting([segment('gap', BEFORE, waited.to, from), ...accessSegments(request, from, now)]),
  ]
}

const BEFORE = 'until the start'

/** What came of an approval, by what Pomerium has confirmed. */
function accessSegments({ grant }: Approved, from: Date, now: Date): readonly Segment[] {
  const { endsAt } = grant
  const past = earlier(now, endsAt)
  const access = (to: Date) => segment('used', 'access', from, to)
  const toCome = (to: Date) => segment('left', 'access to come', later(past, from), to)
  switch (grant.state) {
    case 'granting': {
      const unsure = 'access, once Pomerium has confirmed it'
      const { inForceUntil } = grant
      if (inForceUntil === undefined) return [segment('unsure', unsure, from, endsAt)]
      return [
        access(earlier(past, inForceUntil)),
        toCome(inForceUntil),
        segment('unsure', unsure, later(inForceUntil, from), endsAt),
      ]
    }
    case 'scheduled':
    case 'active':
      return [access(past), toCome(endsAt)]
    case 'ending':
      return [
        access(past),
        segment('unsure', 'may still work until Pomerium confirms', later(past, from), endsAt),
      ]
    case 'ended': {
      const over = earlier(grant.endedAt, endsAt)
      return [access(over), segment('cut', 'not used: it ended early', later(over, from), endsAt)]
    }
    case 'never-active':
      return [segment('cut', 'never confirmed by Pomerium', from, endsAt)]
    default:
      return grant satisfies never
  }
}

function segment(part: Part, label: string, from: Date, to: Date): Segment {
  return { part, label, from, to }
}

const earlier = (a: Date, b: Date) => (a < b ? a : b)
const later = (a: Date, b: Date) => (a > b ? a : b)

/** Those that take any time. */
function lasting(segments: readonly Segment[]): readonly Segment[] {
  return segments.filter(({ from, to }) => to > from)
}

function answeredAt(request: AccessRequest): Date | undefined {
  if (request.status !== 'approved') return closedAt(request)
  const { startsAt, isScheduled } = request.grant
  return request.approvals.at(-1)?.at ?? (isScheduled ? request.requestedAt : startsAt)
}

function widthsOf(segments: readonly Segment[]): readonly number[] {
  const spans = segments.map(({ from, to }) => Math.max(0, to.getTime() - from.getTime()))
  const total = spans.reduce((sum, span) => sum + span, 0) || 1
  const room = WIDTH - LEAST * segments.length
  return spans.map((span) => LEAST + (span / total) * room)
}
