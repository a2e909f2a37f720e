import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditFilter } from '../../src/app/audit-cases.ts'
import { after } from '../support/build.ts'
import { createTestDatabase } from '../support/database.ts'

const HOUR = 3_600

describe('the run of the chain for a filter', () => {
  it('has every event of its time, though the clock was set back by nearly a day after a quiet one', async () => {
    await using database = await createTestDatabase(3)
    const hours = [0, 84, 62, 85, 200, 180]
    for (const hour of hours)
      await database.pool.query(
        `insert into audit_event (action, via, actor_kind) select at_time($1, 'policy.written'), 'bot', 'bot'`,
        [after(hour * HOUR)],
      )
    const found = (filter: AuditFilter) =>
      database.store.statement(async ({ audit }) => {
        const wanted: number[] = []
        for await (const batch of audit.chained(filter, await audit.chainSpan(filter)))
          wanted.push(...batch.flatMap(({ seq, isWanted }) => (isWanted ? [seq] : [])))
        return wanted
      })
    for (const from of [undefined, ...hours, 300])
      for (const to of [undefined, ...hours, 300]) {
        const fits = hours.flatMap((hour, index) =>
          hour >= (from ?? -1) && hour < (to ?? 999) ? [index + 1] : [],
        )
        const filter = {
          ...(from !== undefined && { from: after(from * HOUR) }),
          ...(to !== undefined && { to: after(to * HOUR) }),
        }
        assert.deepEqual(await found(filter), fits, `${from} to ${to}`)
      }
  })

  it('is empty, and begins where the trail begins, before there is an event', async () => {
    await using database = await createTestDatabase(2)
    const { after: begin, last } = await database.store.statement(({ audit }) =>
      audit.chainSpan({ from: after(0) }),
    )
    assert.deepEqual([begin.seq, last], [0, 0])
  })
})
