import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FaultEffect } from '../simulators/pomerium/faults.ts'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import type { Story } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'

const PUT = { method: 'PUT', path: '/policies/*' }

async function untilAfterMinutes(story: Story, id: string, state: string) {
  await story.minutesUntil(
    `${id} is ${state}`,
    async () => (await story.request(id)).state === state,
  )
}

function alerts(house: House): readonly string[] {
  return storyOf(house).alerts().map(plainly)
}

const calls = (house: House, method: string) =>
  house.pomerium.requests.filter(
    (request) => request.method === method && /polic/.test(request.path),
  )

describe('Pomerium', () => {
  it('may answer anything to a write: the rule stands in the end, once (F18, F19, F25)', async () => {
    const effects: readonly FaultEffect[] = [
      { kind: 'status', status: 503 },
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429, retryAfter: 7 },
      { kind: 'reset' },
      { kind: 'apply-then-reset' },
      { kind: 'truncated' },
      { kind: 'cut-off' },
      { kind: 'html' },
    ]
    await using house = await startHouse()
    const story = storyOf(house)
    for (const effect of effects) {
      const id = await story.ask('alex', `grafana-prod 8h INC-1 ${effect.kind}`)
      const fault = house.pomerium.faults.add({ ...PUT, effect })
      await story.command('kim', `approve ${id}`)
      await house.pomerium.waitFor(() => fault.hits === 1)
      await untilAfterMinutes(story, id, 'active')
      assert.equal(await story.visit('alex'), 200, effect.kind)
      await story.command('alex', `end ${id}`)
      await story.untilState(id, 'ended')
      assert.deepEqual(story.rules(), [], effect.kind)
    }
    await assertInvariants(house)
  })

  it('may answer rubbish to a read: nothing is written on the ground of it (F25)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    for (const kind of ['truncated', 'html', 'huge', 'cut-off'] as const) {
      const id = await story.ask('alex', `grafana-prod 8h INC-2 ${kind}`)
      const before = calls(house, 'PUT').length
      const fault = pomerium.faults.add({
        method: 'GET',
        path: '/policies/*',
        effect: { kind },
      })
      await story.command('kim', `approve ${id}`)
      await pomerium.waitFor(() => fault.hits === 1)
      await eventually('the answer was refused', () =>
        house.logged.some((line) => line.includes('not applied yet')),
      )
      assert.equal(calls(house, 'PUT').length, before)
      await untilAfterMinutes(story, id, 'active')
      await story.command('alex', `end ${id}`)
      await story.untilState(id, 'ended')
    }
  })

  it('is left alone as long as it asks for (F18)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 too many requests')
    const fault = pomerium.faults.add({
      effect: { kind: 'status', status: 429, retryAfter: 120 },
    })
    await story.click('kim', id, 'approve')
    await pomerium.waitFor(() => fault.hits === 1)
    await eventually('the wait is stored', async () => {
      const { rows } = await house.database.pool.query(
        `select 1 from work where key = 'policy:grafana-prod' and due_at > jit_now() + interval '100 seconds'
           and lease_until is null`,
      )
      return rows.length === 1
    })
    const asked = pomerium.requests.length
    await house.advance(100)
    assert.equal(pomerium.requests.length, asked)
    await house.advance(21)
    await story.untilCard(id, 'Active')
  })

  it('may be down through approval and end: never active, and said so (F21)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    const down = pomerium.faults.add({ count: 10_000, effect: { kind: 'reset' } })
    const short = await story.ask('alex', 'grafana-prod 30m INC-4 through the outage')
    const long = await story.ask('robin', 'grafana-prod 8h INC-4 beyond the outage')
    for (const id of [short, long]) await story.click('kim', id, 'approve')
    await story.untilCard(short, 'Pomerium has not confirmed the rule yet; access may not work')
    assert.match(
      await story.untilDirect('alex', short, 'granting'),
      /access may not work until it has/,
    )
    assert.match(plainly(await story.command('alex', 'mine')), /not confirmed by Pomerium yet/)
    await house.advance(1_801)
    const card = plainly(await story.untilCard(short, 'Not confirmed'))
    assert.match(card, /Pomerium never confirmed the rule\. The access is over now\./)
    await story.untilDirect('alex', short, 'but Pomerium never confirmed the rule')
    assert.ok((await story.events(short)).includes('grant.never_active'))
    down.remove()
    await untilAfterMinutes(story, long, 'active')
    await story.untilCard(long, 'Active')
    assert.equal(story.rules().length, 1)
    assert.match(JSON.stringify(story.rules()), /robin@example\.com/)
    assert.equal(await story.visit('alex'), 403)
    await assertInvariants(house)
  })

  it('may apply a write long after its answer: a revoked rule does not stay (F20)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    const id = await story.ask('alex', 'grafana-prod 8h INC-5 a late write')
    const late = pomerium.faults.add({ ...PUT, effect: { kind: 'apply-late', answer: 504 } })
    await story.click('kim', id, 'approve')
    await pomerium.waitFor(() => late.hits === 1)
    await eventually('a quiet period has begun', async () => {
      const { rows } = await house.database.pool.query(
        'select 1 from policy_state where quiet_until > jit_now()',
      )
      return rows.length === 1
    })
    await story.untilCard(id, 'granting')
    await story.click('alex', id, 'end')
    await story.untilState(id, 'ending')
    const writes = calls(house, 'PUT').length
    await house.advance(10)
    assert.equal(pomerium.landLateWrites(), 1)
    assert.equal(calls(house, 'PUT').length, writes, 'nothing is written in the quiet period')
    assert.equal(await story.visit('alex'), 200)
    assert.equal((await story.request(id)).state, 'ending', 'and nothing is called ended')
    await untilAfterMinutes(story, id, 'ended')
    await story.untilCard(id, 'Ended')
    assert.equal(await story.visit('alex'), 403)
    assert.deepEqual(story.rules(), [])
  })

  it('may apply it later than anybody waits: the revoked rule is still known for ours (F20)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    const id = await story.ask('alex', 'grafana-prod 8h INC-5 a very late write')
    const late = pomerium.faults.add({ ...PUT, effect: { kind: 'apply-late', answer: 504 } })
    await story.click('kim', id, 'approve')
    await pomerium.waitFor(() => late.hits === 1)
    await story.untilCard(id, 'granting')
    await story.click('alex', id, 'end')
    await untilAfterMinutes(story, id, 'ended')
    pomerium.landLateWrites()
    assert.equal(await story.visit('alex'), 200)
    await house.startBot()
    await story.untilRules(0)
    assert.equal(await story.visit('alex'), 403)
    await house.slack.waitFor(() =>
      alerts(house).some((text) => text.includes('Access that was over came back')),
    )
  })

  it('may forget its ID tokens at any time (F22)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    const exchanges = pomerium.counters.tokenExchanges
    pomerium.revokeIdTokens()
    const id = await story.ask('alex', 'grafana-prod 1h INC-6 tokens are gone')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(pomerium.counters.tokenExchanges, exchanges + 1)
  })

  it('may lose a policy: it is never made anew, the others go on, an operator is told (F23)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    pomerium.remove(pomerium.policyNamed('jit-grafana-prod')?.id ?? '')
    const id = await story.ask('alex', 'grafana-prod 1h INC-7 the policy is gone')
    await story.click('kim', id, 'approve')
    await house.slack.waitFor(() =>
      alerts(house).some((text) => /is gone from Pomerium/.test(text)),
    )
    assert.match(alerts(house).join(), /policy forget grafana-prod/)
    assert.equal(pomerium.policyNamed('jit-grafana-prod'), undefined)
    const other = await story.ask('alex', 'billing-db 1h INC-7 another policy')
    await story.command('kim', `approve ${other}`)
    await story.command('sam', `approve ${other}`)
    await story.untilState(other, 'active')
    assert.equal((await story.request(id)).state, 'granting')
  })

  it('may reject a document: it is not sent again, the others go on (F24)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium } = house
    const fault = pomerium.faults.add({
      ...PUT,
      count: 5,
      effect: { kind: 'status', status: 422, message: 'the document is not valid' },
    })
    const id = await story.ask('alex', 'grafana-prod 1h INC-8 not valid')
    await story.click('kim', id, 'approve')
    await house.slack.waitFor(() => alerts(house).some((text) => /A policy is blocked/.test(text)))
    await house.advance(120)
    assert.equal(fault.hits, 1)
    fault.remove()
    await house.startBot()
    await story.untilCard(id, 'Active')
    assert.equal(alerts(house).filter((text) => /A policy is blocked/.test(text)).length, 1)
  })
})
