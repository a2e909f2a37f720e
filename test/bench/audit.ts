import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditCases, AuditFilter } from '../../src/app/audit-cases.ts'
import type { ExportFormat } from '../../src/app/audit-export.ts'
import { createAuditCases } from '../../src/app/audit-reading.ts'
import { verifyExport } from '../../src/cli/audit-verify-file.ts'
import type { Visitor } from '../../src/app/page-cases.ts'
import type { RequestId, ResourceId, SlackUserId } from '../../src/domain/ids.ts'
import { exportText } from '../../src/trail/export-formats.ts'
import { aDirectory } from '../app/directory.ts'
import { aCatalogue, kim, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import type { Report } from './report.ts'
import { spread } from './report.ts'

const EVENTS = 200_000
const PAGES_EACH = 40
/** Each statement is over before anybody stops waiting for it. */
const FILLED_AT_ONCE = 50_000

/** What an auditor waits for on a long trail: pages by every filter, and everything as a file. */
export async function measureAudit(report: Report): Promise<void> {
  await using database = await createTestDatabase(4)
  await fillTrail(database, EVENTS)
  const catalogue = aCatalogue({ auditors: people({ users: [kim.userId] }) })
  const cases = createAuditCases({
    store: database.store,
    directory: aDirectory(kim),
    catalogue: () => catalogue,
    pages: {
      origin: 'https://jit.example.com',
      isLinkNeeded: false,
      newLinkCode: () => '',
      sha256: String,
    },
  })
  const assertion = { subject: 'sub-kim', email: kim.email, issuedAt: new Date() }
  const visitor: Visitor = {
    actor: kim.userId,
    assertion,
    isLinked: false,
    mayDecide: false,
    mayAudit: true,
  }

  const times: number[] = []
  const slowest = { ms: 0, name: '' }
  for (const [name, filter] of Object.entries(filters()))
    for (let n = 0; n < PAGES_EACH; n += 1) {
      const startedAt = performance.now()
      const outcome = await cases.auditPage(visitor, filter, EVENTS - n * 1_000)
      const ms = performance.now() - startedAt
      if (!outcome.ok) throw new Error(outcome.refusal.code)
      times.push(ms)
      if (ms > slowest.ms) Object.assign(slowest, { ms, name })
    }
  report.line(`audit page among ${EVENTS} events`, spread(times), '< 100 ms')
  report.line('  the slowest', `${slowest.ms.toFixed(0)} ms, by ${slowest.name}`)
  for (const format of ['csv', 'jsonl', 'ocsf'] as const) {
    const exported = await cases.auditExport(visitor, {}, format)
    if (!exported.ok) throw new Error(exported.refusal.code)
    const startedAt = performance.now()
    let peak = 0
    let length = 0
    for await (const chunk of exportText(exported.value, format)) {
      length += chunk.length
      peak = Math.max(peak, process.memoryUsage().heapUsed)
    }
    const seconds = (performance.now() - startedAt) / 1_000
    const size = `${(length / 2 ** 20).toFixed(0)} MB, heap up to ${(peak / 2 ** 20).toFixed(0)} MB`
    const rate = `${Math.round(EVENTS / seconds)} events/s`
    report.line(`export of ${EVENTS} events as ${format}`, `${rate}, ${size}`)
    await measureVerifying(report, cases, visitor, format)
  }
}

/** What somebody waits for who has the file alone. */
async function measureVerifying(
  report: Report,
  cases: AuditCases,
  visitor: Visitor,
  format: ExportFormat,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'jit-export-'))
  try {
    const file = join(folder, 'file')
    const exported = await cases.auditExport(visitor, {}, format)
    if (!exported.ok) throw new Error(exported.refusal.code)
    await writeFile(file, exportText(exported.value, format))
    const startedAt = performance.now()
    const result = await verifyExport(file, [])
    if (result.type !== 'ok') throw new Error('the export is not as it was exported')
    const seconds = (performance.now() - startedAt) / 1_000
    report.line('  verified without a database', `${Math.round(EVENTS / seconds)} events/s`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function filters(): Readonly<Record<string, AuditFilter>> {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000)
  const resourceId = 'r7' as ResourceId
  return {
    nothing: {},
    'an old week': { from: at(1_000), to: at(11_080) },
    'what is old': { to: at(500) },
    'a person by Slack id': { person: { userId: 'U77' as SlackUserId } },
    'a person by address': { person: { email: 'U77@Example.com' } },
    'a person and an action': { person: { email: 'u77@example.com' }, action: 'grant.end_refused' },
    'a resource': { resourceId },
    'a rare action': { action: 'policy.blocked' },
    'an action that ceased': { action: 'identity.pinned' },
    'a kind of action': { action: 'grant' },
    'a resource and an action that it never had': { resourceId, action: 'identity.pinned' },
    'a resource and a kind of action that it never had': { resourceId, action: 'catalogue' },
    'a resource in an old week': { resourceId, from: at(1_000), to: at(11_080) },
    'a request': { requestId: '00000777' as RequestId },
    everything: {
      from: at(0),
      to: at(EVENTS),
      person: { email: 'u77@example.com' },
      resourceId,
      action: 'request',
    },
  }
}

/** Events a minute apart, eight about each request, with a grant for every second request. */
export async function fillTrail({ pool }: TestDatabase, count: number): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('set statement_timeout = 0')
    await client.query('set session_replication_role = replica')
    await client.query(
      `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email, resource_id,
         duration_seconds, reason, requested_at, lapses_at, approvals_needed, approvals_counted, catalogue_revision, closed_at)
       select lpad(n::text, 8, '0'), 2, 'lapsed', n, 'T', 'U' || n % 499, 'u' || n % 499 || '@example.com', 'r' || n % 20,
         3600, 'INC-42 dashboards are red', at, at + interval '1 hour', 1, 1, $1, at + interval '1 hour'
       from generate_series(1, $2::integer / 8) n, lateral (select timestamptz '2026-01-01Z' + n * interval '8 minutes') as asked (at)`,
      ['c'.repeat(64), count],
    )
    await client.query(
      `insert into access_grant (request_id, version, state, requester_user_id, resource_id, email, constraints, starts_at,
         ends_at, max_seconds, active_at, end_cause, ended_at)
       select id, 2, 'ended', requester_user_id, resource_id, requester_email, '[]', requested_at, requested_at + interval '1 hour',
         3600, requested_at, 'expired', requested_at + interval '1 hour' from request where id::integer % 2 = 0`,
    )
    for (let first = 1; first <= count; first += FILLED_AT_ONCE)
      await client.query(
        `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id, actor_email, request_id, resource_id, public_details, personal_details)
         select at_time(timestamptz '2026-01-01Z' + n * interval '1 minute', case when n < 1000 then 'identity.pinned' when n % 5000 = 0 then 'policy.blocked'
             else (array['request.create_refused', 'request.approve_refused', 'grant.end_refused', 'grant.extend_refused'])[1 + n % 4] end),
           'button', 'person', 'T', who, lower(who) || '@example.com',
           case when n < 1000 then null else lpad((n / 8)::text, 8, '0') end,
           case when n < 1000 then null else 'r' || n / 8 % 20 end,
           '{"refusal":"own-request"}', '{"reason":"INC-42 dashboards are red"}'
         from generate_series($1::integer, $2::integer) n, lateral (select 'U' || n % 997) as one (who)`,
        [first, Math.min(count, first + FILLED_AT_ONCE - 1)],
      )
    await client.query('analyze')
  } finally {
    // Its settings go with it.
    client.release(true)
  }
}
