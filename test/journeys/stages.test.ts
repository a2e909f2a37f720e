import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { RELIABILITY, RULES_YAML, SECURITY } from '../support/world.ts'

const VAULT = 'vault.example.com'
const OPEN = 'Security (stage 2 of 2)'

/** As an id, silence could be broken by a mention; as an address it could not. */
const catalogue = RULES_YAML.replace(
  /silent: \{ emails: \[ada@example\.com\] \} \}\n/,
  'silent: { users: [U0ADA] } }\n    remind: 10m\n',
)

const house = await startHouse({ catalogue })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house
const mention = (who: Name) => `<@${people[who]}>`

const askForVault = () => story.ask('alex', 'vault 30m rotate the keys')
const because = 'has lost the right to approve this'

describe('approval in stages', () => {
  it('asks one after the other, by name, and pings who is asked now', async () => {
    const id = await askForVault()
    const asked = await story.untilCard(id, id)
    assert.match(
      asked,
      /May answer now, for Reliability \(stage 1 of 2\): <!subteam\^S0RELIABILITY>/,
    )
    assert.match(asked, /Progress\*\nReliability 0 of 1; Security 0 of 1/)
    assert.deepEqual(story.pinged(id)[0], ['alex', 'kim', 'sam'])

    const early =
      'The stage that waits for an approval is “Reliability”, which is not yours: its approvers are named on the card.'
    assert.equal(await story.refusedClick('sid', id, 'approve'), early)
    assert.equal(
      await story.command('ada', `approve ${id}`),
      `${early}\nYou typed: \`/jit approve ${id}\``,
    )
    assert.match(await story.command('sid', 'pending'), /No request waits for your answer/)
    assert.deepEqual((await story.events(id)).slice(1), [
      'request.approve_refused',
      'request.approve_refused',
    ])

    await story.click('kim', id, 'approve')
    const half = await story.untilCard(id, OPEN)
    assert.match(
      half,
      /May answer now, for Security .*: <!subteam\^S0SECURITY>, but not the requester;/,
    )
    assert.match(half, /May answer too, without being pinged: `U0ADA`/)
    assert.ok(half.includes(`Reliability 1 of 1 – ${mention('kim')}; Security 0 of 1`), half)
    await slack.waitFor(() => story.pinged(id).length === 2)
    assert.deepEqual(story.pinged(id)[1], ['kim', 'sid'], 'security is asked in the thread')
    assert.match(await story.untilDirect('alex', id, OPEN), /1 of 2 approvals so far/)
    assert.ok((await story.command('sid', 'pending')).includes(`waits for ${OPEN}`))
    assert.match(
      await story.refusedClick('sam', id, 'approve'),
      /waits for an approval is “Security”, which is not yours/,
    )
    assert.equal(await story.visit('alex', VAULT), 403)

    await story.click('sid', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex', VAULT), 200)
    await slack.waitFor(() => story.trail(id).length === 3)
    assert.deepEqual(story.trail(id).slice(0, 2), [
      `${mention('kim')} approved for Reliability (1 of 2). Now asked, for ${OPEN}: <!subteam^${SECURITY}>.`,
      `${mention('sid')} approved for Security (2 of 2); Pomerium has not confirmed the rule yet.`,
    ])
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('reminds those of the stage that waits', async () => {
    const id = await askForVault()
    assert.equal(people.ada, 'U0ADA')
    await story.untilIdle()
    await house.advance(600)
    await slack.waitFor(() => story.trail(id).length === 1)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, OPEN)
    await story.untilIdle()
    await house.advance(1_200)
    await slack.waitFor(() => story.trail(id).length === 3)
    assert.deepEqual(story.pinged(id).slice(1), [['kim', 'sam'], ['kim', 'sid'], ['sid']])
    assert.equal(
      story.trail(id).at(-1),
      `Reminder to <!subteam^${SECURITY}>: this request still waits for ${OPEN}.`,
    )
    await story.command('alex', `cancel ${id}`)
    await story.untilCard(id, 'Cancelled')
  })

  it('takes the word of somebody silent, whom nothing pinged', async () => {
    const id = await askForVault()
    await story.click('kim', id, 'approve')
    await story.untilCard(id, OPEN)
    await story.click('ada', id, 'approve')
    await story.untilCard(id, 'Active')
    await slack.waitFor(() => story.trail(id).length === 3)
    const [card, turn, ...rest] = story.pinged(id)
    assert.deepEqual(
      [card, turn],
      [
        ['alex', 'kim', 'sam'],
        ['kim', 'sid'],
      ],
    )
    assert.deepEqual(rest.flat(), ['ada'], 'once ada has answered, her name is a mention')
    assert.equal((await story.recorded(id, 'request.approved'))?.details['right'], 'silent')
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('counts a person of both stages once', async () => {
    story.joins('kim', SECURITY)
    const id = await askForVault()
    await story.click('kim', id, 'approve')
    await story.untilCard(id, OPEN)
    assert.equal(
      await story.refusedClick('kim', id, 'approve'),
      'Your approval counts already: the rest must come from other people.',
    )
    assert.equal((await story.request(id)).status, 'pending')
    assert.equal(await story.visit('alex', VAULT), 403)
    await story.click('sid', id, 'approve')
    await story.untilCard(id, 'Active')
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
    story.leaves('kim', SECURITY)
  })

  it('ends with the no of anybody of any stage', async () => {
    const early = await askForVault()
    assert.match(await story.command('eve', `deny ${early} no`), /^You may not answer/)
    assert.match(await story.command('sid', `deny ${early} the keys stay`), /^Denied/)
    assert.match(await story.untilCard(early, 'Denied'), /the keys stay/)

    const late = await askForVault()
    await story.click('kim', late, 'approve')
    await story.untilCard(late, OPEN)
    assert.match(await story.command('sam', `deny ${late} I look at it first`), /^Denied/)
    await story.untilCard(late, `Denied by ${mention('sam')}`)
    await story.untilDirect('alex', late, 'I look at it first')
    assert.equal(await story.visit('alex', VAULT), 403)
  })

  it('starts over where an approver left the group: their word does not count any more', async () => {
    const id = await askForVault()
    await story.click('kim', id, 'approve')
    await story.untilCard(id, OPEN)
    story.leaves('kim', RELIABILITY)
    const alone = await story.untilCard(id, because)
    assert.ok(alone.includes(`0 of 2: ${mention('kim')} (does not count`), alone)
    await slack.waitFor(() =>
      story
        .trail(id)
        .some((line) => /lost the right to\. Asked again, for Reliability: <!subteam/.test(line)),
    )
    assert.match(
      await story.refusedClick('sid', id, 'approve'),
      /waits for an approval is “Reliability”, which is not yours/,
    )
    assert.equal(await story.visit('alex', VAULT), 403)
    await story.click('sam', id, 'approve')
    await story.untilCard(id, `1 of 2: ${mention('kim')} and ${mention('sam')} (one of these`)
    await story.click('sid', id, 'approve')
    await story.untilCard(id, 'Active')
    story.joins('kim', RELIABILITY)
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })
})
