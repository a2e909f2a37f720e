import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { measure } from '../../src/postgres/measure.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'

const TIMEOUT_MS = 2_000

describe('measure', () => {
  let database: TestDatabase
  before(async () => {
    database = await createTestDatabase(3)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  it('finds nothing in a new house', async () => {
    assert.deepEqual(await measure(database.db, TIMEOUT_MS), {
      work: [],
      policies: { managed: 0, blocked: 0, withForeignRules: 0 },
      pending: { count: 0, oldestSeconds: 0 },
      grants: { granting: 0, scheduled: 0, active: 0, ending: 0, oldestGrantingSeconds: 0 },
      revocations: { unconfirmed: 0, oldestSeconds: 0 },
    })
  })

  it('tells what is due, fails and was given up by kind; what is due later is none of it', async () => {
    await database.pool.query(
      `insert into work (key, kind, subject, due_at, last_error, blocked) values
         ('policy:a', 'policy', 'a', jit_now() - interval '90 s', null, false),
         ('policy:b', 'policy', 'b', jit_now() - interval '10 s', 'timeout', false),
         ('policy:c', 'policy', 'c', jit_now() - interval '1 day', 'gone', true),
         ('moment:d', 'moment', 'd', jit_now() + interval '1 h', null, false)`,
    )
    const { work } = await measure(database.db, TIMEOUT_MS)
    const rounded = work
      .map((each) => ({ ...each, oldestSeconds: Math.floor(each.oldestSeconds / 10) * 10 }))
      .sort((a, b) => (a.kind < b.kind ? -1 : 1))
    assert.deepEqual(rounded, [
      { kind: 'moment', due: 0, oldestSeconds: 0, failing: 0, blocked: 0 },
      { kind: 'policy', due: 2, oldestSeconds: 90, failing: 1, blocked: 1 },
    ])
  })

  it('tells policies that are blocked and those with rules of others', async () => {
    await database.pool.query(
      `insert into policy_state (resource_id, policy_name, blocked_reason, foreign_digest) values
         ('a', 'jit-a', null, null), ('b', 'jit-b', null, ''),
         ('c', 'jit-c', 'enforced', repeat('ab', 32)), ('d', 'jit-d', null, repeat('ab', 32))`,
    )
    const { policies } = await measure(database.db, TIMEOUT_MS)
    assert.deepEqual(policies, { managed: 4, blocked: 1, withForeignRules: 2 })
  })

  it('gives up in time when a statement waits, and leaves the connection as it was', async () => {
    const holder = await database.pool.connect()
    await holder.query('begin')
    await holder.query('lock table work in access exclusive mode')
    const startedAt = performance.now()
    await assert.rejects(measure(database.db, 100), /statement timeout/)
    assert.ok(performance.now() - startedAt < 2_000)
    await holder.query('rollback')
    holder.release()
    await measure(database.db, TIMEOUT_MS)
    const { rows } = await database.pool.query('show statement_timeout')
    assert.deepEqual(rows, [{ statement_timeout: '10s' }])
  })
})
