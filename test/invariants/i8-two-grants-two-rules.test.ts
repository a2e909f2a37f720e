import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import { storyOf } from '../support/story.ts'

describe('I8: two grants of one person on one resource are two rules', () => {
  it('leaves the one when the other is ended early, and when the other runs out', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const open = async (length: string) => {
      const id = await story.ask('alex', `grafana-prod ${length} INC-1 once more`)
      await story.click('kim', id, 'approve')
      await story.untilCard(id, 'Active')
      return id
    }
    const long = await open('2h')
    const short = await open('1h')
    const early = await open('1h')
    assert.equal(story.rules().length, 3)
    await story.click('alex', early, 'end')
    await story.untilCard(early, 'Ended')
    assert.equal(story.rules().length, 2)
    assert.equal(await story.visit('alex'), 200)
    assert.deepEqual(
      [(await story.request(long)).state, (await story.request(short)).state],
      ['active', 'active'],
    )
    await house.advance(3_601)
    await story.untilCard(short, 'Ended')
    await story.untilRules(1)
    assert.equal(await story.visit('alex'), 200)
    await story.command('kim', `end ${long}`)
    await story.untilCard(long, 'Ended')
    assert.equal(await story.visit('alex'), 403)
    assert.deepEqual(story.rules(), [])
  })

  it('keeps two rules for two grants that read the same', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const ids: string[] = []
    // Two windows with the same end need approvals within one second.
    const held = house.pomerium.faults.add({ method: 'PUT', count: 9, effect: { kind: 'hold' } })
    for (const length of ['1h', '1h']) {
      const id = await story.ask('alex', `grafana-prod ${length} INC-2 twins`)
      ids.push(id)
      await story.command('kim', `approve ${id}`)
    }
    held.release()
    held.remove()
    const [first = '', second = ''] = ids
    await story.untilState(first, 'active')
    await story.untilState(second, 'active')
    assert.equal(story.rules().length, 2)
    await story.command('alex', `end ${first}`)
    await story.untilState(first, 'ended')
    assert.equal(story.rules().length, 1)
    assert.equal(await story.visit('alex'), 200)
    assert.equal((await story.request(second)).state, 'active')
    await assertInvariants(house)
  })
})
