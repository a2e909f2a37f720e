import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { TestDatabase } from '../support/database.ts'
import { after, anEngineer } from '../support/build.ts'
import { approved, granted, moved, stepped, told } from './forge.ts'
import { aDatabase, ask, commit } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const violates = (constraint: string, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { constraint })
const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })

describe('a scheduled grant', () => {
  let count = 0
  let by: Person
  /** Asks for an hour from two hours after the morning. */
  let id: RequestId
  beforeEach(async () => {
    count += 1
    by = anEngineer(`planner${count}`)
    id = (await ask(database.store, { by, startsAt: after(7_200) })).id
  })
  const opened = (columns: Readonly<Record<string, string>>) => [
    approved(id, by),
    stepped(id, `status = 'approved', approvals_counted = 1`),
    granted(id, by, {
      starts_at: `'2026-03-02T11:00:00.25Z'`,
      ends_at: `'2026-03-02T12:00:00Z'`,
      ...columns,
    }),
    told(id, 2, 'request.approved', 'U0KIM'),
  ]
  const isOff = /: it does not start when it was asked to$/

  it('starts when it was asked to', async () => {
    const early = { starts_at: `'2026-03-02T10:59:59Z'`, ends_at: `'2026-03-02T11:30:00Z'` }
    for (const columns of [
      { scheduled: 'true', starts_at: `'2026-03-02T11:00:01Z'` },
      { scheduled: 'true', ...early },
      { scheduled: 'false', ...early },
    ])
      await refused(isOff, ...opened(columns))
    await commit(database, ...opened({ scheduled: 'true' }))
  })

  it('starts with its approval when that comes after the start', async () => {
    await commit(
      database,
      ...opened({ starts_at: `'2026-03-02T11:30:00Z'`, ends_at: `'2026-03-02T12:30:00Z'` }),
    )
  })

  it('is of a request that asked for a start', async () => {
    by = anEngineer(`hasty${count}`)
    id = (await ask(database.store, { by })).id
    await refused(isOff, ...opened({ scheduled: 'true' }))
  })

  it('is not active before its time', async () => {
    await commit(database, ...opened({ scheduled: 'true' }))
    const early = `state = 'active', active_at = starts_at - interval '1ms'`
    await violates('access_grant_not_before_start', moved(id, early))
  })

  it('is scheduled once it was seen, when it starts by its rule', async () => {
    await commit(database, ...opened({ scheduled: 'true' }))
    await violates('access_grant_scheduled_with_time', moved(id, `state = 'scheduled'`))
    const seen = [
      stepped(id),
      moved(id, `state = 'scheduled', confirmed_at = '2026-03-02T09:02:00Z'`),
    ]
    const missing = /has no audit event grant\.scheduled by the bot$/
    await refused(missing, ...seen, told(id, 3, 'grant.activated'))
    await refused(missing, ...seen, told(id, 3, 'grant.scheduled', 'U0KIM'))
    await commit(database, ...seen, told(id, 3, 'grant.scheduled'))
    const active = `state = 'active', active_at = starts_at`
    await refused(
      /: what happened to it cannot change$/,
      moved(id, `${active}, confirmed_at = starts_at`),
    )
    await commit(database, stepped(id), moved(id, active), told(id, 4, 'grant.activated'))
  })

  it('is not scheduled when access began with the approval', async () => {
    await commit(
      database,
      ...opened({ starts_at: `'2026-03-02T11:30:00Z'`, ends_at: `'2026-03-02T12:30:00Z'` }),
    )
    await violates(
      'access_grant_scheduled_with_time',
      moved(id, `state = 'scheduled', confirmed_at = jit_now()`),
    )
  })
})
