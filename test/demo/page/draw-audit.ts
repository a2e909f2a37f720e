import type pg from 'pg'
import type { Html, Part } from './html.ts'
import { html } from './html.ts'
import { instant } from './mrkdwn.ts'

/** One audit event as the page shows it. */
export interface AuditRow {
  readonly seq: string
  readonly at: Date
  readonly action: string
  readonly actor: string
  readonly request: string | null
  readonly version: number | null
  readonly refusal: string | null
  readonly alert: boolean
}

const SHOWN = 40

/** The newest audit events, newest first. */
export async function newestAudit(pool: pg.Pool): Promise<readonly AuditRow[]> {
  const { rows } = await pool.query<AuditRow>(
    `select seq::text, at, action, coalesce(actor_email, 'bot') as actor, request_id as request,
       request_version as version, details ->> 'refusal' as refusal, alert
     from audit_event order by audit_event.seq desc limit $1`,
    [SHOWN],
  )
  return rows
}

/** Audit events as a table. */
export function drawAudit(rows: readonly AuditRow[]): Html {
  return html`<table>
    <thead>
      <tr>
        <th>#</th>
        <th>Time</th>
        <th>What</th>
        <th>Who</th>
        <th>Request</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr class="${row.refusal !== null && 'refused'} ${row.alert && 'alert'}">
            <td>${row.seq}</td>
            <td>${instant(row.at.getTime() / 1_000, '{time_secs}', '')}</td>
            <td>
              ${breakable(row.action)}${row.refusal !== null && html`<br /><small>${row.refusal}</small>`}
            </td>
            <td>${row.actor.split('@')[0]}</td>
            <td>
              ${row.request ?? ''}${row.version !== null && html` <small>v${row.version}</small>`}
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** A dotted name that may be broken at its joints. */
function breakable(name: string): readonly Part[] {
  return name.split(/(?<=[._])/).map((part) => html`${part}<wbr />`)
}
