import type { ExportFormat, TrailExport } from '../app/audit-export.ts'
import { CONTENT_TYPES, EXTENSIONS, exportText } from '../trail/export-formats.ts'
import { html } from 'hono/html'
import type { AuditPage } from '../app/audit-cases.ts'
import { auditEntry, secondsOf } from './audit-entry.ts'
import type { AuditQuestion, Typed } from './audit-filter.ts'
import { auditPath, parseQuestion, typedFilter } from './audit-filter.ts'
import { exportForm, filterForm } from './audit-forms.ts'
import { accessSection } from './audit-windows.ts'
import type { PageContext, WebApp, WebDeps } from './context.ts'
import { alertBox } from './controls.ts'
import { createExportSlots } from './export-slots.ts'
import type { Html } from './layout.ts'
import { notePage, page } from './layout.ts'
import { refusalStatus } from './refusal-status.ts'
import { refusalText } from './wording-refusal.ts'

const TITLE = 'Audit trail'
const BUSY_SECONDS = '30'
/** Enough of a hash to tell it from another at a glance. */
const HASH_SHOWN = 12

/** The page on which auditors look into the trail, and its exports. */
export function auditPages(app: WebApp, deps: WebDeps): void {
  const slots = createExportSlots()
  app.get('/audit', async (c) => {
    const parsed = parseQuestion(new URL(c.req.url).searchParams)
    if (!parsed.ok) return problemPage(c, parsed.typed, parsed.problems)
    const { filter, before } = parsed.question
    const outcome = await deps.cases.auditPage(c.get('visitor'), filter, before)
    if (!outcome.ok) return refusedPage(c, outcome.refusal)
    return trailPage(c, deps, parsed.question, outcome.value)
  })
  app.post('/audit/export', async (c) => {
    const { format, ...fields } = Object.fromEntries(c.get('form'))
    const parsed = parseQuestion(Object.entries(fields))
    if (!parsed.ok) return problemPage(c, parsed.typed, parsed.problems)
    if (!isFormat(format) || parsed.question.before !== undefined)
      return problemPage(c, fields, new Map([['', 'Choose the export again, below the events.']]))
    const giveBack = slots.take(c.get('assertion').subject)
    if (giveBack === undefined) return busyPage(c)
    // Whatever becomes of the answer, and of who asked for it.
    if (c.env.outgoing.closed) giveBack()
    else c.env.outgoing.once('close', giveBack)
    const outcome = await deps.cases.auditExport(c.get('visitor'), parsed.question.filter, format)
    if (!outcome.ok) return refusedPage(c, outcome.refusal)
    return fileOf(c, outcome.value, format, new Date(deps.now()))
  })
}

function isFormat(text: string | undefined): text is ExportFormat {
  return text !== undefined && Object.hasOwn(CONTENT_TYPES, text)
}

/** The events as a file. When reading fails the stream does, and the connection breaks before the file is whole. */
function fileOf(c: PageContext, taken: TrailExport, format: ExportFormat, at: Date): Response {
  const made = at.toISOString().replace(/[-:]|\.\d+/g, '')
  const text = ReadableStream.from<string>(exportText(taken, format))
  return c.body(text.pipeThrough(new TextEncoderStream()), 200, {
    'Content-Type': CONTENT_TYPES[format],
    'Content-Disposition': `attachment; filename="jit-audit-${made}.${EXTENSIONS[format]}"`,
  })
}

function refusedPage(c: PageContext, refusal: Parameters<typeof refusalText>[0]) {
  const text = refusalText(refusal, c.get('visitor').timeZone)
  return notePage(c, refusalStatus(refusal), { title: TITLE, text, place: 'audit' })
}

function busyPage(c: PageContext) {
  c.header('Retry-After', BUSY_SECONDS)
  return notePage(c, 503, {
    title: TITLE,
    text: 'Other exports are under way. Wait until they are done, then try again.',
    place: 'audit',
  })
}

/** The filter as it was typed, with what is wrong beside its field; nothing was looked for. */
function problemPage(c: PageContext, typed: Typed, problems: ReadonlyMap<string, string>) {
  const general = [...problems].flatMap(([name, text]) =>
    name === '' || name === 'before' ? [text] : [],
  )
  return page(
    c,
    { title: TITLE, place: 'audit', status: 422 },
    html`${alertBox('Nothing was looked for', general.join(' ') || 'Correct what is marked below and try again.')}
    ${filterForm(typed, problems)}`,
  )
}

function trailPage(c: PageContext, deps: WebDeps, question: AuditQuestion, trail: AuditPage) {
  const { filter, before } = question
  const { events, next } = trail
  const typed = typedFilter(filter)
  return page(
    c,
    { title: TITLE, place: 'audit' },
    html`${statusLine(trail)} ${filterForm(typed, new Map())}
      ${events.length === 0 && trail.windows.length === 0 ? '' : accessSection(trail, question, new Date(deps.now()))}
      <section class="stack" aria-labelledby="events">
        <h2 id="events">Events</h2>
        ${
          events.length === 0
            ? nothing(before)
            : html`<ol class="entries">
                ${events.map(auditEntry)}
              </ol>`
        }
        <nav class="paging" aria-label="Pages of the trail">
          ${before === undefined ? '' : html`<a class="button secondary" href="${auditPath(filter)}">Newest</a>`}
          ${next === undefined ? '' : html`<a class="button secondary" rel="next" href="${auditPath(filter, next)}">Older</a>`}
        </nav>
      </section>
      ${exportForm(c, deps, typed)}`,
  )
}

function nothing(before: number | undefined): Html {
  return before === undefined
    ? html`<p class="card empty">
        No event fits. Leave out a part of the filter, or widen its time.
      </p>`
    : html`<p class="card empty">Nothing older fits.</p>`
}

/** What the database and this process say of the trail. */
function statusLine({ status, watched }: AuditPage): Html {
  const { isAppendOnly, lastSeq, lastAt, lastHash } = status
  const [problem] = watched?.problems ?? []
  if (watched !== undefined && problem !== undefined)
    return alertBox(
      'This trail is not as it was recorded',
      `What shows first: ${problem}. Found ${secondsOf(watched.at)}. Ask an operator to keep the database as it is, and to find out who changed it.`,
    )
  if (!isAppendOnly)
    return alertBox(
      'This trail can be edited',
      'The triggers by which the database refuses to edit or delete events are off or have been changed. Ask an operator to put them back, and find out who took them away.',
    )
  if (lastAt === undefined || lastHash === undefined)
    return html`<p class="trail-status">The database refuses to edit or delete events.</p>`
  const verified =
    watched === undefined
      ? 'The chain has not been verified since the bot started.'
      : `The chain was verified ${secondsOf(watched.at)}, up to event ${watched.verified?.seq ?? 0}.`
  return html`<div class="trail-status">
    <p>
      The database refuses to edit or delete events; the last is number ${lastSeq}, of
      ${secondsOf(lastAt)}. ${verified}
    </p>
    <details class="more">
      <summary>Head ${lastSeq}:${lastHash.slice(0, HASH_SHOWN)}…</summary>
      <div class="more-body">
        <p>
          Kept outside the database, it vouches for all before it: <code>jit audit verify</code>
          compares the trail with it.
        </p>
        <p>
          <code>${lastSeq}:<wbr />${lastHash}</code>
        </p>
      </div>
    </details>
  </div>`
}
