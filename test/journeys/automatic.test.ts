import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { ONCALL, RULES_YAML } from '../support/world.ts'

const LOGS = 'logs.example.com'
const STAGING = 'staging.example.com'
const NO_NOTICE =
  /\. Request `\w{8}` waits for an answer; a direct message tells you how it goes on\.$/

const house = await startHouse({ catalogue: RULES_YAML })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { people } = house

async function letIn(who: Name, line: string): Promise<string> {
  const id = await story.ask(who, line)
  await story.untilCard(id, 'Active')
  return id
}

async function end(who: Name, id: string): Promise<void> {
  await story.command(who, `end ${id}`)
  await story.untilCard(id, 'Ended')
}

/** Asks and gives the whole private answer, once people are asked. */
async function waits(who: Name, line: string): Promise<string> {
  const said = await story.command(who, `request ${line}`)
  const id = /`([0-9A-Z]{8})`/.exec(said)?.[1] ?? ''
  await story.untilCard(id, 'Waiting for approval')
  await story.untilDirect(who, id, 'Waiting')
  assert.match(await story.command(who, `cancel ${id}`), /^Cancelled/)
  return said
}

describe('automatic approval', () => {
  it('lets those on call in, on the record as the work of a rule', async () => {
    const id = await letIn('olga', 'logs 1h INC-1 errors everywhere')
    assert.equal(await story.visit('olga', LOGS), 200)
    assert.match(
      await story.untilCard(id, 'Active'),
      /Approved by\*\nrule `auto_approve\[0\]` of the catalogue, without an approver/,
    )
    assert.match(
      await story.untilDirect('olga', id, 'Active'),
      /approved by rule `auto_approve\[0\]` of the catalogue, without an approver/,
    )
    assert.deepEqual(await story.events(id), [
      'request.created',
      'request.auto_approved',
      'grant.activated',
    ])
    const recorded = await story.recorded(id, 'request.auto_approved')
    assert.deepEqual(
      [recorded?.actor, recorded?.via, recorded?.details['rule']],
      ['bot', 'bot', 'auto_approve[0]'],
    )
    assert.equal((await story.recorded(id, 'request.created'))?.actor, people.olga)
    assert.deepEqual(story.pinged(id)[0], ['olga'], 'nobody is asked anything')
    await end('olga', id)
    assert.equal(await story.visit('olga', LOGS), 403)
  })

  it('asks people where the time is longer than the rule gives, and for everybody else', async () => {
    assert.match(await waits('olga', 'logs 61m INC-2 errors everywhere'), NO_NOTICE)
    assert.match(await waits('alex', 'logs 1h INC-2 errors everywhere'), NO_NOTICE)
    assert.equal(await story.visit('alex', LOGS), 403)
  })

  it('stops after three times a day and says so, until the day is over', async () => {
    for (const _ of ['second', 'third'])
      await end('olga', await letIn('olga', 'logs 30m INC-3 errors everywhere'))
    assert.match(
      await waits('olga', 'logs 30m INC-3 errors everywhere'),
      /\nPeople decide this time: you had as many automatic approvals as one person may within 1d \(3\)\.$/,
    )
    assert.equal(await story.visit('olga', LOGS), 403)
    await house.advance(86_401)
    await end('olga', await letIn('olga', 'logs 30m INC-4 a new day'))
  })

  it('ends with the shift', async () => {
    story.leaves('olga', ONCALL)
    assert.match(await waits('olga', 'logs 30m INC-5 my shift is over'), NO_NOTICE)
    assert.equal(await story.visit('olga', LOGS), 403)
    story.joins('olga', ONCALL)
    await end('olga', await letIn('olga', 'logs 30m INC-6 my shift has begun'))
  })
})

describe('self-activation', () => {
  it('lets whoever may ask in for a reason, and nobody for none', async () => {
    assert.match(
      await story.command('alex', 'request staging 1h hm'),
      /^The reason is too short: write 10 characters or more\./,
    )
    assert.match(
      await story.command('eve', 'request staging 1h try the new release'),
      /no resource/,
    )
    const id = await letIn('alex', 'staging 1h try the new release')
    assert.equal(await story.visit('alex', STAGING), 200)
    const recorded = await story.recorded(id, 'request.auto_approved')
    assert.deepEqual([recorded?.actor, recorded?.details['rule']], ['bot', 'self_activation'])
    await end('alex', id)
  })

  it('asks people where the time is longer, and they can still say no', async () => {
    const id = await story.ask('alex', 'staging 2h try the new release')
    await story.untilCard(id, 'Waiting for approval')
    assert.equal(await story.visit('alex', STAGING), 403)
    assert.match(await story.command('kim', `deny ${id} an hour is enough`), /^Denied/)
    await story.untilCard(id, 'Denied')
  })

  it('does not bring back by itself, for a day, what somebody took away or denied', async () => {
    const taken = /\nPeople decide this time: your access to this resource was ended by somebody/
    assert.match(await waits('alex', 'staging 30m try the new release'), taken)
    const id = await letIn('sam', 'staging 30m try the new release')
    assert.match(await story.command('kim', `end ${id} not now`), /^Ending/)
    await story.untilCard(id, 'Ended')
    assert.match(await waits('sam', 'staging 30m try the new release'), taken)
    assert.equal(await story.visit('sam', STAGING), 403)
    await house.advance(24 * 3_600 + 1)
    await end('sam', await letIn('sam', 'staging 30m try the new release'))
  })

  it('counts what each person had by themselves', async () => {
    for (let count = 0; count < 5; count += 1)
      await end('robin', await letIn('robin', 'staging 30m try the new release'))
    assert.match(await waits('robin', 'staging 30m try the new release'), /\(5\)\.$/)
    await end('olga', await letIn('olga', 'staging 30m try the new release'))
  })
})
