import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { momentWork } from '../../src/app/sweep.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { ask, aDatabase } from '../postgres/support.ts'
import { aResource, alex, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { openEmergency } from './emergency.ts'

const HELD = { hold: () => Promise.resolve() }

function tick({ store }: TestDatabase, subject: RequestId) {
  const claim = {
    kind: 'moment',
    subject,
    generation: '1',
    leaseEpoch: '1',
    isUrgent: false,
    attempts: 0,
  } as const
  return momentWork({ store })(claim, HELD)
}

async function eventsOf({ pool }: TestDatabase, id: RequestId): Promise<readonly string[]> {
  const { rows } = await pool.query<{ event: string }>(
    `select action || case when alert then '!' else '' end as event
     from audit_event where request_id = $1 order by seq`,
    [id],
  )
  return rows.map(({ event }) => event)
}

describe('momentWork', () => {
  it('does one thing after the other when several are due at the same moment', async () => {
    await using database = await aDatabase()
    const resource = aResource({
      remindSeconds: 600,
      escalation: { afterSeconds: 600, to: people({ everyone: true }) },
    })
    const at = await database.clock.now()
    const { id } = await ask(database.store, { at, resource })
    const early = await tick(database, id)
    assert.ok(early.type === 'again' && early.afterMs > 590_000 && early.afterMs <= 600_000)
    await database.clock.advance(601)
    assert.deepEqual(await tick(database, id), { type: 'again', afterMs: 1 })
    const late = await tick(database, id)
    assert.ok(late.type === 'again' && late.afterMs > 1_190_000, 'the next reminder')
    assert.deepEqual(await eventsOf(database, id), [
      'request.created',
      'request.escalated',
      'request.reminded',
    ])
  })

  it('is done with what has ended, and with what there is not', async () => {
    await using database = await aDatabase()
    const at = await database.clock.now()
    const { id } = await ask(database.store, { at })
    await database.clock.advance(28_801)
    assert.deepEqual(await tick(database, id), { type: 'done' })
    assert.deepEqual(await tick(database, id), { type: 'done' })
    assert.deepEqual(await tick(database, 'N0SUCH00' as RequestId), { type: 'done' })
    assert.deepEqual(await eventsOf(database, id), ['request.created', 'request.lapsed'])
  })

  it('is loud about a review that is overdue, once', async () => {
    await using database = await aDatabase()
    const { id } = await openEmergency(database, alex)
    await database.clock.advance(1_801)
    await tick(database, id)
    for (const hours of [12, 12, 25]) {
      await database.clock.advance(hours * 3_600)
      await tick(database, id)
    }
    assert.deepEqual(await eventsOf(database, id), [
      'request.created',
      'request.break_glass!',
      'grant.never_active',
      'grant.review_reminded',
      'grant.review_overdue!',
      'grant.review_reminded',
    ])
    const { rows } = await database.pool.query(`select 1 from work where kind = 'alert'`)
    assert.equal(rows.length, 2)
  })
})
