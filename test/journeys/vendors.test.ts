import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, ENGINEERS, RELIABILITY, RULES_YAML } from '../support/world.ts'

const PORTAL = 'partners.example.com'
const POLICY = 'jit-partner-portal'

/** Engineers let themselves in here. */
const LEDGER = `
  - id: ledger
    title: Ledger
    policy: jit-ledger
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    reason: { min: 10 }
    self_activation: { max: 1h }
    vendors: { people: { domains: [partner.example] }, sponsors: { groups: [${ENGINEERS}] } }
`

const house = await startHouse({
  catalogue: RULES_YAML.replace('fallback_channel:', `${LEDGER}fallback_channel:`),
})
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house

async function refused(who: Name, line: string): Promise<string> {
  return (await story.command(who, `request ${line}`)).split('\n')[0] ?? ''
}

function holders(policy = POLICY): readonly string[] {
  return story.rules(policy).map((rule) => /[^"]+@[^"]+/.exec(JSON.stringify(rule))?.[0] ?? '')
}

describe('a vendor who is in Slack', () => {
  it('needs the word of a sponsor first, and then of an approver who is somebody else', async () => {
    const id = await story.ask('vic', 'partner-portal 1h the quarterly audit')
    const card = plainly(await story.untilCard(id, 'Waiting'))
    assert.match(card, new RegExp(`<@${people.vic}> \\(vendor\\)`))
    assert.match(card, /for Sponsor \(stage 1 of 2\): <!subteam\^S0ENGINEERS>/)
    const pinged = story.pinged(id)[0] ?? []
    assert.ok(['alex', 'robin', 'sam', 'olga'].every((who) => pinged.includes(who as Name)))
    assert.ok(!pinged.includes('kim'), 'not before a sponsor has vouched')
    assert.match(await story.refusedClick('vic', id, 'approve'), /^You cannot answer your own/)
    assert.equal(
      await story.refusedClick('kim', id, 'approve'),
      'The stage that waits for an approval is “Sponsor”, which is not yours: its approvers are named on the card.',
    )
    await story.click('olga', id, 'approve')
    await story.untilCard(id, 'stage 2 of 2')
    assert.equal(
      await story.refusedClick('olga', id, 'approve'),
      'Your approval counts already: the rest must come from other people.',
    )
    assert.match(
      await story.refusedClick('robin', id, 'approve'),
      /^The stage that waits for an approval is not yours: its approvers are named on the card/,
    )
    assert.equal((await story.request(id)).status, 'pending')
    assert.equal(await story.visit('vic', PORTAL), 403)
    await story.click('kim', id, 'approve')
    const active = await story.untilCard(id, 'Active')
    assert.match(active, new RegExp(`\\*Sponsor\\*\\n<@${people.olga}>`))
    assert.match(active, new RegExp(`\\*Approved by\\*\\n<@${people.kim}>`))
    assert.deepEqual(holders(), ['vic@partner.example'])
    assert.equal(await story.visit('vic', PORTAL), 200)
    assert.equal(await story.visit('olga', PORTAL), 403)
    await story.click('vic', id, 'end')
    await story.untilCard(id, 'Ended')
    assert.equal(await story.visit('vic', PORTAL), 403)
  })

  it('may be a full member whose address is not one of ours', async () => {
    const id = await story.ask('pia', 'partner-portal 30m the handover')
    await story.click('robin', id, 'approve')
    await story.untilCard(id, 'stage 2 of 2')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('pia', PORTAL), 200)
    await story.click('kim', id, 'end')
    await story.untilCard(id, 'Ended')
  })

  it('gets nothing that does not name them, and answers nothing', async () => {
    for (const line of ['grafana-prod 1h a look around', 'no-such-thing 1h a look around'])
      assert.equal(
        await refused('vic', line),
        'Guests can ask for what names them only, and answer nothing: ask a full member of this workspace.',
      )
    assert.match(await refused('pia', 'grafana-prod 1h a look around'), /is not one of ours/)
    // A user group names this guest; that is not enough.
    assert.match(await refused('guest', 'partner-portal 1h a look around'), /^Guests can ask/)
    assert.match(await refused('guest', 'grafana-prod 1h a look around'), /^Guests can ask/)
    assert.match(await refused('external', 'partner-portal 1h a look'), /^Only people of this/)
    story.joins('vic', RELIABILITY)
    await house.advance(61)
    const id = await story.ask('alex', 'grafana-prod 1h who may answer this')
    assert.match(await story.refusedClick('vic', id, 'approve'), /^Guests can ask/)
    story.leaves('vic', RELIABILITY)
    await story.click('alex', id, 'cancel')
    await story.untilCard(id, 'Cancelled')
  })

  it('is never let in by a rule', async () => {
    const own = await story.asks('alex', () =>
      slack.command(people.alex, APPROVALS, '/jit', 'request ledger 30m the monthly numbers'),
    )
    await story.untilState(own, 'active')
    const theirs = await story.ask('vic', 'ledger 30m the monthly numbers')
    const sponsored = await story.ask(
      'robin',
      'ledger for vic2@partner.example 30m the monthly numbers',
    )
    for (const id of [theirs, sponsored]) {
      assert.equal((await story.request(id)).status, 'pending')
      assert.deepEqual(await story.events(id), ['request.created'])
    }
    assert.deepEqual(holders('jit-ledger'), ['alex@example.com'])
  })
})

describe('a vendor who is not in Slack', () => {
  it('is asked for by a sponsor, who does not approve', async () => {
    const id = await story.ask('sam', 'partner-portal for vic2@partner.example 1h the audit')
    assert.match(
      plainly(await story.untilCard(id, 'Waiting')),
      new RegExp(
        `\\*Sponsor\\*\\n<@${people.sam}>\\n\\*For\\*\\nvic2@partner.example \\(vendor, not in Slack\\)`,
      ),
    )
    assert.match(await story.refusedClick('sam', id, 'approve'), /^You cannot answer your own/)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.deepEqual(holders(), ['vic2@partner.example'])
    assert.equal(await story.visit('vic2@partner.example', PORTAL), 200)
    assert.equal(await story.visit('sam', PORTAL), 403, 'the sponsor gets nothing')
    assert.match(await story.untilDirect('sam', id, 'Active'), /vic2@partner\.example has access/)
    assert.equal((await story.recorded(id, 'request.created'))?.actor, people.sam)
    assert.equal(
      (await story.recorded(id, 'request.created'))?.details['beneficiary'],
      'vic2@partner.example',
    )
    await story.click('sam', id, 'end')
    await story.untilCard(id, 'Ended')
    assert.equal(await story.visit('vic2@partner.example', PORTAL), 403)
  })

  it('does not approve either, though a group of approvers has them, in whatever case it was typed', async () => {
    const id = await story.ask('alex', 'partner-portal for VIC@Partner.Example 1h the audit')
    for (const who of ['vic', 'pia'] as const) story.joins(who, RELIABILITY)
    await house.advance(61)
    assert.match(await story.refusedClick('vic', id, 'approve'), /^Guests can ask/)
    assert.match(await story.refusedClick('pia', id, 'approve'), /is not one of ours/)
    assert.equal((await story.refusals('vic')).at(-1), 'request.approve_refused: not-a-member')
    assert.deepEqual(await story.events(id), [
      'request.created',
      'request.approve_refused',
      'request.approve_refused',
    ])
    for (const who of ['vic', 'pia'] as const) story.leaves(who, RELIABILITY)
    await story.click('alex', id, 'cancel')
    await story.untilCard(id, 'Cancelled')
  })

  it('must be one of those who are listed, by somebody who may sponsor', async () => {
    assert.match(
      await refused('alex', 'partner-portal for vic@elsewhere.example 1h the audit'),
      /^You may not ask for `vic@elsewhere\.example` here/,
    )
    assert.match(
      await refused('alex', 'partner-portal for x@evil.partner.example 1h the audit'),
      /^You may not ask for/,
    )
    // One's own address is no vendor's.
    assert.match(
      await refused('alex', 'partner-portal for ALEX@example.com 1h the audit'),
      /^You may not ask for/,
    )
    assert.match(
      await refused('alex', 'grafana-prod for vic2@partner.example 1h the audit'),
      /^You may not ask for/,
    )
    for (const who of ['eve', 'kim'] as const)
      assert.match(
        await refused(who, 'partner-portal for vic2@partner.example 1h the audit'),
        /^There is no resource `partner-portal` that you may ask for/,
      )
    assert.match(
      await refused('vic', 'partner-portal for vic2@partner.example 1h the audit'),
      /^You may not ask for/,
    )
    assert.deepEqual(holders(), [])
  })

  it('loses the access with the sponsor', async () => {
    const id = await story.ask('olga', 'partner-portal for vic3@partner.example 1h the audit')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const waiting = await story.ask('olga', 'partner-portal for vic4@partner.example 1h the audit')
    assert.equal(await story.visit('vic3@partner.example', PORTAL), 200)
    slack.update(people.olga, { kind: 'deactivated' })
    await story.untilCard(id, 'because the Slack account is deactivated')
    await story.untilState(id, 'ended')
    await story.untilState(waiting, 'cancelled')
    assert.equal(await story.visit('vic3@partner.example', PORTAL), 403)
    assert.equal((await story.request(id)).end_cause, 'ineligible')
  })
})
