import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { Actor } from '../../src/domain/event.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Pending } from '../../src/domain/request.ts'
import { decide } from '../../src/domain/decide.ts'
import { recordChange, recordNew } from '../../src/app/record.ts'
import type { TestDatabase } from '../support/database.ts'
import { aResource, after, anApprover, anEngineer } from '../support/build.ts'
import { approved, inserted } from './forge.ts'
import {
  aDatabase,
  anExtendable,
  approval,
  ask,
  askExtension,
  change,
  commit,
  linkAll,
  nextId,
} from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
  await linkAll(database, kim)
})
afterAll(() => database[Symbol.asyncDispose]())

const facts = {
  needsStepUp: true,
  extension: { times: 3, maxSeconds: 3_600 },
  breakGlass: {
    requesters: aResource().requesters,
    maxSeconds: 3_600,
    reviewSeconds: 86_400,
  },
  automatic: [{ name: 'self_activation', maxSeconds: 3_600 }],
}
const strict = aResource(facts)
const kim = anApprover('kim', { subject: 'sub-kim' })
let count = 0
const somebody = (subject?: string) => {
  count += 1
  return anEngineer(`eng${count}`, subject === undefined ? {} : { subject: `${subject}-${count}` })
}
const waiting = (by: Person): Promise<Pending> => ask(database.store, { by, resource: strict })
const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })

describe('a request that needs step-up', () => {
  it('is approved behind Pomerium, and read back so', async () => {
    const by = somebody()
    const { id } = await waiting(by)
    const command = approval({ by: kim, requester: by, resource: strict, isSteppedUp: true })
    const made = await change(database.store, id, command)
    const found = await database.store.statement((db) => db.requests.find(id))
    assert.deepEqual(found, made)
    assert.deepEqual([found?.needsStepUp, found?.approvals[0]?.isSteppedUp], [true, true])
  })

  it('takes no approval of a Slack account alone', async () => {
    const by = somebody()
    const { id } = await waiting(by)
    await refused(/is approved behind Pomerium only/, approved(id, by))
  })

  it('takes none either where triggers are off', async () => {
    const by = somebody()
    const { id } = await waiting(by)
    await refused(
      /is approved behind Pomerium only/,
      'set local session_replication_role = replica',
      approved(id, by),
    )
  })

  it('needs it for good', async () => {
    const { id } = await waiting(somebody())
    await refused(
      /whether it needs step-up cannot change/,
      `update request set version = 2, step_up = false where id = '${id}'`,
    )
  })

  it('lets nobody call it stepped up who is not linked to the identity that approves', async () => {
    const by = somebody()
    const { id } = await waiting(by)
    const nobody = { stepped_up: 'true' }
    const another = { ...nobody, approver_subject: `'sub-x'` }
    for (const columns of [nobody, another])
      await refused(/is not linked to the identity that approves/, approved(id, by, { columns }))
  })

  it('is extended with step-up too', async () => {
    const by = somebody()
    const { id } = await waiting(by)
    const command = approval({ by: kim, requester: by, resource: strict, isSteppedUp: true })
    const opened = await change(database.store, id, command)
    const forged = {
      id: `'${nextId()}'`,
      version: '1',
      status: `'pending'`,
      idempotency_key: `'forged'`,
      requester_team_id: `'T0TEAM'`,
      requester_user_id: `'${by.userId}'`,
      requester_email: `'${by.email}'`,
      resource_id: `'grafana-prod'`,
      extends_request_id: `'${id}'`,
      duration_seconds: '600',
      reason: `'longer'`,
      requested_at: `'${after(120).toISOString()}'`,
      lapses_at: `'${after(240).toISOString()}'`,
      approvals_needed: '1',
      catalogue_revision: `'${opened.catalogueRevision}'`,
    }
    await refused(/was opened with step-up is extended with it/, inserted('request', forged))
    const resource = anExtendable()
    const wish = await askExtension(database.store, opened, { by, resource })
    assert.equal(wish.needsStepUp, true)
  })
})

/** A request that its requester opens alone, as the product would store it if it let them. */
function openAlone(
  how: 'rule' | 'emergency',
  by: Person,
  act: { readonly via: 'button' | 'web'; readonly subject?: string },
): Promise<void> {
  const { via, subject } = act
  const identity = { ...identityOf(by), ...(subject === undefined ? {} : { subject }) }
  const actor: Actor = { kind: 'person', identity }
  const at = after(0)
  const wish = { at, by, resource: strict, catalogueRevision: 'c'.repeat(64) }
  const isEmergency = how === 'emergency'
  const asked = decide(undefined, {
    ...wish,
    type: 'request',
    id: nextId(),
    isEmergency,
    durationSeconds: 1_800,
    reason: 'INC-42 dashboards are red',
  })
  assert.ok(asked.ok)
  const [rule] = facts.automatic
  assert.ok(rule !== undefined)
  const opening = { ...wish, requester: by, isSteppedUp: true }
  const opened = decide(
    asked.next,
    isEmergency ? { type: 'break-glass', ...opening } : { type: 'auto-approve', rule, ...opening },
  )
  assert.ok(opened.ok)
  const bot = { actor: { kind: 'bot' }, via: 'bot' } as const
  return database.store.transaction(async (tx) => {
    await recordNew(tx, asked, { actor, via }, asked.next.id)
    await recordChange(tx, asked.next, opened, isEmergency ? { actor, via } : bot)
  })
}

describe('a request that needs step-up and that nobody approves', () => {
  for (const how of ['rule', 'emergency'] as const) {
    it(`is opened by ${how} for a linked identity on a page`, async () => {
      const by = somebody('sub')
      await linkAll(database, by)
      await openAlone(how, by, { via: 'web' })
    })

    it(`is not opened by ${how} on a page for an identity that is not linked`, async () => {
      const message = /was opened without step-up/
      await assert.rejects(openAlone(how, somebody('sub'), { via: 'web' }), { message })
    })

    it(`is not opened by ${how} from Slack, linked or not`, async () => {
      const message = /was opened without step-up/
      const linked = somebody('sub')
      await linkAll(database, linked)
      await assert.rejects(openAlone(how, linked, { via: 'button' }), { message })
      await assert.rejects(openAlone(how, somebody(), { via: 'button' }), { message })
    })

    it(`is not opened by ${how} on a page for whoever is not linked, or by another subject`, async () => {
      const message = /was opened without step-up/
      await assert.rejects(openAlone(how, somebody(), { via: 'web' }), { message })
      await assert.rejects(openAlone(how, somebody(), { via: 'web', subject: 'sub-x' }), {
        message,
      })
      const linked = somebody('sub')
      await linkAll(database, linked)
      await assert.rejects(openAlone(how, linked, { via: 'web', subject: 'sub-x' }), { message })
    })
  }
})
