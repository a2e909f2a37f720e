import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import {
  aLevel,
  aPerson,
  aResource,
  after,
  anApprover,
  anEngineer,
  kim,
  people,
} from '../support/build.ts'
import { aDatabase, anEmergencyResource, ask, breakGlass, change, grant } from './support.ts'

const ids = (requests: readonly { readonly id: string }[]) => requests.map(({ id }) => id)

describe('requests.pending', () => {
  it('goes by resource and level', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const plain = await ask(store, { by: anEngineer('a'), at: after(0) })
    const read = await ask(store, { by: anEngineer('b'), at: after(1), resource: aLevel('read') })
    const admin = await ask(store, { by: anEngineer('c'), at: after(2), resource: aLevel('admin') })
    const of = (...refs: string[]) =>
      store.statement((db) => db.requests.pending(refs, kim, 10)).then(ids)
    assert.deepEqual(await of('grafana-prod'), [plain.id])
    assert.deepEqual(await of('grafana-prod:read'), [read.id])
    assert.deepEqual(await of('grafana-prod', 'grafana-prod:admin'), [plain.id, admin.id])
    assert.deepEqual(await of('grafana-prod:'), [])
  })

  it('leaves out what somebody is the beneficiary of', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const sponsors = people({ groups: ['S0SPONSORS' as SlackGroupId] })
    const vendors = { people: people({ domains: ['partner.example'] }), sponsors }
    const by = aPerson('sue', { groups: ['S0SPONSORS' as SlackGroupId] })
    const resource = aResource({ vendors })
    const { id } = await ask(store, { by, resource, beneficiary: 'Vera@Partner.example' })
    const of = (who: Person) =>
      store.statement((db) => db.requests.pending(['grafana-prod'], who, 10)).then(ids)
    assert.deepEqual(await of(kim), [id])
    assert.deepEqual(await of(anApprover('vera', { email: 'vera@partner.example' })), [])
    assert.deepEqual(await of(by), [])
  })
})

describe('requests.findPending', () => {
  it('goes by resource, level and beneficiary', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const sponsors = people({ groups: ['S0SPONSORS' as SlackGroupId] })
    const vendors = { people: people({ domains: ['partner.example'] }), sponsors }
    const by = anEngineer('sue', { groups: ['S0SPONSORS' as SlackGroupId] })
    const level = aLevel('read', { vendors, requesters: sponsors })
    const beneficiary = 'Vera@Partner.example'
    const own = await ask(store, { by, resource: level })
    const forVera = await ask(store, { by, resource: level, beneficiary })
    const find = (facts: { readonly level?: string; readonly beneficiary?: string }) =>
      store.statement((db) =>
        db.requests.findPending({
          requester: by.userId,
          resourceId: level.id,
          beneficiary: facts.beneficiary,
          level: facts.level as typeof own.level,
        }),
      )
    assert.deepEqual(await find({ level: 'read' }), own)
    assert.deepEqual(await find({ level: 'read', beneficiary: ' vera@partner.EXAMPLE' }), forVera)
    assert.equal(await find({}), undefined)
    assert.equal(await find({ level: 'admin' }), undefined)
    assert.equal(await find({ level: 'read', beneficiary: 'vito@partner.example' }), undefined)
  })
})

describe('requests.openRequesters', () => {
  it('names everybody who waits, or has a grant that is not over, once', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const [waiting, holder, done] = ['waiting', 'holder', 'done'].map((name) => anEngineer(name))
    assert.ok(waiting && holder && done)
    await ask(store, { by: waiting })
    await grant(store, { by: holder })
    await ask(store, { by: holder })
    const over = await grant(store, { by: done })
    await change(store, over.id, { type: 'tick', at: over.grant.endsAt })
    const open = await store.statement((db) => db.requests.openRequesters())
    assert.deepEqual(open, [holder.userId, waiting.userId])
  })
})

describe('requests.openOf', () => {
  it('gives what waits or is not over, the oldest first, and nobody else’s', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const by = anEngineer('open')
    const at = (id: string) => aResource({ id: id as ResourceId })
    const second = await ask(store, { by, at: after(20) })
    const first = await grant(store, { by, at: after(10), resource: at('r1') })
    const over = await grant(store, { by, resource: at('r2') })
    await change(store, over.id, { type: 'tick', at: over.grant.endsAt })
    const third = await grant(store, { by, at: after(30), resource: at('r3') })
    const end = { type: 'end', by, at: after(80), admins: people(), resource: at('r3') } as const
    const ending = await change(store, third.id, end)
    await ask(store, { by: anEngineer('else') })
    const open = await store.statement((db) => db.requests.openOf(by.userId))
    assert.deepEqual(open, [first, second, ending])
  })

  it('gives no more than 200', async () => {
    await using database = await aDatabase(2)
    const { store, pool } = database
    const { id } = await ask(store, { by: anEngineer('busy') })
    const client = await pool.connect()
    try {
      await client.query('set session_replication_role = replica')
      await client.query(
        `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
           resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, catalogue_revision)
         select lpad(n::text, 8, '0'), 1, 'pending', n, 'T', requester_user_id, requester_email, 'r' || n, 60, 'why',
           requested_at, lapses_at, 1, catalogue_revision from request, generate_series(1, 250) n where id = '${id}'`,
      )
      await client.query('reset session_replication_role')
    } finally {
      client.release()
    }
    const open = await store.statement((db) => db.requests.openOf(anEngineer('busy').userId))
    assert.equal(open.length, 200)
  })
})

describe('requests.reviewsDue', () => {
  it('gives emergency access that others opened and nobody has reviewed, the first due first', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const resource = anEmergencyResource()
    const second = await breakGlass(store, anEngineer('b2'), after(20))
    const first = await breakGlass(store, anEngineer('b1'), after(10))
    const done = await breakGlass(store, anEngineer('b3'))
    const reviewed = {
      by: kim,
      admins: people(),
      at: after(120),
      resource,
      verdict: 'justified',
    } as const
    await change(store, done.id, { type: 'review', ...reviewed })
    await grant(store, { by: anEngineer('plain') })
    const due = (refs: readonly string[], who: Person = kim, limit = 10) =>
      store.statement((db) => db.requests.reviewsDue(refs, who, limit))
    assert.deepEqual(await due(['grafana-prod']), [first, second])
    assert.deepEqual(await due(['grafana-prod'], kim, 1), [first])
    assert.deepEqual(ids(await due(['grafana-prod'], anEngineer('b1'))), [second.id])
    const alias = anApprover('alias', { email: 'B2@example.com' })
    assert.deepEqual(ids(await due(['grafana-prod'], alias)), [first.id])
    assert.deepEqual(await due(['grafana-prod:read']), [])
    assert.deepEqual(await due([]), [])
  })
})

describe('requests.waiting', () => {
  it('gives what waits, the oldest first, by resource and level or all of it', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const second = await ask(store, { by: anEngineer('w2'), at: after(20) })
    const first = await ask(store, { by: anEngineer('w1'), at: after(10) })
    const read = await ask(store, { by: anEngineer('w3'), at: after(30), resource: aLevel('read') })
    await grant(store, { by: anEngineer('w4') })
    const of = (refs: readonly string[] | 'all', limit = 10) =>
      store.statement((db) => db.requests.waiting(refs, limit))
    assert.deepEqual(await of(['grafana-prod']), [first, second])
    assert.deepEqual(ids(await of('all')), [first.id, second.id, read.id])
    assert.deepEqual(ids(await of('all', 1)), [first.id])
    assert.deepEqual(ids(await of(['grafana-prod:read'])), [read.id])
    assert.deepEqual(await of([]), [])
  })
})

describe('requests.holding', () => {
  it('gives grants that are not over, the first to end first, by resource or all of them', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const at = (id: string) => aResource({ id: id as ResourceId })
    const long = await grant(store, { by: anEngineer('h1'), durationSeconds: 7_200 })
    const short = await grant(store, { by: anEngineer('h2') })
    const other = await grant(store, { by: anEngineer('h3'), resource: at('r9') }, after(90))
    const over = await grant(store, { by: anEngineer('h4') })
    await change(store, over.id, { type: 'tick', at: over.grant.endsAt })
    await ask(store, { by: anEngineer('h5') })
    const of = (refs: readonly string[] | 'all', limit = 10) =>
      store.statement((db) => db.requests.holding(refs, limit))
    assert.deepEqual(await of(['grafana-prod']), [short, long])
    assert.deepEqual(ids(await of('all')), [short.id, other.id, long.id])
    assert.deepEqual(ids(await of('all', 2)), [short.id, other.id])
    assert.deepEqual(await of(['grafana-prod:read']), [])
    assert.deepEqual(await of([]), [])
  })
})
