import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { RequestId } from '../../src/domain/ids.ts'
import type { TestDatabase } from '../support/database.ts'
import { aResource, after, alex, anEngineer } from '../support/build.ts'
import { aDatabase, approval, ask, change, commit } from './support.ts'

let database: TestDatabase
let id: RequestId
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const requester = anEngineer('alex', { email: 'Álex@example.com', subject: 'sub-alex' })
beforeEach(async () => {
  const pending = await database.store.transaction((tx) =>
    tx.requests.findPending({ requester: requester.userId, resourceId: aResource().id }),
  )
  if (pending !== undefined)
    await change(database.store, pending.id, { type: 'cancel', at: after(1), by: requester })
  id = (await ask(database.store, { by: requester })).id
})

interface Forged {
  readonly version?: number
  readonly user?: string
  readonly email?: string
  readonly subject?: string
  readonly asUser?: string
  readonly asEmail?: string
  readonly asSubject?: string
  /** The longest time that the approver allows. */
  readonly seconds?: number
}
const approve = (facts: Forged = {}) => {
  const {
    version = 2,
    user = 'U0KIM',
    email = 'kim@example.com',
    subject = '',
    seconds = null,
  } = facts
  const { asUser = 'U0ALEX', asEmail = 'Álex@example.com', asSubject = 'sub-alex' } = facts
  return `insert into approval (request_id, request_version, approver_team_id, approver_user_id, approver_email,
      approver_subject, requester_user_id, requester_email, requester_subject, duration_seconds, approved_at)
    values ('${id}', ${version}, 'T0TEAM', '${user}', '${email}', '${subject}', '${asUser}', '${asEmail}', '${asSubject}', ${seconds}, jit_now())`
}
const told = (version: number, action: string, user = 'U0KIM') =>
  `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id, request_id, request_version)
   values ('${action}', 'button', 'person', 'T0TEAM', '${user}', '${id}', ${version})`
const decided = (facts: { needed?: number; counted?: number } = {}) =>
  `update request set status = 'approved', version = 2, approvals_needed = ${facts.needed ?? 1},
     approvals_counted = ${facts.counted ?? 1} where id = '${id}'`
const granted = (columns: Readonly<Record<string, string>> = {}) => {
  const row = {
    request_id: `'${id}'`,
    version: '2',
    state: `'granting'`,
    requester_user_id: `'U0ALEX'`,
    resource_id: `'grafana-prod'`,
    email: `'álex@example.com'`,
    constraints: `'[]'`,
    starts_at: `'2026-03-02T09:01:00.25Z'`,
    ends_at: `'2026-03-02T10:01:00Z'`,
    max_seconds: '28800',
    ...columns,
  }
  return `insert into access_grant (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`
}
const violates = (constraint: string, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { constraint })
const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })

describe('an approval', () => {
  it('is accepted with its event, its decision and its grant', async () => {
    await commit(database, approve(), decided(), granted(), told(2, 'request.approved'))
    const found = await database.store.transaction((tx) => tx.requests.find(id))
    assert.equal(found?.status, 'approved')
  })

  const selves: readonly (readonly [string, Forged])[] = [
    ['the same Slack user', { user: 'U0ALEX' }],
    ['the same address in another case', { email: 'ÁLEX@EXAMPLE.COM' }],
    ['the same address in other code points', { email: 'A\u0301LEX@example.com' }],
    ['the same address with blanks', { email: ' álex@example.com\u00a0' }],
    ['the same Pomerium subject', { subject: 'sub-alex' }],
  ]
  for (const [name, facts] of selves)
    it(`is not the requester’s own, known by ${name}`, async () => {
      await violates('approval_not_by_requester', approve(facts))
    })

  const lies: readonly (readonly [string, Forged])[] = [
    ['user', { user: 'U0ALEX', asUser: 'U0SOMEONE' }],
    ['address', { email: 'álex@example.com', asEmail: 'someone@example.com' }],
    ['subject', { subject: 'sub-alex', asSubject: '' }],
  ]
  for (const [name, facts] of lies)
    it(`does not become somebody else’s by a lie about the requester’s ${name}`, async () => {
      await violates('approval_of_requester', approve(facts))
    })

  it('is of somebody with an address', async () => {
    await violates('approval_email_not_blank', approve({ email: ' ' }))
  })

  it('counts for one version, and no person counts twice', async () => {
    const recorded = `update request set version = 2, approvals_needed = 2 where id = '${id}'`
    const event = told(2, 'request.approval_recorded')
    await commit(database, approve({ subject: 'sub-kim' }), recorded, event)
    await violates('approval_pkey', approve({ version: 3, email: 'k@example.com' }))
    await violates(
      'approval_one_per_email',
      approve({ version: 3, user: 'U1', email: 'KIM@Example.com' }),
    )
    await violates(
      'approval_one_per_subject',
      approve({ version: 3, user: 'U1', email: 'k@example.com', subject: 'sub-kim' }),
    )
    await violates('approval_one_per_version', approve({ user: 'U1', email: 'k@example.com' }))
  })

  it('cannot hide behind the event of another change', async () => {
    await refused(
      /^approval: version 1 of request .* has no audit event .* by U0KIM$/,
      approve({ version: 1 }),
    )
    await refused(
      /has no audit event .* by U0KIM$/,
      approve(),
      told(2, 'request.approved', 'U0SAM'),
      decided(),
      granted(),
    )
  })

  it('does not come after the decision', async () => {
    await change(database.store, id, approval({ requester }))
    await refused(/has no audit event/, approve({ version: 3, user: 'U1', email: 'x@example.com' }))
  })
})

describe('a grant', () => {
  it('needs its approvals', async () => {
    const event = told(2, 'request.approved')
    await refused(/: fewer than 1 people approved$/, decided(), granted(), event)
    const needsTwo = { needed: 2, counted: 2 }
    await refused(/: fewer than 2 people approved$/, approve(), decided(needsTwo), granted(), event)
    for (const facts of [{ counted: 0 }, { needed: 2 }])
      await violates('request_approved_by_enough', approve(), decided(facts), granted(), event)
  })

  it('comes with an approved request, and the reverse', async () => {
    const together = /a grant and an approved request come together$/
    await refused(together, approve(), decided(), told(2, 'request.approved'))
    const recorded = `update request set version = 2 where id = '${id}'`
    await refused(
      /come together$/,
      approve(),
      recorded,
      granted(),
      told(2, 'request.approval_recorded'),
    )
  })

  const windows: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['ends later than its maximum allows', 'access_grant_within_maximum', { max_seconds: '3599' }],
    [
      'ends at a fraction of a second',
      'access_grant_whole_seconds',
      { ends_at: `'2026-03-02T10:00:00.5Z'` },
    ],
    ['ends before it starts', 'access_grant_window', { ends_at: `'2026-03-02T09:01:00Z'` }],
    ['is of nobody', 'access_grant_email_not_blank', { email: `' \t'` }],
    ['has constraints that are no list', 'access_grant_constraints_list', { constraints: `'{}'` }],
  ]
  for (const [name, constraint, columns] of windows)
    it(`is refused when it ${name}`, async () => {
      await violates(
        constraint,
        approve(),
        decided(),
        granted(columns),
        told(2, 'request.approved'),
      )
    })

  it('is as long as was asked, and no longer', async () => {
    await refused(
      /: it lasts longer than was asked and approved$/,
      approve(),
      decided(),
      granted({ ends_at: `'2026-03-02T10:01:01Z'` }),
      told(2, 'request.approved'),
    )
  })

  it('is as short as its shortest approval', async () => {
    const ends = (at: string) => granted({ ends_at: `'2026-03-02T${at}Z'` })
    const event = told(2, 'request.approved')
    const shortened = approve({ seconds: 600 })
    const tooLong = /: it lasts longer than was asked and approved$/
    await refused(tooLong, shortened, decided(), ends('09:11:01'), event)
    await violates('approval_duration_positive', approve({ seconds: 0 }))
    await commit(database, shortened, decided(), ends('09:11:00'), event)
  })

  it('is refused when it never ends', async () => {
    const endless = granted({ ends_at: `'infinity'` })
    await refused(/infinite|access_grant_within_maximum/, approve(), decided(), endless)
  })

  it('is for the requester and the resource that was asked for', async () => {
    for (const columns of [
      { email: `'mallory@example.com'` },
      { resource_id: `'vault'` },
      { requester_user_id: `'U0MALLORY'` },
    ])
      await refused(
        /the grant is for somebody or something else$/,
        approve(),
        decided(),
        granted(columns),
        told(2, 'request.approved'),
      )
  })

  it('begins granting', async () => {
    for (const columns of [
      { state: `'active'`, active_at: 'jit_now()' },
      { state: `'scheduled'`, scheduled: 'true', confirmed_at: 'jit_now()' },
      { state: `'never-active'`, ended_at: 'jit_now()' },
      { extensions: '1' },
      { in_force_until: `'2026-03-02T10:00:00Z'` },
    ])
      await refused(/it begins granting$/, approve(), decided(), granted(columns))
  })
})

describe('a denial', () => {
  const deny = (user: string, email: string, subject = '') =>
    `update request set status = 'denied', version = 2, closed_at = jit_now(), deny_reason = 'no', denied_by_team_id = 'T0TEAM',
       denied_by_user_id = '${user}', denied_by_email = '${email}', denied_by_subject = '${subject}' where id = '${id}'`

  it('is not by the requester', async () => {
    for (const statement of [
      deny(alex.userId, 'kim@example.com'),
      deny('U0KIM', 'ÁLEX@example.com'),
      deny('U0KIM', 'kim@example.com', 'sub-alex'),
    ])
      await violates('request_not_denied_by_requester', statement)
  })

  it('tells who and why', async () => {
    await violates(
      'request_denial_complete',
      `update request set status = 'denied', version = 2, closed_at = jit_now() where id = '${id}'`,
    )
  })
})
