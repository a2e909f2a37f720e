import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS, ENGINEERS, RELIABILITY } from '../support/world.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, database } = house
const OWN = 'You cannot answer your own request: ask one of the other people named on its card.'

/** A second account of sam, who may ask and answer. */
const second = slack.addPerson({ name: 'sam2', email: 'SAM@Example.com', kind: 'member' }).id
slack.setGroup(ENGINEERS, 'engineers', [people.alex, people.sam, second])
slack.setGroup(RELIABILITY, 'reliability', [people.kim, people.sam, second])
const channel = slack.channels().find(({ id }) => id === APPROVALS)
channel?.members.add(second)
await house.advance(61)

async function told(userId: string, act: () => Promise<unknown>): Promise<string> {
  const before = slack.ephemerals(userId).length
  await act()
  const shown = await slack.waitFor(() => slack.ephemerals(userId)[before])
  return slack.visibleText(shown).split('\n')[0] ?? ''
}

describe('I4: a request is decided once, and never by its requester', () => {
  for (const [as, userId] of [
    ['the same account', () => people.sam],
    ['a second account with the same address in other letters', () => second],
  ] as const)
    it(`refuses ${as} on every path`, async () => {
      const id = await story.ask('sam', 'billing-db 30m INC-1 for myself')
      const card = story.card(id)
      assert.ok(card)
      const who = userId()
      const command = (line: string) => told(who, () => slack.command(who, APPROVALS, '/jit', line))
      assert.equal(await told(who, () => slack.click(who, card, 'jit:approve')), OWN)
      assert.equal(await command(`approve ${id}`), OWN)
      assert.equal(await command(`deny ${id} no`), OWN)
      await slack.click(who, card, 'jit:deny')
      const form = await slack.waitFor(() =>
        slack.views(who).find((view) => slack.visibleText(view.content).includes(id)),
      )
      assert.equal(await told(who, () => slack.submit(who, form.id, { reason: 'no' })), OWN)
      await story.click('kim', id, 'approve')
      await story.untilCard(id, '1 of 2')
      assert.equal(await command(`approve ${id}`), OWN)
      assert.equal((await story.request(id)).status, 'pending')
      await story.command('sam', `cancel ${id}`)
    })

  it('does not count one person twice towards a quorum', async () => {
    const id = await story.ask('alex', 'billing-db 30m INC-2 two heads')
    await story.command('sam', `approve ${id}`)
    const again = await told(second, () =>
      slack.command(second, APPROVALS, '/jit', `approve ${id}`),
    )
    assert.match(again, /^Your approval counts already/)
    assert.equal((await story.request(id)).status, 'pending')
    await story.command('alex', `cancel ${id}`)
  })

  it('is kept by the database, whatever the code says', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 straight into the table')
    const insert = (user: string, email: string) =>
      database.pool.query(
        `insert into approval (request_id, request_version, approver_team_id, approver_user_id, approver_email,
           approver_subject, requester_user_id, requester_email, requester_subject, approved_at)
         values ($1, 2, 'T0TEAM', $2, $3, '', $4, 'alex@example.com', '', now())`,
        [id, user, email, people.alex],
      )
    await assert.rejects(insert(people.alex, 'other@example.com'), /check constraint/)
    await assert.rejects(insert('U0OTHER', 'ALEX@example.com'), /check constraint/)
    await assert.rejects(insert(people.kim, 'kim@example.com'), /has no audit event/)
  })
})
