import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startHouse } from '../support/house.ts'
import type { Name, RequestRow } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, ENGINEERS, ONCALL, RELIABILITY, RULES_YAML } from '../support/world.ts'

const WAREHOUSE = 'warehouse.example.com'
const POLICY = 'jit-warehouse'
const UNKNOWN =
  'There is no request with this id that you may see: `/jit mine` and `/jit pending` show the ids.'

/** One more resource, where the maximum is met before the number of extensions, and some need no approver. */
const LAB = `
  - id: lab
    title: Laboratory
    url: https://lab.example.com
    policy: jit-lab
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    duration: { default: 1h, max: 2h }
    extend: { times: 5, max: 90m }
    auto_approve: [{ requesters: { groups: [${ONCALL}] }, max: 90m }]
`

const house = await startHouse({
  catalogue: RULES_YAML.replace('fallback_channel:', `${LAB}fallback_channel:`),
})
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, pomerium } = house

const command = (who: Name, line: string) => slack.command(people[who], APPROVALS, '/jit', line)

async function active(who: Name, line = 'warehouse 1h the load of tonight') {
  const id = await story.ask(who, line)
  await story.click('kim', id, 'approve')
  return { id, row: await story.untilState(id, 'active') }
}

/** Asks for a longer time by command; gives the id of that wish. */
async function extension(who: Name, id: string, terms = '30m it is still loading') {
  const seen = new Set(slack.ephemerals(people[who]))
  const wish = await story.asks(who, () => command(who, `extend ${id} ${terms}`))
  await slack.waitFor(() => slack.ephemerals(people[who]).some((told) => !seen.has(told)))
  return wish
}

/** The request's row, once Pomerium has confirmed an end that is so much later. */
async function moved(id: string, endsAt: Date | null, seconds: number): Promise<RequestRow> {
  const end = (endsAt?.getTime() ?? 0) + seconds * 1_000
  return eventually(`${id} ends ${seconds} s later`, async () => {
    const row = await story.request(id)
    return row.state === 'active' && row.ends_at?.getTime() === end ? row : undefined
  })
}

async function finish(who: Name, id: string): Promise<void> {
  await story.click(who, id, 'end')
  await story.untilCard(id, 'Ended')
}

describe('access that is to last longer', () => {
  it('goes on without a gap under one rule, once an approver agrees', async () => {
    const { id, row } = await active('alex')
    await story.click('alex', id, 'extend')
    const wish = await story.asks('alex', () =>
      story.submit('alex', 'extend', { duration: '30m', reason: 'it is still loading' }),
    )
    assert.match(
      plainly(await story.untilCard(wish, 'Extension: Waiting for approval')),
      new RegExp(`Extend Data warehouse by 30m, until TIME \\(was TIME\\): request \`${id}\``),
    )
    assert.match(await story.refusedClick('alex', wish, 'approve'), /^You cannot answer your own/)
    const writes = pomerium.history.length
    const held = pomerium.faults.add({
      method: 'PUT',
      path: '/policies/*',
      effect: { kind: 'hold' },
    })
    await story.click('kim', wish, 'approve')
    assert.match(
      plainly(await story.untilCard(id, 'Extending…')),
      /Access was confirmed until TIME; Pomerium has not confirmed the new end TIME yet\./,
    )
    await story.untilDirect('alex', id, 'Pomerium has not confirmed the new end')
    assert.equal(await story.visit('alex', WAREHOUSE), 200, 'by the rule that stands')
    held.release()
    const longer = await moved(id, row.ends_at, 1_800)
    await story.untilCard(id, 'extended once')
    await story.untilCard(wish, 'Extension: Approved')
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
    const documents = pomerium.history
      .slice(writes)
      .filter(({ policy }) => policy?.name === POLICY)
      .map(({ policy }) => JSON.stringify(policy?.ppl))
    assert.deepEqual(
      documents.map((text) => text.match(/alex@example\.com/g)?.length),
      [1],
      'one write, with one rule in it',
    )
    assert.equal(longer.starts_at?.getTime(), row.starts_at?.getTime())
    assert.deepEqual(await story.events(wish), [
      'request.created',
      'request.approve_refused',
      'request.extended',
    ])
    assert.deepEqual((await story.events(id)).slice(3), ['grant.extended', 'grant.activated'])
    assert.equal((await story.recorded(id, 'grant.extended'))?.details['by'], wish)

    await story.advanceTo(row.ends_at, 5)
    assert.equal(await story.visit('alex', WAREHOUSE), 200, 'past the end that it had')
    assert.equal((await story.request(id)).state, 'active')
    await story.advanceTo(longer.ends_at)
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
    assert.equal((await story.untilState(id, 'ended')).end_cause, 'expired')
    await story.untilRules(0, POLICY)
  })

  it('keeps what it has when the new rule never gets through', async () => {
    const { id, row } = await active('alex')
    const wish = await extension('alex', id)
    const down = pomerium.faults.add({ method: 'PUT', effect: { kind: 'status', status: 429 } })
    await story.click('kim', wish, 'approve')
    await story.untilCard(id, 'Extending…')
    await story.advanceTo(row.ends_at, -60)
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
    await story.advanceTo(row.ends_at, 5)
    assert.equal(await story.visit('alex', WAREHOUSE), 403, 'the longer rule is not there')
    down.remove()
    await story.minutesUntil('active again', async () => {
      return (await story.request(id)).state === 'active'
    })
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
    await finish('alex', id)
  })

  it('can grow twice by an hour at most, one wish at a time', async () => {
    const { id, row } = await active('robin')
    const refused = (terms: string) => story.command('robin', `extend ${id} ${terms}`)
    assert.match(await refused('90m too long at once'), /^This is too long: ask for 1h or less\./)
    const first = await extension('robin', id, '1h the first more')
    assert.match(await refused('30m while one waits'), /is waiting already/)
    await story.click('kim', first, 'approve')
    const once = await moved(id, row.ends_at, 3_600)
    const second = await extension('robin', id, '1h the second more')
    await story.click('kim', second, 'approve')
    await moved(id, once.ends_at, 3_600)
    assert.match(await refused('30m a third time'), /^This access was extended 2 times, as often/)
    assert.equal(story.rules(POLICY).length, 1)
    await finish('robin', id)
    assert.match(await refused('30m once it is over'), /^This access was over .*nothing is left/)
  })

  it('never lasts longer in all than the resource allows', async () => {
    const { id, row } = await active('alex', 'lab 1h a long experiment')
    const refused = (terms: string) => story.command('alex', `extend ${id} ${terms}`)
    assert.match(
      await refused('61m too much'),
      /^The access may last 2h in all: ask for 1h more or less\./,
    )
    const wish = await extension('alex', id, '1h to the brim')
    await story.click('kim', wish, 'approve')
    await moved(id, row.ends_at, 3_600)
    assert.match(await refused('1m more'), /^The access lasts 2h already, the most that it may/)
    await finish('alex', id)
  })

  it('needs nobody while the automatic rule covers all of it, and people beyond', async () => {
    const id = await story.asks('olga', () => command('olga', 'request lab 1h on call tonight'))
    const row = await story.untilState(id, 'active')
    const free = await story.asks('olga', () => command('olga', `extend ${id} 30m still on call`))
    await moved(id, row.ends_at, 1_800)
    assert.equal((await story.request(free)).status, 'extended')
    assert.deepEqual(await story.events(free), ['request.created', 'request.auto_approved'])
    await story.untilCard(free, 'without an approver')
    const more = await extension('olga', id, '1m beyond the rule')
    assert.equal((await story.request(more)).status, 'pending')
    await moved(id, row.ends_at, 1_800)
    await finish('olga', id)
  })

  it('stays as it was when the wish is denied', async () => {
    const { id, row } = await active('alex')
    const wish = await extension('alex', id)
    await story.command('kim', `deny ${wish} use the nightly job`)
    await story.untilDirect('alex', wish, 'use the nightly job')
    const { version, ends_at: endsAt } = await story.request(id)
    assert.deepEqual([version, endsAt], [row.version, row.ends_at])
    await story.advanceTo(row.ends_at)
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
    await story.untilState(id, 'ended')
  })

  it('takes the wish that waits along when it is ended', async () => {
    const { id } = await active('alex')
    const wish = await extension('alex', id)
    await story.command('sam', `end ${id} not needed`)
    await story.untilCard(id, 'Ended')
    const why = 'because the access it was to extend is over'
    await story.untilCard(wish, 'Cancelled')
    assert.match(await story.untilDirect('alex', wish, 'Cancelled'), new RegExp(why))
    assert.deepEqual(await story.events(wish), ['request.created', 'request.cancelled'])
    const cancelled = await story.recorded(wish, 'request.cancelled')
    assert.deepEqual([cancelled?.actor, cancelled?.details], ['bot', { why: 'grant-over' }])
    assert.match(await story.command('kim', `approve ${wish}`), new RegExp(why))
    assert.equal((await story.request(id)).state, 'ended')
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
  })

  it('ends on time while the wish waits, which lapses with it', async () => {
    const { id, row } = await active('alex')
    const wish = await extension('alex', id)
    await story.advanceTo(row.ends_at)
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
    await story.untilState(id, 'ended')
    await story.untilState(wish, 'lapsed')
  })

  it('is of no concern to anybody else: theirs and none read the same', async () => {
    const { id } = await active('alex')
    for (const who of ['robin', 'kim', 'ada', 'eve'] as const)
      assert.equal(
        (await story.command(who, `extend ${id} 30m let me see`)).split('\n')[0],
        UNKNOWN,
        who,
      )
    assert.equal(
      (await story.command('robin', 'extend 00000000 30m let me see')).split('\n')[0],
      UNKNOWN,
    )
    const { rows } = await house.database.pool.query(
      'select 1 from request where extends_request_id = $1',
      [id],
    )
    assert.deepEqual(rows, [])
    await finish('alex', id)
  })

  it('is refused, and ends, when the holder may not ask any more', async () => {
    const { id } = await active('robin')
    const wish = await extension('robin', id)
    story.leaves('robin', ENGINEERS)
    await story.untilState(id, 'ended')
    await story.untilState(wish, 'cancelled')
    await story.untilCard(id, 'the requester is no longer among those who may ask for it')
    await story.untilCard(wish, 'the access it was to extend is over')
    assert.match(
      await story.told('kim', () => {
        const card = story.card(wish)
        assert.ok(card)
        return slack.clickStale(people.kim, card, 'jit:approve')
      }),
      /^This request was cancelled, because the access it was to extend is over/,
    )
    assert.equal(await story.visit('robin', WAREHOUSE), 403)
    story.joins('robin', ENGINEERS)
  })
})
