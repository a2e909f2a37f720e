import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { TestDatabase } from '../support/database.ts'
import { after, alex, anEngineer, kim } from '../support/build.ts'
import { aDatabase, approval, ask, change, commit, grant } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })
const event = (id: string, version: number, action: string, user?: string) =>
  `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id, request_id, request_version)
   values ('${action}', 'button', ${user === undefined ? `'bot', null, null` : `'person', 'T0TEAM', '${user}'`}, '${id}', ${version})`
const lapse = (id: string, version = 2) =>
  `update request set version = ${version}, status = 'lapsed', closed_at = jit_now() where id = '${id}'`

describe('a change and its audit event', () => {
  let one = 0
  const fresh = async () => (await ask(database.store, { by: anEngineer(`e${one++}`) })).id

  it('commit together', async () => {
    const id = await fresh()
    await commit(database, event(id, 2, 'request.lapsed'), lapse(id))
    const found = await database.store.transaction((tx) => tx.requests.find(id))
    assert.equal(found?.status, 'lapsed')
  })

  it('are refused at the commit, not before, when the event is missing', async () => {
    const id = await fresh()
    const client = await database.pool.connect()
    try {
      await client.query('begin')
      await client.query(lapse(id))
      await assert.rejects(client.query('commit'), {
        message: `request: version 2 of request ${id} has no audit event request.lapsed by the bot`,
      })
    } finally {
      client.release()
    }
    const found = await database.store.transaction((tx) => tx.requests.find(id))
    assert.equal(found?.status, 'pending')
  })

  it('are refused when the change is missing', async () => {
    const id = await fresh()
    await refused(/never had version 2$/, event(id, 2, 'request.lapsed'))
  })

  it('are refused when there are two events for one version', async () => {
    const id = await fresh()
    await assert.rejects(commit(database, event(id, 1, 'request.created', 'U0MALLORY')), {
      constraint: 'audit_event_one_per_version',
    })
    await assert.rejects(
      commit(
        database,
        lapse(id),
        event(id, 2, 'request.lapsed'),
        event(id, 2, 'request.cancelled'),
      ),
      { constraint: 'audit_event_one_per_version' },
    )
  })

  it('are refused when the event tells another story', async () => {
    const id = await fresh()
    const actions = ['request.cancelled', 'request.approval_recorded', 'grant.ended']
    for (const action of actions)
      await refused(/no audit event request\.lapsed|no approval/, lapse(id), event(id, 2, action))
  })

  it('are refused when the event names another decider', async () => {
    const id = await fresh()
    const denial = `update request set version = 2, status = 'denied', closed_at = jit_now(), denied_by_team_id = 'T0TEAM',
      denied_by_user_id = 'U0KIM', denied_by_email = 'kim@example.com', deny_reason = 'no' where id = '${id}'`
    const blamed = event(id, 2, 'request.denied', 'U0SAM')
    await refused(/has no audit event request\.denied by U0KIM$/, denial, blamed)
  })

  it('are refused when an approval is told that nobody gave', async () => {
    const id = await fresh()
    const same = `update request set version = 2 where id = '${id}'`
    const told = event(id, 2, 'request.approval_recorded', 'U0KIM')
    await refused(/no approval made version 2 of request/, same, told)
  })

  it('are refused when a version is changed without a story', async () => {
    const id = await fresh()
    const same = `update request set version = 2 where id = '${id}'`
    await refused(/no audit event request\.approval_recorded/, same)
  })

  it('are refused when two steps share the event of one', async () => {
    const id = await fresh()
    await refused(
      /version 2 of request .* has no audit event request\.approval_recorded/,
      `update request set version = 2 where id = '${id}'`,
      lapse(id, 3),
      event(id, 3, 'request.lapsed'),
    )
  })

  it('are refused when a new request has no event, or that of somebody else', async () => {
    const id = await fresh()
    const another = `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id,
        requester_email, resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision)
      select 'XXXXXXXX', 1, 'pending', 'x', requester_team_id, 'U0NEW', requester_email, resource_id, duration_seconds,
        reason, requested_at, lapses_at, approvals_needed, catalogue_revision from request where id = '${id}'`
    const missing = /version 1 of request XXXXXXXX has no audit event request\.created by U0NEW$/
    await refused(missing, another)
    await refused(missing, another, event('XXXXXXXX', 1, 'request.created', 'U0MALLORY'))
  })

  it('are refused when a grant moves alone', async () => {
    const { id } = await grant(database.store, { by: anEngineer(`e${one++}`) })
    const move = `update access_grant set version = 3, state = 'active', active_at = jit_now() where request_id = '${id}'`
    await refused(/has no audit event grant\.activated/, move)
    await refused(/never had version 3$/, move, event(id, 3, 'grant.activated'))
  })

  it('are refused when the event tells of another step of the grant, or by somebody else', async () => {
    const { id } = await grant(database.store, { by: anEngineer(`e${one++}`) })
    const next = `update request set version = 3 where id = '${id}'`
    const end = `update access_grant set version = 3, state = 'ending', end_cause = 'revoked', ended_by_team_id = 'T0TEAM',
      ended_by_user_id = 'U0KIM', ended_by_email = 'kim@example.com' where request_id = '${id}'`
    const missing = /^access_grant: version 3 .* has no audit event grant\.ending by U0KIM$/
    await refused(missing, next, end, event(id, 3, 'grant.ended', 'U0KIM'))
    await refused(missing, next, end, event(id, 3, 'grant.ending', 'U0SAM'))
    await commit(database, next, end, event(id, 3, 'grant.ending', 'U0KIM'))
  })

  const deeds: readonly (readonly [string, string])[] = [
    ['grant.activated', `state = 'active', active_at = jit_now()`],
    ['grant.never_active', `state = 'never-active', ended_at = jit_now()`],
    ['grant.ending', `state = 'ending', end_cause = 'ineligible', ineligible_why = 'deactivated'`],
  ]
  for (const [action, changes] of deeds)
    it(`are refused when ${action} is told as somebody’s act`, async () => {
      const { id } = await grant(database.store, { by: anEngineer(`e${one++}`) })
      const next = `update request set version = 3 where id = '${id}'`
      const move = `update access_grant set version = 3, ${changes} where request_id = '${id}'`
      const missing = new RegExp(`has no audit event ${action.replace('.', '\\.')} by the bot$`)
      await refused(missing, next, move, event(id, 3, action, 'U0KIM'))
      await commit(database, next, move, event(id, 3, action))
    })

  it('are refused when an approved request moves without its grant', async () => {
    const { id } = await grant(database.store, { by: anEngineer(`e${one++}`) })
    await refused(
      /its grant is at version 2, not at 3$/,
      `update request set version = 3 where id = '${id}'`,
      event(id, 3, 'grant.activated'),
    )
  })
})

describe('an audit event', () => {
  it('of a change has a version, and no other has', async () => {
    const bare = (action: string) =>
      `insert into audit_event (action, via, actor_kind) values ('${action}', 'bot', 'bot')`
    const { id } = await ask(database.store, { by: anEngineer('versioned') })
    for (const statement of [bare('request.approved'), event(id, 1, 'request.deny_refused')])
      await assert.rejects(commit(database, statement), {
        constraint: 'audit_event_change_has_version',
      })
    await commit(database, bare('policy.written'))
  })

  it('of a person names one, and of the bot names none', async () => {
    const rows = [`('x.y', 'bot', 'person', null, null)`, `('x.y', 'bot', 'bot', 'T0', 'U0ALEX')`]
    for (const row of rows)
      await assert.rejects(
        commit(
          database,
          `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id) values ${row}`,
        ),
        { constraint: 'audit_event_person_named' },
      )
  })

  it('cannot be put in the place of another', async () => {
    await assert.rejects(
      commit(
        database,
        `insert into audit_event (seq, action, via, actor_kind) values (1, 'x.y', 'bot', 'bot')`,
      ),
      { code: '428C9' },
    )
  })
})

describe('histories', () => {
  before(async () => {
    const { id } = await ask(database.store, { by: alex })
    await change(database.store, id, approval())
    await change(database.store, id, { type: 'confirm-active', at: after(61) })
  })

  const rows: readonly (readonly [string, string])[] = [
    [
      `update audit_event set public_details = '{"forged": true}'`,
      'audit_event is append-only: UPDATE refused',
    ],
    ['delete from audit_event', 'audit_event is append-only: DELETE refused'],
    ['truncate audit_event cascade', 'audit_event is append-only: TRUNCATE refused'],
    [`update approval set note = 'forged'`, 'approval is append-only: UPDATE refused'],
    ['delete from approval', 'approval is append-only: DELETE refused'],
    ['truncate approval', 'approval is append-only: TRUNCATE refused'],
    [
      `update catalogue_revision set source = 'forged'`,
      'catalogue_revision is append-only: UPDATE refused',
    ],
    ['delete from catalogue_revision', 'catalogue_revision is append-only: DELETE refused'],
    ['truncate catalogue_revision cascade', 'catalogue_revision is append-only: TRUNCATE refused'],
  ]
  for (const [statement, message] of rows)
    it(`refuse "${statement}", also where triggers are off`, async () => {
      await assert.rejects(commit(database, statement), { message, code: '42501' })
      const quietly = 'set local session_replication_role = replica'
      await assert.rejects(commit(database, quietly, statement), { message, code: '42501' })
    })

  for (const statement of [
    'delete from request',
    'truncate request cascade',
    'delete from access_grant',
    'truncate access_grant',
  ])
    it(`refuse "${statement}"`, async () => {
      await assert.rejects(commit(database, statement), {
        message: /^(request|access_grant) is append-only: (DELETE|TRUNCATE) refused$/,
      })
    })

  it('are refused to an upsert', async () => {
    const upsert = `insert into approval (request_id, request_version, approver_team_id, approver_user_id, approver_email,
        requester_user_id, requester_email, requester_subject, approved_at)
      select request_id, request_version, approver_team_id, approver_user_id, approver_email, requester_user_id,
        requester_email, requester_subject, approved_at from approval
      on conflict (request_id, approver_user_id) do update set approver_email = '${kim.email}x'`
    await assert.rejects(commit(database, upsert), {
      message: 'approval is append-only: UPDATE refused',
    })
  })
})
