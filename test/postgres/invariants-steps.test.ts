import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { RequestId } from '../../src/domain/ids.ts'
import type { TestDatabase } from '../support/database.ts'
import { aResource, after, anEngineer, kim, people } from '../support/build.ts'
import {
  aDatabase,
  anExtendable,
  approval,
  ask,
  askExtension,
  change,
  commit,
  grant,
} from './support.ts'

let database: TestDatabase
const ids: Record<string, RequestId> = {}
before(async () => {
  database = await aDatabase()
  const { store } = database
  const by = (name: string) => ({ by: anEngineer(name) })
  const end = {
    type: 'end',
    at: after(70),
    by: kim,
    admins: people(),
    resource: aResource(),
  } as const
  const make = async (name: string, ...commands: Parameters<typeof change>[2][]) => {
    const { id } = await ask(store, by(name))
    ids[name] = id
    for (const command of commands) await change(store, id, command)
  }
  const approved = (name: string) => approval({ requester: anEngineer(name) })
  const confirmed = { type: 'confirm-active', at: after(61) } as const
  await make('pending')
  await make('denied', {
    type: 'deny',
    at: after(60),
    by: kim,
    resource: aResource(),
    reason: 'no',
  })
  await make('cancelled', { type: 'cancel', at: after(60), by: anEngineer('cancelled') })
  await make('lapsed', { type: 'tick', at: after(28_800) })
  await make('granting', approved('granting'))
  const planned = await ask(store, { ...by('scheduled'), startsAt: after(7_200) })
  ids['scheduled'] = planned.id
  for (const command of [approved('scheduled'), confirmed]) await change(store, planned.id, command)
  await make('extendable', approved('extendable'), confirmed)
  const extendable = await store.statement((db) => db.requests.find(ids['extendable'] as RequestId))
  if (extendable === undefined) throw new Error('nothing to extend')
  const wish = await askExtension(store, extendable, by('extendable'))
  ids['extended'] = wish.id
  const longer = { extended: extendable, resource: anExtendable(), at: after(130) }
  await change(store, wish.id, approval({ ...longer, requester: anEngineer('extendable') }))
  await make('active', approved('active'), confirmed)
  await make('ending', approved('ending'), confirmed, end)
  await make('ended', approved('ended'), end, { type: 'confirm-ended', at: after(80) })
  await make('never-active', approved('never-active'), { type: 'tick', at: after(4_000) })
})
afterAll(() => database[Symbol.asyncDispose]())

const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })
const CLOSED = ['denied', 'cancelled', 'lapsed', 'extended'] as const

describe('a request', () => {
  const STATUSES = ['pending', 'approved', ...CLOSED] as const

  it('does not leave an end state', async () => {
    for (const from of CLOSED)
      for (const to of STATUSES)
        await refused(
          new RegExp(`: ${to} cannot follow ${from}$`),
          `update request set version = version + 1, status = '${to}' where id = '${ids[from]}'`,
        )
  })

  it('stays approved', async () => {
    for (const to of STATUSES.filter((status) => status !== 'approved'))
      await refused(
        new RegExp(`: ${to} cannot follow approved$`),
        `update request set version = version + 1, status = '${to}' where id = '${ids['active']}'`,
      )
  })

  it('moves one version at a time', async () => {
    for (const step of ['version', 'version + 2', 'version - 1'])
      await refused(
        /: version \d+ cannot follow 1$/,
        `update request set version = ${step}, reason = reason where id = '${ids['pending']}'`,
      )
  })

  for (const change of [
    `id = 'ZZZZZZZZ'`,
    `idempotency_key = 'x'`,
    `requester_team_id = 'T1'`,
    `requester_user_id = 'U0MALLORY'`,
    `requester_email = 'mallory@example.com'`,
    `requester_subject = 'sub'`,
    `kind = 'sponsored'`,
    `beneficiary_email = 'vera@partner.example'`,
    `resource_id = 'vault'`,
    `level = 'admin'`,
    `extends_request_id = 'ZZZZZZZZ'`,
    `duration_seconds = duration_seconds + 1`,
    `starts_at = requested_at + interval '1h'`,
    `remind_seconds = 1`,
    `reason = 'another'`,
    `requested_at = requested_at - interval '1s'`,
    `lapses_at = lapses_at + interval '1y'`,
    `catalogue_revision = repeat('d', 64)`,
  ])
    it(`keeps what was asked: ${change.split(' ')[0]}`, async () => {
      await refused(
        /: what was asked cannot change$/,
        `update request set version = version + 1, ${change} where id = '${ids['pending']}'`,
      )
    })

  it('keeps how many approvals it needed, and had, once it is answered', async () => {
    const step = (of: string, changes: string) =>
      `update request set version = version + 1, ${changes} where id = '${ids[of]}'`
    const lapsed = `status = 'lapsed', closed_at = jit_now()`
    for (const statement of [
      step('active', 'approvals_needed = 7'),
      step('active', 'approvals_counted = 7'),
      step('pending', `${lapsed}, approvals_needed = 7`),
    ])
      await refused(/: how it was decided cannot change$/, statement)
  })

  it('begins pending, at version 1', async () => {
    const born = (version: number, status: string) =>
      `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
         resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision, closed_at)
       select 'YYYYYYYY', ${version}, '${status}', 'y', 'T', 'U0NEW', 'new@example.com', 'r', 60, 'why', requested_at, lapses_at,
         1, catalogue_revision, ${CLOSED.some((one) => one === status) ? 'jit_now()' : 'null'} from request limit 1`
    for (const [version, status] of [
      [2, 'pending'],
      [1, 'approved'],
      [1, 'lapsed'],
      [1, 'extended'],
    ] as const)
      await refused(/: it begins pending at version 1$/, born(version, status))
  })

  it('begins without a history', async () => {
    const born = (column: string, value: string) =>
      `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
         resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision, ${column})
       select 'YYYYYYYY', 1, 'pending', 'y', 'T', 'U0NEW', 'new@example.com', 'r', 60, 'why', requested_at, lapses_at,
         1, catalogue_revision, ${value} from request limit 1`
    for (const [column, value] of [
      ['approvals_counted', '1'],
      ['reminders', '1'],
      ['escalated_at', 'jit_now()'],
    ] as const)
      await refused(/: it begins pending at version 1$/, born(column, value))
  })

  it('has a status that there is, and is closed at a time', async () => {
    const step = (changes: string) =>
      `update request set version = version + 1, ${changes} where id = '${ids['pending']}'`
    for (const [constraint, changes] of [
      ['request_status_known', `status = 'parked'`],
      ['request_closed_with_time', `status = 'lapsed'`],
      ['request_closed_with_time', 'closed_at = jit_now()'],
    ] as const)
      await assert.rejects(commit(database, step(changes)), { constraint })
  })

  const bad: readonly (readonly [string, string])[] = [
    ['request_email_not_blank', `requester_email = ' '`],
    ['request_id_form', `id = 'lower'`],
    ['request_duration_positive', 'duration_seconds = 0'],
    ['request_reason_bounded', `reason = repeat('x', 1001)`],
    ['request_lapses_later', 'lapses_at = requested_at'],
    ['request_approvals_positive', 'approvals_needed = 0'],
    ['request_catalogue_revision_known', `catalogue_revision = repeat('e', 64)`],
    ['request_kind_known', `kind = 'favour'`],
    ['request_start_asked', 'starts_at = requested_at'],
    ['request_reminders_not_negative', 'remind_seconds = 0'],
    ['request_ineligible_cancelled', `ineligible_why = 'guest'`],
    ['ineligibility_known', `ineligible_why = 'mood'`],
  ]
  for (const [constraint, change] of bad)
    it(`is refused by ${constraint}`, async () => {
      const [column = '', value = ''] = change.split(' = ')
      const row: Record<string, string> = {
        id: `'YYYYYYYY'`,
        requester_email: `'new@example.com'`,
        duration_seconds: '60',
        reason: `'why'`,
        lapses_at: `requested_at + interval '1h'`,
        approvals_needed: '1',
        catalogue_revision: 'catalogue_revision',
        [column]: value,
      }
      const insert = `insert into request (version, status, idempotency_key, requester_team_id, requester_user_id, resource_id,
          requested_at, ${Object.keys(row).join(', ')})
        select 1, 'pending', 'y', 'T', 'U0NEW', 'r', requested_at, ${Object.values(row).join(', ')} from request limit 1`
      await assert.rejects(commit(database, insert), { constraint })
    })
})

describe('a grant', () => {
  const STATES = ['granting', 'scheduled', 'active', 'ending', 'ended', 'never-active'] as const
  const LEGAL = new Set([
    'granting>scheduled',
    'granting>active',
    'granting>ending',
    'granting>never-active',
    'scheduled>active',
    'scheduled>ending',
    'scheduled>ended',
    'active>ending',
    'active>ended',
    'ending>ended',
  ])
  const move = (from: string, to: string) =>
    `update access_grant set version = version + 1, state = '${to}' where request_id = '${ids[from]}'`

  for (const from of STATES)
    it(`takes no other steps from ${from} than there are`, async () => {
      for (const to of STATES)
        if (!LEGAL.has(`${from}>${to}`))
          await refused(new RegExp(`: ${to} cannot follow ${from}$`), move(from, to))
    })

  it('does not take a legal step without what belongs to it', async () => {
    const steps: readonly (readonly [string, string, RegExp])[] = [
      ['granting', 'active', /access_grant_active_with_time/],
      ['granting', 'scheduled', /access_grant_scheduled_with_time/],
      ['granting', 'ending', /access_grant_e/],
      ['active', 'ended', /access_grant_ended_with/],
      ['granting', 'never-active', /access_grant_ended_with_time/],
    ]
    for (const [from, to, constraint] of steps) await refused(constraint, move(from, to))
  })

  it('does not end by time while it is being ended by somebody', async () => {
    await refused(
      /: what happened to it cannot change$/,
      `update access_grant set version = version + 1, state = 'ended', ended_at = jit_now(), end_cause = 'expired',
         end_reason = null, ended_by_team_id = null, ended_by_user_id = null, ended_by_email = null, ended_by_subject = null
       where request_id = '${ids['ending']}'`,
    )
  })

  it('is not taken away without being about to end', async () => {
    await refused(
      /: what happened to it cannot change$/,
      `update access_grant set version = version + 1, state = 'ended', ended_at = jit_now(), end_cause = 'revoked',
         ended_by_team_id = 'T', ended_by_user_id = 'U0KIM', ended_by_email = 'kim@example.com'
       where request_id = '${ids['active']}'`,
    )
  })

  it('ends for a reason when its holder is not eligible, and by nobody’s hand', async () => {
    const ending = (changes: string) =>
      `update access_grant set version = version + 1, state = 'ending', ${changes} where request_id = '${ids['active']}'`
    const byKim = `ended_by_team_id = 'T', ended_by_user_id = 'U0KIM', ended_by_email = 'kim@example.com'`
    for (const changes of [
      `end_cause = 'ineligible'`,
      `end_cause = 'ineligible', ineligible_why = 'guest', ${byKim}`,
      `end_cause = 'ineligible', ineligible_why = 'guest', end_reason = 'a guest'`,
      `end_cause = 'revoked', ineligible_why = 'guest', ${byKim}`,
    ])
      await assert.rejects(commit(database, ending(changes)), {
        constraint: 'access_grant_early_end_complete',
      })
    await assert.rejects(
      commit(database, ending(`end_cause = 'ineligible', ineligible_why = 'mood'`)),
      { constraint: 'ineligibility_known' },
    )
  })

  it('is ended early by somebody who is named', async () => {
    const ending = (cause: string, user: string) =>
      `update access_grant set version = version + 1, state = 'ending', end_cause = '${cause}', ended_by_team_id = 'T',
         ended_by_user_id = ${user}, ended_by_email = 'kim@example.com' where request_id = '${ids['active']}'`
    for (const statement of [ending('revoked', 'null'), ending('expired', `'U0KIM'`)])
      await assert.rejects(commit(database, statement), {
        constraint: 'access_grant_early_end_complete',
      })
  })

  for (const change of [
    `email = 'mallory@example.com'`,
    `requester_user_id = 'U0MALLORY'`,
    `scheduled = true`,
    `resource_id = 'vault'`,
    `constraints = '[{"domain": {"is": "x"}}]'`,
    `starts_at = starts_at + interval '1m'`,
    `ends_at = ends_at + interval '1m'`,
    `max_seconds = max_seconds + 1`,
  ])
    it(`keeps its terms: ${change.split(' ')[0]}`, async () => {
      await refused(
        /: its terms cannot change$/,
        `update access_grant set version = version + 1, state = 'active', active_at = jit_now(), ${change}
         where request_id = '${ids['granting']}'`,
      )
    })

  it('keeps when it became active', async () => {
    await refused(
      /: what happened to it cannot change$/,
      `update access_grant set version = version + 1, state = 'ended', ended_at = jit_now(), end_cause = 'expired',
         active_at = jit_now() where request_id = '${ids['active']}'`,
    )
  })

  it('moves one version at a time', async () => {
    for (const step of ['version', 'version + 2', 'version - 1'])
      await refused(
        /: version \d cannot follow 2$/,
        `update access_grant set version = ${step}, state = 'active', active_at = jit_now() where request_id = '${ids['granting']}'`,
      )
  })

  it('is one of a request', async () => {
    const { id } = await grant(database.store, { by: anEngineer('double') })
    await assert.rejects(
      commit(
        database,
        `insert into access_grant select * from access_grant where request_id = '${id}'`,
      ),
      { constraint: 'access_grant_pkey' },
    )
  })
})

describe('an identity', () => {
  it('has an address', async () => {
    await assert.rejects(commit(database, `insert into identity values ('T', 'U', ' ')`), {
      constraint: 'identity_email_not_blank',
    })
  })
})
