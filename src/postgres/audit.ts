import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { RecordedEvent } from '../app/ports.ts'
import type { AuditReading, AuditTrail } from '../app/store.ts'
import type { Actor, AuditEvent } from '../domain/event.ts'
import type { Database } from './database.ts'
import { VOCABULARY } from '../trail/vocabulary.ts'
import { canonicalJson } from '../domain/canonical.ts'
import { splitDetails } from '../domain/event-details.ts'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import { identity } from './columns.ts'
import type { AuditEventTable } from './schema.ts'
import { waitForTurn } from './turn.ts'
import { workIn } from './work.ts'

/** The audit trail, but for looking into it and for appending. */
export function auditIn(tx: Database): Omit<AuditTrail, keyof AuditReading> {
  return {
    async changesAfter(id, version) {
      const rows = await tx
        .selectFrom('audit_event')
        .selectAll()
        .where('request_id', '=', id)
        .where('request_version', '>', version)
        .orderBy('request_version')
        .execute()
      return rows.map(toEvent)
    },
    async about(id, limit) {
      const rows = await tx
        .selectFrom('audit_event')
        .selectAll()
        .where('request_id', '=', id)
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute()
      return rows.toReversed().map(toEvent)
    },
    async find(seq) {
      const row = await tx
        .selectFrom('audit_event')
        .selectAll()
        .where('seq', '=', String(seq))
        .executeTakeFirst()
      return row === undefined ? undefined : toEvent(row)
    },
    lockAlerts: (action) => waitForTurn(tx, 'alert', action),
    async alertedWithin(action, seconds) {
      const row = await tx
        .selectFrom('audit_event')
        .select('seq')
        .where('action', '=', action)
        .where(sql<boolean>`alert`)
        .where('at', '>', sql<Date>`(select jit_now()) - ${seconds} * interval '1 second'`)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}

/** Appends events in their order, and has alerts posted. They wait for whoever appends at the same time. */
export async function appendEvents(tx: Database, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return
  const rows = await tx
    .insertInto('audit_event')
    .values(events.map((event) => ({ ...actorColumns(event.actor), ...eventColumns(event) })))
    .returning(['seq', 'alert'])
    .execute()
  const alerts = rows.flatMap(({ seq, alert }) =>
    alert ? [{ kind: 'alert', subject: seq } as const] : [],
  )
  if (alerts.length > 0) await workIn(tx).markAll(alerts)
}

function eventColumns(event: AuditEvent) {
  const details = splitDetails(event.details)
  return {
    action: event.action,
    via: event.via,
    schema_version: VOCABULARY[event.action].version,
    source_address: event.source ?? null,
    request_id: event.requestId ?? null,
    request_version: event.requestVersion ?? null,
    resource_id: event.resourceId ?? null,
    alert: event.alert,
    public_details: canonicalJson(details.public),
    personal_details: details.personal === undefined ? null : canonicalJson(details.personal),
  }
}

function actorColumns(actor: Actor) {
  const who = actor.kind === 'person' ? actor.identity : undefined
  return {
    actor_kind: actor.kind,
    actor_team_id: who?.teamId || null,
    actor_user_id: who?.userId || null,
    actor_email: who?.email || null,
    actor_subject: who?.subject ?? null,
  }
}

/** An event from its row. */
export function toEvent(row: Selectable<AuditEventTable>): RecordedEvent {
  return {
    seq: Number(row.seq),
    schemaVersion: row.schema_version,
    hash: row.hash.toString('hex'),
    at: row.at,
    action: row.action,
    via: row.via,
    actor: row.actor_kind === 'bot' ? { kind: 'bot' } : { kind: 'person', identity: actorOf(row) },
    ...(row.source_address === null ? {} : { source: row.source_address }),
    ...(row.request_id === null ? {} : { requestId: row.request_id }),
    ...(row.request_version === null ? {} : { requestVersion: row.request_version }),
    ...(row.resource_id === null ? {} : { resourceId: row.resource_id }),
    alert: row.alert,
    details: row.details,
  }
}

/** Team and address are empty when they could not be looked up, the Slack user when Slack does not know them. */
function actorOf(row: Selectable<AuditEventTable>): Identity {
  return identity(
    row.actor_team_id ?? ('' as SlackTeamId),
    row.actor_user_id ?? ('' as SlackUserId),
    row.actor_email ?? '',
    row.actor_subject,
  )
}
