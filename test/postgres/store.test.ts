import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import { REVISION, aCatalogue, alex, anEngineer, kim } from '../support/build.ts'
import { actOf, aDatabase, ask } from './support.ts'

/** Makes the next insertions of catalogue revisions fail so many times, each with an error of this code. */
async function failing({ pool }: TestDatabase, times: number, code: string): Promise<void> {
  // A sequence, because it alone remembers the tries that were rolled back.
  await pool.query('create sequence try')
  await pool.query(
    `create function fail() returns trigger language plpgsql as $$ begin
       if nextval('try') <= ${times} then raise exception 'on purpose' using errcode = '${code}'; end if;
       return new;
     end $$`,
  )
  await pool.query(
    'create trigger fail before insert on catalogue_revision for each row execute function fail()',
  )
}

describe('transaction', () => {
  const other = aCatalogue({ revision: 'd'.repeat(64) })

  for (const code of ['40001', '40P01'])
    it(`tries again after ${code}, three times in all (F16)`, async () => {
      await using database = await aDatabase(2)
      await failing(database, 2, code)
      let tries = 0
      const isNew = await database.store.transaction((tx) => {
        tries += 1
        return tx.catalogues.accept(other, '')
      })
      assert.deepEqual([isNew, tries], [true, 3])
    })

  it('gives up after three tries (F16)', async () => {
    await using database = await aDatabase(2)
    await failing(database, 3, '40001')
    await assert.rejects(
      database.store.transaction((tx) => tx.catalogues.accept(other, '')),
      { code: '40001' },
    )
  })

  it('does not try again what will fail again', async () => {
    await using database = await aDatabase(2)
    await failing(database, 1, '23514')
    await assert.rejects(
      database.store.transaction((tx) => tx.catalogues.accept(other, '')),
      { code: '23514' },
    )
  })

  it('gets over a real deadlock (F16)', async () => {
    await using database = await aDatabase(3)
    const { store } = database
    const a = await ask(store, { by: alex })
    const b = await ask(store, { by: anEngineer('robin') })
    const bothHold = Promise.withResolvers<void>()
    let holding = 0
    let tries = 0
    const crosswise = (ids: readonly (typeof a.id)[]) =>
      store.transaction(async (tx) => {
        tries += 1
        for (const id of ids) {
          await tx.requests.lock(id)
          holding += 1
          if (holding === 2) bothHold.resolve()
          await bothHold.promise
        }
        return ids.length
      })
    const done = await Promise.all([crosswise([a.id, b.id]), crosswise([b.id, a.id])])
    assert.deepEqual(done, [2, 2])
    // The one that was rolled back may be fast enough to run into the other again.
    assert.ok(tries > 2)
  })

  it('commits everything or nothing', async () => {
    await using database = await aDatabase(2)
    const { store } = database
    const failed = store.transaction(async (tx) => {
      tx.audit.append({ ...actOf(kim), action: 'policy.written', alert: false, details: {} })
      await tx.work.mark('policy', 'grafana-prod')
      await tx.identities.pin(alex)
      throw new Error('on purpose')
    })
    await assert.rejects(failed, { message: 'on purpose' })
    const { rows } = await database.pool.query(
      `select (select count(*)::int from audit_event) as events, (select count(*)::int from work) as work,
              (select count(*)::int from identity) as pins`,
    )
    assert.deepEqual(rows, [{ events: 0, work: 0, pins: 0 }])
  })

  it('tells the database’s time', async () => {
    await using database = await aDatabase(2)
    await database.clock.advance(86_400)
    const before = await database.clock.now()
    const { now } = await database.store.transaction(async (tx) => tx)
    const after = await database.clock.now()
    assert.ok(before <= now && now <= after)
  })
})

describe('catalogues.accept', () => {
  const fresh = 'd'.repeat(64)
  const accept = ({ store }: TestDatabase, revision: string) =>
    store.transaction((tx) => tx.catalogues.accept(aCatalogue({ revision }), 'a: 1'))

  it('tells whether it is another one than the last, also when it was in force before', async () => {
    await using database = await aDatabase(2)
    const told: boolean[] = []
    for (const revision of [REVISION, fresh, fresh, REVISION, REVISION])
      told.push(await accept(database, revision))
    assert.deepEqual(told, [false, true, false, true, false])
    const { rows } = await database.pool.query('select revision from catalogue_in_force')
    assert.deepEqual(rows, [{ revision: REVISION }])
  })

  it('leaves the one that is in force to be read by every replica', async () => {
    await using database = await aDatabase(2)
    const inForce = () => database.store.statement((db) => db.catalogues.inForce())
    assert.equal(await inForce(), REVISION)
    await accept(database, fresh)
    assert.equal(await inForce(), fresh)
    await using empty = await createTestDatabase(2)
    assert.equal(await empty.store.statement((db) => db.catalogues.inForce()), undefined)
  })

  it('stores each revision once', async () => {
    await using database = await aDatabase(2)
    for (const revision of [fresh, REVISION, fresh]) await accept(database, revision)
    const { rows } = await database.pool.query(
      'select revision from catalogue_revision order by revision',
    )
    assert.deepEqual(rows, [{ revision: REVISION }, { revision: fresh }])
  })

  it('tells one of several who accept the same at once', async () => {
    await using database = await aDatabase(4)
    const told = await Promise.all([1, 2, 3, 4].map(() => accept(database, fresh)))
    assert.equal(told.filter((isNew) => isNew).length, 1)
  })
})

describe('statements that were prepared', () => {
  it('go on working after a migration has added a column', async () => {
    await using database = await aDatabase(2)
    const request = await ask(database.store)
    const find = () => database.store.transaction((tx) => tx.requests.find(request.id))
    assert.deepEqual(await find(), request)
    await database.pool.query('alter table request add column added text')
    assert.deepEqual(await find(), request)
  })
})
