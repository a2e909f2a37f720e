import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { Fault } from '../simulators/siem/faults.ts'
import { startSiem } from '../simulators/siem/start-siem.ts'
import { seqsOf } from '../simulators/siem/verify-lines.ts'
import { eventually } from '../support/eventually.ts'
import type { StreamStage } from './stream-stage.ts'
import { aStreamStage } from './stream-stage.ts'

/** Everything on record was kept, once, in order, and what was kept proves itself. */
async function assertWhole(stage: StreamStage): Promise<void> {
  assert.deepEqual(seqsOf(stage.siem.lines), await stage.seqs())
  assert.equal(await stage.finding(), undefined)
}

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
})

describe('the stream of the audit trail', () => {
  let stage: StreamStage
  before(async () => {
    stage = await aStreamStage()
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('begins at the beginning, in batches of so many events or bytes, and then has nothing to do', async () => {
    await stage.record(600)
    await stage.record(3, { details: { reason: 'x'.repeat(400_000) } })
    await stage.record(1, { details: { reason: 'x'.repeat(700_000) } })
    await stage.finish()
    const sizes = stage.siem.deliveries.map(({ first, last }) => last - first + 1)
    assert.deepEqual(sizes, [500, 102, 1, 1, 1])
    await assertWhole(stage)
    assert.equal(await stage.step(), 'nothing due')
  })

  it('begins on record, in the trail that it is about', () => {
    assert.match(stage.siem.lines[0] ?? '', /"action":"audit.stream_begun"/)
  })

  it('has a line for an event whatever people typed, also for readers with other ends of lines', async () => {
    await stage.record(1, { details: { reason: 'a\u2028b\u2029c\u0085d\r\ne\u007f' } })
    await stage.finish()
    const last = stage.siem.lines.at(-1) ?? ''
    assert.doesNotMatch(last, /[\r\n\u007f-\u009f\u2028\u2029]/)
    assert.match(last, /a\\u2028b\\u2029c\\u0085d\\r\\ne\\u007f/)
    await assertWhole(stage)
  })

  const faults: readonly (readonly Fault[])[] = [
    [status(503)],
    [status(429, { 'retry-after': '90' })],
    [status(400)],
    [status(401)],
    [status(307, { location: 'http://127.0.0.1:1/' })],
    [{ kind: 'reset' }],
    [{ kind: 'hang' }],
    [{ kind: 'take-and-reset' }],
    [{ kind: 'endless' }],
    [{ kind: 'drip' }],
    [{ kind: 'take-and-reset' }, status(503), { kind: 'take-and-reset' }, { kind: 'hang' }],
  ]
  for (const set of faults)
    it(`loses and reorders nothing through ${set.map((fault) => ('status' in fault ? fault.status : fault.kind)).join(', ')}`, async () => {
      stage.siem.next(...set)
      await stage.record(2)
      assert.notEqual(await stage.step(), 'nothing due')
      await stage.record(2)
      await stage.finish()
      await assertWhole(stage)
      assert.equal((await stage.cursor()).failing, null)
    })

  it('repeats a batch as it was, whatever was recorded meanwhile', async () => {
    const before = stage.siem.deliveries.length
    stage.siem.next({ kind: 'take-and-reset' }, status(503))
    await stage.record(2)
    await stage.step()
    await stage.record(5)
    await stage.finish()
    const [first, second, third, fourth] = stage.siem.deliveries.slice(before)
    for (const again of [second, third]) {
      assert.equal(again?.batch, first?.batch)
      assert.equal(again?.body, first?.body)
    }
    assert.equal(fourth?.first, (first?.last ?? 0) + 1)
    assert.match(first?.batch ?? '', /^[0-9a-f-]{36}:\d+-\d+:[0-9a-f]{64}$/)
    await assertWhole(stage)
  })

  it('does not miss what is recorded while a batch is under way', async () => {
    const patient = await stage.begin(stage.siem.url, 10_000)
    const { promise, resolve } = Promise.withResolvers<void>()
    stage.siem.next({ kind: 'take-later', until: promise })
    await stage.record()
    const count = stage.siem.deliveries.length
    const step = patient()
    await eventually('it is under way', () => stage.siem.deliveries.length > count)
    await stage.record(2)
    assert.equal(await stage.step(), 'nothing due', 'one at a time')
    resolve()
    assert.equal(await step, 'done')
    assert.equal(await stage.step(), 'done')
    await assertWhole(stage)
  })

  it('waits as long as it is asked to, and not for ever', async () => {
    for (const [asked, seconds] of [
      ['120', 120],
      ['99999999', 600],
    ] as const) {
      stage.siem.next(status(429, { 'retry-after': asked }))
      await stage.record()
      await stage.step()
      await stage.database.clock.advance(seconds - 5)
      await stage.record()
      assert.equal(await stage.step(), 'nothing due', 'not even when there is more')
      await stage.database.clock.advance(6)
      assert.equal(await stage.step(), 'done')
    }
    await stage.finish()
    await assertWhole(stage)
  })

  it('alerts once about what somebody has to mend, and again when it fails again after that', async () => {
    const alerts = (await stage.alerts()).length
    for (const round of [1, 2]) {
      stage.siem.next(status(400), status(400), status(400))
      await stage.record()
      assert.equal(await stage.step(), 'failed')
      await stage.database.clock.advance(240)
      assert.equal(await stage.step(), 'nothing due', 'it is tried seldom')
      assert.match((await stage.cursor()).failing ?? '', /answered 400/)
      await stage.finish()
      assert.deepEqual((await stage.alerts()).slice(alerts + round - 1), ['the SIEM answered 400'])
    }
    await assertWhole(stage)
  })

  it('alerts once when it cannot be reached for long', async () => {
    const alerts = (await stage.alerts()).length
    stage.siem.next(...Array.from({ length: 8 }, () => status(503)))
    await stage.record()
    for (let failures = 1; failures <= 7; failures += 1) {
      assert.equal(await stage.step(), 'failed')
      await stage.database.clock.advance(61)
      assert.equal((await stage.alerts()).length, alerts + (failures < 5 ? 0 : 1))
    }
    await stage.finish()
    await assertWhole(stage)
  })

  it('never goes back when a holder comes too late, after another one', async () => {
    const patient = await stage.begin(stage.siem.url, 10_000)
    const { promise, resolve } = Promise.withResolvers<void>()
    stage.siem.next({ kind: 'take-later', until: promise })
    await stage.record()
    const count = stage.siem.deliveries.length
    const late = patient().catch(String)
    await eventually('it is under way', () => stage.siem.deliveries.length > count)
    await stage.database.clock.advance(31)
    assert.equal(await stage.step(), 'done')
    await stage.record(3)
    assert.equal(await stage.step(), 'done')
    const { last_seq: before } = await stage.cursor()
    resolve()
    assert.equal(await late, 'again')
    assert.equal((await stage.cursor()).last_seq, before)
    await stage.finish()
    await assertWhole(stage)
  })

  it('goes on when its mark was lost', async () => {
    await stage.record()
    await stage.database.pool.query(`delete from work where kind = 'stream'`)
    assert.equal(await stage.step(), 'nothing due')
    await stage.database.store.transaction((tx) => tx.work.repair())
    assert.equal(await stage.step(), 'done')
    await assertWhole(stage)
    await stage.database.store.transaction((tx) => tx.work.repair())
    assert.equal(await stage.step(), 'nothing due')
  })

  it('is in nobody’s way while many record at once', async () => {
    const over = new AbortController()
    const delivering = (async () => {
      while (!over.signal.aborted) await stage.step()
    })()
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let n = 0; n < 15; n += 1) {
          if (n % 5 === 0) await stage.database.store.transaction((tx) => tx.work.repair())
          await stage.record()
        }
      }),
    )
    over.abort()
    await delivering
    await stage.finish()
    await assertWhole(stage)
    const { rows } = await stage.database.pool.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    assert.equal(rows[0]?.deadlocks, '0')
  })

  it('goes to another address from the beginning, and back from where it was', async () => {
    await using other = await startSiem()
    const stepOther = await stage.begin(other.url)
    await stage.record()
    while ((await stepOther()) !== 'nothing due');
    assert.deepEqual(seqsOf(other.lines), await stage.seqs())
    const kept = stage.siem.lines.length
    await stage.record()
    assert.equal(await stage.step(), 'again', 'a replica with the old address leaves it alone')
    assert.equal(stage.siem.lines.length, kept)
    await stage.begin(stage.siem.url)
    await stage.finish()
    await assertWhole(stage)
  })

  it('starts over when an operator says so', async () => {
    const last = stage.siem.deliveries.length
    await stage.database.pool.query(
      'update audit_stream set last_seq = 0, last_hash = null, sending_seq = null where active',
    )
    await stage.database.store.transaction((tx) => tx.work.repair())
    await stage.finish()
    assert.equal(stage.siem.deliveries[last]?.first, 1)
  })
})

describe('the stream of a trail that somebody has changed', () => {
  let stage: StreamStage
  before(async () => {
    stage = await aStreamStage()
    await stage.record(5)
    await stage.finish()
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('does not take new events in the place of delivered ones for delivered: it says so', async () => {
    await stage.database.pool.query(`
      alter table audit_event disable trigger all;
      delete from audit_event where seq >= 4;
      alter table audit_event enable trigger all;
      alter table audit_event enable always trigger audit_event_not_archived;
      alter table audit_event enable always trigger zz_chain_audit_event`)
    await stage.record(8)
    assert.equal(await stage.step(), 'failed')
    assert.deepEqual(await stage.alerts(), [
      'the trail does not go on from event 6, the last that was delivered: it was cut, archived or written anew',
    ])
    assert.equal(seqsOf(stage.siem.lines).at(-1), 6)
  })

  it('does not send what would not verify', async () => {
    await using stage = await aStreamStage()
    await stage.record(2)
    await stage.database.pool.query(`
      alter table audit_event disable trigger all;
      update audit_event set public_details = replace(public_details, ':', E':\\n') where seq = 2;
      alter table audit_event enable trigger all;
      alter table audit_event enable always trigger audit_event_not_archived;
      alter table audit_event enable always trigger zz_chain_audit_event`)
    assert.equal(await stage.step(), 'failed')
    assert.deepEqual(await stage.alerts(), ['event 2 is not as it was recorded'])
    assert.deepEqual(stage.siem.deliveries, [])
  })
})
