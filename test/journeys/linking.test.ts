import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { GRAFANA, plainly, storyOf } from '../support/story.ts'
import { addressOf } from '../support/world.ts'

const house = await startHouse({ pages: { linked: true } })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, pages } = house

/** The code that somebody is given in Slack. */
async function codeFor(who: Name): Promise<string> {
  const told = await story.command(who, 'link')
  const code = /`([0-9A-Z]{4}-[0-9A-Z]{4})`/.exec(told)?.[1]
  assert.ok(code !== undefined, told)
  return code
}

/** What the page says once somebody at the door, known by this address, has entered a code. */
async function enter(at: `${string}@${string}`, code: string): Promise<string> {
  const client = pages.as(at)
  const answer = await client.submit('/link', '/link', { code })
  return (answer.location === undefined ? answer : await client.follow(answer)).text
}

describe('asking where people link first', () => {
  it('is refused in Slack, where the way to a link is one command', async () => {
    const refused = await story.command('alex', 'request grafana-prod 1h INC-1 let me in')
    assert.deepEqual(refused.split('\n'), [
      'Your Slack account is not linked to your Pomerium identity yet: type `/jit link`, then try again.',
      'You typed: `/jit request grafana-prod 1h INC-1 let me in`',
    ])
    assert.deepEqual(await story.refusals('alex'), ['request.create_refused: link-needed'])
  })

  it('opens access for the address exactly as Pomerium has it, once a code was entered', async () => {
    const code = await codeFor('alex')
    assert.match(await enter('Alex@Example.com', code.toLowerCase()), /Linked .*Alex@Example\.com/)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 dashboards are red')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.match(JSON.stringify(story.rules()), /"email":\{"is":"Alex@Example\.com"\}/)
    assert.equal(await story.visit('Alex@Example.com'), 200)
    assert.equal(await story.visit('alex', GRAFANA), 403)
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('shows the code to its owner alone, in passing', () => {
    const codes = slack
      .ephemerals(people.alex)
      .flatMap((told) => slack.visibleText(told).match(/[0-9A-Z]{4}-[0-9A-Z]{4}/g) ?? [])
    assert.equal(codes.length, 1)
    for (const code of codes) {
      assert.doesNotMatch(house.logged.join(), new RegExp(code))
      const shown = slack.dm(people.alex).map((message) => slack.visibleText(message))
      assert.doesNotMatch(shown.join(), new RegExp(code))
    }
  })
})

describe('a code in the wrong hands', () => {
  it('links nobody, and the audit channel reads whose it was and who came with it', async () => {
    const text = await enter(addressOf('eve') as 'eve@example.com', await codeFor('kim'))
    assert.match(text, /Nothing was changed/)
    const alert = await slack.waitFor(() =>
      story.alerts().find((shown) => shown.includes('Linking was refused')),
    )
    for (const fact of [`<@${people.kim}>`, 'kim@example.com', 'eve@example.com'])
      assert.ok(plainly(alert).includes(fact), fact)
    assert.match(await story.command('eve', 'request grafana-prod 1h INC-3 x'), /not linked/)
  })
})

describe('an approval', () => {
  it('opens nothing for whoever took their link away meanwhile', async () => {
    const robin = addressOf('robin') as 'robin@example.com'
    await enter(robin, await codeFor('robin'))
    const id = await story.ask('robin', 'grafana-prod 1h INC-4 dashboards are red')
    const client = pages.as(robin)
    assert.match((await client.follow(await client.submit('/link', 'Unlink'))).text, /Not linked/)
    assert.match(
      await story.refusedClick('kim', id, 'approve'),
      /^The requester may not ask for this resource any more/,
    )
    assert.equal((await story.request(id)).status, 'pending')
    await enter(robin, await codeFor('robin'))
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('robin'), 200)
  })
})
