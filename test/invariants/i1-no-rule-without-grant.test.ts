import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import { assertNoRuleWithoutGrant } from '../support/rules.ts'
import { storyOf } from '../support/story.ts'
import type { Name } from '../support/story.ts'

describe('I1: no rule without a live, approved grant that says exactly that', () => {
  it('holds for every document that was ever stored, whatever people do at once', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const open = async (who: Name, line: string, approvers: readonly Name[]) => {
      const id = await story.ask(who, line)
      for (const approver of approvers) await story.command(approver, `approve ${id}`)
      return id
    }
    const [first, second, billing] = await Promise.all([
      open('alex', 'grafana-prod 1h INC-1 for alex', ['kim']),
      open('robin', 'grafana-prod 2h INC-1 for robin', ['sam']),
      open('sam', 'billing-db 30m INC-1 for sam, who approves elsewhere', ['kim', 'ada']),
    ])
    const denied = await story.ask('sam', 'grafana-prod 1h INC-1 will be denied')
    await story.command('kim', `deny ${denied} no need`)
    const half = await story.ask('robin', 'billing-db 1h INC-1 only half approved')
    await story.command('kim', `approve ${half}`)
    for (const id of [first, second, billing]) await story.untilState(id, 'active')
    await story.command('alex', `end ${first}`)
    await story.untilState(first, 'ended')
    await house.advance(1_800)
    await story.untilState(billing, 'ended')
    await story.untilRules(0, 'jit-billing-db')
    await house.advance(5_400)
    await story.untilState(second, 'ended')
    await story.untilRules(0)
    assert.ok((await assertNoRuleWithoutGrant(house)) >= 3)
    await assertInvariants(house)
  })

  it('does not write for a grant whose time was over before Pomerium came back', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 5m INC-1 too late')
    const down = house.pomerium.faults.add({
      count: 1_000,
      effect: { kind: 'status', status: 503 },
    })
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'granting')
    await house.advance(301)
    await story.untilCard(id, 'Not confirmed')
    down.remove()
    await house.advance(120)
    await house.pomerium.waitFor(() =>
      house.pomerium.requests.some(
        ({ path, status }) => path.includes('/policies/') && status === 200,
      ),
    )
    assert.equal(await assertNoRuleWithoutGrant(house), 0)
    assert.equal((await story.request(id)).state, 'never-active')
  })
})
