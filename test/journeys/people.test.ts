import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, AUDIT, ENGINEERS, RELIABILITY } from '../support/world.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, database } = house

const refusals = async (userId: string) =>
  (
    await database.pool.query<{ action: string; refusal: string }>(
      `select action, details ->> 'refusal' as refusal from audit_event
       where actor_user_id = $1 and details ? 'refusal' order by seq`,
      [userId],
    )
  ).rows

async function ask(userId: string): Promise<string> {
  const seen = slack.ephemerals(userId).length
  await slack.command(userId, APPROVALS, '/jit', 'request grafana-prod 1h INC-1 let me in')
  return slack.visibleText(await slack.waitFor(() => slack.ephemerals(userId)[seen]))
}

describe('people who are not served', () => {
  it('are guests, partners, bots, the invited, the deactivated and those without an address', async () => {
    const add = (
      kind: 'bot' | 'invited' | 'deactivated' | 'member',
      name: string,
      email?: string,
    ) => slack.addPerson({ name, kind, ...(email === undefined ? {} : { email }) }).id
    const bot = add('bot', 'robot', 'robot@example.com')
    const invited = add('invited', 'ina', 'ina@example.com')
    const gone = add('deactivated', 'gone', 'gone@example.com')
    const blank = add('member', 'blank')
    const stranger = add('member', 'stan', 'stan@example.org')
    slack.setGroup(ENGINEERS, 'engineers', [
      people.alex,
      people.robin,
      people.sam,
      people.guest,
      people.external,
      bot,
      invited,
      gone,
      blank,
      stranger,
    ])
    await house.advance(61)
    const answers: [string, RegExp, string][] = [
      [people.guest, /^Guests can ask for what names them only/, 'not-a-member'],
      [people.external, /^Only people of this workspace can ask/, 'not-a-member'],
      [bot, /^Bots cannot ask/, 'not-a-member'],
      [invited, /^This account has not joined/, 'not-a-member'],
      [gone, /^This Slack account is deactivated/, 'not-a-member'],
      [blank, /^Your Slack profile shows no e-mail address/, 'not-a-member'],
      [stranger, /^Your Slack e-mail address is not one of ours/, 'email-domain'],
      [people.eve, /^There is no resource `grafana-prod`/, 'no-such-resource'],
    ]
    for (const [userId, text, refusal] of answers) {
      assert.match(await ask(userId), text)
      assert.deepEqual(await refusals(userId), [{ action: 'request.create_refused', refusal }])
    }
    assert.deepEqual(slack.messages(APPROVALS), [])
    assert.deepEqual(story.rules(), [])
  })

  it('cannot answer either, though a group names them', async () => {
    slack.setGroup(RELIABILITY, 'reliability', [
      people.kim,
      people.sam,
      people.guest,
      people.external,
    ])
    await house.advance(61)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 who may answer')
    assert.match(await story.refusedClick('guest', id, 'approve'), /^Guests .* answer nothing/)
    assert.match(
      await story.refusedClick('external', id, 'approve'),
      /^Only people of this workspace/,
    )
    assert.match(await story.refusedClick('eve', id, 'approve'), /^You may not answer/)
    assert.match(await story.command('guest', `deny ${id} no`), /^Guests .* answer nothing/)
    assert.equal((await story.request(id)).status, 'pending')
    await story.command('alex', `cancel ${id}`)
  })

  it('are those whose address changed, until an operator looked; the audit channel hears of it once', async () => {
    const robin = await story.ask('robin', 'grafana-prod 1h INC-3 before the change')
    slack.update(people.robin, { email: 'ada@example.com' })
    const refusal =
      'Your e-mail address is not the one that this bot knows you by: ask an operator to confirm the change, then try again.'
    assert.equal((await ask(people.robin)).split('\n')[0], refusal)
    assert.equal(await story.command('robin', 'mine'), refusal)
    const because = 'because the e-mail address in Slack is another one than before'
    assert.match(
      await story.untilCard(robin, 'Cancelled'),
      new RegExp(`The bot cancelled it .*, ${because}\\.`),
    )
    const stale = story.card(robin)
    assert.ok(stale)
    assert.equal(
      await story.told('kim', () => slack.clickStale(people.kim, stale, 'jit:approve')),
      `This request was cancelled, ${because}: there is nothing to answer.`,
    )
    const alerts = () =>
      slack.messages(AUDIT).filter((m) => /An e-mail address changed/.test(slack.visibleText(m)))
    const alert = await slack.waitFor(() => alerts()[0])
    assert.match(
      plainly(slack.visibleText(alert)),
      /now: ada@example\.com\npinned: robin@example\.com/,
    )
    assert.equal((await ask(people.robin)).split('\n')[0], refusal)
    assert.equal(alerts().length, 1)
    slack.update(people.robin, { email: 'Robin@Example.com' })
    assert.match(
      await story.command('robin', 'mine'),
      new RegExp(`\`${robin}\` \\*Cancelled\\* .*, ${because}$`),
    )
    assert.equal(alerts().length, 1)
  })
})
