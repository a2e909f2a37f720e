import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { migrate } from '../../db/migrate.ts'
import { openDatabase } from '../../src/postgres/database.ts'
import { checkRole } from '../../src/postgres/role-check.ts'
import type { Cluster } from '../support/cluster.ts'
import { startCluster } from '../support/cluster.ts'
import { onServer, withLogin, withName } from '../support/database.ts'
import { silentLog } from '../support/log.ts'

const OWNER = { role: 'jit_owner', password: 'owner' }

/** Roles are the cluster's, so that what comes of missing ones needs a cluster of its own. */
describe('migrate where the roles are not there', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  const run = (...statements: readonly string[]) =>
    onServer(cluster.url, async (client) => {
      for (const statement of statements) await client.query(statement)
    })
  const migrated = async (url: string) => {
    const { db } = openDatabase({ url, log: silentLog, connections: 2 })
    try {
      return (await migrate(db)).at(-1)
    } finally {
      await db.destroy()
    }
  }

  it('makes them once, for databases that come up to date at the same time', async () => {
    const names = ['one', 'two', 'three', 'four']
    await run(...names.map((name) => `create database ${name}`))
    await Promise.all(names.map((name) => migrated(withName(cluster.url, name))))
    await onServer(cluster.url, async (client) => {
      const { rows } = await client.query(
        `select rolname, rolcanlogin, rolsuper, coalesce(cardinality(rolconfig), 0) as settings
         from pg_roles where rolname in ('jit_app', 'jit_auditor') order by 1`,
      )
      const made = { rolcanlogin: false, rolsuper: false }
      assert.deepEqual(rows, [
        { rolname: 'jit_app', ...made, settings: 0 },
        { rolname: 'jit_auditor', ...made, settings: 4 },
      ])
    })
    await run(...names.map((name) => `drop database ${name}`), 'drop role jit_app, jit_auditor')
  })

  it('makes them for an owner who may make roles and nothing more, as on managed servers', async () => {
    await run(
      `create role jit_maker createrole login password 'maker'`,
      'create database made owner jit_maker',
    )
    const url = withName(cluster.url, 'made')
    assert.equal(
      typeof (await migrated(withLogin(url, { role: 'jit_maker', password: 'maker' }))),
      'string',
    )
    await run('drop database made', 'drop role jit_app, jit_auditor, jit_maker')
  })

  it('tells an owner who may not make them what an administrator must do, and does it after that', async () => {
    await run(`create role jit_owner login password 'owner'`, 'create database jit owner jit_owner')
    const url = withLogin(withName(cluster.url, 'jit'), OWNER)
    const { message } = await migrated(url).then(
      () => assert.fail('it was not refused'),
      (error: unknown) => error as Error,
    )
    assert.match(
      message,
      /^migration 0011_roles failed; the database is as it was before it: the roles jit_app and jit_auditor are not there as they should be, and jit_owner may not make them\n/,
    )
    const statements = message.match(/^ {2}\w.*;$/gm) ?? []
    assert.equal(statements.length, 6)
    await run(...statements.slice(0, 3))
    await assert.rejects(migrated(url), { message }, 'jit_auditor has not all its settings')
    await run(...statements.slice(3))
    await migrated(url)
    await run(`alter role jit_app login password 'app'`)
    const asApp = withLogin(url, { role: 'jit_app', password: 'app' })
    assert.equal(await migrated(asApp), undefined, 'nothing is to be done')
    for (const [of, powers] of [
      [asApp, []],
      [url, ['owns the tables, their schema or the database']],
    ] as const) {
      const { db } = openDatabase({ url: of, log: silentLog, connections: 1 })
      assert.deepEqual((await checkRole(db)).powers, powers)
      await db.destroy()
    }
  })

  it('refuses roles of these names that have rights over the whole cluster', async () => {
    await run('create database other', 'alter role jit_auditor createrole')
    await assert.rejects(migrated(withName(cluster.url, 'other')), {
      message: /jit_app or jit_auditor has rights over the whole cluster\nAn administrator runs: /,
    })
    await run('alter role jit_auditor nocreaterole')
  })

  it('refuses a schema in which everybody may create things, where it cannot be changed', async () => {
    const url = withName(cluster.url, 'old')
    await run('create database old owner jit_owner')
    await onServer(url, (client) =>
      client.query(
        'alter schema public owner to postgres; grant create on schema public to public',
      ),
    )
    const asOwner = withLogin(url, OWNER)
    await assert.rejects(migrated(asOwner), (error: Error) => {
      assert.match(error.message, /everybody may create things in schema public/)
      const remedy = /runs: (.*); then/.exec(error.message)?.[1] ?? ''
      assert.match(remedy, /^grant create on schema public to jit_owner; revoke create on schema/)
      return true
    })
    await onServer(url, (client) =>
      client.query(
        'grant create on schema public to jit_owner; revoke create on schema public from public',
      ),
    )
    assert.equal(typeof (await migrated(asOwner)), 'string')
  })
})
