import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { AccessRequest, Approved } from '../../src/domain/request.ts'
import type { TestDatabase } from '../support/database.ts'
import { after } from '../support/build.ts'
import { aDatabase, record } from '../postgres/support.ts'
import { liveThrough } from './history.ts'
import { QUERIES, queryOf, run, textOf } from './query.ts'

const DAY = 86_400
const FROM = after(5 * DAY)
const TO = after(20 * DAY)
const SPAN = { from: FROM.toISOString(), to: TO.toISOString() }
const isWithin = (at: Date) => at >= FROM && at < TO

describe('db/queries', () => {
  let database: TestDatabase
  let requests: readonly AccessRequest[]
  before(async () => {
    database = await aDatabase()
    requests = await liveThrough(database.store, 7)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const ask = <Row extends object>(name: string, given: Readonly<Record<string, string>> = {}) =>
    run<Row>(database.pool, name, given)
  const ids = async (name: string, given: Readonly<Record<string, string>> = {}) =>
    (await ask<{ request_id: string }>(name, given)).map((row) => row.request_id)

  const approved = (): readonly Approved[] =>
    requests.filter((request): request is Approved => request.status === 'approved')
  /** Access as the oracle has it: when it began and ended for certain. */
  const access = () =>
    approved().flatMap((request) => {
      const { grant } = request
      if (grant.state === 'never-active') return []
      const began =
        'activeAt' in grant && grant.activeAt ? grant.activeAt : after(5, grant.startsAt)
      const over = 'endedAt' in grant ? grant.endedAt : grant.endsAt
      const finished = over < grant.endsAt ? over : grant.endsAt
      return [{ request, grant, began, finished }]
    })
  const sorted = (list: readonly string[]) => [...list].sort()

  it('who-could-reach', async () => {
    let found = 0
    for (let n = 0; n < 60; n += 1) {
      const at = after(n * 11 * 3_600 + 1_800)
      const resource = ['grafana-prod', 'billing-db', 'vault'][n % 3] ?? ''
      const expected = access()
        .filter(
          (one) =>
            one.grant.startsAt <= at &&
            one.began <= at &&
            one.finished > at &&
            one.request.resourceId === resource,
        )
        .map(({ request }) => request.id)
      found += expected.length
      const given = { resource, at: at.toISOString() }
      assert.deepEqual(sorted(await ids('who-could-reach', given)), sorted(expected))
    }
    assert.ok(found > 5)
  })

  it('person', async () => {
    const now = Date.now()
    const span = {
      from: new Date(now - DAY * 1_000).toISOString(),
      to: new Date(now + DAY * 1_000).toISOString(),
    }
    const own = requests.filter(({ requester }) => requester.email === 'eli@example.com')
    const { rows } = await database.pool.query<{ n: number }>(
      `select count(*)::int as n from audit_event where actor_email = 'eli@example.com' or request_id = any ($1)`,
      [own.map(({ id }) => id)],
    )
    for (const person of ['Eli@Example.com', 'U0ELI']) {
      const events = await ask<{ what: string }>('person', { person, ...span })
      assert.equal(events.length, rows[0]?.n)
    }
    const then = await ask<{ what: string }>('person', { person: 'U0ELI', ...SPAN })
    const reached = access().filter(
      ({ request, began, finished }) =>
        request.requester.userId === 'U0ELI' && began < TO && finished > FROM,
    )
    assert.deepEqual([then.length > 0, then.length], [true, reached.length])
    assert.ok(then.every(({ what }) => what.startsWith('could reach it until ')))
  })

  it('approvals', async () => {
    const expected = requests.flatMap((request) =>
      request.approvals
        .filter(({ at }) => isWithin(at))
        .map(({ by }) => `${request.id} ${by.email}`),
    )
    const rows = await ask<{ request_id: string; approver_email: string; reason: string }>(
      'approvals',
      SPAN,
    )
    assert.deepEqual(
      sorted(rows.map((row) => `${row.request_id} ${row.approver_email}`)),
      sorted(expected),
    )
    assert.ok(expected.length > 10)
  })

  it('grants-without-incident', async () => {
    const begun = access().filter(({ grant }) => isWithin(grant.startsAt))
    const expected = begun.filter(({ request }) => !/INC-\d+/i.test(request.reason))
    assert.deepEqual(
      sorted(await ids('grants-without-incident', SPAN)),
      sorted(expected.map(({ request }) => request.id)),
    )
    assert.ok(expected.length > 3)
    const all = await ids('grants-without-incident', { ...SPAN, pattern: 'TICKET' })
    assert.equal(all.length, begun.length)
  })

  it('break-glass-unreviewed', async () => {
    const expected = approved().filter(({ review }) => review?.state === 'due')
    assert.ok(expected.length > 5)
    assert.deepEqual(
      sorted(await ids('break-glass-unreviewed')),
      sorted(expected.map(({ id }) => id)),
    )
  })

  it('approver-pairs', async () => {
    const counts = new Map<string, number>()
    const byRequester = new Map<string, number>()
    for (const { requester, approvals } of requests)
      for (const { by, at } of approvals.filter(({ at }) => isWithin(at))) {
        assert.ok(at)
        const pair = `${requester.email} ${by.email}`
        counts.set(pair, (counts.get(pair) ?? 0) + 1)
        byRequester.set(requester.email, (byRequester.get(requester.email) ?? 0) + 1)
      }
    const rows = await ask<
      Record<'requester' | 'approver', string> & Record<'approvals' | 'share' | 'back', number>
    >('approver-pairs', SPAN)
    assert.equal(rows.length, counts.size)
    for (const { requester, approver, approvals, share, back } of rows) {
      assert.equal(approvals, counts.get(`${requester} ${approver}`))
      assert.equal(share, Math.round((100 * approvals) / (byRequester.get(requester) ?? 0)))
      assert.equal(back, counts.get(`${approver} ${requester}`) ?? 0)
    }
    assert.ok(rows.some(({ back }) => back > 0))
  })

  it('self-activation', async () => {
    const expected = access().filter(
      ({ request, grant }) =>
        isWithin(grant.startsAt) &&
        (request.automatic !== undefined || request.kind === 'break-glass'),
    )
    assert.ok(expected.length > 5)
    assert.deepEqual(
      sorted(await ids('self-activation', SPAN)),
      sorted(expected.map(({ request }) => request.id)),
    )
  })

  it('out-of-hours', async () => {
    const isOut = (began: Date, shiftHours: number, opens: number, closes: number) => {
      const there = new Date(began.getTime() + shiftHours * 3_600_000)
      const day = there.getUTCDay()
      return day === 0 || day === 6 || there.getUTCHours() < opens || there.getUTCHours() >= closes
    }
    const begun = access().filter(({ grant }) => isWithin(grant.startsAt))
    const expected = (shift: number, opens: number, closes: number) =>
      sorted(
        begun
          .filter(({ began }) => isOut(began, shift, opens, closes))
          .map(({ request }) => request.id),
      )
    assert.deepEqual(sorted(await ids('out-of-hours', SPAN)), expected(0, 8, 18))
    // In March 2026, before summer time.
    const there = { ...SPAN, zone: 'Asia/Tokyo', opens: '7', closes: '22' }
    assert.deepEqual(sorted(await ids('out-of-hours', there)), expected(9, 7, 22))
    assert.ok(expected(0, 8, 18).length > 5 && expected(0, 8, 18).length < begun.length)
  })

  it('time-to-decision', async () => {
    const waits = new Map<string, number[]>()
    for (const request of requests) {
      if (!isWithin(request.requestedAt) || request.kind === 'break-glass') continue
      const answeredAt =
        request.status === 'denied'
          ? request.deniedAt
          : request.approvals.map(({ at }) => at).at(-1)
      if (answeredAt === undefined) continue
      const seconds = (answeredAt.getTime() - request.requestedAt.getTime()) / 1_000
      waits.set(request.resourceId, [...(waits.get(request.resourceId) ?? []), seconds])
    }
    const rows = await ask<{
      resource_id: string
      answered: number
      median: number
      longest: number
    }>('time-to-decision', SPAN)
    assert.equal(rows.length, waits.size)
    for (const { resource_id, answered, median, longest } of rows) {
      const seconds = (waits.get(resource_id) ?? []).toSorted((a, b) => a - b)
      assert.deepEqual(
        [answered, median, longest],
        [seconds.length, seconds[Math.ceil(seconds.length / 2) - 1], seconds.at(-1)],
      )
    }
  })

  it('live-now', async () => {
    const open = approved().filter(({ grant }) =>
      ['granting', 'active', 'ending'].includes(grant.state),
    )
    assert.ok(open.length > 3)
    const client = await database.pool.connect()
    try {
      await client.query('begin')
      const expected = open.filter(({ grant }) => grant.startsAt <= TO && grant.endsAt > TO)
      for (const [at, wanted] of [
        [TO, expected],
        [after(60, open[0]?.grant.startsAt), [open[0]]],
      ] as const) {
        await client.query('select at_time($1, null)', [at])
        const { rows } = await client.query<{ request_id: string }>(queryOf('live-now', {}))
        const found = rows.map(({ request_id: id }) => id)
        for (const request of wanted) assert.ok(found.includes(request?.id ?? ''))
      }
    } finally {
      await client.query('rollback')
      client.release()
    }
    assert.deepEqual(await ids('live-now'), [])
  })

  it('rules-at-approval', async () => {
    const [one] = approved().filter(({ approvals }) => approvals.length > 0)
    const rows = await ask<{ action: string; source: string; who: string }>('rules-at-approval', {
      request: one?.id ?? '',
    })
    assert.deepEqual(
      rows.map(({ action, who }) => [action, who]),
      [
        ['request.created', one?.requester.email],
        ['request.approved', one?.approvals[0]?.by.email],
      ],
    )
  })

  it('changes-outside', async () => {
    const bot = { actor: { kind: 'bot' }, via: 'bot', alert: true } as const
    const details = { policy: 'jit-grafana-prod', count: 1, rules: ['allow somebody'] }
    await record(database, { ...bot, action: 'policy.foreign_rules', details })
    await record(database, { ...bot, action: 'policy.written', alert: false, details: {} })
    const rows = await ask<{ action: string; details: object }>('changes-outside', {
      from: '2000-01-01Z',
      to: '2100-01-01Z',
    })
    assert.deepEqual(
      rows.map(({ action, details }) => [action, details]),
      [['policy.foreign_rules', details]],
    )
    assert.deepEqual(await ask('changes-outside', SPAN), [])
  })

  it('access-review', async () => {
    const first = new Date('2026-01-01T00:00:00Z')
    const next = new Date('2026-04-01T00:00:00Z')
    const had = access().filter(({ began, finished }) => began < next && finished > first)
    const rows = await ask<{
      resource_id: string
      email: string
      grants: number
      hours: number
      automatic: number
      break_glass: number
      approvers: string | null
    }>('access-review', { quarter: '2026-01-01' })
    assert.equal(
      rows.reduce((sum, { grants }) => sum + grants, 0),
      had.length,
    )
    for (const row of rows) {
      const theirs = had.filter(
        ({ request, grant }) => request.resourceId === row.resource_id && grant.email === row.email,
      )
      const milliseconds = theirs.reduce(
        (sum, { began, finished }) =>
          sum +
          Math.min(finished.getTime(), next.getTime()) -
          Math.max(began.getTime(), first.getTime()),
        0,
      )
      assert.equal(row.grants, theirs.length)
      assert.ok(Math.abs(row.hours - milliseconds / 3_600_000) <= 0.051, `${row.hours}`)
      assert.equal(
        row.automatic,
        theirs.filter(({ request }) => request.automatic !== undefined).length,
      )
      assert.equal(
        row.break_glass,
        theirs.filter(({ request }) => request.kind === 'break-glass').length,
      )
      const approvers = new Set(
        theirs.flatMap(({ request }) => request.approvals.map(({ by }) => by.email)),
      )
      assert.equal(row.approvers, approvers.size === 0 ? null : [...approvers].sort().join(', '))
    }
    assert.deepEqual(await ask('access-review', { quarter: '2025-01-01' }), [])
  })

  it('all have a test, say what they answer and how to run them, and read nothing but the views', () => {
    const tested = [
      'access-review',
      'approvals',
      'approver-pairs',
      'break-glass-unreviewed',
      'changes-outside',
      'grants-without-incident',
      'live-now',
      'out-of-hours',
      'person',
      'rules-at-approval',
      'self-activation',
      'time-to-decision',
      'who-could-reach',
    ]
    assert.deepEqual(QUERIES, tested)
    for (const name of QUERIES) {
      const text = textOf(name)
      const call = new RegExp(`^-- psql "\\$AUDITOR_URL" .*-f db/queries/${name}\\.sql$`, 'm')
      assert.match(text, /^-- [A-Z].*[.,:]/)
      assert.match(text, call)
      const own = [...text.matchAll(/(?:with|,)\s+(\w+) as \(/g)].map(([, table]) => table)
      for (const [, table = ''] of text
        .replaceAll(/^--.*$|extract\(\w+ from/gm, '')
        .matchAll(/\b(?:from|join)\s+(?!lateral)([a-z_.]+)/g))
        assert.ok(table.startsWith('audit.') || own.includes(table), `${name} reads ${table}`)
      const used = new Set([...text.matchAll(/(?<!:):'(\w+)'/g)].map(([, variable]) => variable))
      const head = text.slice(0, text.indexOf('-- psql'))
      for (const variable of used)
        assert.match(head, new RegExp(`\\b${variable}\\b`), `${name}: ${variable}`)
    }
  })

  it('views have comments, and none of what the product keeps for itself', async () => {
    const { rows } = await database.pool.query<{
      view: string
      comment: string | null
      columns: string
    }>(`
      select relname as view, obj_description(pg_class.oid) as comment, (
        select string_agg(attname, ' ') from pg_attribute where attrelid = pg_class.oid and attnum > 0) as columns
      from pg_class where relnamespace = 'audit'::regnamespace and relkind = 'v'`)
    assert.ok(rows.length >= 8)
    for (const { view, comment, columns } of rows) {
      assert.ok((comment ?? '').length > 10, view)
      assert.doesNotMatch(columns, /idempotency|code_hash|lease_|token/)
    }
  })
})
