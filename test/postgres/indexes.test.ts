import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../../src/app/store.ts'
import type { RequestId, ResourceId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { createStore } from '../../src/postgres/store.ts'
import { createWorkList } from '../../src/postgres/work.ts'
import type { Schema } from '../../src/postgres/schema.ts'
import { REVISION, kim } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase } from './support.ts'

const ID = '00000007' as RequestId
const USER = 'U7' as SlackUserId
const TEAM = 'T' as SlackTeamId
const RESOURCE = 'r10' as ResourceId

/** Both begin with the id, and cost the same. */
const BY_ID = 'request_(?:pkey|requester_of)'

let database: TestDatabase
let queries: CompiledQuery[]
let db: Kysely<Schema>
before(async () => {
  database = await aDatabase(3)
  await fill(database)
  queries = []
  db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: database.pool }),
    log: (event) => void queries.push(event.query),
  })
})
afterAll(() => database[Symbol.asyncDispose]())

/**
 * Enough rows that an index is worth its while: 2,000 requests, one in fifty pending, one in fifty granted, half of
 * these in an emergency, and one in ten revoked; what lapsed of the rest is taken for extensions that a rule approved, one in ten.
 */
async function fill({ pool }: TestDatabase): Promise<void> {
  const ids = `select n, lpad(n::text, 8, '0') as id, 'U' || n % 399 as who from generate_series(1, 2000) n`
  const client = await pool.connect()
  try {
    await client.query('set session_replication_role = replica')
    await client.query(
      `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
         resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, approvals_counted, catalogue_revision,
         closed_at, kind, review_due_at, review_remind_at, automatic_rule, extends_request_id)
       select id, 2, status, id, 'T', who, who || '@example.com',
         'r' || n % 20, 60, 'why', now(), now() + interval '1h', 1, 1, $1,
         case when status not in ('pending', 'approved') then now() end,
         case when n % 100 = 1 then 'break-glass' else 'standard' end,
         case when n % 100 = 1 then now() end, case when n % 100 = 1 then now() end,
         case when status = 'extended' then 'self_activation' end,
         case when status = 'extended' or n % 100 = 0 then lpad((n - 1)::text, 8, '0') end
       from (${ids}) one, lateral (select case
         when n % 50 = 0 then 'pending' when n % 50 = 1 then 'approved' when n % 10 = 5 then 'extended' else 'lapsed' end) as was (status)`,
      [REVISION],
    )
    await client.query(
      `insert into approval select id, 2, 'T', 'A', 'a@example.com', '', who, who || '@example.com', '', null, now() from (${ids}) one`,
    )
    await client.query(
      `insert into access_grant (request_id, version, state, requester_user_id, resource_id, email, constraints, starts_at, ends_at, max_seconds)
       select id, 2, 'granting', who, 'r' || n % 20, 'x@example.com', '[]', now(), date_trunc('second', now()) + interval '1m', 60
       from (${ids}) one where n % 50 = 1`,
    )
    await client.query(
      `insert into access_grant (request_id, version, state, requester_user_id, resource_id, email, constraints, starts_at, ends_at,
         max_seconds, end_cause, ended_by_team_id, ended_by_user_id, ended_by_email, ended_at)
       select id, 2, 'ended', who, 'r' || n % 20, 'x@example.com', '[]', now(), date_trunc('second', now()) + interval '1m', 60,
         'revoked', 'T', 'A', 'a@example.com', now()
       from (${ids}) one where n % 10 = 3`,
    )
    await client.query(
      `insert into audit_event (action, via, actor_kind, request_id, request_version)
       select 'request.lapsed', 'bot', 'bot', id, 2 from (${ids}) one`,
    )
    await client.query(
      `insert into audit_event (action, via, actor_kind, alert) select 'policy.blocked', 'bot', 'bot', n % 50 = 0 from (${ids}) one`,
    )
    await client.query(
      `insert into audit_event (action, via, actor_kind, actor_subject, actor_email, public_details)
       select 'identity.link_refused', 'web', 'person', 's' || n % 399, 'x@example.com', '{"refusal": "link-code-wrong"}' from (${ids}) one`,
    )
    await client.query(
      `insert into identity (team_id, user_id, email, subject, linked_email, linked_at)
       select 'T', 'L' || n, 'l' || n || '@example.com', 's' || n, 'l' || n || '@example.com', now() from (${ids}) one`,
    )
    await client.query(
      `insert into link_code (team_id, user_id, code_hash, expires_at)
       select 'T', 'L' || n, lpad(n::text, 64, '0'), now() + interval '10m' from (${ids}) one`,
    )
    await client.query(
      `insert into slack_message (kind, request_id, channel, ts) select 'card', id, 'C', id from (${ids}) one`,
    )
    await client.query(
      `insert into slack_message (kind, audit_seq, channel, ts) select 'alert', seq, 'D', seq from audit_event`,
    )
    await client.query(
      `insert into work (key, kind, subject, due_at)
       select 'messages:' || id, 'messages', id, now() + n * interval '1m' from (${ids}) one`,
    )
    await client.query('reset session_replication_role')
    await client.query('analyze')
  } finally {
    client.release()
  }
}

/** The plans of all queries that were made meanwhile, as text. */
async function plansOf(run: () => Promise<unknown>): Promise<string> {
  queries.length = 0
  await run()
  const client = await database.pool.connect()
  try {
    await client.query('set enable_seqscan = off')
    let plans = ''
    for (const { sql, parameters } of queries.filter((query) =>
      /\bwork\b|request|event|message|policy|from "identity"|link_code/.test(query.sql),
    )) {
      const text = `explain (costs off) ${sql}`
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(text, [...parameters])
      plans += rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    await client.query('reset enable_seqscan')
    return plans
  } finally {
    client.release()
  }
}

describe('queries of the store', () => {
  const rows: readonly (readonly [
    string,
    readonly string[],
    (s: Statements) => Promise<unknown>,
  ])[] = [
    ['requests.find', [BY_ID, 'access_grant_pkey'], (s) => s.requests.find(ID)],
    ['requests.lock', [BY_ID], (s) => s.requests.lock(ID)],
    ['requests.lockAll', [BY_ID, 'access_grant_pkey'], (s) => s.requests.lockAll([ID])],
    [
      'requests.findByIdempotencyKey',
      ['request_idempotency_key_unique'],
      (s) => s.requests.findByIdempotencyKey(ID),
    ],
    [
      'requests.findPending',
      ['request_one_pending'],
      (s) => s.requests.findPending({ requester: USER, resourceId: RESOURCE }),
    ],
    [
      'requests.findPendingExtension',
      ['request_one_pending_extension'],
      (s) => s.requests.findPendingExtension(ID),
    ],
    [
      'requests.usage',
      ['request_one_pending', 'access_grant_live_by_requester', 'request_by_requester'],
      (s) => s.requests.usage(USER),
    ],
    [
      'requests.automaticApprovals',
      ['request_automatic', 'access_grant_pkey'],
      (s) =>
        s.requests.automaticApprovals({
          requester: USER,
          resourceId: RESOURCE,
          rule: 'self_activation',
          since: new Date(),
        }),
    ],
    [
      'requests.takenAwaySince',
      ['request_denied', 'access_grant_revoked'],
      (s) =>
        s.requests.takenAwaySince({ requester: USER, resourceId: RESOURCE, since: new Date() }),
    ],
    ['requests.ofRequester', ['request_by_requester'], (s) => s.requests.ofRequester(USER, 20)],
    ['requests.pending', ['request_pending'], (s) => s.requests.pending([RESOURCE], kim, 20)],
    ['requests.reviewsDue', ['request_review_due'], (s) => s.requests.reviewsDue(['r1'], kim, 20)],
    ['requests.waiting', ['request_pending'], (s) => s.requests.waiting([RESOURCE], 100)],
    ['requests.waiting of all', ['request_pending'], (s) => s.requests.waiting('all', 100)],
    [
      'requests.holding',
      ['access_grant_live', BY_ID],
      (s) => s.requests.holding([RESOURCE, 'r11'], 100),
    ],
    ['requests.holding of all', ['access_grant_live'], (s) => s.requests.holding('all', 100)],
    [
      'requests.openRequesters',
      ['request_(one_)?pending', 'access_grant_live'],
      (s) => s.requests.openRequesters(),
    ],
    [
      'requests.openOf',
      ['request_one_pending', 'access_grant_live_by_requester', BY_ID],
      (s) => s.requests.openOf(USER),
    ],
    [
      'requests.standing',
      ['access_grant_(live|window)', BY_ID],
      (s) => s.requests.standing(RESOURCE),
    ],
    ['identities.find', ['identity_pkey'], (s) => s.identities.find(TEAM, USER)],
    [
      'identities.linkOfSubject',
      ['identity_subject_unique'],
      (s) => s.identities.linkOfSubject('s7'),
    ],
    ['identities.takeCode', ['link_code_unique'], (s) => s.identities.takeCode('0'.repeat(64))],
    [
      'identities.wrongCodes',
      ['audit_event_link_refused'],
      (s) => s.identities.wrongCodes('s7', 600),
    ],
    [
      'identities.refusedLinks',
      ['audit_event_link_refused_by_time'],
      (s) => s.identities.refusedLinks(600),
    ],
    ['policies.ownerOf', ['policy_state_policy_id_unique'], (s) => s.policies.ownerOf('pol1')],
    ['audit.changesAfter', ['audit_event_'], (s) => s.audit.changesAfter(ID, 1)],
    ['audit.about', ['audit_event_'], (s) => s.audit.about(ID, 100)],
    ['audit.find', ['audit_event_pkey'], (s) => s.audit.find(7)],
    [
      'audit.alertedWithin',
      ['audit_event_alert'],
      (s) => s.audit.alertedWithin('policy.blocked', 60),
    ],
    [
      'audit.numbersBetween',
      ['audit_event_by_(time|action)', 'request_review_(due|open)'],
      (s) => s.audit.numbersBetween(new Date(0), new Date(1)),
    ],
    [
      'work.repair',
      ['request_(one_)?pending', 'access_grant_live', 'request_review_due'],
      (s) => s.work.repair(),
    ],
    ['messages.of', ['slack_message_by_request'], (s) => s.messages.of(ID)],
    ['messages.isAlertPosted', ['slack_message_one_per_alert'], (s) => s.messages.isAlertPosted(7)],
  ]
  for (const [name, indexes, run] of rows)
    it(`go by an index for ${name}`, async () => {
      const plans = await plansOf(() => createStore(db).transaction(run))
      for (const index of indexes) assert.match(plans, new RegExp(`Index.* ${index}`))
      assert.doesNotMatch(plans, /Seq Scan/)
    })

  it('find approvals by their request', async () => {
    const plans = await plansOf(() => createStore(db).transaction((tx) => tx.requests.find(ID)))
    assert.match(plans, /Index.* approval_/)
  })
})

describe('queries of the work list', () => {
  it('go by work_due to claim and to look ahead', async () => {
    const list = createWorkList(db)
    assert.match(await plansOf(() => list.claim(['messages'], 5, 1_000)), /Index.* work_due/)
    assert.match(await plansOf(() => list.untilDue(['messages'])), /Index.* work_due/)
  })
})
