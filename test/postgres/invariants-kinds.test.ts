import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { RequestId, SlackGroupId } from '../../src/domain/ids.ts'
import type { TestDatabase } from '../support/database.ts'
import { aPerson, aResource, anEngineer, people } from '../support/build.ts'
import { approved, granted, inserted, stepped, told } from './forge.ts'
import { aDatabase, ask, commit, nextId } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const violates = (constraint: string, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { constraint })
const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })
const statusOf = async (id: RequestId) => {
  const found = await database.store.statement((db) => db.requests.find(id))
  return found?.status
}
let count = 0
const somebody = () => anEngineer(`k${(count += 1)}`)

/** A new request of an engineer, with these columns. */
const born = (columns: Readonly<Record<string, string>>, by = somebody()) => {
  const id = nextId()
  const row = {
    id: `'${id}'`,
    version: '1',
    status: `'pending'`,
    idempotency_key: `'${id}'`,
    requester_team_id: `'T0TEAM'`,
    requester_user_id: `'${by.userId}'`,
    requester_email: `'${by.email}'`,
    resource_id: `'grafana-prod'`,
    duration_seconds: '3600',
    reason: `'INC-42'`,
    requested_at: `'2026-03-02T09:00:00Z'`,
    lapses_at: `'2026-03-02T17:00:00Z'`,
    approvals_needed: '1',
    catalogue_revision: `repeat('c', 64)`,
    ...columns,
  }
  return { id, by, insert: inserted('request', row) }
}

describe('a request for a beneficiary', () => {
  const sponsor = aPerson('sue', { groups: ['S0SPONSORS' as SlackGroupId] })
  const resource = aResource({
    vendors: {
      people: people({ domains: ['partner.example'] }),
      sponsors: people({ groups: ['S0SPONSORS' as SlackGroupId] }),
    },
  })
  const vera = { userId: sponsor.userId, email: 'vera@partner.example' }
  let id: RequestId
  let one = 0
  beforeEach(async () => {
    one += 1
    vera.email = `vera${one}@partner.example`
    id = (
      await ask(database.store, {
        by: sponsor,
        resource,
        beneficiary: `Vera${one}@Partner.example`,
      })
    ).id
  })
  const approve = (columns: Readonly<Record<string, string>> = {}) =>
    approved(id, sponsor, {
      columns: { beneficiary_email: `'Vera${one}@Partner.example'`, ...columns },
    })
  const decided = () => stepped(id, `status = 'approved', approvals_counted = 1`)
  const event = () => told(id, 2, 'request.approved', 'U0KIM')

  it('opens access of the beneficiary', async () => {
    await commit(database, approve(), decided(), granted(id, vera), event())
    assert.equal(await statusOf(id), 'approved')
  })

  it('opens no access of the sponsor', async () => {
    await refused(
      /the grant is for somebody or something else$/,
      approve(),
      decided(),
      granted(id, sponsor),
      event(),
    )
  })

  it('is approved by neither the sponsor nor the beneficiary', async () => {
    for (const columns of [
      { approver_user_id: `'U0SUE'` },
      { approver_email: `'SUE@example.com'` },
      { approver_email: `' VERA${one}@partner.example'` },
    ])
      await violates('approval_not_by_requester', approve(columns))
  })

  it('is not approved by the beneficiary with a lie about who that is', async () => {
    const columns = { approver_email: `'vera${one}@partner.example'`, beneficiary_email: `''` }
    await violates('approval_of_requester', approve(columns))
  })

  it('is denied by neither the sponsor nor the beneficiary', async () => {
    for (const [user, email] of [
      ['U0SUE', 'kim@example.com'],
      ['U0KIM', 'Sue@example.com'],
      ['U0KIM', `VERA${one}@partner.example`],
    ])
      await violates(
        'request_not_denied_by_requester',
        stepped(
          id,
          `status = 'denied', closed_at = jit_now(), deny_reason = 'no', denied_by_team_id = 'T0TEAM',
           denied_by_user_id = '${user}', denied_by_email = '${email}'`,
        ),
      )
  })

  it('is sponsored, and for somebody else than the sponsor', async () => {
    const by = somebody()
    for (const columns of [
      { kind: `'standard'`, beneficiary_email: `'vera@partner.example'` },
      { kind: `'break-glass'`, beneficiary_email: `'vera@partner.example'` },
      { kind: `'sponsored'`, beneficiary_email: `' ${by.email.toUpperCase()}'` },
      { kind: `'sponsored'`, beneficiary_email: `' '` },
    ])
      await violates('request_beneficiary_sponsored', born(columns, by).insert)
  })

  it('is one that waits of a sponsor, resource, level and beneficiary', async () => {
    const by = somebody()
    const columns = { kind: `'sponsored'`, beneficiary_email: `'vera@partner.example'` }
    const first = born(columns, by)
    await commit(database, first.insert, told(first.id, 1, 'request.created', by.userId))
    const twin = { ...columns, beneficiary_email: `'VERA@Partner.example '` }
    await violates('request_one_pending', born(twin, by).insert)
    for (const other of [
      { ...columns, beneficiary_email: `'vito@partner.example'` },
      { ...columns, level: `'read'` },
      { ...columns, resource_id: `'vault'` },
      {},
    ]) {
      const { id, insert } = born(other, by)
      await commit(database, insert, told(id, 1, 'request.created', by.userId))
    }
  })
})

describe('an automatic approval', () => {
  const rule = `status = 'approved', automatic_rule = 'self_activation'`
  let id: RequestId
  let by: ReturnType<typeof somebody>
  beforeEach(async () => {
    by = somebody()
    id = (await ask(database.store, { by })).id
  })

  it('opens access without anybody’s approval', async () => {
    await commit(database, stepped(id, rule), granted(id, by), told(id, 2, 'request.auto_approved'))
    assert.equal(await statusOf(id), 'approved')
  })

  it('is told of as such, and as the act of nobody', async () => {
    const missing = /has no audit event request\.auto_approved by the bot$/
    const steps = [stepped(id, rule), granted(id, by)]
    await refused(missing, ...steps, told(id, 2, 'request.auto_approved', by.userId))
    await refused(missing, ...steps, told(id, 2, 'request.approved', 'U0KIM'))
    await refused(missing, ...steps, told(id, 2, 'request.break_glass', by.userId))
  })

  it('is by a rule', async () => {
    const steps = [stepped(id, `status = 'approved'`), granted(id, by)]
    await violates('request_approved_by_enough', ...steps)
    await violates(
      'request_automatic_standard',
      stepped(id, `status = 'approved', automatic_rule = ''`),
    )
  })

  it('is of standard requests alone', async () => {
    for (const kind of ['sponsored', 'break-glass']) {
      const other = born({ kind: `'${kind}'` })
      await violates('request_automatic_standard', other.insert, stepped(other.id, rule))
    }
  })

  it('is of requests that are approved', async () => {
    await violates('request_automatic_standard', stepped(id, `automatic_rule = 'self_activation'`))
  })

  it('does not become the approval of people afterwards, or that of another rule', async () => {
    await commit(database, stepped(id, rule), granted(id, by), told(id, 2, 'request.auto_approved'))
    for (const change of [
      `automatic_rule = null, approvals_counted = 1`,
      `automatic_rule = 'rego'`,
    ])
      await refused(/: how it was decided cannot change$/, stepped(id, change))
  })
})

describe('emergency access', () => {
  const unasked = `status = 'approved', review_due_at = '2026-03-03T09:00:00Z'`
  const opened = `${unasked}, review_remind_at = '2026-03-02T21:00:00Z'`
  const emergency = (columns: Readonly<Record<string, string>> = {}) => {
    const { id, by, insert } = born({ kind: `'break-glass'`, ...columns })
    return { id, by, begin: [insert, told(id, 1, 'request.created', by.userId)] }
  }

  it('is opened by its requester as it is asked for', async () => {
    const { id, by, begin } = emergency()
    const event = told(id, 2, 'request.break_glass', by.userId)
    await commit(database, ...begin, stepped(id, opened), granted(id, by), event)
    assert.equal(await statusOf(id), 'approved')
  })

  it('does not wait for anybody', async () => {
    const { id, begin } = emergency()
    const wait = /: emergency access is opened at once or not at all$/
    await refused(wait, ...begin)
    const lapsed = stepped(id, `status = 'lapsed', closed_at = jit_now()`)
    await refused(wait, ...begin, lapsed, told(id, 2, 'request.lapsed'))
  })

  it('is opened by nobody else', async () => {
    const { id, by, begin } = emergency()
    const missing = /has no audit event request\.break_glass by U0K\d+$/
    for (const event of [
      told(id, 2, 'request.break_glass', 'U0KIM'),
      told(id, 2, 'request.break_glass'),
      told(id, 2, 'request.auto_approved'),
    ])
      await refused(missing, ...begin, stepped(id, opened), granted(id, by), event)
  })

  it('is not opened without a review, and nothing else has one', async () => {
    const { id, begin } = emergency()
    const once = 'request_reviewed_iff_break_glass'
    await violates(once, ...begin, stepped(id, `status = 'approved'`))
    const standard = born({})
    await violates(once, standard.insert, stepped(standard.id, `${opened}, automatic_rule = 'x'`))
    await violates(once, born({ review_due_at: 'jit_now()', review_remind_at: 'jit_now()' }).insert)
    await violates('request_review_due_complete', ...begin, stepped(id, unasked))
  })

  it('does not start later', async () => {
    const { begin } = emergency({ starts_at: `'2026-03-02T12:00:00Z'` })
    await violates('request_start_asked', ...begin)
  })
})
