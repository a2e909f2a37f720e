import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { SiemSimulator } from '../simulators/siem/start-siem.ts'
import { startSiem } from '../simulators/siem/start-siem.ts'
import { seqsOf, verifyLines } from '../simulators/siem/verify-lines.ts'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import type { Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'

const TOKEN = 'siem-secret-token-4711'
const LEASE_SECONDS = 31

describe('a house whose audit trail is streamed to a SIEM', () => {
  let house: House
  let siem: SiemSimulator
  let story: Story
  before(async () => {
    siem = await startSiem({ token: TOKEN })
    const town = await startTown()
    const config = {
      ...town.config,
      siem: { url: siem.url, token: TOKEN, format: 'jsonl' as const },
      metricsPort: 0,
    }
    house = await startHouse({ town: { ...town, config } })
    story = storyOf(house)
  })
  afterAll(async () => {
    await house[Symbol.asyncDispose]()
    await siem[Symbol.asyncDispose]()
  })

  const recorded = async () => {
    const { rows } = await house.database.pool.query<{ seq: string; id: string; lag: string }>(
      `select seq, log_id as id from audit_event, audit_chain order by seq`,
    )
    return { seqs: rows.map(({ seq }) => Number(seq)), logId: rows[0]?.id ?? '' }
  }
  const untilWhole = async () => {
    await eventually('all that is on record has arrived', async () => {
      const { seqs } = await recorded()
      return seqsOf(siem.lines).at(-1) === seqs.at(-1)
    })
    const { seqs, logId } = await recorded()
    assert.deepEqual(seqsOf(siem.lines).slice(0, seqs.length), seqs)
    assert.equal((await verifyLines(siem.lines, logId)).finding, undefined)
  }

  it('has there, in order and once, whatever happens, and the chain of it holds', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 dashboards are red')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    await story.click('alex', id, 'end')
    await story.untilState(id, 'ended')
    await untilWhole()
    const text = siem.lines.join('\n')
    for (const action of await story.events(id)) assert.ok(text.includes(`"${action}"`), action)
    assert.match(text, /"actor":\["[0-9a-f-]{36}",\{"email":"kim@example.com",/)
    assert.match(text, /dashboards are red/)
  })

  it('decides as ever while the SIEM hangs; killed then, it repeats and loses nothing', async () => {
    const count = siem.deliveries.length
    siem.next({ kind: 'hang' })
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 while it hangs')
    await untilUnderWay(count)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(siem.deliveries.length, count + 1, 'nothing else is sent meanwhile')
    await house.bot.stop(0)
    await house.startBot()
    await house.advance(LEASE_SECONDS)
    await untilWhole()
    const [hung, again] = siem.deliveries.slice(count)
    assert.equal(again?.batch, hung?.batch)
  })

  it('has one replica deliver at a time', async () => {
    await house.startBot()
    siem.next({ kind: 'take-and-reset' }, { kind: 'status', status: 503 })
    for (const n of [1, 2, 3]) {
      const id = await story.ask('robin', `billing-db 1h INC-3 number ${n}`)
      await story.click('kim', id, 'deny')
      await story.submit('kim', 'deny', { reason: 'not now' })
      await story.untilState(id, 'denied')
      await house.advance(61)
    }
    await untilWhole()
    assert.equal(siem.mostAtOnce, 1)
  })

  it('tells operators once that the SIEM does not take it', async () => {
    siem.next({ kind: 'status', status: 403 }, { kind: 'status', status: 403 })
    await story.ask('alex', 'grafana-prod 1h INC-4 refused by the SIEM')
    const told = () => story.alerts().filter((said) => said.includes('does not reach the SIEM'))
    await house.slack.waitFor(() => told().length > 0)
    assert.match(told().join(), /answered 403: the token is not the one that it takes/)
    await story.minutesUntil('the SIEM takes it', () => siem.lines.join().includes('INC-4'))
    await untilWhole()
    assert.equal(told().length, 1)
  })

  it('tells how far it is behind on the port of metrics', async () => {
    const port = /"port":(\d+),"msg":"metrics"/.exec(house.logged.toReversed().join())?.[1]
    await eventually('it says that it is not behind', async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      return /^jit_audit_stream_lag_events 0$/m.test(text)
    })
  })

  it('says neither address nor token in its log', () => {
    const log = house.logged.join('')
    assert.match(log, /audit stream not delivered yet/)
    assert.ok(!log.includes(TOKEN))
    assert.ok(!log.includes('/collect'))
  })

  async function untilUnderWay(count: number): Promise<void> {
    await eventually('a batch is under way', () => siem.deliveries.length > count)
  }
})
