import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS, RULES_YAML } from '../support/world.ts'

const withLimits = (limits: string) =>
  startHouse({ catalogue: `${RULES_YAML.trimEnd()}\nlimits: { ${limits} }\n` })

describe('limits for one person', () => {
  it('are politely held against one more open request, and on record', async () => {
    await using house = await withLimits('open_requests: 2')
    const story = storyOf(house)
    const first = await story.ask('alex', 'grafana-prod 1h INC-1 dashboards are red')
    await story.ask('alex', 'vault 30m rotate the keys')
    const [refusal = '', typed] = (
      await story.command('alex', 'request kubernetes:read 1h look at the pods')
    ).split('\n')
    assert.equal(
      refusal,
      'You have as many requests waiting as one person may (2): wait for an answer, or cancel one that `/jit mine` shows.',
    )
    assert.equal(typed, 'You typed: `/jit request kubernetes:read 1h look at the pods`')
    assert.deepEqual(await story.refusals('alex'), [
      'request.create_refused: too-many-open-requests',
    ])
    await story.ask('robin', 'grafana-prod 1h INC-1 the limit is that of each person')
    await story.command('alex', `cancel ${first}`)
    await story.ask('alex', 'kubernetes:read 1h look at the pods')
  })

  it('hold when two requests come at the same moment', async () => {
    await using house = await withLimits('open_requests: 1')
    const story = storyOf(house)
    const { slack, people, database } = house
    const names = ['grafana-prod', 'vault', 'kubernetes:read', 'warehouse']
    await Promise.all(
      names.map((name) =>
        slack.command(people.alex, APPROVALS, '/jit', `request ${name} 1h all at the same moment`),
      ),
    )
    await slack.waitFor(() => slack.ephemerals(people.alex).length === names.length)
    assert.deepEqual(
      await story.refusals('alex'),
      Array.from(
        { length: names.length - 1 },
        () => 'request.create_refused: too-many-open-requests',
      ),
    )
    const { rows } = await database.pool.query('select 1 from request')
    assert.equal(rows.length, 1)
  })

  it('count access that somebody holds, until it ends', async () => {
    await using house = await withLimits('grants: 1')
    const story = storyOf(house)
    const held = await story.ask('olga', 'logs 30m INC-2 errors everywhere')
    await story.untilCard(held, 'Active')
    for (const line of ['logs 30m INC-2 once more', 'staging 30m try the new release'])
      assert.match(
        await story.command('olga', `request ${line}`),
        /^You hold, or wait for, as much access at a time as one person may \(1\): end some, or cancel/,
        'not by a rule either',
      )
    assert.deepEqual(
      await story.refusals('olga'),
      Array.from({ length: 2 }, () => 'request.create_refused: too-many-grants'),
    )
    await story.command('olga', `end ${held}`)
    await story.untilCard(held, 'Ended')
    const next = await story.ask('olga', 'staging 30m try the new release')
    await story.untilCard(next, 'Active')
  })

  it('count access that waits for an answer as what it may become', async () => {
    await using house = await withLimits('grants: 1')
    const story = storyOf(house)
    const asked = await story.ask('alex', 'grafana-prod 1h INC-4 dashboards are red')
    assert.match(
      await story.command('alex', 'request vault 30m rotate the keys'),
      /^You hold, or wait for, as much access/,
    )
    await story.command('alex', `cancel ${asked}`)
    await story.ask('alex', 'vault 30m rotate the keys')
  })

  it('count what somebody asked within an hour, answered or not', async () => {
    await using house = await withLimits('requests_per_hour: 2')
    const story = storyOf(house)
    for (const _ of ['first', 'second']) {
      const id = await story.ask('alex', 'grafana-prod 1h INC-3 again and again')
      await story.command('alex', `cancel ${id}`)
      await story.untilCard(id, 'Cancelled')
    }
    assert.match(
      await story.command('alex', 'request grafana-prod 1h INC-3 again and again'),
      /^You asked as often as one person may in an hour \(2\): try again later\./,
    )
    assert.deepEqual(await story.refusals('alex'), ['request.create_refused: too-many-requests'])
    await house.advance(3_601)
    await story.ask('alex', 'grafana-prod 1h INC-3 an hour later')
  })

  it('do not hold up an emergency', async () => {
    await using house = await withLimits('open_requests: 1, grants: 1, requests_per_hour: 1')
    const story = storyOf(house)
    const { slack, people } = house
    const held = await story.ask('olga', 'logs 30m INC-4 errors everywhere')
    await story.untilCard(held, 'Active')
    assert.match(await story.command('olga', 'request vault 30m rotate the keys'), /^You asked/)
    await slack.command(
      people.olga,
      APPROVALS,
      '/jit',
      'break-glass payments 20m cards are declined',
    )
    await story.form('olga', 'break-glass')
    const id = await story.asks('olga', () => story.submit('olga', 'break-glass', {}))
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('olga', 'payments.example.com'), 200)
  })
})
