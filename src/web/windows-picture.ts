import { html } from 'hono/html'
import type { AccessWindow } from '../app/audit-cases.ts'
import type { Html } from './layout.ts'
import { ticksIn } from './ticks.ts'
import { plain, several } from './wording.ts'

/** The time that a picture shows. */
export interface Span {
  readonly from: Date
  readonly to: Date
}

const AXIS_PX = 44
const HEADING_PX = 30
const ROW_PX = 34
const BAR_PX = 10
const ROWS_MAX = 40
/** What fits beside each other on a telephone. */
const LABEL_MAX = 42

interface Row {
  readonly email: string
  readonly windows: readonly AccessWindow[]
}

interface Group {
  readonly resourceId: string
  readonly rows: readonly Row[]
}

/** Who had access to what over a time: a row for each holder below each resource, in as much width as there is. */
export function windowsPicture(
  windows: readonly AccessWindow[],
  span: Span,
  now: Date,
): Html | undefined {
  const seen = windows.filter(({ from, to }) => from < span.to && to > span.from)
  if (seen.length === 0) return undefined
  const { groups, omitted } = grouped(seen)
  const drawn: Html[] = []
  let top = AXIS_PX
  for (const { resourceId, rows } of groups) {
    drawn.push(
      html`<text class="pic-resource" x="0" y="${top + 19}">${plain(resourceId, LABEL_MAX)}</text>`,
    )
    top += HEADING_PX
    for (const row of rows) {
      drawn.push(rowAt(row, top, span))
      top += ROW_PX
    }
  }
  const people = new Set(seen.map(({ email }) => email)).size
  const resources = new Set(seen.map(({ resourceId }) => resourceId)).size
  return html`<figure class="pic">
    <svg
      class="pic-svg"
      width="100%"
      height="${top}"
      role="img"
      aria-labelledby="pic-title pic-desc"
    >
      <title id="pic-title">Who had access to what</title>
      <desc id="pic-desc">
        ${several(seen.length, 'window')} of access to ${several(resources, 'resource')} for
        ${people === 1 ? '1 person' : `${people} people`}, from ${utc(span.from)} to
        ${utc(span.to)}. The table below says the same.
      </desc>
      ${axis(span, top)} ${nowLine(span, now, top)} ${drawn}
    </svg>
    <figcaption class="pic-caption">
      <span class="pic-key over" aria-hidden="true"></span> over
      <span class="pic-key live" aria-hidden="true"></span> not over
      <span class="pic-key now" aria-hidden="true"></span> now; times in
      UTC${omitted === 0 ? '' : `; ${several(omitted, 'more row')} only in the table`}
    </figcaption>
  </figure>`
}

/** An instant to the minute: `2026-11-20 14:05 UTC`. */
export function utc(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Rows by resource and holder, in the order of their names; only so many. */
function grouped(windows: readonly AccessWindow[]): {
  readonly groups: readonly Group[]
  readonly omitted: number
} {
  const byResource = Map.groupBy(windows, ({ resourceId }) => resourceId)
  let left = ROWS_MAX
  let omitted = 0
  const groups: Group[] = []
  for (const [resourceId, ofResource] of [...byResource].sort(byName)) {
    const rows = [...Map.groupBy(ofResource, ({ email }) => email)]
      .sort(byName)
      .map(([email, ofHolder]) => ({ email, windows: ofHolder }))
    const shown = rows.slice(0, left)
    left -= shown.length
    omitted += rows.length - shown.length
    if (shown.length > 0) groups.push({ resourceId, rows: shown })
  }
  return { groups, omitted }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function rowAt({ email, windows }: Row, top: number, span: Span): Html {
  return html`<text class="pic-holder" x="0" y="${top + 11}">${plain(email, LABEL_MAX)}</text>
    ${windows.map((window) => bar(window, top + 17, span))}`
}

function bar({ email, resourceId, from, to, isOver }: AccessWindow, top: number, span: Span): Html {
  const start = share(from, span)
  const width = share(to, span) - start
  return html`<rect
    class="pic-bar ${isOver ? 'over' : 'live'}"
    x="${percent(start)}"
    y="${top}"
    width="${percent(width)}"
    height="${BAR_PX}"
    rx="3"
  >
    <title>
      ${plain(email, LABEL_MAX)}, ${plain(resourceId, LABEL_MAX)}: ${utc(from)} to ${utc(to)}
    </title>
  </rect>`
}

function axis(span: Span, bottom: number): readonly Html[] {
  return ticksIn(span).map(({ at, label, below }) => {
    const x = percent(share(at, span))
    return html`<line class="pic-grid" x1="${x}" x2="${x}" y1="${AXIS_PX - 6}" y2="${bottom}" />
      <text class="pic-tick ${anchor(share(at, span))}" x="${x}" y="14">${label}</text>
      <text class="pic-tick below ${anchor(share(at, span))}" x="${x}" y="30">${below}</text>`
  })
}

function nowLine(span: Span, now: Date, bottom: number): Html | string {
  if (now <= span.from || now >= span.to) return ''
  const x = percent(share(now, span))
  return html`<line class="pic-now" x1="${x}" x2="${x}" y1="${AXIS_PX - 6}" y2="${bottom}">
    <title>Now: ${utc(now)}</title>
  </line>`
}

/** Texts at the edges stay within the picture. */
function anchor(at: number): string {
  if (at < 0.08) return 'first'
  return at > 0.92 ? 'last' : 'middle'
}

/** Where in the span an instant is, from 0 to 1. */
function share(at: Date, { from, to }: Span): number {
  const share = (at.getTime() - from.getTime()) / (to.getTime() - from.getTime())
  return Math.min(1, Math.max(0, share))
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}
