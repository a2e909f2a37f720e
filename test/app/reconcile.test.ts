import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  RECONCILE_MS,
  acceptCatalogue,
  inTurn,
  reconcile,
  rejectCatalogue,
} from '../../src/app/reconcile.ts'
import type { ResourceId, SlackUserId } from '../../src/domain/ids.ts'
import { ask, aDatabase } from '../postgres/support.ts'
import { aCatalogue, aResource, alex } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'

async function marked({ pool }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await pool.query<{ key: string }>(
    `select key from work where kind in ('policy', 'eligibility') order by key`,
  )
  return rows.map(({ key }) => key)
}

async function recorded({ pool }: TestDatabase) {
  const { rows } = await pool.query<{ action: string; alert: boolean; details: unknown }>(
    `select action, alert, details from audit_event where action like 'catalogue.%' order by seq`,
  )
  return rows
}

describe('reconcile', () => {
  it('has every policy compared and everybody looked at who has something to lose', async () => {
    await using database = await aDatabase()
    await ask(database.store)
    await database.pool.query('delete from work')
    await database.store.transaction((tx) =>
      tx.policies.assign('old-one' as ResourceId, 'jit-old-one', undefined),
    )
    await reconcile({
      store: database.store,
      catalogue: () => aCatalogue(),
      policyApi: { clusterId: 'cluster' },
    })
    assert.deepEqual(await marked(database), [
      `eligibility:${alex.userId}`,
      'policy:grafana-prod',
      'policy:old-one',
    ])
  })
})

describe('inTurn', () => {
  const crowd = (size: number) =>
    Array.from({ length: size }, (_, index) => `U${1_000 + index}` as SlackUserId)
  const round = (index: number) => new Date(index * RECONCILE_MS + 12_345)

  it('is everybody while they are few', () => {
    for (const size of [0, 1, 100]) assert.deepEqual(inTurn(crowd(size), round(7)), crowd(size))
  })

  it('takes many people in shares, so that each comes up once in a round', () => {
    const everybody = crowd(251)
    const shares = [3, 4, 5].map((index) => inTurn(everybody.toReversed(), round(index)))
    assert.deepEqual(
      shares.map(({ length }) => length),
      [84, 84, 83],
    )
    assert.deepEqual(shares.flat().sort(), everybody)
  })
})

describe('acceptCatalogue', () => {
  const other = {
    ...aCatalogue({}, aResource({ id: 'billing-db' as ResourceId })),
    revision: 'd'.repeat(64),
  }

  it('records a revision whenever it is another than the one before, and marks all after it is in force', async () => {
    await using database = await aDatabase()
    await ask(database.store)
    await database.pool.query('delete from work')
    const deps = { store: database.store, log: silentLog }
    let inForce = aCatalogue().revision
    await acceptCatalogue(deps, aCatalogue(), 'resources: []', { occasion: 'start' })
    assert.deepEqual(await recorded(database), [], 'the same as before')
    await database.pool.query('delete from work')
    await acceptCatalogue(deps, other, 'other', {
      occasion: 'signal',
      takeOver: () => {
        inForce = other.revision
      },
    })
    assert.equal(inForce, other.revision)
    assert.deepEqual(await marked(database), [`eligibility:${alex.userId}`, 'policy:billing-db'])
    await acceptCatalogue(deps, aCatalogue(), 'resources: []', { occasion: 'start' })
    assert.deepEqual(
      (await recorded(database)).map(({ details }) => details),
      [
        { occasion: 'signal', revision: other.revision, resources: 1 },
        { occasion: 'start', revision: aCatalogue().revision, resources: 1 },
      ],
    )
  })

  it('marks all in the same transaction, so that a process that dies after it forgets nothing', async () => {
    await using database = await aDatabase()
    await ask(database.store)
    await database.pool.query('delete from work')
    const deps = { store: database.store, log: silentLog }
    const takeOver = () => {
      throw new Error('stopped')
    }
    await assert.rejects(
      acceptCatalogue(deps, other, 'other', { occasion: 'signal', takeOver }),
      /^Error: stopped$/,
    )
    assert.deepEqual(await marked(database), [`eligibility:${alex.userId}`, 'policy:billing-db'])
  })

  it('is not taken over when it could not be stored', async () => {
    await using database = await aDatabase()
    await database.pool.query('drop table work')
    const deps = { store: database.store, log: silentLog }
    let isTaken = false
    const takeOver = () => (isTaken = true)
    await assert.rejects(acceptCatalogue(deps, other, 'other', { occasion: 'signal', takeOver }))
    assert.equal(isTaken, false)
    const inForce = await database.store.statement((db) => db.catalogues.inForce())
    assert.equal(inForce, aCatalogue().revision)
  })
})

describe('rejectCatalogue', () => {
  it('tells operators, with the first problems, none of them long', async () => {
    await using database = await aDatabase()
    const problems = Array.from({ length: 12 }, (_, index) => `line ${index}: ${'x'.repeat(600)}`)
    await rejectCatalogue({ store: database.store, log: silentLog }, problems)
    const shown = problems.slice(0, 10).map((text) => `${text.slice(0, 499)}…`)
    assert.deepEqual(await recorded(database), [
      { action: 'catalogue.rejected', alert: true, details: { count: 12, problems: shown } },
    ])
    const { rows } = await database.pool.query(`select kind from work`)
    assert.deepEqual(rows, [{ kind: 'alert' }])
  })
})
