import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { AuditFilter } from '../../src/app/audit-cases.ts'
import { createAuditCases } from '../../src/app/audit-reading.ts'
import type { Visitor } from '../../src/app/page-cases.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { Store } from '../../src/app/store.ts'
import type { ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import { ask, change, aDatabase, grant } from '../postgres/support.ts'
import { MORNING, aCatalogue, aPerson, after, alex, kim, people, sam } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDirectory } from './directory.ts'
import { linkingDeps } from './linking.ts'

const AUDITORS = 'S0AUDITORS' as SlackGroupId
const ADMINS = 'S0ADMINS' as SlackGroupId
const ada = aPerson('ada', { groups: [AUDITORS] })
const root = aPerson('root', { groups: [ADMINS] })
const guest = aPerson('gus', { groups: [AUDITORS], standing: 'guest' })
const catalogue = aCatalogue({
  admins: people({ groups: [ADMINS] }),
  auditors: people({ groups: [AUDITORS], emails: ['sam@example.com'] }),
})

const visitorOf = ({ userId, email }: Person): Visitor => ({
  actor: userId,
  assertion: { subject: `sub-${email}`, email, issuedAt: MORNING },
  isLinked: false,
  mayDecide: false,
  mayAudit: false,
})

let database: TestDatabase
before(async () => {
  database = await aDatabase(4)
})
afterAll(() => database[Symbol.asyncDispose]())

const directory = () => aDirectory(ada, alex, guest, kim, root, sam)
const casesOf = (facts: { store?: Store; directory?: ReturnType<typeof aDirectory> } = {}) =>
  createAuditCases({ ...linkingDeps(database, directory(), { catalogue }), ...facts })
const lastEvent = async (): Promise<RecordedEvent | undefined> =>
  (await database.store.statement((db) => db.audit.newest({}, Number.MAX_SAFE_INTEGER, 1)))[0]

async function readAll(filter: AuditFilter): Promise<readonly number[]> {
  const outcome = await casesOf().auditExport(visitorOf(ada), filter, 'csv')
  if (!outcome.ok) throw new Error(outcome.refusal.code)
  const found: number[] = []
  for await (const batch of outcome.value.batches)
    found.push(...batch.flatMap(({ seq, isWanted }) => (isWanted ? seq : [])))
  return found
}

describe('whoever reads the trail', () => {
  const filter: AuditFilter = {
    from: MORNING,
    to: after(60),
    person: { email: 'Alex@example.com' },
    resourceId: 'grafana-prod' as ResourceId,
    action: 'request.denied',
  }
  const asked = {
    from: '2026-03-02T09:00:00.250Z',
    to: '2026-03-02T09:01:00.250Z',
    person: 'Alex@example.com',
    resource: 'grafana-prod',
    action: 'request.denied',
  }
  const actorOf = (person: Person) => ({
    kind: 'person',
    identity: { ...identityOf(person), subject: `sub-${person.email}` },
  })
  for (const person of [ada, root, sam])
    it(`is on record as ${person.email}, an admin or an auditor, with what they looked for`, async () => {
      const visitor = visitorOf(person)
      const outcome = await casesOf().auditPage(visitor, filter, 7)
      assert.equal(outcome.ok, true)
      const { seq: _seq, at: _at, hash: _hash, ...read } = (await lastEvent()) ?? assert.fail()
      assert.deepEqual(read, {
        schemaVersion: 1,
        action: 'audit.read',
        actor: actorOf(person),
        via: 'web',
        alert: false,
        details: { ...asked, before: 7 },
      })
      assert.equal((await casesOf().auditExport(visitor, filter, 'jsonl')).ok, true)
      const { action, details } = (await lastEvent()) ?? assert.fail()
      assert.deepEqual(
        { action, details },
        {
          action: 'audit.exported',
          details: { ...asked, format: 'jsonl', seq: 0 },
        },
      )
    })

  for (const [who, person, code] of [
    ['an approver', kim, 'not-an-auditor'],
    ['a guest in the group of the auditors', guest, 'not-an-auditor'],
    ['somebody whom Slack does not know', aPerson('zoe', { groups: [AUDITORS] }), 'not-a-member'],
  ] as const)
    it(`is given nothing when it is ${who}, and that is on record`, async () => {
      for (const read of [
        () => casesOf().auditPage(visitorOf(person), filter, undefined),
        () => casesOf().auditExport(visitorOf(person), filter, 'csv'),
      ]) {
        const outcome = await read()
        assert.equal(outcome.ok ? undefined : outcome.refusal.code, code)
        const { action, actor, details } = (await lastEvent()) ?? assert.fail()
        assert.equal(action, 'audit.read_refused')
        assert.equal(actor.kind === 'person' ? actor.identity.userId : undefined, person.userId)
        assert.equal(details['refusal'], code)
        assert.equal(details['action'], 'request.denied')
      }
    })

  it('is given nothing while Slack does not say who belongs to the groups', async () => {
    for (const failing of [AUDITORS, ADMINS, ada.userId]) {
      const known = directory()
      known.fail(failing)
      const cases = casesOf({ directory: known })
      const outcome = await cases.auditPage(visitorOf(ada), {}, undefined)
      assert.deepEqual(outcome, { ok: false, refusal: { code: 'directory-unavailable' } })
      assert.equal((await lastEvent())?.details['refusal'], 'directory-unavailable')
    }
  })

  it('is looked up anew, whatever the visitor was taken for before', async () => {
    const visitor = { ...visitorOf(kim), mayAudit: true, mayDecide: true }
    const outcome = await casesOf().auditPage(visitor, {}, undefined)
    assert.deepEqual(outcome, { ok: false, refusal: { code: 'not-an-auditor' } })
  })

  it('is given nothing when it cannot be put on record', async () => {
    await database.pool.query(
      `alter table audit_event add constraint is_full check (action not like 'audit.%') not valid`,
    )
    const cases = casesOf()
    await assert.rejects(cases.auditPage(visitorOf(ada), {}, undefined), /is_full/)
    await assert.rejects(cases.auditExport(visitorOf(ada), {}, 'csv'), /is_full/)
    await assert.rejects(cases.auditPage(visitorOf(kim), {}, undefined), /is_full/)
    await database.pool.query('alter table audit_event drop constraint is_full')
  })
})

describe('auditPage', () => {
  it('gives every event once, page by page, while others are recorded', async () => {
    for (let n = 0; n < 60; n += 1)
      await ask(database.store, {
        by: aPerson(`asker${n}`, { groups: alex.groups && [...alex.groups] }),
      })
    const all = (await lastEvent())?.seq ?? 0
    const cases = casesOf()
    const seen: number[] = []
    let before: number | undefined
    let pages = 0
    do {
      const outcome = await cases.auditPage(visitorOf(ada), {}, before)
      assert.ok(outcome.ok)
      const { events, next } = outcome.value
      assert.ok(events.length <= 50)
      seen.push(...events.map(({ seq }) => seq))
      before = next
      pages += 1
      await ask(database.store, { by: aPerson(`later${pages}`, { groups: [...alex.groups] }) })
    } while (before !== undefined)
    assert.ok(pages > 1)
    assert.deepEqual(
      seen.toReversed(),
      Array.from({ length: all }, (_, index) => index + 1),
    )
  })

  it('does not end with a page of nothing', async () => {
    const person = aPerson('busy', { groups: [...alex.groups] })
    for (let n = 0; n < 50; n += 1) {
      const { id } = await ask(database.store, { by: person })
      await change(database.store, id, { type: 'cancel', at: after(5), by: person })
    }
    const of = { person: { userId: person.userId } }
    const first = await casesOf().auditPage(visitorOf(ada), of, undefined)
    assert.ok(first.ok && first.value.next !== undefined)
    const second = await casesOf().auditPage(visitorOf(ada), of, first.value.next)
    assert.ok(second.ok)
    assert.deepEqual([second.value.events.length, second.value.next], [50, undefined])
  })

  it('shows the access of the time of its events, and what the trail says of itself', async () => {
    const robin = aPerson('robin', { groups: [...alex.groups] })
    const { id, grant: granted } = await grant(
      database.store,
      { by: robin, at: new Date() },
      new Date(),
    )
    const of = { person: { userId: robin.userId } }
    const last = await lastEvent()
    const outcome = await casesOf().auditPage(visitorOf(ada), of, undefined)
    assert.ok(outcome.ok)
    assert.deepEqual(
      outcome.value.windows.map(({ requestId, to, isOver }) => ({ requestId, to, isOver })),
      [{ requestId: id, to: granted.endsAt, isOver: false }],
    )
    assert.deepEqual(outcome.value.status, {
      isAppendOnly: true,
      lastSeq: last?.seq,
      lastAt: last?.at,
      lastHash: last?.hash,
    })
    const before = await casesOf().auditPage(visitorOf(ada), { ...of, to: MORNING }, undefined)
    assert.ok(before.ok)
    assert.deepEqual([before.value.events, before.value.windows], [[], []])
  })
})

describe('auditExport', () => {
  it('gives every event once, the oldest first, up to when it began', async () => {
    const { rows } = await database.pool.query<{ seq: string }>('select seq from audit_event')
    assert.deepEqual(
      await readAll({}),
      rows.map(({ seq }) => Number(seq)).sort((a, b) => a - b),
    )
  })

  it('ends where it began, though events come in as quickly as it reads', async () => {
    const event = {
      action: 'policy.written',
      actor: { kind: 'bot' },
      via: 'bot',
      alert: false,
      details: {},
    } as const
    await database.pool.query(
      `insert into audit_event (action, via, actor_kind) select 'policy.written', 'bot', 'bot' from generate_series(1, 4500)`,
    )
    const outcome = await casesOf().auditExport(visitorOf(ada), { action: 'policy' }, 'csv')
    assert.ok(outcome.ok)
    let found = 0
    let batches = 0
    for await (const batch of outcome.value.batches) {
      found += batch.filter(({ isWanted }) => isWanted).length
      batches += 1
      await database.store.transaction(async (tx) => tx.audit.append(event))
    }
    assert.equal(found, 4_500)
    assert.ok(batches > 2)
  })
})
