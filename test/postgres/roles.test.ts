import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after as afterAll, before, describe, it } from 'node:test'
import pg from 'pg'
import { identityOf } from '../../src/domain/person.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import { openDatabase } from '../../src/postgres/database.ts'
import { checkRole } from '../../src/postgres/role-check.ts'
import { createStore } from '../../src/postgres/store.ts'
import type { Store } from '../../src/app/store.ts'
import { aResource, after, alex, anEngineer, kim } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { withLogin } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDatabase, approval, ask, change } from './support.ts'

const NOT_ALLOWED = '42501'

let database: TestDatabase
let admin: pg.Pool
before(async () => {
  database = await aDatabase(4)
  admin = database.pool
})
afterAll(() => database[Symbol.asyncDispose]())

/** A connection of its own, on which one transaction after the other can be begun. */
async function connected(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** Runs with a new login, which is gone afterwards; `made` are the rest of its `create role`. */
async function asLogin(
  made: string,
  run: (url: string, role: string) => Promise<void>,
): Promise<void> {
  const login = { role: `jit_test_${randomUUID().slice(0, 8)}`, password: randomUUID() }
  await admin.query(`create role ${login.role} login password '${login.password}' ${made}`)
  try {
    await run(withLogin(database.url, login), login.role)
  } finally {
    await admin.query(`drop owned by ${login.role}; drop role ${login.role}`)
  }
}

/** object_not_in_prerequisite_state: what is no plain view of one table cannot be written to by anybody. */
const NOT_WRITABLE = '55000'

function isRefusal(error: unknown): boolean {
  const { code, message } = error as { readonly code?: string; readonly message: string }
  return code === NOT_ALLOWED || (code === NOT_WRITABLE && /^cannot .* view /.test(message))
}

/** Statements that must be refused, each in a transaction of its own: for want of a privilege, or of a table behind a view. */
async function refusedAll(url: string, statements: readonly string[]): Promise<void> {
  await using client = await connected(url)
  for (const statement of statements) {
    await client.query('begin')
    await assert.rejects(client.query(statement), isRefusal, statement)
    await client.query('rollback')
  }
}

describe('jit_app', () => {
  let store: Store
  let close: () => Promise<void>
  before(async () => {
    const { db } = openDatabase({ url: database.appUrl, log: silentLog, connections: 2 })
    store = createStore(db)
    close = () => db.destroy()
    const { id } = await ask(store, { by: alex })
    await change(store, id, approval())
  })
  afterAll(() => close())

  it('does the work of the bot', async () => {
    const asked = async (name: string) => (await ask(store, { by: anEngineer(name) })).id
    await change(store, await asked('denied'), {
      type: 'deny',
      at: after(60),
      by: kim,
      resource: aResource(),
      reason: 'no',
    })
    await store.transaction(async (tx) => {
      await tx.requests.lockUsage(kim.userId)
      await tx.requests.lockAll([await asked('locked')])
      await tx.identities.pin(kim)
      await tx.identities.issueCode(kim, 'a'.repeat(64), 60)
      await tx.identities.takeCode('a'.repeat(64))
      await tx.identities.wrongCodes('sub-kim', 60)
      await tx.identities.link(kim, { subject: 'sub-kim', email: kim.email })
      await tx.identities.unlink(kim.teamId, kim.userId)
      await tx.identities.forget(kim.teamId, kim.userId)
      await tx.directory.rememberMember(kim.userId, { ok: false, why: 'guest' })
      await tx.directory.rememberGroup('S0GROUP' as never, new Set([kim.userId]))
      await tx.directory.forgetOlder(0)
      await tx.work.repair()
      await tx.work.schedule('moment', 'x', tx.now)
      await tx.work.schedule('moment', 'x', undefined)
      tx.audit.append({
        action: 'policy.blocked',
        actor: { kind: 'person', identity: identityOf(alex) },
        via: 'web',
        source: '203.0.113.7',
        alert: true,
        details: { policy: 'p', reason: 'why' },
      })
    })
    const { rows } = await admin.query<{ by: string; events: number }>(
      'select recorded_by as by, count(*)::int as events from audit_event group by 1',
    )
    assert.deepEqual(
      rows.map(({ by }) => by),
      [new URL(database.appUrl).username],
    )
    assert.deepEqual((await verifyTrail(database.db)).problems, [])
  })

  it('neither changes nor deletes what has happened, nor says itself when and in which order', () =>
    refusedAll(database.appUrl, [
      `update audit_event set action = 'x.y'`,
      'delete from audit_event',
      'truncate audit_event cascade',
      'select from audit_event for update',
      `insert into audit_event (action, via, actor_kind) values ('x.y', 'bot', 'bot')
       on conflict (seq) do update set action = 'x.z'`,
      ...['seq', 'at', 'recorded_by', 'actor_salt', 'actor_digest', 'personal_digest', 'hash'].map(
        (column) =>
          `insert into audit_event (action, via, actor_kind, ${column}) values ('x.y', 'bot', 'bot', null)`,
      ),
      `copy audit_event from stdin`,
      `update approval set note = 'forged'`,
      'delete from approval',
      'truncate approval',
      `update catalogue_revision set source = ''`,
      'delete from catalogue_revision',
      'delete from request',
      'delete from access_grant',
      'truncate request, access_grant cascade',
      'update audit_chain set begun_after = 99',
      'delete from audit_chain',
      `insert into audit_chain default values`,
      'select from audit_chain for no key update',
      'lock table audit_event in access exclusive mode',
      'lock table audit_chain in row exclusive mode',
      'update audit.chained_event set alert = true',
      'insert into migration values (1, 2)',
      'delete from migration',
      'update turn set place = place + 2000',
      'delete from turn',
    ]))

  it('cannot take the guards away, nor become somebody who can', async () => {
    const owner = new URL(database.url).username
    await refusedAll(database.appUrl, [
      'alter table audit_event disable trigger all',
      'drop trigger audit_event_append_only on audit_event',
      `create trigger aaa before insert on audit_event for each row execute function refuse_change()`,
      'create rule quiet as on insert to audit_event do instead nothing',
      'drop table audit_event cascade',
      'alter table request add column x text',
      'set session_replication_role = replica',
      `set role ${owner}`,
      `set session authorization ${owner}`,
      `alter role ${new URL(database.appUrl).username} superuser`,
      'create role jit_more',
      `create or replace function jit_now() returns timestamptz language sql as 'select now()'`,
      `create function fold_email(varchar) returns text language sql as 'select $1'`,
      'create table public.audit_event_2 (x text)',
      'create schema more',
      'create view audit.more as select 1',
      `alter function chain_audit_event() security invoker`,
      'select seal_audit_event(audit_event, hash) from audit_event',
    ])
  })

  it('cannot have its own tables taken for ours', async () => {
    const { id } = await ask(store, { by: anEngineer('shadow') })
    await using client = await connected(database.appUrl)
    await client.query('begin')
    await client.query(`
      create temp table audit_event (like public.audit_event);
      insert into pg_temp.audit_event (seq, at, action, via, actor_kind, request_id, request_version, alert, schema_version, public_details, details, hash)
        values (1, now(), 'request.lapsed', 'bot', 'bot', '${id}', 2, false, 1, '{}', '{}', '');
      update request set version = 2, status = 'lapsed', closed_at = jit_now() where id = '${id}'`)
    await assert.rejects(client.query('commit'), {
      message: `request: version 2 of request ${id} has no audit event request.lapsed by the bot`,
    })
  })

  it('is asked by functions that look nowhere else', async () => {
    const { rows } = await admin.query(
      `select proname from pg_proc join pg_language on pg_language.oid = prolang
       where pronamespace = 'public'::regnamespace and lanname = 'plpgsql'
         and not coalesce(proconfig @> '{"search_path=pg_catalog, public, pg_temp"}', false)`,
    )
    assert.deepEqual(rows, [])
  })
})

describe('jit_auditor', () => {
  const asAuditor = (run: (url: string) => Promise<void>) => asLogin('in role jit_auditor', run)
  const viewsOf = async () => {
    const { rows } = await admin.query<{ name: string; kind: string }>(
      `select oid::regclass::text as name, relkind as kind from pg_class where relnamespace = 'audit'::regnamespace`,
    )
    return rows
  }

  it('reads every view, and there is nothing but views', () =>
    asAuditor(async (url) => {
      const views = await viewsOf()
      assert.ok(views.length >= 3)
      await using client = await connected(url)
      for (const { name, kind } of views) {
        assert.equal(kind, 'v', name)
        await client.query(`select * from ${name} limit 1`)
      }
    }))

  it('will read the views that come later', async () => {
    const client = await admin.connect()
    try {
      await client.query('begin; create view audit.later as select 1 as one')
      const { rows } = await client.query(
        `select role from unnest(array['jit_app', 'jit_auditor']) as role
         where has_table_privilege(role, 'audit.later', 'select') and not has_table_privilege(role, 'audit.later', 'update')`,
      )
      assert.equal(rows.length, 2)
    } finally {
      await client.query('rollback')
      client.release()
    }
  })

  it('verifies the trail without anybody’s help', () =>
    asAuditor(async (url) => {
      await ask(database.store, { by: anEngineer('verified') })
      const { db } = openDatabase({ url, log: silentLog, connections: 2 })
      try {
        const { finding, problems, events } = await verifyTrail(db)
        assert.deepEqual([finding, problems], [undefined, []])
        assert.ok(events > 0)
      } finally {
        await db.destroy()
      }
    }))

  it('reads no table, not even its length, and takes no number from a sequence', () =>
    asAuditor(async (url) => {
      const { rows } = await admin.query<{ name: string; kind: string }>(
        `select oid::regclass::text as name, relkind as kind from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S') and relname <> 'test_clock'`,
      )
      assert.ok(rows.length > 15)
      await refusedAll(
        url,
        rows.map(({ name, kind }) =>
          kind === 'S' ? `select nextval('${name}')` : `select count(*) from ${name}`,
        ),
      )
    }))

  it('writes nothing and locks nothing, though its session may be made to write', () =>
    asAuditor(async (url) => {
      const views = (await viewsOf()).map(({ name }) => name)
      await refusedAll(url, [
        ...views.flatMap((view) => [
          `delete from ${view}`,
          `select * from ${view} for key share`,
          `lock table ${view} in row share mode`,
        ]),
        `update audit.chain set begun_after = 99`,
        `insert into audit.chain default values`,
        `select place from turn for update`,
        'create table public.mine (x text)',
        'create view audit.mine as select 1',
        `create function public.mine() returns text language sql as 'select 1'`,
        // The function runs with its owner's rights, and would lock the chain.
        `create temp table mine (like audit.chained_event); create trigger mine before insert on mine
          for each row execute function public.chain_audit_event()`,
      ])
    }))

  it('keeps nobody waiting by a lock on whom they are', () =>
    asAuditor(async (url) => {
      await using client = await connected(url)
      for (const what of ['usage', 'subject'])
        await client.query(`select pg_advisory_lock(hashtextextended('${what}:U0KIM', 0))`)
      await database.store.transaction(async (tx) => {
        await tx.requests.lockUsage(kim.userId)
        await tx.identities.wrongCodes(kim.userId, 60)
      })
    }))

  it('has limits to begin with', async () => {
    const { rows } = await admin.query(
      `select rolcanlogin, rolconfig from pg_roles where rolname = 'jit_auditor'`,
    )
    assert.deepEqual(rows, [
      {
        rolcanlogin: false,
        rolconfig: [
          'statement_timeout=60s',
          'idle_in_transaction_session_timeout=60s',
          'default_transaction_read_only=on',
          'search_path=audit, public',
        ],
      },
    ])
  })
})

describe('checkRole', () => {
  const powersOf = async (url: string) => {
    const { db } = openDatabase({ url, log: silentLog, connections: 1 })
    try {
      return (await checkRole(db)).powers
    } finally {
      await db.destroy()
    }
  }

  it('has nothing against a role with the rights of jit_app', async () => {
    assert.deepEqual(await powersOf(database.appUrl), [])
  })

  it('knows a superuser, also behind a role that was set', async () => {
    assert.deepEqual(await powersOf(database.url), ['is a superuser'])
    const behind = new URL(database.url)
    behind.searchParams.set('options', '-c role=jit_app')
    assert.deepEqual(await powersOf(behind.href), ['is a superuser'])
    const owner = new URL(database.url).username
    await asLogin(`in role ${owner}, jit_app noinherit`, async (url) =>
      assert.deepEqual(await powersOf(url), ['is a superuser']),
    )
  })

  it('knows an owner of the tables, of the schema and of the database, also one that must set the role', async () => {
    await using other = await aDatabase(1)
    const owner = `jit_owner_${randomUUID().slice(0, 8)}`
    const things = ['table audit_event', 'schema public', `database ${nameOf(other)}`]
    await admin.query(`create role ${owner}`)
    try {
      for (const thing of things) {
        await other.pool.query(`alter ${thing} owner to ${owner}`)
        for (const inherits of ['inherit', 'noinherit'])
          await asLogin(`in role jit_app, ${owner} ${inherits}`, async (url) => {
            const there = new URL(url)
            there.pathname = new URL(other.url).pathname
            assert.deepEqual(
              await powersOf(there.href),
              ['owns the tables, their schema or the database'],
              `${thing} ${inherits}`,
            )
          })
        await other.pool.query(`alter ${thing} owner to ${new URL(other.url).username}`)
      }
    } finally {
      await other.pool.query(`drop owned by ${owner}`)
      await admin.query(`drop role ${owner}`)
    }
  })

  it('knows a role that could make itself an owner, or was given too much', async () => {
    await asLogin('in role jit_app createrole', async (url) =>
      assert.deepEqual(await powersOf(url), ['has createrole, bypassrls or replication']),
    )
    const grants: readonly (readonly [string, string])[] = [
      ['delete on approval', 'may change or delete events and approvals'],
      ['update (action) on audit_event', 'may change or delete events and approvals'],
      ['trigger on audit_event', 'may change or delete events and approvals'],
      ['update on audit_chain', 'may change or delete events and approvals'],
      ['create on schema public', 'may create things in the schema of the tables'],
    ]
    await asLogin('in role jit_app', async (url, role) => {
      for (const [what, power] of grants) {
        await admin.query(`grant ${what} to ${role}`)
        assert.deepEqual(await powersOf(url), [power], what)
        await admin.query(`revoke ${what} from ${role}`)
      }
    })
  })
})

function nameOf({ url }: TestDatabase): string {
  return new URL(url).pathname.slice(1)
}
