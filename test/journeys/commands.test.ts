import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS } from '../support/world.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house

describe('/jit', () => {
  it('explains itself, and what was wrong with a line', async () => {
    const help = await story.command('eve', 'help')
    for (const word of ['mine', 'pending', 'reviews', 'resources', 'request <resource>[:level]'])
      assert.ok(help.includes(`/jit ${word}`), word)
    for (const word of ['approve', 'shorten', 'deny', 'extend', 'end', 'cancel', 'review'])
      assert.ok(help.includes(`/jit ${word} <id>`), word)
    assert.match(await story.command('eve', 'frobnicate'), /^There is no command `frobnicate`/)
    assert.match(await story.command('kim', 'approve'), /^The id of the request is missing/)
    assert.match(await story.command('kim', 'approve nonsense!'), /is not the id of a request/)
    assert.match(await story.command('kim', 'deny 00000000'), /^A reason is missing/)
    assert.equal(
      (await story.command('kim', 'approve 00000000')).split('\n')[0],
      'There is no request with this id that you may see: `/jit mine` and `/jit pending` show the ids.',
    )
  })

  it('lists only what somebody may ask for', async () => {
    const alex = await story.command('alex', 'resources')
    assert.match(alex, /`grafana-prod` Grafana \(production\), at most 8h, 1 approval/)
    assert.match(alex, /`billing-db` Billing database, at most 2h, 2 approvals, high risk/)
    assert.match(await story.command('eve', 'resources'), /There is nothing that you may ask for/)
  })

  it('shows requests to who made them and to who may answer them, and is enough to answer', async () => {
    assert.match(await story.command('robin', 'mine'), /You have not asked for anything yet/)
    const id = await story.ask('robin', 'grafana-prod 90m INC-1 by command line')
    assert.match(
      plainly(await story.command('robin', 'mine')),
      new RegExp(`\`${id}\` \\*Waiting for approval\\* Grafana .* 1h30m asked, 0 of 1 approvals`),
    )
    const pending = plainly(await story.command('kim', 'pending'))
    assert.match(pending, new RegExp(`\`${id}\` <@${people.robin}> asks for Grafana .* for 1h30m`))
    assert.match(pending, /INC-1 by command line/)
    assert.match(await story.command('eve', 'pending'), /No request waits for your answer/)
    assert.match(await story.command('robin', 'pending'), /No request waits for your answer/)

    assert.match(
      await story.command('kim', `approve ${id.toLowerCase()} go ahead`),
      /^Approved .*; its card says when Pomerium has confirmed the rule\.$/,
    )
    await story.untilCard(id, 'Active')
    await slack.waitFor(() => story.trail(id).length === 3)
    assert.match(story.trail(id).join('\n'), /approved; .*:\ngo ahead\nAccess is active/)
    assert.match(plainly(await story.command('robin', 'mine')), /\*Active\* .*, until TIME/)
    assert.match(await story.command('robin', `end ${id}`), /^Ending/)
    await story.untilCard(id, 'Ended')
    const denied = await story.ask('robin', 'grafana-prod 1h INC-2 once more')
    assert.match(await story.command('kim', `deny ${denied} not today`), /^Denied/)
    assert.match(
      plainly(await story.command('robin', 'mine')),
      /\*Denied\* .*\nnot today\n.*\*Ended\*/s,
    )
  })

  it('refuses what the catalogue does not allow, and gives the typed line back', async () => {
    const refusal = async (line: string) =>
      (await story.command('alex', `request ${line}`)).split('\n')
    assert.deepEqual(await refusal('grafana-prod 9h INC-3 a very long day'), [
      'This is too long: ask for 8h or less.',
      'You typed: `/jit request grafana-prod 9h INC-3 a very long day`',
    ])
    assert.match(
      (await refusal('grafana-prod 1h hm'))[0] ?? '',
      /too short: write 5 characters or more\. Say what you will do there\./,
    )
    assert.match(
      (await refusal('billing-db 1h no incident is named'))[0] ?? '',
      /lacks something .* Name the incident, e\.g\. INC-42\./,
    )
    assert.match((await refusal('salaries 1h INC-3 curiosity'))[0] ?? '', /There is no resource/)
    assert.match(
      await story.command('eve', 'request grafana-prod 1h INC-3 curiosity'),
      /^There is no resource `grafana-prod` that you may ask for/,
    )
    assert.equal(
      slack.messages(APPROVALS).filter((m) => /INC-3/.test(slack.visibleText(m))).length,
      0,
    )
  })

  it('takes one request for a resource at a time', async () => {
    const id = await story.ask('sam', 'grafana-prod 1h INC-4 first')
    assert.match(
      await story.command('sam', 'request grafana-prod 1h INC-4 second'),
      /^A request of yours for this resource is waiting already/,
    )
    await story.command('sam', `cancel ${id}`)
    await story.ask('sam', 'grafana-prod 1h INC-4 third')
  })
})

describe('the form', () => {
  const openForm = async (line: string) => {
    await slack.command(people.alex, APPROVALS, '/jit', line)
    const view = await slack.waitFor(() => {
      const shown = slack.views(people.alex).at(-1)
      return shown?.content['callback_id'] === 'jit:request' && shown
    })
    return view
  }

  it('asks, and comes back with the mistake at its field and what was typed', async () => {
    // Refused lines left forms open.
    for (const { id } of slack.views(people.alex)) await slack.close(people.alex, id)
    const view = await openForm('')
    const entries = { resource: 'grafana-prod', duration: '1h', reason: 'dashboards are red' }
    const ack = await slack.submit(people.alex, view.id, { ...entries, duration: 'soon' })
    assert.equal(ack.problem, undefined)
    assert.deepEqual(slack.views(people.alex).at(-1)?.errors, {
      duration: 'Write whole minutes, hours or days, e.g. 30m, 1h30m or 2d.',
    })

    await slack.submit(people.alex, view.id, { ...entries, duration: '9h' })
    const again = await slack.waitFor(() => {
      const shown = slack.views(people.alex).at(-1)
      return shown?.content['callback_id'] === 'jit:request' && shown
    })
    assert.match(slack.visibleText(again.content), /This is too long: ask for 8h or less\./)
    assert.equal(again.values['reason']?.['reason']?.['value'], 'dashboards are red')

    await slack.submit(people.alex, again.id, entries)
    const id = await slack.waitFor(() => {
      const shown = slack.views(people.alex).at(-1)
      return shown && /`([0-9A-Z]{8})`/.exec(slack.visibleText(shown.content))?.[1]
    })
    await story.untilCard(id, 'dashboards are red')
    await story.untilDirect('alex', id, 'Waiting')
  })

  it('is filled in with what was typed on the line', async () => {
    const view = await openForm('request billing-db INC-5 the duration is missing')
    assert.equal(
      JSON.stringify(view.values['resource']?.['jit:resource']?.['selected_option']).match(
        /"value":"([^"]*)"/,
      )?.[1],
      'billing-db',
    )
    assert.equal(view.values['reason']?.['reason']?.['value'], 'INC-5 the duration is missing')
    assert.match(slack.visibleText(view.content), /Say how long you need it, e\.g\. 30m/)
  })

  it('tells somebody without rights that there is nothing to ask for', async () => {
    await slack.command(people.eve, APPROVALS, '/jit', '')
    await slack.waitFor(() =>
      slack
        .views(people.eve)
        .some((view) => /nothing that you may ask for/.test(slack.visibleText(view.content))),
    )
  })
})
