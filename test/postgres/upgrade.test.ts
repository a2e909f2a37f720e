import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrate } from '../../db/migrate.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import { settled } from '../../src/domain/request.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import {
  REVISION,
  aCatalogue,
  aGrant,
  aPendingRequest,
  anApproval,
  anApprovedRequest,
  after,
  alex,
  anEngineer,
  kim,
} from '../support/build.ts'
import { approval, ask, change, commit } from './support.ts'

const BEFORE = ['0001_requests', '0002_invariants', '0003_outside_world']

/** Brings an empty database to where it was before there were rules. */
async function migrateHalfway<Schema>(db: Kysely<Schema>): Promise<void> {
  const read = (name: string) =>
    readFile(new URL(`../../db/migrations/${name}.sql`, import.meta.url), 'utf8')
  const migrations = await Promise.all(
    BEFORE.map(async (name) => [name, await read(name)] as const),
  )
  const migrator = new Migrator({
    db,
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          migrations.map(([name, text]) => [
            name,
            { up: async (tx: Kysely<unknown>) => void (await sql.raw(text).execute(tx)) },
          ]),
        ),
    },
  })
  const { error } = await migrator.migrateToLatest()
  assert.equal(error, undefined)
}

const told = (id: string, version: number, action: string, user?: string) =>
  `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id, request_id, request_version)
   values ('${action}', 'button', ${user === undefined ? `'bot', null, null` : `'person', 'T0TEAM', '${user}'`}, '${id}', ${version})`
const asked = (id: string, resource: string, needed = 1) => [
  `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
     resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision)
   values ('${id}', 1, 'pending', '${id}', 'T0TEAM', 'U0ALEX', 'alex@example.com', '${resource}', 3600,
     'INC-42 dashboards are red', '${after(0).toISOString()}', '${after(28_800).toISOString()}', ${needed}, '${REVISION}')`,
  told(id, 1, 'request.created', 'U0ALEX'),
]
const approvedBy = (id: string, user: string, at: Date) =>
  `insert into approval (request_id, request_version, approver_team_id, approver_user_id, approver_email,
     requester_user_id, requester_email, requester_subject, approved_at)
   values ('${id}', 2, 'T0TEAM', '${user}', '${user.slice(2).toLowerCase()}@example.com',
     'U0ALEX', 'alex@example.com', '', '${at.toISOString()}')`
const granting = (id: string, resource: string) => [
  ...asked(id, resource),
  approvedBy(id, 'U0KIM', after(60)),
  `update request set version = 2, status = 'approved' where id = '${id}'`,
  `insert into access_grant (request_id, version, state, resource_id, email, constraints, starts_at, ends_at, max_seconds)
   values ('${id}', 2, 'granting', '${resource}', 'alex@example.com', '[]', '${after(60).toISOString()}', '2026-03-02T10:01:00Z', 28800)`,
  told(id, 2, 'request.approved', 'U0KIM'),
]
const closed = (id: string, resource: string, status: string, columns = '') => [
  ...asked(id, resource),
  `update request set version = 2, status = '${status}', closed_at = '${after(90).toISOString()}' ${columns} where id = '${id}'`,
  told(id, 2, `request.${status}`, status === 'denied' ? 'U0KIM' : 'U0ALEX'),
]
const ended = (id: string) =>
  `update access_grant set version = 3, state = 'ending', end_cause = 'revoked', end_reason = 'not today', ended_by_team_id = 'T0TEAM',
     ended_by_user_id = 'U0KIM', ended_by_email = 'kim@example.com' where request_id = '${id}'`

/** What a database held before, each with what it means now. */
const ROWS: Readonly<
  Record<string, { readonly sql: readonly string[]; readonly now: AccessRequest }>
> = (() => {
  const at = (id: string, resource: string) => ({
    id: id as RequestId,
    resourceId: resource as AccessRequest['resourceId'],
  })
  const pending = settled(aPendingRequest())
  return {
    waits: { sql: asked('00000001', 'a'), now: aPendingRequest(at('00000001', 'a')) },
    'waits for a second approval': {
      sql: [
        ...asked('00000002', 'b', 2),
        approvedBy('00000002', 'U0KIM', after(60)),
        `update request set version = 2 where id = '00000002'`,
        told('00000002', 2, 'request.approval_recorded', 'U0KIM'),
      ],
      now: aPendingRequest({
        ...at('00000002', 'b'),
        version: 2,
        approvalsNeeded: 2,
        approvals: [anApproval(identityOf(kim))],
      }),
    },
    'was denied': {
      sql: closed(
        '00000003',
        'c',
        'denied',
        `, denied_by_team_id = 'T0TEAM', denied_by_user_id = 'U0KIM', denied_by_email = 'kim@example.com', deny_reason = 'no'`,
      ),
      now: {
        ...pending,
        ...at('00000003', 'c'),
        version: 2,
        status: 'denied',
        deniedBy: identityOf(kim),
        deniedAt: after(90),
        denyReason: 'no',
      },
    },
    'was cancelled': {
      sql: closed('00000004', 'd', 'cancelled'),
      now: {
        ...pending,
        ...at('00000004', 'd'),
        version: 2,
        status: 'cancelled',
        cancelledAt: after(90),
      },
    },
    'has a grant': {
      sql: granting('00000005', 'e'),
      now: anApprovedRequest(aGrant('granting'), at('00000005', 'e')),
    },
    'has a grant that is active': {
      sql: [
        ...granting('00000006', 'f'),
        `update request set version = 3 where id = '00000006'`,
        `update access_grant set version = 3, state = 'active', active_at = '${after(61).toISOString()}' where request_id = '00000006'`,
        told('00000006', 3, 'grant.activated'),
      ],
      now: anApprovedRequest(aGrant('active'), { ...at('00000006', 'f'), version: 3 }),
    },
    'has a grant that is ending': {
      sql: [
        ...granting('00000007', 'g'),
        `update request set version = 3 where id = '00000007'`,
        ended('00000007'),
        told('00000007', 3, 'grant.ending', 'U0KIM'),
      ],
      now: anApprovedRequest(aGrant('ending'), { ...at('00000007', 'g'), version: 3 }),
    },
  }
})()

/** A database as it was, with old rows, that was then brought up to date. */
async function anUpgradedDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase(3)
  await database.pool.query(
    'drop schema if exists audit cascade; drop schema public cascade; create schema public',
  )
  await migrateHalfway(database.db)
  await database.pool.query(
    `insert into catalogue_revision (revision, source, accepted_at) values
       (repeat('d', 64), 'old', '2026-01-01'), ('${REVISION}', 'new', '2026-02-01')`,
  )
  for (const { sql: statements } of Object.values(ROWS)) await commit(database, ...statements)
  await migrate(database.db)
  return database
}

describe('a database that was in use before there were rules', () => {
  it('holds what it held', async () => {
    await using database = await anUpgradedDatabase()
    for (const [name, { now }] of Object.entries(ROWS)) {
      const found = await database.store.statement((db) => db.requests.find(now.id))
      assert.deepEqual(found, now, name)
    }
  })

  it('knows what is open, of whom', async () => {
    await using database = await anUpgradedDatabase()
    const { store } = database
    const open = await store.statement((db) => db.requests.openOf(alex.userId))
    assert.deepEqual(open.map(({ id }) => id).sort(), [
      '00000001',
      '00000002',
      '00000005',
      '00000006',
      '00000007',
    ])
    const usage = await store.statement((db) => db.requests.usage(alex.userId))
    assert.deepEqual([usage.openRequests, usage.grants], [2, 3])
  })

  it('goes on with every request', async () => {
    await using database = await anUpgradedDatabase()
    const { store } = database
    const take = async (id: string, command: Parameters<typeof change>[2]) => {
      const next = await change(store, id as RequestId, command)
      assert.deepEqual(await store.statement((db) => db.requests.find(next.id)), next)
      return next.status === 'approved' ? next.grant.state : next.status
    }
    assert.equal(await take('00000001', approval()), 'granting')
    assert.equal(await take('00000002', { type: 'cancel', at: after(90), by: alex }), 'cancelled')
    assert.equal(await take('00000005', { type: 'confirm-active', at: after(90) }), 'active')
    assert.equal(await take('00000006', { type: 'tick', at: after(9_000) }), 'ended')
    assert.equal(await take('00000007', { type: 'confirm-ended', at: after(90) }), 'ended')
  })

  it('has the events from before in the chain, as they were', async () => {
    await using database = await anUpgradedDatabase()
    const { finding, problems, events } = await verifyTrail(database.db)
    assert.deepEqual([finding, problems], [undefined, []])
    const { rows } = await database.pool.query(
      `select count(*)::int as events, count(*) filter (where schema_version = 0 and recorded_by is null)::int as before
       from audit_event`,
    )
    assert.deepEqual(rows, [{ events, before: events }])
    assert.ok(events > 10)
    await ask(database.store, { by: anEngineer('later') })
    assert.equal((await verifyTrail(database.db)).events, events + 1)
  })

  it('knows the catalogue that was accepted last', async () => {
    await using database = await anUpgradedDatabase()
    const accept = (revision: string) =>
      database.store.transaction((tx) => tx.catalogues.accept(aCatalogue({ revision }), 'new'))
    assert.equal(await accept(REVISION), false)
    assert.equal(await accept('d'.repeat(64)), true)
  })
})
