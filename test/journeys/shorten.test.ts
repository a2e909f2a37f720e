import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { RULES_YAML } from '../support/world.ts'

const house = await startHouse({ catalogue: RULES_YAML })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house
const mention = (who: Name) => `<@${people[who]}>`

/** For how many minutes the rule lets somebody in; a part of the last one is lost to whole seconds. */
async function minutes(id: string): Promise<number> {
  const { starts_at: from, ends_at: to } = await story.request(id)
  return Math.ceil(((to?.getTime() ?? 0) - (from?.getTime() ?? 0)) / 60_000)
}

async function refusedDuration(id: string, typed: string): Promise<string> {
  const [first = ''] = (await story.command('kim', `shorten ${id} ${typed}`)).split('\n')
  return first
}

describe('an approval for a shorter time', () => {
  it('is given by command, with a note that everybody reads and the record keeps', async () => {
    const id = await story.ask('alex', 'grafana-prod 4h INC-1 dashboards are red')
    assert.match(await story.command('kim', `shorten ${id} 45m come back if needed`), /^Approved/)
    const card = await story.untilCard(id, 'Active')
    assert.ok(card.includes(`4h, shortened to 45m by ${mention('kim')}`), card)
    assert.equal(await minutes(id), 45)
    const { details, via } = (await story.recorded(id, 'request.approved')) ?? {}
    assert.deepEqual(
      [via, details?.['note'], details?.['shortened']],
      ['command', 'come back if needed', 2_700],
    )
    const own = await story.untilDirect('alex', id, 'Active')
    assert.ok(own.includes(`asked for 4h, shortened to 45m by ${mention('kim')}`), own)
    await slack.waitFor(() => story.trail(id).includes('come back if needed'))
    assert.match(story.trail(id)[0] ?? '', /approved, shortened to 45m; /)

    await house.advance(44 * 60)
    assert.equal(await story.visit('alex'), 200)
    await house.advance(60)
    assert.equal(await story.visit('alex'), 403, 'Pomerium shuts the door by the shorter time')
    await story.untilCard(id, 'Ended')
  })

  it('is given in the form, and the note is optional there', async () => {
    const id = await story.ask('alex', 'grafana-prod 2h INC-2 dashboards are red')
    await story.click('sam', id, 'shorten')
    const form = await story.form('sam', 'shorten')
    assert.match(slack.visibleText(form.content), /asks for Grafana \(production\).* for 2h/)
    const bad = await story.submit('sam', 'shorten', { duration: 'soon' })
    assert.equal(bad.problem, undefined)
    assert.deepEqual(Object.keys(slack.views(people.sam).at(-1)?.errors ?? {}), ['duration'])
    await story.submit('sam', 'shorten', { duration: '30m' })
    await story.untilCard(id, 'Active')
    assert.equal(await minutes(id), 30)
    assert.equal((await story.recorded(id, 'request.approved'))?.via, 'modal')
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('is an approval as it was asked for where the form names no time', async () => {
    const id = await story.ask('alex', 'grafana-prod 2h INC-3 dashboards are red')
    await story.click('kim', id, 'shorten')
    await story.submit('kim', 'shorten', { note: 'fine with me' })
    const card = await story.untilCard(id, 'Active')
    assert.doesNotMatch(card, /shortened/)
    assert.equal(await minutes(id), 120)
    await slack.waitFor(() => story.trail(id).includes('fine with me'))
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('is never one for a longer time, or for none', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-4 dashboards are red')
    const notShorter =
      'What was asked, 1h, can only be shortened: name a shorter time, or none to approve it as it is.'
    assert.equal(await refusedDuration(id, '2h'), notShorter)
    assert.equal(await refusedDuration(id, '60m'), notShorter)
    assert.match(await refusedDuration(id, '0m'), /^Ask for one minute or more\./)
    assert.match(await refusedDuration(id, ''), /^The time is missing\./)
    await story.click('kim', id, 'shorten')
    const said = await story.told('kim', () =>
      story.submit('kim', 'shorten', { duration: '8h', note: 'take your time' }),
    )
    assert.deepEqual(said.split('\n'), [
      notShorter,
      `You wrote: \`/jit shorten ${id} 8h take your time\``,
    ])
    assert.deepEqual((await story.events(id)).slice(1), [
      'request.approve_refused',
      'request.approve_refused',
      'request.approve_refused',
    ])
    assert.equal((await story.request(id)).status, 'pending')
    await story.command('alex', `cancel ${id}`)
  })

  it('is the shortest of all approvals, whoever comes first', async () => {
    const lengths = [
      ['20m', '10m'],
      ['10m', '20m'],
    ] as const
    for (const [first, second] of lengths) {
      const id = await story.ask('alex', 'billing-db 30m INC-5 refund looks wrong')
      await story.command('kim', `shorten ${id} ${first}`)
      await story.untilCard(id, `30m, shortened to ${first} by ${mention('kim')}`)
      await story.command('sam', `shorten ${id} ${second}`)
      const by = first === '10m' ? 'kim' : 'sam'
      assert.ok(
        (await story.untilCard(id, 'Active')).includes(`shortened to 10m by ${mention(by)}`),
      )
      assert.equal(await minutes(id), 10)
      await story.command('alex', `end ${id}`)
      await story.untilCard(id, 'Ended')
    }
  })

  it('is no right of those who may not approve', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-6 dashboards are red')
    assert.match(await story.command('eve', `shorten ${id} 5m`), /^You may not answer this request/)
    assert.match(await story.command('robin', `shorten ${id} 5m`), /^You may not answer/)
    assert.match(await story.command('alex', `shorten ${id} 5m`), /^You cannot answer your own/)
    await story.click('eve', id, 'shorten')
    const form = await story.form('eve', 'shorten')
    assert.doesNotMatch(slack.visibleText(form.content), /INC-6|Grafana/, 'it tells eve nothing')
    assert.match(
      await story.told('eve', () => story.submit('eve', 'shorten', { duration: '5m' })),
      /^You may not answer this request/,
    )
    assert.equal((await story.request(id)).status, 'pending')
    await story.command('alex', `cancel ${id}`)
  })
})
