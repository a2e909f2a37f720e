import { html } from 'hono/html'
import type { AccessWindow, AuditPage } from '../app/audit-cases.ts'
import { WINDOWS_MAX } from '../app/audit-cases.ts'
import type { AuditQuestion } from './audit-filter.ts'
import type { Html } from './layout.ts'
import type { Span } from './windows-picture.ts'
import { utc, windowsPicture } from './windows-picture.ts'
import { plain } from './wording.ts'

const NAME_MAX = 100
const SHORTEST_MS = 10 * 60_000

/** Who had access over the time that a page shows, as a picture and as a table. */
export function accessSection(trail: AuditPage, question: AuditQuestion, now: Date): Html {
  const { windows } = trail
  return html`<section class="card stack" aria-labelledby="access">
    <h2 id="access">Access in this time</h2>
    ${
      windows.length === 0
        ? html`<p class="meta">Nobody had access that the filter finds.</p>`
        : html`${windowsPicture(windows, spanOf(trail, question, now), now)} ${table(windows, now)}`
    }
  </section>`
}

/** The time of the filter; where that is open, of the events, and on the first page a little of what is to come. */
function spanOf(
  { events, windows }: AuditPage,
  { filter, before }: AuditQuestion,
  now: Date,
): Span {
  const from = filter.from ?? events.at(-1)?.at ?? now
  const given = filter.to ?? (before === undefined ? undefined : events[0]?.at)
  const to = given?.getTime() ?? lastShown(windows, from, now)
  return { from, to: new Date(Math.max(to, from.getTime() + SHORTEST_MS)) }
}

/** What lasts long after now would leave no room for what was before. */
function lastShown(windows: readonly AccessWindow[], from: Date, now: Date): number {
  const last = Math.max(now.getTime(), ...windows.map(({ to }) => to.getTime()))
  const ahead = Math.max(SHORTEST_MS, (now.getTime() - from.getTime()) / 4)
  return Math.min(last, now.getTime() + ahead)
}

function table(windows: readonly AccessWindow[], now: Date): Html {
  return html`<details class="more">
    <summary>The same as a table</summary>
    ${windows.length < WINDOWS_MAX ? '' : html`<p class="meta">Only the ${WINDOWS_MAX} that began last.</p>`}
    <div class="table-frame" tabindex="0" role="region" aria-label="Table of access">
      <table>
        <thead>
          <tr>
            <th scope="col">Resource</th>
            <th scope="col">Who</th>
            <th scope="col">From</th>
            <th scope="col">Until</th>
            <th scope="col">State</th>
            <th scope="col">Request</th>
          </tr>
        </thead>
        <tbody>
          ${windows.map((window) => tableRow(window, now))}
        </tbody>
      </table>
    </div>
  </details>`
}

function tableRow(
  { resourceId, email, from, to, isOver, requestId }: AccessWindow,
  now: Date,
): Html {
  const state = isOver ? 'Over' : from > now ? 'To begin' : 'Not over'
  return html`<tr>
    <td>${plain(resourceId, NAME_MAX)}</td>
    <td>${plain(email, NAME_MAX)}</td>
    <td><time datetime="${from.toISOString()}">${utc(from)}</time></td>
    <td><time datetime="${to.toISOString()}">${utc(to)}</time></td>
    <td>${state}</td>
    <td><a href="/requests/${encodeURIComponent(requestId)}">${plain(requestId, NAME_MAX)}</a></td>
  </tr>`
}
