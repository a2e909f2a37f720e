import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { migrate, pendingMigrations } from '../../db/migrate.ts'
import { openDatabase } from '../../src/postgres/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'

const FOLDER = new URL('../../db/migrations/', import.meta.url)

async function anEmptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase(2)
  await database.pool.query(
    'drop schema if exists audit cascade; drop schema public cascade; create schema public',
  )
  return database
}

const names = async () => (await readdir(FOLDER)).map((file) => file.replace(/\.sql$/, '')).sort()

describe('migrate', () => {
  it('applies every file once, in the order of their names', async () => {
    await using database = await anEmptyDatabase()
    assert.deepEqual(await pendingMigrations(database.db), await names())
    assert.deepEqual(await migrate(database.db), await names())
    assert.deepEqual(await pendingMigrations(database.db), [])
    assert.deepEqual(await migrate(database.db), [])
  })

  it('lets one of three who start at once do it, and all succeed', async () => {
    await using database = await anEmptyDatabase()
    const starters = [1, 2, 3].map(() =>
      openDatabase({ url: database.url, connections: 2, log: silentLog }),
    )
    const applied = await Promise.all(starters.map(({ db }) => migrate(db)))
    await Promise.all(starters.map(({ db }) => db.destroy()))
    assert.deepEqual(
      applied.sort((a, b) => b.length - a.length),
      [await names(), [], []],
    )
  })

  it('leaves nothing behind of a migration that fails, and names it', async () => {
    await using database = await anEmptyDatabase()
    await database.pool.query('create table policy_state (surprise text)')
    await assert.rejects(migrate(database.db), (error: Error) => {
      assert.match(error.message, /^migration 0003_outside_world failed; /)
      assert.equal((error.cause as { code?: string }).code, '42P07')
      return true
    })
    const { rows } = await database.pool.query(
      `select to_regclass('work') as work, to_regclass('request') as request`,
    )
    assert.deepEqual(rows, [{ work: null, request: null }])
    await database.pool.query('drop table policy_state')
    await migrate(database.db)
    assert.deepEqual(await pendingMigrations(database.db), [])
  })

  it('explains every table', async () => {
    await using database = await createTestDatabase(2)
    const { rows } = await database.pool.query(
      `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and obj_description(oid) is null and relname not like 'migration%' and relname <> 'test_clock'`,
    )
    assert.deepEqual(rows, [])
  })
})
