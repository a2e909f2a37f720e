import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'

const PUT = { method: 'PUT', path: '/policies/*' }

/** What the audit channel was told of access that was taken away and is still open. */
const openEnds = (house: House) =>
  storyOf(house)
    .alerts()
    .filter((text) => text.includes('Ended access is still open'))

describe('an end before its time', () => {
  it('is tried every few seconds, told loudly after a minute, once, and confirmed in the end', async () => {
    await using house = await startHouse()
    const { pomerium } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 to be taken away')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const refused = pomerium.faults.add({
      ...PUT,
      count: 1_000,
      effect: { kind: 'status', status: 503 },
    })
    await story.click('kim', id, 'end')
    await story.untilState(id, 'ending')
    await pomerium.waitFor(() => refused.hits >= 1)
    assert.deepEqual(openEnds(house), [], 'a minute is not over')
    await story.minutesUntil('operators are told', () => openEnds(house).length > 0)
    assert.equal(openEnds(house).length, 1)
    assert.match(openEnds(house)[0] ?? '', new RegExp(`grafana-prod[^]*${id}[^]*jit-grafana-prod`))
    assert.match(await story.untilCard(id, 'Ending'), /Ending/)
    assert.equal(await story.visit('alex'), 200)
    refused.remove()
    await story.minutesUntil(
      'the end is confirmed',
      async () => (await story.request(id)).state === 'ended',
    )
    assert.equal(await story.visit('alex'), 403)
    assert.equal(openEnds(house).length, 1)
    await story.untilCard(id, 'Ended')
  })

  it('is looked at again half a minute later: a rule that came back by a late write goes', async () => {
    await using house = await startHouse()
    const { pomerium } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 8h INC-3 comes back')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const rules = story.rules()
    await story.click('alex', id, 'end')
    await story.untilCard(id, 'Ended')
    pomerium.edit(pomerium.policyNamed('jit-grafana-prod')?.id ?? '', (policy) => {
      policy.ppl = rules as typeof policy.ppl
    })
    assert.equal(await story.visit('alex'), 200)
    await house.advance(31)
    await story.untilRules(0)
    assert.equal(await story.visit('alex'), 403)
  })
})
