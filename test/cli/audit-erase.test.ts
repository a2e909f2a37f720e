import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { auditCommand } from '../../src/cli/audit.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import { aResource, after, alex, anApprover, anEngineer, kim, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase, approval, ask, change, commit, grant, record } from '../postgres/support.ts'

const ana = anEngineer('ana')
const gus = anApprover('gus')

describe('jit audit erase', () => {
  let database: TestDatabase
  before(async () => {
    database = await aDatabase(3)
    const { store } = database
    const asked = await ask(store, { by: ana, reason: 'INC-1 ana needs it for bob' })
    await change(store, asked.id, approval({ requester: ana, by: gus, note: 'go on, ana' }))
    await change(store, asked.id, { type: 'confirm-active', at: after(90) })
    await change(store, asked.id, {
      type: 'end',
      at: after(120),
      by: ana,
      admins: people(),
      reason: 'done here',
    })
    await change(store, asked.id, { type: 'confirm-ended', at: after(130) })
    const other = await ask(store, { by: alex, reason: 'INC-2 what ANA@example.com saw' })
    await change(store, other.id, {
      type: 'deny',
      at: after(60),
      by: kim,
      resource: aResource(),
      reason: 'ask ana@example.com',
    })
    await store.transaction((tx) => tx.identities.pin(ana))
    await record(database, {
      action: 'identity.email_changed',
      actor: { kind: 'person', identity: ana },
      via: 'web',
      source: '203.0.113.7',
      alert: false,
      details: { pinned: 'ana@example.com', now: 'ana@new.example' },
    })
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function jit(url: string, ...words: readonly string[]): Promise<string> {
    process.env['DATABASE_URL'] = url
    const result = await auditCommand.run(words)
    if (result.type === 'usage') return `usage: ${result.problem ?? ''}`
    return `${result.type === 'failed' ? 'failed: ' : ''}${result.text}`
  }

  /** Everything in the database as one text. */
  async function everything({ pool }: TestDatabase): Promise<string> {
    const { rows } = await pool.query<{ text: string }>(`
      select concat_ws(' ',
        (select string_agg(e::text, ' ') from audit_event e), (select string_agg(e::text, ' ') from request e),
        (select string_agg(e::text, ' ') from approval e), (select string_agg(e::text, ' ') from access_grant e),
        (select string_agg(e::text, ' ') from identity e)) as text`)
    return rows[0]?.text ?? ''
  }

  const guardsOf = async ({ pool }: TestDatabase) =>
    (
      await pool.query(`
        select tgrelid::regclass::text, tgname, tgenabled, tgdeferrable, tginitdeferred from pg_trigger
        where not tgisinternal order by 1, 2`)
    ).rows

  it('says what it would do and does nothing, until it is told --yes', async () => {
    await using copy = await database.copy()
    const [before, guards] = [await everything(copy), await guardsOf(copy)]
    const said = await jit(copy.url, 'erase', '--person', 'Ana@Example.com')
    assert.match(
      said,
      /^would erase U0ANA, ana@example\.com\n {2}in \d+ events and 1 requests; they are erased-[0-9a-f]{12} there/,
    )
    assert.match(said, /nothing was done: add --yes/)
    assert.equal(await everything(copy), before)
    assert.deepEqual(await guardsOf(copy), guards)
  })

  for (const person of ['ana@example.com', 'U0ANA'])
    it(`leaves nothing of ${person}, and a chain that holds`, async () => {
      await using copy = await database.copy()
      const guards = await guardsOf(copy)
      const { head } = await verifyTrail(copy.db)
      const said = await jit(copy.url, 'erase', '--person', person, '--yes')
      assert.match(said, /^erased U0ANA/)
      const left = await everything(copy)
      assert.deepEqual(left.match(/.{0,60}(?:\bana\b|U0ANA|203\.0\.113\.7).{0,60}/gi), null)
      assert.match(left, /alex@example\.com/)
      assert.match(left, /kim@example\.com/)
      assert.deepEqual(await guardsOf(copy), guards)
      const verified = await verifyTrail(copy.db, { heads: [head] })
      assert.deepEqual([verified.finding, verified.problems, verified.headsMet], [undefined, [], 1])
      assert.ok(verified.erased > 5)
      const { rows } = await copy.pool.query<{ deferrable: boolean }>(
        `select condeferrable as deferrable from pg_constraint where conname = 'approval_of_requester'`,
      )
      assert.deepEqual(rows, [{ deferrable: false }])
      // What is asked and answered later goes on as before.
      await grant(copy.store, { by: anEngineer('later') })
      await assert.rejects(commit(copy, 'delete from audit_event'), /append-only/)
    })

  it('leaves whoever has a name that hers is a part of', async () => {
    await using copy = await database.copy()
    const dana = anEngineer('dana')
    const { id } = await ask(copy.store, { by: dana, reason: 'INC-3 for dana@example.com' })
    assert.match(await jit(copy.url, 'erase', '--person', 'ana@example.com', '--yes'), /^erased/)
    const { rows } = await copy.pool.query<{ email: string; reason: string; told: object }>(
      `select requester_email as email, reason, details as told
       from request join audit_event on request_id = id where id = $1`,
      [id],
    )
    assert.equal(rows.length, 1)
    assert.match(
      JSON.stringify(rows),
      /dana@example\.com.*INC-3 for dana@example\.com.*INC-3 for dana@example\.com/,
    )
  })

  describe('of somebody who had another address before', () => {
    const rob = anEngineer('rob')
    const robert = { ...rob, email: 'robert@new.example' }
    const denied = async (copy: TestDatabase) => {
      for (const by of [rob, robert]) {
        const { id } = await ask(copy.store, { by, reason: `INC-4 as ${by.email}` })
        const facts = { at: after(60), by: kim, resource: aResource(), reason: 'no' }
        await change(copy.store, id, { type: 'deny', ...facts })
      }
    }
    for (const email of [rob.email, robert.email])
      it(`finds all of them by ${email}`, async () => {
        await using copy = await database.copy()
        await denied(copy)
        assert.match(await jit(copy.url, 'erase', '--person', email, '--yes'), /^erased U0ROB/)
        assert.deepEqual((await everything(copy)).match(/.{0,60}\brob(?:ert)?\b.{0,60}/gi), null)
      })

    it('is kept from it by a hold of either', async () => {
      await using copy = await database.copy()
      await denied(copy)
      const held = await jit(copy.url, 'hold', 'add', '--person', robert.email, '--reason', 'C1')
      assert.match(held, /^hold 1: robert@new\.example is not erased/)
      assert.match(
        await jit(copy.url, 'erase', '--person', rob.email, '--yes'),
        /^failed: legal hold 1 covers them/,
      )
    })
  })

  it('takes nobody for a name that is empty, and holds nothing that is not on record', async () => {
    await using copy = await database.copy()
    assert.equal(await jit(copy.url, 'erase', '--person', ' '), 'usage: --person names nobody')
    for (const of of [
      ['--person', 'nobody@example.com'],
      ['--resource', 'grafana-prd'],
    ])
      assert.match(
        await jit(copy.url, 'hold', 'add', ...of, '--reason', 'C2'),
        /^failed: nothing on record is of .*: check how it is written$/,
      )
    const spelled = ['--resource', 'Grafana-Prod', '--reason', 'C3']
    assert.match(await jit(copy.url, 'hold', 'add', ...spelled), /^hold \d+: grafana-prod is not/)
    assert.match(
      await jit(copy.url, 'hold', 'add', '--person', 'u0ana', '--reason', 'C4'),
      /^hold \d+: U0ANA is not/,
    )
  })

  it('is found out when it was not put on record, or left something else', async () => {
    await using copy = await database.copy()
    await jit(copy.url, 'erase', '--person', 'ana@example.com', '--yes')
    const off = 'alter table audit_event disable trigger user'
    const on = `alter table audit_event enable always trigger audit_event_append_only;
      alter table audit_event enable always trigger audit_event_no_truncate;
      alter table audit_event enable always trigger audit_event_not_archived;
      alter table audit_event enable always trigger zz_chain_audit_event;
      alter table audit_event enable trigger user`
    await commit(
      copy,
      off,
      `update audit_event set actor_user_id = 'U0MALLORY' where actor_user_id like 'erased-%'`,
      on,
    )
    assert.match(
      (await verifyTrail(copy.db)).finding?.problem ?? '',
      /no erasure on record says so/,
    )
  })

  it('waits until nothing of theirs is open, and for legal holds', async () => {
    await using copy = await database.copy()
    const erase = () => jit(copy.url, 'erase', '--person', 'ana@example.com', '--yes')
    assert.equal(
      await jit(copy.url, 'hold', 'add', '--reason', 'Case 12', '--person', 'ANA@example.com'),
      'hold 1: ana@example.com is not erased or archived until it is released',
    )
    assert.equal(await erase(), 'failed: legal hold 1 covers them: release it first')
    assert.match(
      await jit(copy.url, 'hold', 'list'),
      /^1 {2}ana@example\.com {2}since \d{4}-\d\d-\d\d {2}Case 12$/,
    )
    assert.equal(await jit(copy.url, 'hold', 'release', '1'), 'hold 1: released')
    assert.equal(await jit(copy.url, 'hold', 'release', '1'), 'failed: there is no hold 1 in force')
    await assert.rejects(
      commit(copy, `update audit_hold set released_at = null`),
      /it can only be released, once/,
    )
    assert.match(
      await jit(copy.url, 'hold', 'add', '--reason', 'everything stays'),
      /^hold 2: nothing is erased or archived/,
    )
    assert.equal(await erase(), 'failed: legal hold 2 covers them: release it first')
    await jit(copy.url, 'hold', 'release', '2')
    const { id } = await ask(copy.store, { by: ana })
    assert.equal(await erase(), 'failed: 1 of their requests wait or are open: let them end first')
    await change(copy.store, id, { type: 'cancel', at: after(60), by: ana })
    assert.match(await erase(), /^erased/)
    assert.equal(await erase(), 'failed: nobody is known as ana@example.com')
  })

  it('is for the owner of the tables alone', async () => {
    for (const words of [
      ['erase', '--person', 'ana@example.com', '--yes'],
      ['hold', 'list'],
    ])
      assert.match(
        await jit(database.appUrl, ...words),
        /^failed: only the owner of the tables may do this/,
      )
  })
})
