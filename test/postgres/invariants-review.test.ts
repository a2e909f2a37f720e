import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { Person } from '../../src/domain/person.ts'
import type { Approved } from '../../src/domain/request.ts'
import type { TestDatabase } from '../support/database.ts'
import { after, anEngineer, kim, people } from '../support/build.ts'
import { moved, stepped, told } from './forge.ts'
import { aDatabase, anEmergencyResource, breakGlass, change, commit, grant } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const violates = (constraint: string, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { constraint })
const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })

/** Columns of a review; SQL expressions over the defaults. */
const reviewed = (columns: Readonly<Record<string, string>> = {}) =>
  Object.entries({
    review_verdict: `'justified'`,
    reviewed_by_team_id: `'T0TEAM'`,
    reviewed_by_user_id: `'U0KIM'`,
    reviewed_by_email: `'kim@example.com'`,
    reviewed_at: 'jit_now()',
    ...columns,
  })
    .map(([column, value]) => `${column} = ${value}`)
    .join(', ')

describe('a review', () => {
  let by: Person
  let access: Approved
  let count = 0
  beforeEach(async () => {
    count += 1
    by = anEngineer(`r${count}`, { email: `Ré${count}@example.com`, subject: `sub-r${count}` })
    access = await breakGlass(database.store, by)
  })
  const step = (changes: string, event: string) => [
    stepped(access.id, changes),
    moved(access.id),
    event,
  ]
  const done = () => told(access.id, 3, 'grant.reviewed', 'U0KIM')
  const find = async () => {
    const found = await database.store.statement((db) => db.requests.find(access.id))
    return found?.status === 'approved' ? found.review : undefined
  }

  it('is of somebody who did not ask', async () => {
    await commit(database, ...step(reviewed(), done()))
    assert.equal((await find())?.state, 'done')
  })

  it('is not by the requester, known by user, address or subject', async () => {
    for (const columns of [
      { reviewed_by_user_id: `'${by.userId}'` },
      { reviewed_by_email: `'RÉ${count}@Example.com '` },
      { reviewed_by_subject: `'sub-r${count}'` },
    ])
      await violates('request_not_reviewed_by_requester', stepped(access.id, reviewed(columns)))
  })

  it('tells by whom and what, and why when it was not justified', async () => {
    for (const columns of [
      { reviewed_by_user_id: 'null' },
      { reviewed_by_email: 'null' },
      { reviewed_at: 'null' },
      { review_verdict: 'null' },
      { review_verdict: `'not-justified'` },
    ])
      await violates('request_review_complete', stepped(access.id, reviewed(columns)))
    const odd = { review_verdict: `'maybe'`, review_note: `'x'` }
    await violates('request_review_verdict_known', stepped(access.id, reviewed(odd)))
    const endless = { review_note: `repeat('x', 1001)` }
    await violates('request_review_note_bounded', stepped(access.id, reviewed(endless)))
  })

  it('is told of as the act of the reviewer', async () => {
    const missing = /has no audit event grant\.reviewed by U0KIM$/
    for (const event of [
      told(access.id, 3, 'grant.reviewed', 'U0SAM'),
      told(access.id, 3, 'grant.reviewed'),
      told(access.id, 3, 'grant.review_reminded'),
    ])
      await refused(missing, ...step(reviewed(), event))
  })

  it('is said once', async () => {
    await commit(database, ...step(reviewed(), done()))
    for (const changes of [
      `review_verdict = 'not-justified', review_note = 'on second thought'`,
      `review_note = 'fine'`,
      `reviewed_by_user_id = 'U0SAM'`,
      `review_remind_at = jit_now()`,
      `review_overdue = true`,
      `review_verdict = null, reviewed_by_team_id = null, reviewed_by_user_id = null, reviewed_by_email = null, reviewed_at = null`,
    ])
      await refused(/: its review cannot be undone$/, stepped(access.id, changes))
  })

  it('falls due when it was to', async () => {
    await refused(
      /: how it was decided cannot change$/,
      stepped(access.id, `review_due_at = review_due_at + interval '1y'`),
    )
  })

  it('stays overdue', async () => {
    const late = `review_overdue = true, review_remind_at = review_remind_at + interval '1d'`
    await commit(database, ...step(late, told(access.id, 3, 'grant.review_overdue')))
    await refused(/: its review cannot be undone$/, stepped(access.id, 'review_overdue = false'))
  })

  it('is brought to mind, and falls overdue, by the bot and not in silence', async () => {
    const remind = `review_remind_at = review_remind_at + interval '1d'`
    const late = `${remind}, review_overdue = true`
    const reminded = /has no audit event grant\.review_reminded by the bot$/
    const overdue = /has no audit event grant\.review_overdue by the bot$/
    await refused(reminded, ...step(remind, told(access.id, 3, 'grant.review_overdue')))
    await refused(reminded, ...step(remind, told(access.id, 3, 'grant.review_reminded', 'U0KIM')))
    await refused(overdue, ...step(late, told(access.id, 3, 'grant.review_reminded')))
    await commit(database, ...step(remind, told(access.id, 3, 'grant.review_reminded')))
  })

  it('is no cover for a step of the grant, nor the grant’s for a review', async () => {
    const active = moved(access.id, `state = 'active', active_at = jit_now()`)
    await refused(
      /^access_grant: version 3 .* has no audit event grant\.activated by the bot$/,
      stepped(access.id, reviewed()),
      active,
      done(),
    )
    await refused(
      /^request: version 3 .* has no audit event grant\.reviewed by U0KIM$/,
      stepped(access.id, reviewed()),
      active,
      told(access.id, 3, 'grant.activated'),
    )
    await refused(
      /has no audit event grant\.scheduled or .* by anybody$/,
      stepped(access.id),
      moved(access.id),
      told(access.id, 3, 'grant.review_reminded'),
    )
  })

  it('leaves the grant as it is', async () => {
    const terms = /: its terms cannot change$/
    await refused(terms, moved(access.id, `ends_at = ends_at + interval '1m'`))
    await refused(terms, moved(access.id, `constraints = '[{"domain": {"is": "x"}}]'`))
    const past = /: what happened to it cannot change$/
    await refused(past, moved(access.id, `active_at = jit_now()`))
    await refused(past, moved(access.id, `confirmed_at = jit_now()`))
    await refused(past, moved(access.id, `in_force_until = ends_at`))
  })

  it('comes after the end too, and leaves that as it was', async () => {
    await change(database.store, access.id, { type: 'tick', at: access.grant.endsAt })
    await refused(
      /: what happened to it cannot change$/,
      moved(access.id, `ended_at = ended_at - interval '1m'`),
    )
    const reviewer = {
      by: kim,
      admins: people(),
      at: after(9_000),
      resource: anEmergencyResource(),
    }
    await change(database.store, access.id, { type: 'review', ...reviewer, verdict: 'justified' })
    const review = await find()
    assert.equal(review?.state === 'done' && review.verdict, 'justified')
  })

  it('is of emergency access alone', async () => {
    const { id } = await grant(database.store, { by: anEngineer(`s${count}`) })
    await violates('request_review_due_complete', stepped(id, reviewed()))
    await refused(/: granting cannot follow granting$/, moved(id))
  })
})
