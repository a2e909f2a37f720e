import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, ONCALL, RULES_YAML, catalogueOf } from '../support/world.ts'

const PAYMENTS = 'payments.example.com'
const POLICY = 'jit-payments'
const HOUR = 3_600
const REASON = 'cards are declined everywhere'

const house = await startHouse({ catalogue: RULES_YAML })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house
const mention = (who: Name) => `<@${people[who]}>`

/** Types the command and gives what opens: the form, or why there is none. */
async function opens(who: Name, line: string) {
  const before = new Set(slack.views(people[who]).map(({ id }) => id))
  await slack.command(people[who], APPROVALS, '/jit', `break-glass ${line}`)
  return slack.waitFor(() => {
    const view = slack.views(people[who]).at(-1)
    if (view === undefined || before.has(view.id)) return undefined
    const text = slack.visibleText(view.content)
    return text.includes('Looking things up') ? undefined : { id: view.id, text }
  })
}

/** Breaks the glass; the access is there when it resolves. */
async function broken(): Promise<string> {
  await opens('olga', `payments 20m ${REASON}`)
  const id = await story.asks('olga', () => story.submit('olga', 'break-glass', {}))
  await story.untilCard(id, 'Active')
  return id
}

/** Lets time go by once everything is done and shown. */
async function pass(seconds: number): Promise<void> {
  await story.untilIdle()
  await house.advance(seconds)
}

const topView = (who: Name) => {
  const view = slack.views(people[who]).at(-1)
  return view === undefined ? '' : slack.visibleText(view.content)
}
const refusedReview = async (who: Name, id: string, said: string) =>
  (await story.command(who, `review ${id} ${said}`)).split('\n')[0]

const REVISION = catalogueOf(RULES_YAML).revision

describe('break-glass access', () => {
  it('opens at once after one more question, loudly, and ends by itself', async () => {
    const { text: question } = await opens('olga', `payments 20m ${REASON}`)
    assert.match(question, /Access opens at once, without an approval\./)
    assert.match(question, /Everybody in the audit channel reads it, .* say within 1d whether/)
    assert.deepEqual([story.rules(POLICY), story.alerts()], [[], []], 'nothing is open yet')
    assert.equal(await story.visit('olga', PAYMENTS), 403)

    const id = await story.asks('olga', () => story.submit('olga', 'break-glass', {}))
    const card = plainly(await story.untilCard(id, 'Active'))
    assert.match(card, /^🚨 Break-glass: Active \(high risk\)\n/)
    assert.ok(card.includes(`*Nobody approved this:* ${mention('olga')} opened it`), card)
    assert.match(card, /reviewed by TIME: .*S0RELIABILITY.*S0SECURITY.*, but not the requester/)
    assert.match(card, /\nJustified\nNot justified…\nEnd now$/)
    assert.deepEqual(story.pinged(id)[0], ['kim', 'sam', 'olga', 'sid'])
    assert.equal(await story.visit('olga', PAYMENTS), 200)

    const [alert = '', ...others] = await slack.waitFor(
      () => story.alerts().length > 0 && story.alerts(),
    )
    assert.deepEqual(others, [])
    assert.match(alert, /^🚨 BREAK-GLASS ACCESS OPENED\n/)
    for (const words of [mention('olga'), 'payments', id, REASON]) assert.ok(alert.includes(words))
    assert.deepEqual(await story.events(id), [
      'request.created',
      'request.break_glass',
      'grant.activated',
    ])
    const opened = await story.recorded(id, 'request.break_glass')
    assert.deepEqual(
      [opened?.actor, opened?.via, opened?.alert, opened?.details['reason']],
      [people.olga, 'modal', true, REASON],
    )

    const direct = await story.untilDirect('olga', id, 'Active')
    assert.doesNotMatch(direct, /Extend/)
    assert.match(
      await story.command('olga', `extend ${id} 5m cards are still declined`),
      /^This access cannot be extended: ask for new access/,
    )
    await house.advance(20 * 60)
    assert.equal(await story.visit('olga', PAYMENTS), 403)
    await story.untilRules(0, POLICY)
    assert.match(await story.untilCard(id, 'Ended'), /\nJustified\nNot justified…$/)
    assert.match(await story.command('kim', `review ${id} justified`), /^Reviewed/)
  })

  it('is reviewed once, by an approver who is not who opened it', async () => {
    const id = await broken()
    const own = 'You cannot answer your own request: ask one of the other people named on its card.'
    assert.equal(await story.refusedClick('olga', id, 'justified'), own)
    assert.equal(await refusedReview('olga', id, 'justified all is well'), own)
    assert.match((await refusedReview('eve', id, 'justified')) ?? '', /^You may not answer/)
    assert.doesNotMatch(await story.command('olga', 'reviews'), new RegExp(id))
    const list = await story.command('sid', 'reviews')
    assert.ok(list.includes(`\`${id}\` ${mention('olga')} opened Payment switch`), list)
    assert.ok(list.includes(REASON), list)

    await story.click('kim', id, 'justified')
    const card = plainly(await story.untilCard(id, 'justified: Active'))
    assert.ok(card.includes(`${mention('kim')} reviewed it TIME: *justified*.`), card)
    assert.doesNotMatch(card, /\nNot justified…/)
    assert.match(card, /\nEnd now$/, 'a review leaves the access as it is')
    assert.match(await story.untilDirect('olga', id, 'reviewed it'), /: justified\./)
    assert.equal(
      await refusedReview('sid', id, 'not-justified I see it otherwise'),
      `${mention('kim')} reviewed this access already: nothing is left to say.`,
    )
    assert.match(await story.command('sid', 'reviews'), /No break-glass access waits/)
    assert.equal((await story.recorded(id, 'grant.reviewed'))?.details['verdict'], 'justified')
    await story.command('olga', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('is objected to with a note, which its holder reads, and ended by an approver', async () => {
    const id = await broken()
    assert.match(
      (await refusedReview('sid', id, 'not-justified')) ?? '',
      /^A reason is missing\. Type `\/jit review <id> justified/,
    )
    await story.click('sid', id, 'not-justified')
    const form = await story.form('sid', 'not-justified')
    assert.match(slack.visibleText(form.content), /This does not end the access\./)
    await slack.submit(people.sid, form.id, { note: '   ' })
    assert.deepEqual(Object.keys(slack.views(people.sid).at(-1)?.errors ?? {}), ['note'])
    await story.submit('sid', 'not-justified', { note: 'a refund can wait' })
    const card = await story.untilCard(id, 'not justified: Active')
    assert.match(card, /Note of the review\na refund can wait/)
    assert.match(await story.untilDirect('olga', id, 'not justified'), /a refund can wait/)
    assert.deepEqual((await story.recorded(id, 'grant.reviewed'))?.details, {
      verdict: 'not-justified',
      note: 'a refund can wait',
      catalogueRevision: REVISION,
    })
    assert.equal(await story.visit('olga', PAYMENTS), 200)
    assert.match(await story.command('sid', `end ${id} a refund can wait`), /^Ending/)
    await story.untilCard(id, 'Ended')
    assert.equal(await story.visit('olga', PAYMENTS), 403)
  })

  it('is brought to mind until somebody reviews it, and once to the audit channel', async () => {
    const id = await broken()
    await story.command('olga', `end ${id}`)
    await story.untilCard(id, 'Ended')
    await story.untilIdle()
    const before = story.alerts().length
    const reviewEvents = async () =>
      (await story.events(id)).filter((action) => action.startsWith('grant.review'))

    await pass(12 * HOUR)
    await slack.waitFor(() => story.trail(id).some((line) => line.startsWith('Reminder to')))
    assert.deepEqual(story.pinged(id).at(-1), ['kim', 'sam', 'sid'])
    await pass(12 * HOUR)
    await story.untilCard(id, 'The review is overdue since')
    assert.match(await story.untilCard(id, id), /^🚨 Break-glass, review overdue: Ended/)
    await slack.waitFor(() => story.alerts().length === before + 1)
    assert.match(story.alerts().at(-1) ?? '', new RegExp(`^🚨 A review is overdue\n[^]*${id}`))
    assert.match(await story.command('kim', 'reviews'), /; review overdue since/)

    await pass(24 * HOUR + 60)
    await slack.waitFor(
      () => story.trail(id).filter((line) => line.startsWith('Reminder to')).length === 2,
    )
    assert.deepEqual(await reviewEvents(), [
      'grant.review_reminded',
      'grant.review_overdue',
      'grant.review_reminded',
    ])
    assert.equal(story.alerts().length, before + 1, 'the audit channel hears of it once')
    assert.match(await story.command('kim', `review ${id} justified it was bad`), /^Reviewed/)
    await story.untilCard(id, 'justified: Ended')
    await pass(24 * HOUR)
    await story.untilIdle()
    assert.deepEqual((await reviewEvents()).slice(3), ['grant.reviewed'])
    assert.match(await story.command('kim', 'reviews'), /No break-glass access waits/)
  })

  it('does not wait for the answer to an ordinary wish for the same', async () => {
    const waiting = await story.ask('olga', 'payments 20m a refund that can wait')
    const id = await broken()
    assert.equal(await story.visit('olga', PAYMENTS), 200)
    assert.equal((await story.request(waiting)).status, 'pending')
    assert.match(
      await story.command('olga', 'request payments 20m a refund that can wait'),
      /^A request of yours for this resource is waiting already/,
    )
    await story.command('olga', `cancel ${waiting}`)
    await story.command('olga', `end ${id}`)
    await story.untilCard(id, 'Ended')
    await story.command('kim', `review ${id} justified it was bad`)
    await story.untilCard(id, 'justified: Ended')
  })

  it('needs a real reason, and has its own maximum', async () => {
    const short = await opens('olga', 'payments 20m quick')
    assert.match(short.text, /The reason is too short: write 10 characters or more/)
    const tooLong = /:warning: This is too long: ask for 30m or less/
    const { id, text } = await opens('olga', `payments 31m ${REASON}`)
    assert.match(text, /at most 30m, no approval, high risk/)
    assert.match(text, tooLong)
    await slack.submit(people.olga, id, {})
    await slack.waitFor(() => tooLong.test(topView('olga')))
    assert.equal((await story.refusals('olga')).at(-1), 'request.create_refused: duration-too-long')
    assert.deepEqual(story.rules(POLICY), [])
  })

  it('is not there for those who are not on call, whatever they name', async () => {
    for (const who of ['alex', 'kim', 'eve'] as const) {
      const { text: answer } = await opens(who, `payments 20m ${REASON}`)
      assert.equal((await opens(who, `nonsense 20m ${REASON}`)).text, answer)
      assert.match(answer, /There is no break-glass access for you/)
    }
    assert.doesNotMatch(await story.command('alex', 'resources'), /break-glass/)
    assert.match(await story.command('olga', 'resources'), /break-glass up to 30m/)
  })

  it('is decided when it is sent, not when the form opened', async () => {
    const before = story.alerts().length
    const { id } = await opens('olga', `payments 20m ${REASON}`)
    story.leaves('olga', ONCALL)
    await slack.submit(people.olga, id, {})
    await slack.waitFor(() => topView('olga').includes('no break-glass access to this resource'))
    assert.equal((await story.refusals('olga')).at(-1), 'request.create_refused: no-break-glass')
    assert.deepEqual([story.rules(POLICY), story.alerts().length], [[], before])
    assert.equal(await story.visit('olga', PAYMENTS), 403)
    story.joins('olga', ONCALL)
  })

  it('ends when its holder is on call no more, and is reviewed all the same', async () => {
    const id = await broken()
    story.leaves('olga', ONCALL)
    assert.match(
      await story.untilCard(id, 'Ended'),
      /because the requester is no longer among those who may ask for it/,
    )
    assert.equal(await story.visit('olga', PAYMENTS), 403)
    assert.match(await story.command('sam', `review ${id} justified`), /^Reviewed/)
    story.joins('olga', ONCALL)
  })
})
