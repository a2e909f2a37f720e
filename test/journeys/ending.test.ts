import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { people } = house

async function active(who: Name): Promise<string> {
  const id = await story.ask(who, 'grafana-prod 1h INC-42 something is on fire')
  await story.click('kim', id, 'approve')
  await story.untilCard(id, 'Active')
  return id
}

describe('access that is ended early', () => {
  it('is given back by its holder with the button of the direct message', async () => {
    const id = await active('alex')
    const message = house.slack
      .dm(people.alex)
      .find((shown) => house.slack.visibleText(shown).includes(id))
    assert.ok(message)
    await house.slack.click(people.alex, message, 'jit:end')
    assert.match(
      plainly(await story.untilCard(id, 'Ended')),
      new RegExp(`Given back by <@${people.alex}>; access ended TIME\\.`),
    )
    await story.untilDirect('alex', id, 'you gave it back')
    assert.equal(await story.visit('alex'), 403)
    assert.equal((await story.request(id)).end_cause, 'returned')
  })

  it('is taken away by an approver, with a reason that the holder reads', async () => {
    const id = await active('alex')
    const answer = await story.command('sam', `end ${id} the incident is over`)
    assert.match(answer, /^Ending .*: it may still work until Pomerium confirms\.$/)
    assert.match(
      plainly(await story.untilCard(id, 'Ended')),
      new RegExp(`Ended by <@${people.sam}>; access ended TIME\\.`),
    )
    assert.match(
      await story.untilDirect('alex', id, 'it ended'),
      /ended your access to .*Reason of the end\nthe incident is over/s,
    )
    assert.equal(await story.visit('alex'), 403)
    assert.equal((await story.request(id)).end_cause, 'revoked')
  })

  it('is taken away by an administrator who is no approver of the resource', async () => {
    const id = await active('alex')
    await story.click('ada', id, 'end')
    await story.untilCard(id, 'Ended')
    assert.equal(await story.visit('alex'), 403)
  })

  it('stays when somebody else wants to end it', async () => {
    const id = await active('alex')
    const refusal =
      'Only the holder, an approver of the resource or an administrator can end this access: ask one of them.'
    assert.equal(await story.refusedClick('robin', id, 'end'), refusal)
    assert.equal((await story.command('eve', `end ${id}`)).split('\n')[0], refusal)
    assert.equal(await story.visit('alex'), 200)
    assert.deepEqual((await story.events(id)).slice(-2), ['grant.end_refused', 'grant.end_refused'])
    await story.click('alex', id, 'end')
    await story.untilCard(id, 'Ended')
  })

  it('is ended once, whoever else wants it to end in the meantime', async () => {
    const id = await active('robin')
    const held = house.pomerium.faults.add({
      method: 'PUT',
      path: '/policies/*',
      effect: { kind: 'hold' },
    })
    await story.click('robin', id, 'end')
    await story.untilCard(id, 'Ending…')
    assert.equal(
      (await story.command('kim', `end ${id} me too`)).split('\n')[0],
      `<@${people.robin}> ended this access already: it may still work until Pomerium confirms, and its card will say so.`,
    )
    assert.equal(await story.visit('robin'), 200, 'as the card says, it may still work')
    held.release()
    await story.untilCard(id, `Given back by <@${people.robin}>`)
    assert.equal(await story.visit('robin'), 403)
  })
})
