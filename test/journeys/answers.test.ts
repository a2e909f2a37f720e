import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { BILLING, plainly, storyOf } from '../support/story.ts'
import { CATALOGUE_YAML, catalogueOf } from '../support/world.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house

describe('answers other than a simple yes', () => {
  it('denies with a reason that the requester and the channel can read', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h just looking around')
    await story.click('kim', id, 'deny')
    const form = await slack.waitFor(() =>
      slack.views(people.kim).find((view) => slack.visibleText(view.content).includes(id)),
    )
    assert.match(slack.visibleText(form.content), /asks for Grafana \(production\).* for 1h/)
    await slack.submit(people.kim, form.id, { reason: 'use the <staging> dashboard' })
    const card = plainly(await story.untilCard(id, 'Denied'))
    assert.match(card, /^⛔ Denied\n/)
    assert.match(card, new RegExp(`Denied by <@${people.kim}> TIME\\.`))
    assert.match(card, /Reason of the denial\nuse the <staging> dashboard/)
    assert.doesNotMatch(card, /Approve|Deny…/)
    assert.match(
      await story.untilDirect('alex', id, 'Denied'),
      /denied your request for .*\nReason of the denial\nuse the <staging> dashboard/s,
    )
    await slack.waitFor(() => story.trail(id).length === 2)
    assert.deepEqual(story.trail(id), [
      `<@${people.kim}> denied the request:`,
      'use the <staging> dashboard',
    ])
    assert.deepEqual(await story.events(id), ['request.created', 'request.denied'])
    assert.deepEqual((await story.recorded(id, 'request.denied'))?.details, {
      reason: 'use the <staging> dashboard',
      catalogueRevision: catalogueOf(CATALOGUE_YAML).revision,
    })
    assert.equal(await story.visit('alex'), 403)
  })

  it('lets the requester, and nobody else, cancel', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h never mind')
    assert.match(await story.command('robin', `cancel ${id}`), /Only the person who asked/)
    await story.click('alex', id, 'cancel')
    assert.match(plainly(await story.untilCard(id, 'Cancelled')), /The requester cancelled it TIME/)
    await story.untilDirect('alex', id, 'You cancelled')
    const late = await story.told('kim', () =>
      slack.clickStale(people.kim, place(id), 'jit:approve'),
    )
    assert.equal(late, 'The requester cancelled this request: there is nothing to answer.')
  })

  it('says what became of a request to whoever answers late', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h two people click')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(
      await story.told('sam', () => slack.clickStale(people.sam, place(id), 'jit:approve')),
      `<@${people.kim}> approved this request already: to take the access away, end it.`,
    )
    assert.equal(
      await story.command('sam', `deny ${id} too late`).then((text) => text.split('\n')[0]),
      `<@${people.kim}> approved this request already: to take the access away, end it.`,
    )
    assert.deepEqual((await story.events(id)).slice(3), [
      'request.approve_refused',
      'request.deny_refused',
    ])
    await story.click('alex', id, 'end')
    await story.untilCard(id, 'Ended')
    assert.match(
      await story.told('kim', () => slack.clickStale(people.kim, place(id), 'jit:end')),
      /^This access was over .*: nothing is left to end or to extend\.$/,
    )
  })

  it('needs two different people where the catalogue says so', async () => {
    const id = await story.ask('alex', 'billing-db 30m INC-7 refund looks wrong')
    assert.match(
      await story.untilCard(id, '2 approvals needed'),
      /Waiting for approval \(high risk\)/,
    )
    await story.click('kim', id, 'approve')
    await story.untilCard(id, `Progress*\n1 of 2: <@${people.kim}>`)
    await story.untilDirect('alex', id, `1 of 2 approvals so far: <@${people.kim}>`)
    assert.equal(
      await story.refusedClick('kim', id, 'approve'),
      'Your approval counts already: the rest must come from other people.',
    )
    assert.equal(await story.visit('alex', BILLING, '203.0.113.9'), 403)
    await story.click('sam', id, 'approve')
    await story.untilCard(id, 'Active')
    await slack.waitFor(() => story.trail(id).length === 3)
    assert.deepEqual(story.trail(id).map(plainly), [
      `<@${people.kim}> approved (1 of 2).`,
      `<@${people.sam}> approved (2 of 2); Pomerium has not confirmed the rule yet.`,
      'Access is active until TIME.',
    ])
    assert.equal(await story.visit('alex', BILLING, '203.0.113.9'), 200)
    assert.equal(await story.visit('alex', BILLING, '198.51.100.9'), 403, 'constraint: source_ip')
    assert.equal(await story.visit('alex', BILLING), 403, 'no address, no access')
    assert.deepEqual(story.headings(id), [
      '⏳ Waiting for approval (high risk)',
      '⏳ Waiting for approval (high risk)',
      ...story.headings(id).slice(2),
    ])
  })

  it('lets a request lapse that nobody answers', async () => {
    const id = await story.ask('robin', 'grafana-prod 1h nobody is there')
    await house.advance(8 * 3_600 - 5)
    assert.equal((await story.request(id)).status, 'pending')
    await house.advance(5)
    assert.match(
      plainly(await story.untilCard(id, 'Lapsed')),
      /It lapsed TIME with 0 of 1 approvals/,
    )
    await story.untilDirect('robin', id, 'was not approved in time. You can ask again.')
    assert.equal(
      await story.told('kim', () => slack.clickStale(people.kim, place(id), 'jit:approve')),
      'This request lapsed without enough approvals: the requester has to ask again.',
    )
    const again = await story.ask('robin', 'grafana-prod 1h somebody is there')
    assert.notEqual(again, id)
  })
})

function place(id: string) {
  const card = story.card(id)
  if (card === undefined) throw new Error(`no card of ${id}`)
  return card
}
