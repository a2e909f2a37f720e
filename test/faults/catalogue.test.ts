import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'

/** Restarts the bot under a changed catalogue. */
async function restart(house: House, change: (source: string) => string): Promise<void> {
  await house.bot.stop(1_000)
  await house.startBot({}, change(house.catalogueSource))
}

/** Mails in the rules of a policy. */
function holders(house: House, policy: string): readonly string[] {
  return (
    JSON.stringify(house.pomerium.policyNamed(policy)?.ppl ?? null).match(/\w+@example\.com/g) ?? []
  )
}

describe('a changed catalogue', () => {
  it('moves a resource to another policy once the access in the old one is over', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const first = await story.ask('alex', 'grafana-prod 8h INC-1 in the old policy')
    await story.click('kim', first, 'approve')
    await story.untilCard(first, 'Active')
    await restart(house, (source) => source.replace('jit-grafana-prod', 'jit-grafana-new'))

    const second = await story.ask('robin', 'grafana-prod 8h INC-2 for the new policy')
    await story.click('kim', second, 'approve')
    await story.untilCard(second, 'granting')
    assert.deepEqual(holders(house, 'jit-grafana-prod'), ['alex@example.com'])

    await story.click('alex', first, 'end')
    await story.untilCard(first, 'Ended')
    await story.minutesUntil(
      'the new policy is used',
      () => holders(house, 'jit-grafana-new').length === 1,
    )
    await story.untilCard(second, 'Active')
    assert.deepEqual(holders(house, 'jit-grafana-prod'), [])
    assert.deepEqual(holders(house, 'jit-grafana-new'), ['robin@example.com'])
  })

  it('never opens one resource by the approval of another when two swap their policies', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    await restart(house, (source) =>
      source
        .replace('policy: jit-grafana-prod', 'policy: PLACE')
        .replace('policy: jit-billing-db', 'policy: jit-grafana-prod')
        .replace('policy: PLACE', 'policy: jit-billing-db'),
    )
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 after the swap')
    await story.click('kim', id, 'approve')
    await story.minutesUntil('active', async () => (await story.request(id)).state === 'active')
    assert.deepEqual(holders(house, 'jit-billing-db'), ['alex@example.com'])
    assert.deepEqual(holders(house, 'jit-grafana-prod'), [])
  })

  it('hands the policy on when a resource gets another id', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    await restart(house, (source) => source.replace('id: grafana-prod', 'id: grafana'))
    const id = await story.ask('alex', 'grafana 1h INC-4 under the new id')
    await story.click('kim', id, 'approve')
    await story.minutesUntil('active', async () => (await story.request(id)).state === 'active')
    assert.deepEqual(holders(house, 'jit-grafana-prod'), ['alex@example.com'])
  })
})
