import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { AuditDigest, AuditSubject } from '../../src/app/audit-cases.ts'
import { EVENTS_COUNTED, auditDigest } from '../../src/app/audit-digest.ts'
import type { Deps } from '../../src/app/deps.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { RequestId, ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { parseQuestion } from '../../src/web/audit-filter.ts'
import { aDatabase, ask, change, grant } from '../postgres/support.ts'
import {
  aCatalogue,
  aPerson,
  aResource,
  after,
  alex,
  anEngineer,
  kim,
  people,
  sam,
} from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDirectory } from './directory.ts'
import { ORIGIN, linkingDeps } from './linking.ts'

const AUDITORS = 'S0AUDITORS' as SlackGroupId
const ada = aPerson('ada', { groups: [AUDITORS] })
const PAYMENTS = 'payments' as ResourceId
const GRAFANA = 'grafana-prod' as ResourceId
const catalogue = aCatalogue(
  { auditors: people({ groups: [AUDITORS] }) },
  aResource(),
  aResource({ id: PAYMENTS }),
)

let database: TestDatabase
before(async () => {
  database = await aDatabase(4)
})
afterAll(() => database[Symbol.asyncDispose]())

const directory = () => aDirectory(ada, alex, kim, sam)
const depsWith = (changes: Partial<Deps> = {}): Deps => ({
  ...linkingDeps(database, directory(), { catalogue }),
  ...changes,
})
const read = (about: AuditSubject, seconds?: number, { userId }: Person = ada, deps = depsWith()) =>
  auditDigest(deps, {
    actor: userId,
    via: 'command',
    about,
    ...(seconds === undefined ? {} : { seconds }),
  })
async function digestOf(about: AuditSubject, seconds?: number): Promise<AuditDigest> {
  const outcome = await read(about, seconds)
  return outcome.ok ? outcome.value : assert.fail(outcome.refusal.code)
}
const lastEvent = async (): Promise<RecordedEvent> =>
  (await database.store.statement((db) => db.audit.newest({}, Number.MAX_SAFE_INTEGER, 1)))[0] ??
  assert.fail()

describe('who reads a digest', () => {
  it('is on record with what they looked for', async () => {
    const { filter } = await digestOf({ person: { email: 'Alex@example.com' } }, 3_600)
    const { action, actor, via, alert, details } = await lastEvent()
    const { groups: _groups, standing: _standing, ...identity } = ada
    assert.deepEqual([action, via, alert], ['audit.read', 'command', false])
    assert.deepEqual(actor, { kind: 'person', identity })
    const from = filter.from?.toISOString()
    assert.deepEqual(details, { person: 'Alex@example.com', from })
  })

  it('learns nothing without the right to, not even what there is, and that is on record', async () => {
    const { id } = await ask(database.store)
    const absent = 'ZZZZZZZZ' as RequestId
    const refused = { ok: false, refusal: { code: 'not-an-auditor' } }
    for (const [about, named] of [
      [{}, {}],
      [{ requestId: id }, { request: id }],
      [{ requestId: absent }, { request: absent }],
      [{ resourceId: GRAFANA }, { resource: GRAFANA }],
      [{ resourceId: 'no-such' as ResourceId }, { resource: 'no-such' }],
      [{ person: { userId: kim.userId } }, { person: kim.userId }],
    ] as const) {
      assert.deepEqual(await read(about, undefined, kim), refused)
      const { action, via, actor, details } = await lastEvent()
      const { from: _from, ...told } = details
      assert.deepEqual(
        [action, via, told],
        ['audit.read_refused', 'command', { ...named, refusal: 'not-an-auditor' }],
      )
      assert.equal(actor.kind === 'person' && actor.identity.userId, kim.userId)
    }
  })

  it('is given nothing while Slack does not say who belongs to the auditors', async () => {
    const known = directory()
    known.fail(AUDITORS)
    const outcome = await read({}, undefined, ada, depsWith({ directory: known }))
    assert.deepEqual(outcome, { ok: false, refusal: { code: 'directory-unavailable' } })
    assert.equal((await lastEvent()).details['refusal'], 'directory-unavailable')
  })

  it('is given nothing when it cannot be put on record', async () => {
    await database.pool.query(
      `alter table audit_event add constraint is_full check (action not like 'audit.%') not valid`,
    )
    await assert.rejects(read({}), /is_full/)
    await assert.rejects(read({}, undefined, kim), /is_full/)
    await database.pool.query('alter table audit_event drop constraint is_full')
  })
})

describe('auditDigest', () => {
  it('gives the newest events first, how many there are of which kind, and who has access', async () => {
    const by = anEngineer('olga')
    const denied = await ask(database.store, { by })
    const resource = aResource()
    await change(database.store, denied.id, {
      type: 'deny',
      at: after(60),
      by: kim,
      resource,
      reason: 'no',
    })
    const { id } = await grant(database.store, { by, at: new Date() }, new Date())
    const found = await digestOf({ person: { userId: by.userId } })
    assert.deepEqual(
      found.events.map(({ action }) => action),
      ['request.approved', 'request.created', 'request.denied', 'request.created'],
    )
    assert.deepEqual([...found.families], [['request', 4]])
    assert.deepEqual([found.counted, found.isCountedOut], [4, true])
    assert.deepEqual(
      found.windows.map(({ requestId, isOver }) => [requestId, isOver]),
      [[id, false]],
    )
    const byAddress = await digestOf({ person: { email: by.email.toUpperCase() } })
    assert.deepEqual(byAddress.events, found.events)
    assert.deepEqual((await digestOf({ requestId: id })).events, found.events.slice(0, 2))
  })

  it('takes a word for the resource that the catalogue has, else for a request', async () => {
    const { id } = await ask(database.store, { by: anEngineer('pat') })
    const resourceId = id.toLowerCase() as ResourceId
    const filterOf = async (about: AuditSubject) => {
      const { from: _, ...filter } = (await digestOf(about)).filter
      return filter
    }
    const requestId = 'PAYMENTS' as RequestId
    assert.deepEqual(await filterOf({ resourceId: PAYMENTS, requestId }), { resourceId: PAYMENTS })
    assert.deepEqual(await filterOf({ resourceId, requestId: id }), { requestId: id })
    assert.deepEqual(await filterOf({ resourceId: GRAFANA }), { resourceId: GRAFANA })
  })

  it('looks back as far as it is told, else as is usual, from the beginning of a minute', async () => {
    const secondsOf = async (about: AuditSubject, seconds?: number) => {
      const { filter, at } = await digestOf(about, seconds)
      if (filter.from === undefined) return undefined
      assert.equal(filter.from.getTime() % 60_000, 0)
      return Math.floor((at.getTime() - filter.from.getTime()) / 60_000) * 60
    }
    const { id } = await ask(database.store, { by: anEngineer('quinn') })
    assert.equal(await secondsOf({}), 86_400)
    assert.equal(await secondsOf({ resourceId: GRAFANA }), 604_800)
    assert.equal(await secondsOf({ person: { userId: alex.userId } }), 604_800)
    assert.equal(await secondsOf({ requestId: id }), undefined)
    assert.equal(await secondsOf({ requestId: id }, 3_600), 3_600)
    assert.equal(await secondsOf({}, 31_622_400), 31_622_400)
    await database.pool.query(
      `insert into audit_event (action, via, actor_kind, resource_id)
       select at_time(now() - $1 * interval '1 hour', 'policy.written'), 'bot', 'bot', 'old'`,
      [3],
    )
    const resourceId = 'old' as ResourceId
    assert.equal((await digestOf({ resourceId }, 2 * 3_600)).counted, 0)
    assert.equal((await digestOf({ resourceId }, 4 * 3_600)).counted, 1)
  })

  it('leads to the page of what it shows; nowhere where there are no pages', async () => {
    for (const about of [
      {},
      { resourceId: GRAFANA },
      { requestId: 'ZZZZZZZZ' as RequestId },
      { person: { email: 'a+b&c@example.com' } },
    ]) {
      const { page = '', filter } = await digestOf(about, 7_200)
      assert.ok(page.startsWith(`${ORIGIN}/audit?`))
      const parsed = parseQuestion(new URL(page).searchParams)
      assert.deepEqual(parsed, { ok: true, question: { filter } })
    }
    const { pages: _, ...pageless } = depsWith()
    const outcome = await read({}, undefined, ada, pageless)
    assert.ok(outcome.ok)
    assert.equal(outcome.value.page, undefined)
  })

  it('counts a thousand events and shows ten', async () => {
    const resourceId = 'busy' as ResourceId
    await database.pool.query(
      `insert into audit_event (action, via, actor_kind, resource_id)
       select case when n % 4 = 0 then 'policy.blocked' else 'rego.decided' end, 'bot', 'bot', 'busy'
       from generate_series(1, $1) as n`,
      [EVENTS_COUNTED],
    )
    const all = await digestOf({ resourceId })
    assert.deepEqual([all.counted, all.isCountedOut, all.events.length], [EVENTS_COUNTED, true, 10])
    assert.deepEqual(
      [...all.families],
      [
        ['rego', 750],
        ['policy', 250],
      ],
    )
    await database.pool.query(
      `insert into audit_event (action, via, actor_kind, resource_id) values ('policy.written', 'bot', 'bot', 'busy')`,
    )
    const cut = await digestOf({ resourceId })
    assert.deepEqual([cut.counted, cut.isCountedOut], [EVENTS_COUNTED, false])
    assert.equal(cut.events[0]?.action, 'policy.written')
  })
})
