import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { Kysely, PostgresDialect } from 'kysely'
import type { CompiledQuery } from 'kysely'
import type { AccessWindow, AuditFilter } from '../../src/app/audit-cases.ts'
import type { AuditReading } from '../../src/app/store.ts'
import type { RequestId, ResourceId, SlackUserId } from '../../src/domain/ids.ts'
import { foldEmail } from '../../src/domain/person.ts'
import { auditReadingIn } from '../../src/postgres/audit-reading.ts'
import type { Schema } from '../../src/postgres/schema.ts'
import { MORNING, aResource, after, alex, anEngineer, kim, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase, approval, ask, change, grant } from './support.ts'

const EVENTS = 600
const REQUESTS = 12
const ALL = Number.MAX_SAFE_INTEGER
const NAMES = ['ada', 'Bo', 'žofie', 'dan'] as const
const ACTIONS = [
  'request.create_refused',
  'request.deny_refused',
  'grant.end_refused',
  'grant.extend_refused',
  'identity.pinned',
  'audit.read',
] as const

interface Row {
  readonly minutes: number
  readonly action: (typeof ACTIONS)[number]
  readonly who: number | undefined
  readonly hasAddress: boolean
  readonly isSpelledLarge: boolean
  readonly request: number | undefined
  readonly resource: number | undefined
}

const rowArbitrary = fc.record<Row>({
  // Times go up and down around the order of the numbers, by less than a day.
  minutes: fc.integer({ min: 0, max: 1_000 }),
  action: fc.constantFrom(...ACTIONS),
  who: fc.option(fc.nat({ max: NAMES.length - 1 }), { nil: undefined }),
  hasAddress: fc.boolean(),
  isSpelledLarge: fc.boolean(),
  request: fc.option(fc.nat({ max: REQUESTS - 1 }), { nil: undefined }),
  resource: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
})

const idOf = (request: number) => `RRRR000${request.toString(36).toUpperCase()}` as RequestId
const slackIdOf = (who: number) => `U${who}` as SlackUserId
const addressOf = (who: number) => `${NAMES[who]}@example.com`
const timeOf = ({ minutes }: Row, index: number) => after((minutes + index * 10) * 60)
/** Of whom a request is; every third is for somebody without a Slack account. */
const requesterOf = (request: number) => request % NAMES.length
const beneficiaryOf = (request: number) => (request % 3 === 0 ? 'vendor@partner.example' : '')

describe('newest and chained', () => {
  let database: TestDatabase
  let rows: readonly Row[]
  before(async () => {
    database = await aDatabase(3)
    rows = fc.sample(rowArbitrary, { numRuns: EVENTS, seed: 4 })
    await fill(database, rows)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const read = <T>(use: (audit: AuditReading) => Promise<T>): Promise<T> =>
    database.store.statement((db) => use(db.audit))

  /** Numbers of the events that fit, by looking at each. */
  function fitting({ from, to, person, resourceId, requestId, action }: AuditFilter): number[] {
    const isTheirs = (row: Row): boolean => {
      const { who, request, hasAddress } = row
      if (person === undefined) return true
      if ('userId' in person)
        return [who, request === undefined ? undefined : requesterOf(request)].some(
          (each) => each !== undefined && slackIdOf(each) === person.userId,
        )
      const addresses = [
        ...(who === undefined || !hasAddress ? [] : [addressOf(who)]),
        ...(request === undefined ? [] : [addressOf(requesterOf(request)), beneficiaryOf(request)]),
      ]
      return addresses.some((address) => foldEmail(address) === foldEmail(person.email))
    }
    return rows.flatMap((row, index) => {
      const at = timeOf(row, index)
      const fits =
        (from === undefined || at >= from) &&
        (to === undefined || at < to) &&
        (resourceId === undefined ||
          (row.resource !== undefined && `r${row.resource}` === resourceId)) &&
        (requestId === undefined ||
          (row.request !== undefined && idOf(row.request) === requestId)) &&
        (action === undefined || row.action === action || row.action.split('.')[0] === action) &&
        isTheirs(row)
      return fits ? [index + 1] : []
    })
  }

  const filters: fc.Arbitrary<AuditFilter> = fc.record(
    {
      from: fc.integer({ min: -100, max: 8_000 }).map((minutes) => after(minutes * 60)),
      to: fc.integer({ min: -100, max: 8_000 }).map((minutes) => after(minutes * 60)),
      person: fc.oneof(
        fc.nat({ max: NAMES.length }).map((who) => ({ userId: slackIdOf(who) })),
        fc.constantFrom(
          ...[...NAMES.map((_, who) => addressOf(who)), 'vendor@partner.example', 'no@no.example']
            .flatMap((address) => [address, address.toUpperCase()])
            .map((email) => ({ email })),
        ),
      ),
      resourceId: fc.constantFrom('r0', 'r1', 'r9').map((id) => id as ResourceId),
      requestId: fc.nat({ max: REQUESTS }).map(idOf),
      action: fc.constantFrom(...ACTIONS, 'request', 'grant', 'policy', 'request.denied', 'r'),
    },
    { requiredKeys: [] },
  )

  it('find what looking at every event finds, whatever the filter, in pages and in the chain', async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: EVENTS + 1 }),
        async (filter, limit, before) => {
          const fits = fitting(filter)
          const newest = await read((audit) => audit.newest(filter, before, limit))
          assert.deepEqual(
            newest.map(({ seq }) => seq),
            fits
              .filter((seq) => seq < before)
              .toReversed()
              .slice(0, limit),
          )
          const span = await read((audit) => audit.chainSpan(filter))
          const wanted: number[] = []
          for await (const batch of await read(async (audit) => audit.chained(filter, span)))
            wanted.push(...batch.flatMap(({ seq, isWanted }) => (isWanted ? seq : [])))
          assert.deepEqual(wanted, fits)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('give back events as they are on record', async () => {
    const [found] = await read((audit) => audit.newest({}, 2, 1))
    const stored = await database.store.statement((db) => db.audit.find(1))
    assert.ok(stored !== undefined)
    assert.deepEqual(found, stored)
  })
})

async function fill({ pool }: TestDatabase, rows: readonly Row[]): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('set session_replication_role = replica')
    for (let request = 0; request < REQUESTS; request += 1) {
      const who = requesterOf(request)
      await client.query(
        `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
           beneficiary_email, kind, resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed,
           approvals_counted, catalogue_revision, closed_at)
         values ($1, 2, 'lapsed', $1, 'T', $2, $3, $4, $5, 'r0', 60, 'why', now(), now() + interval '1h', 1, 0, 'c', now())`,
        [
          idOf(request),
          slackIdOf(who),
          addressOf(who),
          beneficiaryOf(request),
          beneficiaryOf(request) === '' ? 'standard' : 'sponsored',
        ],
      )
    }
    for (const [index, row] of rows.entries()) {
      const { who, request, resource } = row
      const address = who === undefined || !row.hasAddress ? null : addressOf(who)
      await client.query(
        `insert into audit_event (action, via, actor_kind, actor_user_id, actor_email, request_id, resource_id, public_details)
         values (at_time($1, $2), 'web', $3, $4, $5, $6, $7, '{"n": 1}')`,
        [
          timeOf(row, index),
          row.action,
          who === undefined ? 'bot' : 'person',
          who === undefined ? null : slackIdOf(who),
          row.isSpelledLarge ? (address?.toUpperCase() ?? null) : address,
          request === undefined ? null : idOf(request),
          resource === undefined ? null : `r${resource}`,
        ],
      )
    }
  } finally {
    // Its settings go with it.
    client.release(true)
  }
}

describe('windows', () => {
  let database: TestDatabase
  before(async () => {
    database = await aDatabase(3)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const windows = (filter: AuditFilter, limit = 200) =>
    database.store.statement((db) => db.audit.windows(filter, limit))
  const found = async (filter: AuditFilter, limit?: number) =>
    (await windows(filter, limit)).map(({ requestId }) => requestId)

  const robin = anEngineer('robin')
  const drawer = aResource({ id: 'drawer' as ResourceId })
  let over: AccessWindow
  let live: AccessWindow
  let returned: AccessWindow

  before(async () => {
    const { store } = database
    const old = await grant(store)
    await change(store, old.id, { type: 'confirm-active', at: after(75) })
    await change(store, old.id, { type: 'tick', at: after(4_000) })
    over = {
      requestId: old.id,
      resourceId: old.resourceId,
      email: alex.email,
      from: after(75),
      to: old.grant.endsAt,
      isOver: true,
    }
    const soon = new Date(Date.now() + 3_600_000)
    const later = await grant(
      store,
      { by: robin, resource: drawer, at: soon },
      new Date(soon.getTime() + 1_000),
    )
    live = {
      requestId: later.id,
      resourceId: drawer.id,
      email: robin.email,
      from: later.grant.startsAt,
      to: later.grant.endsAt,
      isOver: false,
    }
    const early = await grant(store, { by: robin, at: after(7_200) }, after(7_260))
    await change(store, early.id, { type: 'confirm-active', at: after(7_270) })
    await change(store, early.id, {
      type: 'end',
      at: after(7_500),
      by: robin,
      resource: aResource(),
      admins: people(),
    })
    await change(store, early.id, { type: 'confirm-ended', at: after(7_502) })
    returned = {
      requestId: early.id,
      resourceId: early.resourceId,
      email: robin.email,
      from: after(7_270),
      to: after(7_502),
      isOver: true,
    }
    // Nobody had access by these.
    await ask(store, { by: anEngineer('noor') })
    const never = await grant(store, { by: anEngineer('nell') })
    await change(store, never.id, { type: 'tick', at: after(4_000) })
  })

  it('begin when access was active, and end when it ended or is to end', async () => {
    assert.deepEqual(await windows({}), [live, returned, over])
  })

  it('are those of a time, of which the end is not part', async () => {
    assert.deepEqual(await found({ from: MORNING, to: after(7_270) }), [over.requestId])
    assert.deepEqual(await found({ from: after(300), to: after(400) }), [over.requestId])
    assert.deepEqual(await found({ to: over.from }), [])
    assert.deepEqual(await found({ from: over.to, to: after(7_271) }), [returned.requestId])
    assert.deepEqual(await found({ from: returned.to }), [live.requestId])
  })

  it('are those of a holder, a resource or a request, whatever the action', async () => {
    assert.deepEqual(await found({ person: { email: 'ROBIN@example.com' } }), [
      live.requestId,
      returned.requestId,
    ])
    assert.deepEqual(await found({ person: { userId: alex.userId } }), [over.requestId])
    assert.deepEqual(await found({ person: { userId: kim.userId } }), [])
    assert.deepEqual(await found({ resourceId: drawer.id }), [live.requestId])
    assert.deepEqual(await found({ requestId: over.requestId, action: 'identity' }), [
      over.requestId,
    ])
  })

  it('are at most as many as are asked for, the last to begin', async () => {
    assert.deepEqual(await found({}, 2), [live.requestId, returned.requestId])
    assert.deepEqual(await found({ from: MORNING }, 1), [live.requestId])
  })
})

describe('status', () => {
  it('tells the last event, and of none', async () => {
    await using database = await aDatabase(2)
    const status = () => database.store.statement((db) => db.audit.status())
    assert.deepEqual(await status(), { isAppendOnly: true, lastSeq: 0 })
    const { id } = await ask(database.store)
    await change(database.store, id, approval())
    const last = await database.store.statement((db) => db.audit.changesAfter(id, 1))
    assert.deepEqual(await status(), {
      isAppendOnly: true,
      lastSeq: last[0]?.seq,
      lastAt: last[0]?.at,
      lastHash: last[0]?.hash,
    })
  })

  const attacks = [
    ['switched off', 'alter table audit_event disable trigger audit_event_append_only'],
    ['weakened', 'alter table audit_event enable trigger audit_event_no_truncate'],
    ['dropped', 'drop trigger audit_event_no_truncate on audit_event'],
    [
      'given a condition',
      `drop trigger audit_event_append_only on audit_event;
       create trigger audit_event_append_only before update or delete on audit_event
         for each row when (old.seq > 5) execute function refuse_change();
       alter table audit_event enable always trigger audit_event_append_only`,
    ],
    [
      'given for one of the two deeds only',
      `drop trigger audit_event_append_only on audit_event;
       create trigger audit_event_append_only before update on audit_event
         for each row execute function refuse_change();
       alter table audit_event enable always trigger audit_event_append_only`,
    ],
    [
      'given another function',
      `create function let_it_be() returns trigger language plpgsql as 'begin return new; end';
       drop trigger audit_event_append_only on audit_event;
       create trigger audit_event_append_only before update or delete on audit_event
         for each row execute function let_it_be();
       alter table audit_event enable always trigger audit_event_append_only`,
    ],
  ] as const
  for (const [what, statement] of attacks)
    it(`tells that the trail can be edited when a trigger was ${what}`, async () => {
      await using database = await aDatabase(2)
      await database.pool.query(statement)
      const { isAppendOnly } = await database.store.statement((db) => db.audit.status())
      assert.equal(isAppendOnly, false)
    })
})

describe('queries of the trail', () => {
  let database: TestDatabase
  let queries: CompiledQuery[]
  let audit: AuditReading
  before(async () => {
    database = await aDatabase(3)
    const client = await database.pool.connect()
    await client.query('set session_replication_role = replica')
    await client.query(
      `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
         beneficiary_email, kind, resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed,
         approvals_counted, catalogue_revision, closed_at)
       select lpad(n::text, 8, '0'), 2, 'lapsed', n, 'T', 'U' || n % 99, 'u' || n % 99 || '@example.com',
         case when n % 9 = 0 then 'v@example.com' else '' end, case when n % 9 = 0 then 'sponsored' else 'standard' end,
         'r' || n % 5, 60, 'why', now(), now() + interval '1h', 1, 0, 'c', now()
       from generate_series(1, 2000) n`,
    )
    await client.query(
      `insert into access_grant (request_id, version, state, requester_user_id, resource_id, email, constraints, starts_at,
         ends_at, max_seconds, end_cause, ended_at)
       select id, 2, 'ended', requester_user_id, resource_id, requester_email, '[]', at, at + interval '1m', 60, 'expired', at + interval '1m'
       from request, lateral (select timestamptz '2026-01-01Z' + id::integer * interval '1m') as begun (at)`,
    )
    await client.query(
      `insert into audit_event (action, via, actor_kind, actor_user_id, actor_email, request_id, resource_id)
       select at_time(timestamptz '2026-01-01Z' + n * interval '10m', case when n < 50 then 'identity.pinned' else 'grant.end_refused' end),
         'web', 'person', 'U' || n % 99, 'u' || n % 99 || '@example.com', lpad((n / 4 + 1)::text, 8, '0'), 'r' || n % 5
       from generate_series(1, 7000) n`,
    )
    await client.query('analyze')
    client.release(true)
    queries = []
    audit = auditReadingIn(
      new Kysely<Schema>({
        dialect: new PostgresDialect({ pool: database.pool }),
        log: (event) => void queries.push(event.query),
      }),
    )
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const time = { from: new Date('2026-01-20Z'), to: new Date('2026-01-20T06:00Z') }
  const person = { email: 'u7@example.com' }
  const byUser = { person: { userId: 'U7' as SlackUserId } }
  const resourceId = 'r3' as ResourceId
  const requestId = '00000007' as RequestId
  const rows: readonly (readonly [string, readonly string[], () => Promise<unknown>])[] = [
    ['everything', ['audit_event_pkey'], () => audit.newest({}, ALL, 51)],
    ['a time', ['audit_event_by_time', 'audit_event_pkey'], () => audit.newest(time, ALL, 51)],
    [
      'a person by Slack id',
      ['audit_event_by_actor', 'request_by_requester', 'audit_event_'],
      () => audit.newest(byUser, ALL, 51),
    ],
    [
      'a person by address',
      [
        'audit_event_by_email',
        'request_by_requester_email',
        'request_by_beneficiary_email',
        'audit_event_',
      ],
      () => audit.newest({ person }, ALL, 51),
    ],
    ['a resource', ['audit_event_by_resource'], () => audit.newest({ resourceId }, ALL, 51)],
    ['a request', ['audit_event_'], () => audit.newest({ requestId }, ALL, 51)],
    [
      'an action',
      ['audit_event_by_action'],
      () => audit.newest({ action: 'identity.pinned' }, ALL, 51),
    ],
    [
      'a kind of action',
      ['audit_event_by_action'],
      () => audit.newest({ action: 'grant' }, ALL, 51),
    ],
    [
      'an action at a resource',
      ['audit_event_by_resource_action'],
      () => audit.newest({ resourceId, action: 'identity.pinned' }, ALL, 51),
    ],
    [
      'a kind of action at a resource',
      ['audit_event_by_resource_action'],
      () => audit.newest({ resourceId, action: 'identity' }, ALL, 51),
    ],
    [
      'all at once',
      ['audit_event_by_time', 'request_by_requester_email'],
      () => audit.newest({ ...time, person, resourceId, requestId, action: 'grant' }, ALL, 51),
    ],
    ['windows', ['access_grant_by_start'], () => audit.windows({}, 200)],
    [
      'windows of a time',
      ['access_grant_by_start', 'access_grant_by_time'],
      () => audit.windows(time, 200),
    ],
    ['windows of a holder', ['access_grant_by_email'], () => audit.windows({ person }, 200)],
    ['windows of a Slack user', ['access_grant_by_requester'], () => audit.windows(byUser, 200)],
    ['windows of a request', ['access_grant_pkey'], () => audit.windows({ requestId }, 200)],
    ['status', ['audit_event_pkey'], () => audit.status()],
  ]
  for (const [name, indexes, run] of rows)
    it(`go by an index for ${name}`, async () => {
      queries.length = 0
      await run()
      const [query] = queries
      assert.ok(query !== undefined)
      const client = await database.pool.connect()
      await client.query('set enable_seqscan = off')
      const { rows: lines } = await client.query<{ 'QUERY PLAN': string }>(
        `explain (costs off) ${query.sql}`,
        [...query.parameters],
      )
      client.release(true)
      const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
      for (const index of indexes) assert.match(plan, new RegExp(`Index.* ${index}`))
      assert.doesNotMatch(plan, /Seq Scan on (?:audit|request|access)/)
    })
})
