import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import { scrape, valueOf } from '../support/metrics.ts'
import { samplesOf } from '../support/promql.ts'
import type { Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { CATALOGUE_YAML } from '../support/world.ts'

const CANARY = 'INC-7 canary'
const PUT = { method: 'PUT', path: '/policies/*' }

type Line = Readonly<Record<string, unknown>>

describe('what an operator sees of a house', () => {
  let house: House
  let story: Story
  before(async () => {
    const town = await startTown({ pages: true, catalogue: CATALOGUE_YAML })
    house = await startHouse({
      town: { ...town, config: { ...town.config, metricsPort: 0 } },
    })
    story = storyOf(house)
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const lines = () => house.logged.map((line) => JSON.parse(line) as Line)
  /** What is true now: a look at the database is kept for five seconds. */
  const read = async () => {
    await house.advance(6)
    return scrape(house.logged)
  }

  it('is the whole story of a request, by its id, in the log: a line for each event, once it is on record', async () => {
    const id = await story.ask('alex', `grafana-prod 1h ${CANARY} dashboards are red`)
    // Nobody else posts anything, so that the next calls are those that answer eve.
    await story.untilIdle()
    house.slack.fail('response_url', { kind: 'http', status: 500 })
    house.slack.fail('chat.postEphemeral', { kind: 'error', error: 'user_not_in_channel' })
    house.slack.fail('chat.postMessage', { kind: 'error', error: 'user_not_found' })
    await story.click('eve', id, 'approve')
    await eventually('it is told that eve could not be told', () =>
      lines().some(({ msg }) => msg === 'somebody could not be told'),
    )
    const kim = house.pages.as('kim')
    assert.equal((await kim.submit(`/requests/${id}`, 'Approve')).status, 303)
    await story.untilCard(id, 'Active')
    await story.click('alex', id, 'end')
    await story.untilCard(id, 'Ended')

    const about = lines().filter((line) => JSON.stringify(line).includes(id))
    const names = ({ requestId, requests }: Line) =>
      requestId === id || (Array.isArray(requests) && requests.includes(id))
    for (const line of about) assert.ok(names(line), JSON.stringify(line))
    const events = await story.events(id)
    assert.deepEqual(
      about.filter(({ msg }) => /^(?:request|grant)\./.test(String(msg))).map(({ msg }) => msg),
      events,
    )
    assert.deepEqual(events, [
      'request.created',
      'request.approve_refused',
      'request.approved',
      'grant.activated',
      'grant.ending',
      'grant.ended',
    ])
    const line = (msg: string) => about.find((each) => each['msg'] === msg) ?? {}
    assert.deepEqual(facts(line('request.approve_refused')), {
      level: 'info',
      requestId: id,
      resource: 'grafana-prod',
      actor: house.people.eve,
      via: 'button',
      refusal: 'not-an-approver',
    })
    assert.deepEqual(facts(line('request.approved')), {
      level: 'info',
      requestId: id,
      version: 2,
      resource: 'grafana-prod',
      actor: house.people.kim,
      via: 'web',
    })
    assert.equal(line('a form was carried out')['route'], '/requests/:id/approve')
    assert.deepEqual(facts(line('grant.ended')), {
      level: 'info',
      requestId: id,
      version: 5,
      resource: 'grafana-prod',
      via: 'reconciler',
      cause: 'returned',
    })
    for (const msg of ['a private answer was not accepted', 'somebody could not be told'])
      assert.equal(line(msg)['requestId'], id, msg)
    assert.doesNotMatch(house.logged.join(), /canary/, 'what somebody typed')
  })

  it('is in numbers what is on record, event by event', async () => {
    await story.ask('robin', `grafana-prod 1h ${CANARY} to be denied`)
    await story.command('robin', 'cancel 00000000')
    await story.untilIdle()
    const page = await eventually('every event is counted once', async () => {
      const page = await read()
      const { rows } = await house.database.pool.query<{ action: string; n: number }>(
        'select action, count(*)::int as n from audit_event group by action',
      )
      const counted = samplesOf(page)
        .filter(({ metric, value }) => metric === 'jit_events_total' && value > 0)
        .map(({ labels, value }) => [labels.get('action') ?? '', value] as const)
      const isSame = isDeepStrictEqual(
        new Map(counted),
        new Map(rows.map(({ action, n }) => [action, n])),
      )
      return isSame ? page : undefined
    })
    const outcomes = { asked: 2, refused: 0, approved: 1, denied: 0, lapsed: 0, automatic: 0 }
    for (const [outcome, count] of Object.entries(outcomes))
      assert.equal(valueOf(page, 'jit_requests_total', { outcome }), count, outcome)
    for (const [outcome, count] of Object.entries({ active: 1, returned: 1, expired: 0 }))
      assert.equal(valueOf(page, 'jit_grants_total', { outcome }), count, outcome)
    const refused = { action: 'request.approve_refused', code: 'not-an-approver' }
    assert.equal(valueOf(page, 'jit_refusals_total', refused), 1)
    assert.equal(valueOf(page, 'jit_time_to_decision_seconds_count', { outcome: 'approved' }), 1)
    assert.equal(valueOf(page, 'jit_time_to_in_force_seconds_count'), 1)
    assert.ok(valueOf(page, 'jit_time_to_in_force_seconds_sum') < 15)
  })

  it('is access that is not gone a minute after it was taken away, and a Pomerium that does not answer', async () => {
    const id = await story.ask('sam', `grafana-prod 8h ${CANARY} to be taken away`)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const effect = { kind: 'status', status: 503 } as const
    const refused = house.pomerium.faults.add({ ...PUT, count: 1_000, effect })
    await story.click('kim', id, 'end')
    await story.untilState(id, 'ending')
    await story.minutesUntil('five calls failed', () => refused.hits >= 5)
    const page = await read()
    assert.equal(valueOf(page, 'jit_revocations_unconfirmed'), 1)
    assert.ok(valueOf(page, 'jit_revocation_oldest_seconds') > 60)
    assert.equal(valueOf(page, 'jit_grants', { state: 'ending' }), 1)
    const failed = { method: 'PUT policies', status: '503' }
    assert.ok(valueOf(page, 'jit_pomerium_call_duration_seconds_count', failed) >= 5)
    assert.equal(valueOf(page, 'jit_degraded', { part: 'pomerium' }), 1)
    assert.equal(valueOf(page, 'jit_ready'), 1, 'the pages are still there')
    const ready = await fetch(`http://127.0.0.1:${house.bot.port}/readyz`)
    assert.deepEqual(
      [ready.status, await ready.json()],
      [200, { ok: true, reasons: [], degraded: ['pomerium'] }],
    )
    refused.remove()
    await story.minutesUntil('it is gone', async () => (await story.request(id)).state === 'ended')
    const after = await read()
    assert.equal(valueOf(after, 'jit_revocations_unconfirmed'), 0)
    assert.equal(valueOf(after, 'jit_degraded', { part: 'pomerium' }), 0)
  })

  it('is nobody’s name, address or words, and no label without bounds', async () => {
    const page = await read()
    assert.doesNotMatch(page, /canary|@|\b(?:alex|kim|eve|robin|sam)\b|grafana|\bU0[A-Z]{3,}/)
    assert.doesNotMatch(page, new RegExp(house.config.pomerium.organizationId))
    const perMetric = Object.groupBy(samplesOf(page), ({ metric }) => metric)
    for (const [metric, samples = []] of Object.entries(perMetric))
      assert.ok(samples.length < 300, `${metric}: ${samples.length}`)
  })
})

function facts(line: Line): Line {
  const { time: _time, pid: _pid, hostname: _hostname, msg: _msg, ...rest } = line
  return rest
}
