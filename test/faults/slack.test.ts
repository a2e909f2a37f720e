import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, AUDIT } from '../support/world.ts'

describe('Slack', () => {
  it('may be out: decisions stand, the door opens, cards follow when it is back (F31)', async () => {
    await using house = await startHouse()
    const { slack } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 Slack goes down')
    const method = 'chat.update'
    slack.fail(method, { kind: 'reset' }, 100)
    slack.fail('chat.postMessage', { kind: 'http', status: 503 }, 100)
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    assert.equal(await story.visit('alex'), 200)
    assert.equal(story.headings(id).at(-1), '⏳ Waiting for approval')
    slack.outage(true)
    await house.advance(31)
    slack.outage(false)
    slack.clearFaults()
    await story.minutesUntil(
      'the card has caught up',
      () => story.headings(id).at(-1) === '🟢 Active',
    )
    await story.minutesUntil('the thread has caught up', () => story.trail(id).length === 2)
    assert.deepEqual(story.trail(id).map(plainly), [
      `<@${house.people.kim}> approved; Pomerium has not confirmed the rule yet.`,
      'Access is active until TIME.',
    ])
    await story.untilDirect('alex', id, 'Active')
  })

  it('may rate-limit: the card waits as long as asked, and is right then (F31)', async () => {
    await using house = await startHouse()
    const { slack } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 a busy channel')
    slack.fail('chat.update', { kind: 'rate-limited', retryAfterSeconds: 30 }, 1)
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    await story.minutesUntil('the card is right', () => story.headings(id).at(-1) === '🟢 Active')
  })

  it('may post and lose the answer: at most one card too many, and a used one is kept right (F31)', async () => {
    await using house = await startHouse()
    const { slack, people } = house
    const story = storyOf(house)
    slack.fail('chat.postMessage', { kind: 'reset', applied: true }, 2)
    await slack.command(people.alex, APPROVALS, '/jit', 'request grafana-prod 1h INC-3 twice')
    const cards = () =>
      slack
        .messages(APPROVALS)
        .filter((m) => m.threadTs === undefined && slack.visibleText(m).includes('INC-3'))
    await story.minutesUntil('the card was posted again', () => cards().length === 2)
    const [orphan, known] = cards()
    assert.ok(orphan && known)
    await slack.click(people.kim, orphan, 'jit:approve')
    await slack.waitFor(() => cards().every((m) => slack.visibleText(m).includes('Active')))
    const id = /Request `(\w{8})`/.exec(slack.visibleText(known))?.[1] ?? ''
    await story.click('alex', id, 'end')
    await slack.waitFor(() => cards().every((m) => slack.visibleText(m).includes('Ended')))
  })

  it('may lose the channel: the request is decided by command, the requester hears of it (F32)', async () => {
    await using house = await startHouse()
    const { slack } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-4 the channel is archived')
    slack.updateChannel(APPROVALS, { isArchived: true })
    await slack.command(house.people.kim, AUDIT, '/jit', `approve ${id}`)
    await story.untilState(id, 'active')
    await story.untilDirect('alex', id, 'Active')
    assert.equal(await story.visit('alex'), 200)
    slack.updateChannel(APPROVALS, { isArchived: false })
    await slack.command(house.people.kim, AUDIT, '/jit', `end ${id}`)
    await story.untilState(id, 'ended')
    await story.untilDirect('alex', id, 'ended your access')
  })

  it('may send clicks on cards of the past, and of a bot that was restarted since (F33)', async () => {
    await using house = await startHouse()
    const { slack, people } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-5 an old card')
    await story.command('kim', `approve ${id}`)
    await story.untilCard(id, 'Active')
    await house.bot.stop(1_000)
    await house.startBot()
    const card = story.card(id)
    assert.ok(card)
    assert.match(
      await story.told('sam', () => slack.clickStale(people.sam, card, 'jit:approve')),
      /approved this request already/,
    )
    assert.match(
      await story.told('sam', () =>
        slack.click(people.sam, card, 'jit:end', { value: 'not an id' }),
      ),
      /^There is no request with this id/,
    )
    assert.equal((await story.request(id)).state, 'active')
  })

  it('may hang when a form is to open: the click is acknowledged, and the way by command is told (F34)', async () => {
    await using house = await startHouse()
    const { slack, people } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-6 forms hang')
    const card = story.card(id)
    assert.ok(card)
    slack.fail('views.open', { kind: 'reset' }, 1)
    const text = await story.told('kim', async () => {
      const ack = await slack.click(people.kim, card, 'jit:deny')
      assert.deepEqual([ack.status, ack.problem], [200, undefined])
    })
    assert.equal(text, `The form did not open: try again, or type \`/jit deny ${id} reason\`.`)
    slack.hold('views.open')
    const ack = await slack.click(people.kim, card, 'jit:deny')
    assert.ok(ack.elapsedMs < 1_000, `${ack.elapsedMs} ms`)
    slack.clearFaults()
  })

  it('delivers nothing that is forged: wrong signature, old time stamp, another app (I9)', async () => {
    await using house = await startHouse()
    const { slack, people } = house
    const body = new URLSearchParams({
      command: '/jit',
      text: 'request grafana-prod 1h INC-7 forged',
      user_id: people.alex,
      team_id: slack.teamId,
      channel_id: APPROVALS,
    }).toString()
    for (const stamp of [Math.floor(Date.now() / 1_000), 1_600_000_000]) {
      const ack = await slack.deliverRaw({
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': String(stamp),
          'x-slack-signature': `v0=${'0'.repeat(64)}`,
        },
        body,
      })
      assert.equal(ack.status, 401)
    }
    await slack.command(people.alex, APPROVALS, '/jit', 'request grafana-prod 1h INC-7 forged', {
      apiAppId: 'A0OTHER',
    })
    const { rows } = await house.database.pool.query('select 1 from request')
    assert.deepEqual(rows, [])
  })
})
