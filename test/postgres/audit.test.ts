import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { AuditEvent } from '../../src/domain/event.ts'
import type { ResourceId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { TestDatabase } from '../support/database.ts'
import { after, alex, anEngineer, kim } from '../support/build.ts'
import { aDatabase, approval, ask, change, record } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase(2)
})
afterAll(() => database[Symbol.asyncDispose]())

describe('audit', () => {
  const append = (event: AuditEvent) => record(database, event)
  const events: readonly (readonly [string, AuditEvent])[] = [
    [
      'a refused attempt of a person with a linked account',
      {
        action: 'request.approve_refused',
        actor: {
          kind: 'person',
          identity: identityOf(anEngineer('robin', { subject: 'sub-robin' })),
        },
        via: 'button',
        resourceId: 'grafana-prod' as ResourceId,
        alert: false,
        details: { refusal: 'own-request', deep: [1, null, { ümläut: '🔥' }] },
      },
    ],
    [
      'an attempt of somebody whose address is not known',
      {
        action: 'request.create_refused',
        actor: { kind: 'person', identity: { ...identityOf(alex), email: '' } },
        via: 'command',
        alert: false,
        details: {},
      },
    ],
    [
      'an act of the bot that somebody has to look at',
      {
        action: 'policy.drift_repaired',
        actor: { kind: 'bot' },
        via: 'bot',
        alert: true,
        details: {},
      },
    ],
  ]
  for (const [name, event] of events)
    it(`gives back ${name}`, async () => {
      const { seq, at, hash, ...stored } = await append(event)
      assert.deepEqual(stored, { schemaVersion: 1, ...event })
      const found = await database.store.transaction((tx) => tx.audit.find(seq))
      assert.deepEqual(found, { seq, at, hash, schemaVersion: 1, ...event })
    })

  it('numbers events in the order in which they were written', async () => {
    const [, event] = events[2] ?? []
    assert.ok(event !== undefined)
    const [a, b] = [await append(event), await append(event)]
    assert.ok(a.seq + 1 === b.seq && a.at <= b.at)
    assert.equal(await database.store.transaction((tx) => tx.audit.find(b.seq + 1)), undefined)
  })

  it('tells the changes of one request after a version, in order', async () => {
    const { id } = await ask(database.store)
    await ask(database.store, { by: anEngineer('other') })
    await change(database.store, id, approval())
    await change(database.store, id, { type: 'confirm-active', at: after(61) })
    const refusal: AuditEvent = {
      action: 'request.deny_refused',
      actor: { kind: 'person', identity: identityOf(kim) },
      via: 'button',
      requestId: id,
      alert: false,
      details: {},
    }
    await append(refusal)
    const changes = await database.store.transaction((tx) => tx.audit.changesAfter(id, 1))
    assert.deepEqual(
      changes.map(({ action, requestVersion }) => [action, requestVersion]),
      [
        ['request.approved', 2],
        ['grant.activated', 3],
      ],
    )
  })

  it('tells whether an alert of an action was recorded within a time', async () => {
    const alerted = (seconds: number) =>
      database.store.statement((db) => db.audit.alertedWithin('rego.no_decision', seconds))
    const bot = { actor: { kind: 'bot' }, via: 'bot', details: {} } as const
    await append({ ...bot, action: 'rego.no_decision', alert: false })
    await append({ ...bot, action: 'policy.failing', alert: true })
    assert.equal(await alerted(3_600), false)
    await append({ ...bot, action: 'rego.no_decision', alert: true })
    assert.equal(await alerted(3_600), true)
    await database.clock.advance(600)
    assert.deepEqual([await alerted(599), await alerted(700)], [false, true])
  })
})
