import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recountApprovals } from '../../src/app/recount.ts'
import type { RegoPolicy } from '../../src/app/rego-policy.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { aDatabase, approval, ask, change } from '../postgres/support.ts'
import { aCatalogue, aPerson, aResource, aStage, alex, kim } from '../support/build.ts'
import { silentLog } from '../support/log.ts'
import { aDirectory } from './directory.ts'

const resource = aResource({ stages: [aStage({ approvals: 2 })] })

/** A request that kim approved, of two approvals that it needs. */
async function aWaitingRequest() {
  const database = await aDatabase()
  const { store } = database
  const at = await database.clock.now()
  const { id } = await ask(store, { at, resource })
  await change(store, id, approval({ at, resource }))
  const directory = aDirectory(alex, kim)
  const find = () => store.statement((db) => db.requests.find(id))
  const deps = {
    store,
    directory,
    catalogue: () => aCatalogue({}, resource),
    log: silentLog,
    rego: () => undefined,
  }
  return {
    directory,
    id,
    async recount(more: { rego?: () => RegoPolicy | undefined } = {}) {
      const found = await find()
      assert.ok(found)
      const isComplete = await recountApprovals({ ...deps, ...more }, [found])
      return [isComplete, (await find())?.approvalsCounted]
    },
    async events(of: RequestId) {
      const { rows } = await database.pool.query<{ event: string }>(
        `select action || ' ' || actor_kind as event from audit_event where request_id = $1 order by seq`,
        [of],
      )
      return rows.map(({ event }) => event)
    },
    becomes: (person: Person) => directory.put(person),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

describe('recountApprovals', () => {
  it('takes back what an approver who lost the right gave, once, on record, and gives it again', async () => {
    await using stage = await aWaitingRequest()
    assert.deepEqual(await stage.recount(), [true, 1])
    stage.becomes(aPerson('kim'))
    assert.deepEqual(await stage.recount(), [true, 0])
    assert.deepEqual(await stage.recount(), [true, 0])
    assert.deepEqual((await stage.events(stage.id)).slice(2), ['request.recounted bot'])
    stage.becomes(kim)
    assert.deepEqual(await stage.recount(), [true, 1])
  })

  it('takes back what somebody gave who was deactivated', async () => {
    await using stage = await aWaitingRequest()
    stage.directory.refuse(kim, 'deactivated')
    assert.deepEqual(await stage.recount(), [true, 0])
  })

  it('leaves the count as it is while somebody cannot be looked up', async () => {
    await using stage = await aWaitingRequest()
    stage.directory.refuse(kim, 'unknown')
    assert.deepEqual(await stage.recount(), [false, 1])
    stage.directory.fail(kim.userId)
    assert.deepEqual(await stage.recount(), [false, 1])
  })

  it('never counts up what the Rego policy may not accept', async () => {
    await using stage = await aWaitingRequest()
    stage.becomes(aPerson('kim'))
    const rego = () => ({}) as RegoPolicy
    assert.deepEqual(await stage.recount({ rego }), [true, 0])
    stage.becomes(kim)
    assert.deepEqual(await stage.recount({ rego }), [true, 0])
  })
})
