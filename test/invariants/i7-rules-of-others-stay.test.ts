import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse, startTown } from '../support/house.ts'
import { assertNoRuleWithoutGrant } from '../support/rules.ts'
import { plainly, storyOf } from '../support/story.ts'
import { AUDIT } from '../support/world.ts'

const FOREIGN = [
  {
    allow: {
      or: [{ domain: { is: 'partner.example' } }, { email: { is: 'pat@partner.example' } }],
    },
  },
  { deny: { and: [{ source_ip: '198.51.100.0/24' }] }, note: undefined },
].map((rule) => JSON.parse(JSON.stringify(rule)) as { [key: string]: never })

describe('I7: what the bot did not write stays as it is', () => {
  it('keeps foreign rules byte for byte, through grants and their end, and reports them once (F26)', async () => {
    await using house = await startHouse()
    const { pomerium, slack } = house
    const story = storyOf(house)
    const policyId = pomerium.policyNamed('jit-grafana-prod')?.id ?? ''
    pomerium.edit(policyId, (policy) => {
      policy.ppl = FOREIGN
      policy.explanation = 'edited by hand'
    })
    const before = JSON.stringify(FOREIGN)
    const kept = () => {
      const ours = /alex@example\.com|robin@example\.com/
      const rules = story.rules().map((rule) => JSON.stringify(rule))
      return `[${rules.filter((rule) => !ours.test(rule)).join(',')}]`
    }
    const first = await story.ask('alex', 'grafana-prod 1h INC-1 next to others')
    await story.click('kim', first, 'approve')
    await story.untilCard(first, 'Active')
    assert.equal(kept(), before)
    const second = await story.ask('robin', 'grafana-prod 1h INC-1 next to others too')
    await story.click('kim', second, 'approve')
    await story.untilCard(second, 'Active')
    await story.click('alex', first, 'end')
    await story.untilCard(first, 'Ended')
    assert.equal(kept(), before)
    await house.advance(3_600)
    await story.untilCard(second, 'Ended')
    await story.untilRules(FOREIGN.length)
    assert.equal(JSON.stringify(story.rules()), before)
    assert.equal(pomerium.policy(policyId)?.explanation, 'edited by hand')
    const reports = slack
      .messages(AUDIT)
      .map((message) => plainly(slack.visibleText(message)))
      .filter((text) => text.includes('A policy holds foreign rules'))
    assert.equal(reports.length, 1)
    assert.match(reports[0] ?? '', /count: 2/)
    await assertNoRuleWithoutGrant(house, FOREIGN)
  })

  it('puts back a rule of its own that somebody took out, and reports the drift (F26)', async () => {
    await using house = await startHouse()
    const { pomerium, slack } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 drift')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    pomerium.edit(pomerium.policyNamed('jit-grafana-prod')?.id ?? '', (policy) => {
      policy.ppl = []
    })
    assert.equal(await story.visit('alex'), 403)
    const other = await story.ask('robin', 'grafana-prod 1h INC-2 makes the bot look')
    await story.click('kim', other, 'approve')
    await story.untilCard(other, 'Active')
    assert.equal(await story.visit('alex'), 200)
    const alert = await slack.waitFor(() =>
      slack.messages(AUDIT).find((m) => slack.visibleText(m).includes('Drift was repaired')),
    )
    assert.match(slack.visibleText(alert), /count: 1/)
  })

  it('never writes an enforced policy, and goes on when it is one no more (F26)', async () => {
    await using house = await startHouse()
    const { pomerium, slack } = house
    const story = storyOf(house)
    const policyId = pomerium.policyNamed('jit-grafana-prod')?.id ?? ''
    const enforce = (enforced: boolean) =>
      pomerium.edit(policyId, (policy) => {
        policy.enforced = enforced
      })
    enforce(true)
    const writes = pomerium.history.length
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 enforced everywhere')
    await story.click('kim', id, 'approve')
    const alert = await slack.waitFor(() =>
      slack.messages(AUDIT).find((m) => /is enforced on every route/.test(slack.visibleText(m))),
    )
    assert.match(slack.visibleText(alert), /turn "enforced" off in Pomerium/)
    assert.equal(pomerium.history.length, writes)
    await story.untilCard(id, 'Approved: granting…')
    enforce(false)
    await house.startBot()
    await story.untilCard(id, 'Active')
    await slack.waitFor(() => story.trail(id).length === 2)
  })

  it('does not touch a policy of the same name that somebody else made', async () => {
    const town = await startTown()
    const strange = town.pomerium.create({ name: 'jit-grafana-prod', ppl: FOREIGN })
    await using house = await startHouse({ town })
    const { slack, pomerium } = house
    const story = storyOf(house)
    const alert = await slack.waitFor(() =>
      slack.messages(AUDIT).find((m) => /this bot did not make/.test(slack.visibleText(m))),
    )
    assert.match(slack.visibleText(alert), /policy adopt grafana-prod/)
    const id = await story.ask('alex', 'grafana-prod 1h INC-4 in somebody else’s policy')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'granting')
    await house.startBot()
    const other = await story.ask('alex', 'billing-db 1h INC-4 other policies go on')
    await story.command('kim', `approve ${other}`)
    await story.command('sam', `approve ${other}`)
    await story.untilState(other, 'active')
    assert.deepEqual(pomerium.policy(strange.id), strange)
    assert.equal((await story.request(id)).state, 'granting')
  })
})
