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
    tx.requests.findPending(requester.userId, aResource().id),
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
}
const approve = (facts: Forged = {}) => {
  const { version = 2, user = 'U0KIM', email = 'kim@example.com', subject = '' } = facts
  const { asUser = 'U0ALEX', asEmail = 'Álex@example.com', asSubject = 'sub-alex' } = facts
  return `insert into approval (request_id, request_version, approver_team_id, approver_user_id, approver_email,
      approver_subject, requester_user_id, requester_email, requester_subject, approved_at)
    values ('${id}', ${version}, 'T0TEAM', '${user}', '${email}', '${subject}', '${asUser}', '${asEmail}', '${asSubject}', jit_now())`
}
const told = (version: number, action: string, user = 'U0KIM') =>
  `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id, request_id, request_version)
   values ('${action}', 'button', 'person', 'T0TEAM', '${user}', '${id}', ${version})`
const decided = (facts: { version?: number; needed?: number } = {}) =>
  `update request set status = 'approved', version = ${facts.version ?? 2}, approvals_needed = ${facts.needed ?? 1} where id = '${id}'`
const granted = (columns: Readonly<Record<string, string>> = {}) => {
  const row = {
    request_id: `'${id}'`,
    version: '2',
    state: `'granting'`,
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
    await refused(/a grant needs 1 approvals$/, decided(), granted(), event)
    await refused(/a grant needs 2 approvals$/, approve(), decided({ needed: 2 }), granted(), event)
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

  it('is refused when it never ends', async () => {
    const endless = granted({ ends_at: `'infinity'` })
    await refused(/infinite|access_grant_within_maximum/, approve(), decided(), endless)
  })

  it('is for the requester and the resource that was asked for', async () => {
    for (const columns of [{ email: `'mallory@example.com'` }, { resource_id: `'vault'` }])
      await refused(
        /the grant is for somebody or something else$/,
        approve(),
        decided(),
        granted(columns),
        told(2, 'request.approved'),
      )
  })

  it('begins granting', async () => {
    const active = { state: `'active'`, active_at: 'jit_now()' }
    await refused(/it begins granting$/, approve(), decided(), granted(active))
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
