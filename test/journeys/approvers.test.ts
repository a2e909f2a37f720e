import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { BILLING, storyOf } from '../support/story.ts'
import { ENGINEERS, RELIABILITY, RULES_YAML, SECURITY } from '../support/world.ts'

const VAULT = 'vault.example.com'
const OPEN = 'Security (stage 2 of 2)'

const house = await startHouse({ catalogue: RULES_YAML })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house
const mention = (who: Name) => `<@${people[who]}>`

const askForVault = () => story.ask('alex', 'vault 30m rotate the keys')
const because = 'has lost the right to approve this'

describe('the people behind approvals', () => {
  it('are looked at again at each approval, and the card says whose does not count', async () => {
    const id = await story.ask('alex', 'billing-db 30m INC-7 refund looks wrong')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, `1 of 2: ${mention('kim')}`)
    story.leaves('kim', RELIABILITY)
    await story.click('ada', id, 'approve')
    const both = `1 of 2: ${mention('kim')} and ${mention('ada')} (one of these approvals does not count`
    assert.match(await story.untilCard(id, both), new RegExp(because))
    await slack.waitFor(() => {
      const told = story.direct('alex', id) ?? ''
      return told.includes('1 of 2 approvals so far') && told.includes(because)
    })
    assert.equal((await story.recorded(id, 'request.approval_recorded'))?.details['approvals'], 1)
    assert.equal(await story.visit('alex', BILLING, '203.0.113.9'), 403)
    await story.click('sam', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex', BILLING, '203.0.113.9'), 200)
    story.joins('kim', RELIABILITY)
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('are never the requester, whatever group they join meanwhile', async () => {
    const id = await askForVault()
    story.joins('alex', RELIABILITY)
    story.joins('alex', SECURITY)
    const own = 'You cannot answer your own request: ask one of the other people named on its card.'
    assert.equal(await story.refusedClick('alex', id, 'approve'), own)
    assert.equal((await story.command('alex', `approve ${id}`)).split('\n')[0], own)
    assert.equal(await story.command('alex', `shorten ${id} 5m`).then(firstLine), own)
    assert.equal(await story.command('alex', `deny ${id} no`).then(firstLine), own)
    assert.doesNotMatch(await story.command('alex', 'pending'), new RegExp(id))
    assert.equal((await story.request(id)).status, 'pending')
    story.leaves('alex', RELIABILITY)
    story.leaves('alex', SECURITY)
    await story.command('alex', `cancel ${id}`)
  })

  it('are enough in number when something is asked, or nothing is', async () => {
    story.leaves('kim', RELIABILITY)
    assert.match(
      await story.command('sam', 'request grafana-prod 1h who would answer'),
      /^This takes 1 approval and nobody could give one, so nothing was asked: ask an operator/,
    )
    assert.match(
      await story.command('sam', 'request billing-db 30m INC-8 who would answer'),
      /^This takes 2 approvals and only one person could give one, so nothing was asked/,
    )
    assert.deepEqual(await story.refusals('sam').then((all) => all.slice(-2)), [
      'request.create_refused: not-enough-approvers',
      'request.create_refused: not-enough-approvers',
    ])
    story.leaves('sid', SECURITY)
    assert.ok(await story.ask('alex', 'vault 30m ada may answer too'), 'silent approvers count')
    story.joins('kim', RELIABILITY)
    assert.ok(await story.ask('sam', 'grafana-prod 1h kim would'))
    story.joins('sid', SECURITY)
  })

  it('give nothing to a requester who may not ask any more', async () => {
    const id = await story.ask('robin', 'vault 30m rotate the keys')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, OPEN)
    story.leaves('robin', ENGINEERS)
    assert.match(await story.untilCard(id, 'Cancelled'), /The bot cancelled it .*, because/)
    const stale = story.card(id)
    assert.ok(stale)
    assert.match(
      await story.told('sid', () => slack.clickStale(people.sid, stale, 'jit:approve')),
      /^This request was cancelled, because the requester is no longer among/,
    )
    assert.equal(await story.visit('robin', VAULT), 403)
    story.joins('robin', ENGINEERS)
  })
})

const firstLine = (text: string) => text.split('\n')[0]
