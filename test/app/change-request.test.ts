import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { approveRequest } from '../../src/app/decide-request.ts'
import type { Deps } from '../../src/app/deps.ts'
import type { RegoAnswer, RegoPolicy } from '../../src/app/rego-policy.ts'
import type { RequestId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import {
  aDatabase,
  anExtendable,
  ask,
  askExtension,
  change,
  grant,
  nextId,
} from '../postgres/support.ts'
import { RELIABILITY, aCatalogue, aResource, aStage, alex, kim, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDirectory } from './directory.ts'

const OTHERS = 'S0OTHERS' as SlackGroupId

/** Rules under which one who is in both groups may not approve. */
const later = aCatalogue(
  {},
  aResource({
    stages: [
      aStage({ approvers: people({ groups: [RELIABILITY], deny: people({ groups: [OTHERS] }) }) }),
    ],
  }),
)

function depsOf({ store }: TestDatabase, catalogue: () => Catalogue, rego?: RegoPolicy): Deps {
  return {
    store,
    directory: aDirectory(alex, { ...kim, groups: new Set([RELIABILITY, OTHERS]) }),
    catalogue,
    rego: () => rego,
    steady: () => 0,
    newRequestId: nextId,
    log: silentLog,
  }
}

async function approved(deps: Deps, id: RequestId): Promise<string> {
  const outcome = await approveRequest(deps, { id, actor: kim.userId, via: 'button' })
  return outcome.ok ? outcome.value.request.status : outcome.refusal.code
}

async function answersOnRecord({ pool }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await pool.query<{ stage: string }>(
    `select details ->> 'stage' as stage from audit_event where action = 'rego.decided' order by seq`,
  )
  return rows.map(({ stage }) => stage)
}

/** Allows everything, after `happens`, which is told how often it was asked. */
function allowing(happens: (times: number) => Promise<void> | void): RegoPolicy {
  let times = 0
  const answer: RegoAnswer = {
    type: 'decision',
    decision: { effect: 'allow', reasons: [], narrowing: { constraints: [] } },
    trace: { engine: 'wasm', inputHash: '', latencyMs: 1 },
  }
  return {
    async ask() {
      times += 1
      await happens(times)
      return answer
    },
  }
}

describe('changeRequest', () => {
  it('decides nothing by people who were looked up by other rules', async () => {
    await using database = await aDatabase()
    const { id } = await ask(database.store, { at: await database.clock.now() })
    let catalogue: Catalogue = aCatalogue()
    const deps = depsOf(database, () => catalogue)
    const { directory } = deps
    const changing = {
      ...directory,
      groupMembers(group: SlackGroupId) {
        catalogue = later
        return directory.groupMembers(group)
      },
    }
    assert.equal(await approved({ ...deps, directory: changing }, id), 'not-an-approver')
  })

  it('puts each answer of the Rego policy on record, also those that it did not go by', async () => {
    await using database = await aDatabase()
    const { id } = await ask(database.store, { at: await database.clock.now() })
    let catalogue: Catalogue = aCatalogue()
    const rego = allowing(() => {
      catalogue = later
    })
    const deps = depsOf(database, () => catalogue, rego)
    assert.equal(await approved(deps, id), 'not-an-approver')
    assert.deepEqual(await answersOnRecord(database), ['approve', 'activate'])
  })

  it('asks the Rego policy again when the grant to extend is another by then', async () => {
    await using database = await aDatabase()
    const { store } = database
    const at = await database.clock.now()
    const resource = anExtendable()
    const extended = await grant(store, { at, resource }, at)
    const wish = await askExtension(store, extended, { at, resource })
    const rego = allowing(async (times) => {
      if (times === 1) await change(store, extended.id, { type: 'confirm-active', at })
    })
    const catalogue = aCatalogue({}, resource)
    const deps = depsOf(database, () => catalogue, rego)
    assert.equal(await approved(deps, wish.id), 'extended')
    const twice = ['approve', 'activate', 'approve', 'activate']
    assert.deepEqual(await answersOnRecord(database), twice)
  })
})
