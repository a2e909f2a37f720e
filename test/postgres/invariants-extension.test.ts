import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { RequestId, ResourceId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { TestDatabase } from '../support/database.ts'
import { aLevel, after, anEngineer } from '../support/build.ts'
import { approved, granted, moved, stepped, told } from './forge.ts'
import {
  aDatabase,
  anExtendable,
  ask,
  askExtension,
  breakGlass,
  change,
  commit,
  grant,
  nextId,
} from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const violates = (constraint: string, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { constraint })
const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })
const find = (id: RequestId) => database.store.statement((db) => db.requests.find(id))

const HALF_AN_HOUR = `'30m'`
/** What the terms were, put behind those that they were before. */
const EARLIER = `earlier_terms || jsonb_build_object('constraints', constraints,
  'endsAt', to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`
const SOURCE = { source_ip: ['203.0.113.0/24'] }

describe('an extension', () => {
  let count = 0
  let by: Person
  /** Has a grant that is active, at version 3. */
  let base: RequestId
  /** Asks for half an hour more, at version 1. */
  let wish: RequestId
  beforeEach(async () => {
    count += 1
    by = anEngineer(`x${count}`)
    const resource = anExtendable({ constraints: [SOURCE] })
    base = (await grant(database.store, { by, resource })).id
    const active = await change(database.store, base, { type: 'confirm-active', at: after(61) })
    wish = (await askExtension(database.store, active, { by })).id
  })

  const approve = (seconds?: number) =>
    approved(
      wish,
      by,
      seconds === undefined ? {} : { columns: { duration_seconds: String(seconds) } },
    )
  const closed = `status = 'extended', closed_at = jit_now()`
  const extended = (facts = 'approvals_counted = 1') => stepped(wish, `${closed}, ${facts}`)
  const said = (action = 'request.extended', user: string | undefined = 'U0KIM') =>
    told(wish, 2, action, user)
  const longer = (columns: Readonly<Record<string, string>> = {}) => {
    const row = {
      state: `'granting'`,
      ends_at: `ends_at + interval ${HALF_AN_HOUR}`,
      extensions: 'extensions + 1',
      in_force_until: 'ends_at',
      earlier_terms: EARLIER,
      ...columns,
    }
    const changes = Object.entries(row).map(([column, value]) => `${column} = ${value}`)
    return moved(base, changes.join(', '))
  }
  const event = (of: string = wish, user: string | undefined = 'U0KIM') =>
    told(base, 4, 'grant.extended', user, { by: of })
  const theWish = () => [approve(), extended(), said()]
  const theGrant = () => [stepped(base), longer(), event()]

  it('moves the end of the grant that it is about', async () => {
    await commit(database, ...theWish(), ...theGrant())
    const found = await find(base)
    assert.ok(found?.status === 'approved' && found.grant.state === 'granting')
    assert.deepEqual(
      [found.grant.endsAt, found.grant.inForceUntil, found.grant.extensions],
      [new Date('2026-03-02T10:31:00Z'), new Date('2026-03-02T10:01:00Z'), 1],
    )
    assert.equal((await find(wish))?.status, 'extended')
  })

  it('is of the request and of the grant in one transaction', async () => {
    await refused(/: the grant of request .* was not extended by it$/, ...theWish())
    await refused(/: no request extended the grant of request/, ...theGrant())
  })

  it('is not that of another grant', async () => {
    const other = await grant(database.store, { by: anEngineer(`other${count}`) })
    const elsewhere = [
      stepped(other.id),
      moved(
        other.id,
        `ends_at = ends_at + interval '30m', extensions = 1, earlier_terms = ${EARLIER}`,
      ),
      told(other.id, 3, 'grant.extended', 'U0KIM', { by: wish }),
    ]
    await refused(/was not extended by it$/, ...theWish(), ...elsewhere)
    await refused(/no request extended/, event('T0000000'), stepped(base), longer())
  })

  it('lengthens once', async () => {
    await commit(database, ...theWish(), ...theGrant())
    await violates(
      'audit_event_one_per_extension',
      stepped(base),
      longer({ in_force_until: 'in_force_until' }),
      told(base, 5, 'grant.extended', 'U0KIM', { by: wish }),
    )
  })

  it('is told of as the act of one who approved it', async () => {
    const steps = [...theWish(), stepped(base), longer()]
    await refused(/was not extended by it$/, ...steps, event(wish, 'U0SAM'))
    await refused(
      /was not extended by it$/,
      ...steps,
      told(base, 4, 'grant.extended', undefined, { by: wish }),
    )
    const silent = /has no audit event grant\.extended by anybody$/
    await refused(silent, stepped(base), longer(), told(base, 4, 'grant.activated'))
  })

  it('needs its approvals', async () => {
    const rest = theGrant()
    await violates('request_approved_by_enough', extended('approvals_counted = 0'), ...rest)
    await refused(/fewer than 1 people approved$/, extended(), said(), ...rest)
    const two = extended('approvals_needed = 2, approvals_counted = 2')
    await refused(/fewer than 2 people approved$/, approve(), two, said(), ...rest)
  })

  it('comes with the last of its approvals', async () => {
    await commit(
      database,
      approve(),
      stepped(wish, 'approvals_needed = 2, approvals_counted = 1'),
      told(wish, 2, 'request.approval_recorded', 'U0KIM'),
    )
    const enough = extended('approvals_needed = 1, approvals_counted = 1')
    const event = told(wish, 3, 'request.extended', 'U0KIM')
    await refused(/: no approval made version 3 of request/, event, enough, ...theGrant())
    const negative = approved(wish, by, { version: 3, user: 'U0SAM', columns: { stage: '-1' } })
    await violates('approval_stage_not_negative', negative)
  })

  it('may be the approval of a rule', async () => {
    const byRule = extended(`automatic_rule = 'self_activation'`)
    await commit(
      database,
      byRule,
      told(wish, 2, 'request.auto_approved'),
      stepped(base),
      longer(),
      told(base, 4, 'grant.extended', undefined, { by: wish }),
    )
    const found = await find(wish)
    assert.equal(found?.status === 'extended' && found.automatic, 'self_activation')
  })

  it('is as long as was asked, and no longer', async () => {
    const beyond = longer({ ends_at: `ends_at + interval '30m 1s'` })
    await refused(
      /: it is extended by more than was asked and approved$/,
      ...theWish(),
      stepped(base),
      beyond,
      event(),
    )
  })

  it('is as short as an approver made it', async () => {
    const wished = [approve(600), extended(), said(), stepped(base)]
    const tooLong = longer({ ends_at: `ends_at + interval '601s'` })
    await refused(/: it is extended by more than was/, ...wished, tooLong, event())
    await commit(database, ...wished, longer({ ends_at: `ends_at + interval '600s'` }), event())
  })

  it('does not go beyond the maximum of the grant', async () => {
    const beyond = longer({ ends_at: `starts_at + interval '28801s' - interval '250ms'` })
    await violates('access_grant_within_maximum', beyond)
  })

  for (const [name, columns] of [
    [
      'a nearer end',
      { ends_at: `ends_at - interval '1m'`, in_force_until: `ends_at - interval '1h'` },
    ],
    ['the same end', { ends_at: 'ends_at' }],
    ['two at once', { extensions: 'extensions + 2' }],
    ['one fewer', { extensions: 'extensions - 1' }],
    ['no constraint', { constraints: `'[]'` }],
    ['another constraint', { constraints: `'[{"domain": {"is": "x"}}]'` }],
    ['a wider constraint', { constraints: `'[{"source_ip": ["203.0.113.0/24", "0.0.0.0/0"]}]'` }],
  ] as const)
    it(`is not one with ${name}`, async () => {
      await refused(
        /: an extension moves the end forward and drops no constraint$/,
        longer(columns),
      )
    })

  it('may narrow', async () => {
    const constraints = `'${JSON.stringify([SOURCE, { http_method: 'GET' }])}'`
    await commit(database, ...theWish(), stepped(base), longer({ constraints }), event())
  })

  it('remembers which end is in force, truly', async () => {
    for (const until of ['null', `ends_at + interval '1m'`, `ends_at - interval '1m'`])
      await refused(/: what happened to it cannot change$/, longer({ in_force_until: until }))
    await commit(database, ...theWish(), ...theGrant())
    const next = (until: string) => longer({ in_force_until: until })
    for (const until of ['null', 'ends_at'])
      await refused(/: what happened to it cannot change$/, next(until))
    const ended = `state = 'ended', ended_at = jit_now(), end_cause = 'expired', in_force_until = null`
    const never = `state = 'never-active', ended_at = jit_now(), in_force_until = null`
    await refused(/: never-active cannot follow granting$/, moved(base, never))
    await commit(database, stepped(base), moved(base, ended), told(base, 5, 'grant.ended'))
  })

  it('remembers each rule that there was, truly', async () => {
    for (const earlier of [
      'earlier_terms',
      `${EARLIER} || '{}'`,
      EARLIER.replace('ends_at at', `(ends_at - interval '1s') at`),
      EARLIER.replace(', constraints,', `, '[]'::jsonb,`),
    ])
      await refused(/: what happened to it cannot change$/, longer({ earlier_terms: earlier }))
    await commit(database, ...theWish(), ...theGrant())
    const forgotten = moved(
      base,
      `state = 'active', active_at = jit_now(), in_force_until = null, earlier_terms = '[]'`,
    )
    await refused(/: its terms cannot change$/, forgotten)
    const found = await find(base)
    assert.deepEqual(found?.status === 'approved' && found.grant.earlier, [
      { endsAt: new Date('2026-03-02T10:01:00Z'), constraints: [SOURCE] },
    ])
  })

  it('has only rights in force while it is not confirmed', async () => {
    await commit(database, ...theWish(), ...theGrant())
    const kept = moved(base, `state = 'active', active_at = jit_now()`)
    await violates('access_grant_in_force_while_granting', kept)
  })

  it('changes nothing else of the grant', async () => {
    for (const columns of [
      { email: `'mallory@example.com'` },
      { starts_at: `starts_at - interval '1h'` },
      { scheduled: 'not scheduled' },
      { max_seconds: 'max_seconds + 1' },
      { requester_user_id: `'U0MALLORY'` },
      { resource_id: `'vault'` },
    ])
      await refused(/: its terms cannot change$/, longer(columns))
    await refused(
      /: its terms cannot change$/,
      moved(base, `state = 'ending', ends_at = ends_at + interval '1m'`),
    )
  })

  it('comes before the end', async () => {
    const end = `state = 'ended', ended_at = jit_now(), end_cause = 'expired'`
    await commit(database, stepped(base), moved(base, end), told(base, 4, 'grant.ended'))
    await refused(/: granting cannot follow ended$/, longer())
  })

  it('opens no access of its own', async () => {
    const approvedInstead = stepped(wish, `status = 'approved', approvals_counted = 1`)
    await violates('request_extension', approve(), approvedInstead)
    await refused(/come together$/, ...theWish(), granted(wish, by), ...theGrant())
    const { id } = await ask(database.store, { by: anEngineer(`plain${count}`) })
    await violates('request_extension', stepped(id, `${closed}, approvals_counted = 1`))
  })

  it('is one that waits of a grant', async () => {
    const twin = `insert into request (id, version, status, kind, idempotency_key, requester_team_id, requester_user_id, requester_email,
        resource_id, extends_request_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision)
      select '${nextId()}', 1, 'pending', kind, 'twin', requester_team_id, 'U0ALIAS', requester_email,
        resource_id, extends_request_id, 60, 'why', requested_at, lapses_at, 1, catalogue_revision from request where id = '${wish}'`
    await violates('request_one_pending_extension', twin)
  })

  for (const [name, columns] of [
    ['another resource', { resource_id: `'vault'` }],
    ['another level', { level: `'admin'` }],
    ['another kind', { kind: `'sponsored'` }],
    ['somebody else', { requester_user_id: `'U0ELSE'`, requester_email: `'else@example.com'` }],
    ['nothing', { extends_request_id: `'ZZZZZZZZ'` }],
    ['what waits', { extends_request_id: 'id' }],
  ] as const)
    it(`is not of ${name}`, async () => {
      await change(database.store, wish, { type: 'cancel', at: after(200), by })
      const row: Readonly<Record<string, string>> = {
        resource_id: 'resource_id',
        level: 'level',
        kind: 'kind',
        requester_user_id: 'requester_user_id',
        requester_email: 'requester_email',
        extends_request_id: 'extends_request_id',
        ...columns,
      }
      const statement = `insert into request (id, version, status, idempotency_key, requester_team_id, duration_seconds, reason,
          requested_at, lapses_at, approvals_needed, catalogue_revision, ${Object.keys(row).join(', ')})
        select '${nextId()}', 1, 'pending', id || 'x', requester_team_id, 60, 'why',
          requested_at, lapses_at, 1, catalogue_revision, ${Object.values(row).join(', ')} from request where id = '${wish}'`
      await refused(/: it extends no access like the one it asks for$/, statement)
    })

  it('is not of emergency access', async () => {
    const access = await breakGlass(database.store, anEngineer(`e${count}`))
    const statement = `insert into request (id, version, status, kind, idempotency_key, requester_team_id, requester_user_id, requester_email,
        resource_id, extends_request_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision)
      select '${nextId()}', 1, 'pending', kind, id || 'x', requester_team_id, requester_user_id, requester_email,
        resource_id, id, 60, 'why', requested_at, lapses_at, 1, catalogue_revision from request where id = '${access.id}'`
    await violates('request_extension', statement)
  })

  it('may be of a level, once it is the same', async () => {
    const level = aLevel('read', {
      id: 'levelled' as ResourceId,
      extension: { times: 1, maxSeconds: 3_600 },
    })
    const access = await grant(database.store, { by, resource: level })
    const { id } = await askExtension(database.store, access, { by, resource: level })
    const found = await database.store.statement((db) =>
      db.requests.findPendingExtension(access.id),
    )
    assert.equal(found?.id, id)
  })
})
