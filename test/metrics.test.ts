import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pino from 'pino'
import { createMetrics } from '../src/metrics.ts'
import type { Metrics } from '../src/metrics.ts'
import { StartError } from '../src/start-error.ts'
import type { House } from './support/house.ts'
import { startHouse } from './support/house.ts'

/** The samples whose name starts so, as Prometheus reads them. */
function samples(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(name))
}

describe('createMetrics', () => {
  let metrics: Metrics
  let origin: string
  before(async () => {
    metrics = createMetrics(pino({ level: 'silent' }))
    origin = `http://127.0.0.1:${await metrics.start(0)}`
  })
  after(() => metrics.stop(1_000))
  const read = async () => (await fetch(`${origin}/metrics`)).text()

  it('serves Prometheus’ text format, with the numbers of the process', async () => {
    const answer = await fetch(`${origin}/metrics`)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const text = await answer.text()
    assert.match(text, /^# TYPE process_resident_memory_bytes gauge$/m)
    assert.match(text, /^process_resident_memory_bytes \d+$/m)
    assert.match(text, /^# TYPE jit_page_duration_seconds histogram$/m)
    assert.match(text, /^# TYPE jit_page_refusals_total counter$/m)
  })

  it('counts pages by method, route and status, and into the bucket of their time', async () => {
    const page = { method: 'GET', route: '/requests/:id', status: 200, refusedFor: undefined }
    metrics.page({ ...page, seconds: 0.02 })
    metrics.page({ ...page, seconds: 0.3 })
    metrics.page({ ...page, route: undefined, status: 404, seconds: 0.001 })
    const labels = 'method="GET",route="/requests/:id",status="200"'
    const text = await read()
    const bucket = 'jit_page_duration_seconds_bucket'
    for (const [le, count] of [
      ['0.01', 0],
      ['0.025', 1],
      ['0.25', 1],
      ['0.5', 2],
      ['+Inf', 2],
    ])
      assert.ok(text.includes(`${bucket}{le="${le}",${labels}} ${count}\n`), `${le}: ${text}`)
    assert.ok(text.includes(`jit_page_duration_seconds_sum{${labels}} 0.32\n`))
    assert.match(text, /_count\{method="GET",route="none",status="404"\} 1\n/)
  })

  it('asks how far the stream of the audit trail is behind, and serves the rest when nobody knows', async () => {
    const lags = [7, undefined, new Error('no database')]
    metrics.stream(() => {
      const lag = lags.shift()
      return lag instanceof Error ? Promise.reject(lag) : Promise.resolve(lag)
    })
    for (const expected of ['7', 'Nan', 'Nan']) {
      const text = await read()
      assert.deepEqual(samples(text, 'jit_audit_stream_lag'), [
        `jit_audit_stream_lag_events ${expected}`,
      ])
      assert.match(text, /^process_resident_memory_bytes \d+$/m)
    }
  })

  it('counts who was turned away by the reason alone', async () => {
    const page = { method: 'POST', route: '/', status: 403, seconds: 0.01 }
    metrics.page({ ...page, refusedFor: 'cross-site' })
    metrics.page({ ...page, refusedFor: 'cross-site' })
    metrics.page({ ...page, refusedFor: undefined })
    assert.deepEqual(samples(await read(), 'jit_page_refusals_total'), [
      'jit_page_refusals_total{reason="cross-site"} 2',
    ])
  })

  it('says nothing of the audit trail before a look at it, then what the last one found', async () => {
    assert.deepEqual(
      samples(await read(), 'jit_audit_').filter((line) => !line.includes('stream')),
      [],
    )
    const at = new Date('2026-03-02T09:00:00.000Z')
    const verified = { seq: 42, hash: 'ab'.repeat(32) }
    metrics.trail({ at, problems: [], verified })
    assert.deepEqual(
      samples(await read(), 'jit_audit_').filter((line) => !line.includes('stream')),
      [
        'jit_audit_as_recorded 1',
        `jit_audit_looked_at_seconds ${at.getTime() / 1_000}`,
        'jit_audit_verified_seq 42',
      ],
    )
    metrics.trail({ at, problems: ['event 3: it is missing'], verified })
    assert.deepEqual(samples(await read(), 'jit_audit_as_recorded'), ['jit_audit_as_recorded 0'])
  })

  it('has nothing else there, and takes nothing', async () => {
    const status = async (path: string, method = 'GET') =>
      (await fetch(origin + path, { method })).status
    assert.deepEqual(
      [await status('/'), await status('/audit'), await status('/metrics', 'POST')],
      [404, 404, 404],
    )
  })
})

describe('the metrics of a bot with pages', () => {
  let house: House
  before(async () => {
    house = await startHouse({ pages: true })
  })
  after(() => house[Symbol.asyncDispose]())

  it('tell routes and reasons, and nobody’s name or words', async () => {
    const bot = await house.startBot({ metricsPort: 0 })
    const line = house.logged.find((each) => each.includes('"msg":"metrics"'))
    const port = /"port":(\d+)/.exec(line ?? '')?.[1] ?? assert.fail(house.logged.join(''))
    const alex = house.pages.as('alex')
    const reason = 'INC-42 canary words'
    const asked = await alex.submit('/', 'Ask for access', {
      resource: 'grafana-prod',
      duration: '1h',
      reason,
    })
    assert.equal((await alex.follow(asked)).status, 200)
    assert.equal((await alex.get('/canary?canary=1')).status, 404)
    assert.equal((await house.pages.as('stranger@canary.example').get('/')).status, 403)
    assert.equal((await fetch(`http://127.0.0.1:${bot.port}/`)).status, 401)

    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    for (const counted of [
      'method="GET",route="/",status="200"',
      'method="POST",route="/",status="303"',
      'method="GET",route="/requests/:id",status="200"',
      'method="GET",route="none",status="404"',
    ])
      assert.ok(text.includes(`jit_page_duration_seconds_count{${counted}} 1\n`), text)
    for (const reason of ['not-a-member', 'absent'])
      assert.ok(text.includes(`jit_page_refusals_total{reason="${reason}"} 1\n`), text)
    assert.doesNotMatch(text, new RegExp(`canary|alex|${house.people.alex}|grafana`))
  })

  it('keep the bot from starting where their port is taken', async () => {
    const { port } = house.bot
    await assert.rejects(
      house.startBot({ metricsPort: port }),
      (error) =>
        error instanceof StartError &&
        error.message ===
          `port ${port} cannot be listened on (EADDRINUSE); stop what uses it, or set METRICS_PORT to another one`,
    )
  })
})
