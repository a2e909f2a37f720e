import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, afterEach, before, beforeEach, describe, it } from 'node:test'
import { archiveName, writeArchive } from '../../src/cli/archive-file.ts'
import { auditCommand } from '../../src/cli/audit.ts'
import type { RequestId, SlackChannelId } from '../../src/domain/ids.ts'
import { NotArchived, nextRun, takeOut } from '../../src/postgres/archive-trail.ts'
import { chainedEvents } from '../../src/postgres/audit-chain.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import { formatHead } from '../../src/domain/chained-event.ts'
import {
  REVISION,
  aResource,
  after,
  alex,
  anApprover,
  anEngineer,
  kim,
  people,
} from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { vocabularyProblems } from '../support/vocabulary.ts'
import {
  aDatabase,
  anExtendable,
  approval,
  ask,
  askExtension,
  change,
  commit,
  grant,
  record,
} from '../postgres/support.ts'

const ana = anEngineer('ana')
const gus = anApprover('gus')
const lee = anEngineer('lee')
const BOT = { actor: { kind: 'bot' }, via: 'bot' } as const
const OFF = 'alter table audit_event disable trigger audit_event_append_only'
const ON = 'alter table audit_event enable always trigger audit_event_append_only'

describe('jit audit archive', () => {
  /** January has events 1 to 6, February 7 and 8, March 9 and 10; 10 is of a request that waits. */
  let database: TestDatabase
  let ended: RequestId
  let waiting: RequestId
  let directory: string

  before(async () => {
    database = await aDatabase(3)
    const { store, pool } = database
    const at = (instant: string) =>
      pool.query('update test_clock set shift = $1::timestamptz - clock_timestamp()', [instant])
    await at('2026-01-10T09:00:00Z')
    await record(database, {
      ...BOT,
      action: 'catalogue.accepted',
      alert: false,
      details: { occasion: 'start', revision: REVISION, resources: 1 },
    })
    const blocked = await record(database, {
      ...BOT,
      action: 'policy.blocked',
      alert: true,
      details: { policy: 'p', reason: 'ana@example.com made it' },
    })
    await store.transaction((tx) =>
      tx.messages.alertPosted(blocked.seq, { channel: 'C0AUDIT' as SlackChannelId, ts: '1.1' }),
    )
    await pool.query('delete from work')
    ended = (await ask(store, { by: ana })).id
    await change(store, ended, approval({ requester: ana, by: gus }))
    await change(store, ended, { type: 'confirm-active', at: after(90) })
    await change(store, ended, {
      type: 'end',
      at: after(120),
      by: ana,
      admins: people(),
      reason: 'done here',
    })
    await at('2026-02-10T09:00:00Z')
    await change(store, ended, { type: 'confirm-ended', at: after(130) })
    const { id } = await ask(store, { by: alex })
    await at('2026-03-10T09:00:00Z')
    const resource = aResource()
    await change(store, id, { type: 'deny', at: after(60), by: kim, resource, reason: 'no' })
    waiting = (await ask(store, { by: lee })).id
    await at('2026-12-01T09:00:00Z')
    await record(database, {
      ...BOT,
      action: 'policy.unblocked',
      alert: false,
      details: { policy: 'p', was: 'it' },
    })
  })
  afterAll(() => database[Symbol.asyncDispose]())
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'jit-archive-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  async function jit(url: string, ...words: readonly string[]): Promise<string> {
    process.env['DATABASE_URL'] = url
    const result = await auditCommand.run(words)
    if (result.type === 'usage') return `usage: ${result.problem ?? ''}`
    return `${result.type === 'failed' ? 'failed: ' : ''}${result.text}`
  }

  const archive = ({ url }: Pick<TestDatabase, 'url'>, before: string) =>
    jit(url, 'archive', '--before', before, '--to', directory)
  const files = async () => (await readdir(directory)).sort()
  const textOf = (file: string) => readFile(join(directory, file), 'utf8')
  const sha256 = async (file: string) =>
    createHash('sha256')
      .update(await textOf(file))
      .digest('hex')
  const firstIn = async ({ pool }: TestDatabase) =>
    Number(
      (await pool.query<{ seq: string }>('select min(seq) as seq from audit_event')).rows[0]?.seq,
    )

  async function headOf(file: string): Promise<string> {
    const last = (await textOf(file)).trimEnd().split('\n').at(-1) ?? ''
    const { end } = JSON.parse(last) as { end: { head: { seq: number; hash: string } } }
    return formatHead(end.head)
  }

  async function assertAsRecorded({ db }: TestDatabase): Promise<void> {
    const { finding, problems } = await verifyTrail(db)
    assert.deepEqual([finding, problems], [undefined, []])
  }

  /** What events of the trail itself say that their published schema does not have. */
  const unpublished = async ({ store }: TestDatabase) =>
    (await store.statement((db) => db.audit.newest({ action: 'audit' }, 99, 9))).flatMap(
      vocabularyProblems,
    )

  it('moves each month to a file of its own, which proves what it holds', async () => {
    await using copy = await database.copy()
    const { head } = await verifyTrail(copy.db)
    const said = (await archive(copy, '2026-03')).replaceAll(directory, '').split('\n')
    assert.match(
      said[0] ?? '',
      /^\/audit-[0-9a-f]{8}-2026-01-1-6\.jsonl: 6 events, 1 to 6, of 2026-01$/,
    )
    assert.match(
      said[1] ?? '',
      /^\/audit-[0-9a-f]{8}-2026-02-7-8\.jsonl: 2 events, 7 to 8, of 2026-02$/,
    )
    assert.deepEqual(said.slice(2), [
      'event 9 and what comes after it stays: it is not from before 2026-03',
    ])
    // The rest of the chain goes on, by a head of before.
    const kept = await verifyTrail(copy.db, { heads: [head] })
    assert.deepEqual(
      [kept.finding, kept.problems, kept.headsMet, kept.archived?.seq, kept.isTrusted],
      [undefined, [], 1, 8, false],
    )
    assert.ok(kept.archived)
    const [january = '', february = ''] = await files()
    assert.equal(
      await jit(copy.url, 'verify', '--file', join(directory, january)),
      `as exported: 6 events, and the digests of 0 that were left out; its head is ${await headOf(january)}\nno head from outside is among its events: that it was written anew, or its end cut off, would not show`,
    )
    const heads = [formatHead(kept.archived), await headOf(january)]
    assert.match(
      await jit(
        copy.url,
        'verify',
        '--file',
        join(directory, february),
        ...heads.flatMap((known) => ['--head', known]),
      ),
      /^as exported: 2 events.*\nheads from outside vouch for all up to event 8$/,
    )
    assert.equal((await stat(join(directory, january))).mode & 0o777, 0o600)
    const { rows } = await copy.pool.query<{ file: string; sha: string }>(
      'select file, file_sha256 as sha from audit.archive order by last_seq',
    )
    assert.deepEqual(rows, [
      { file: january, sha: await sha256(january) },
      { file: february, sha: await sha256(february) },
    ])
    assert.deepEqual(await unpublished(copy), [])
  })

  it('leaves all else as it was: verification, the bot, exports, which rules were in force', async () => {
    await using copy = await database.copy()
    const catalogue = 'select revision, in_force_from, in_force_to from audit.catalogue'
    const before = (await copy.pool.query(catalogue)).rows
    assert.equal(before.length, 1)
    await archive(copy, '2026-03')
    assert.deepEqual((await copy.pool.query(catalogue)).rows, before)
    // Whoever pretends an archive of all that such a head vouches for would be found by it alone.
    assert.match(
      await jit(copy.appUrl, 'verify', '--head', `3:${'0'.repeat(64)}`),
      /NOT AS RECORDED\nno head from outside is as new as event 8, up to which events are said to be in archives/,
    )
    const said = await jit(copy.appUrl, 'verify')
    assert.match(
      said,
      /^as recorded: 5 events, .*\nthose up to 8 are in archives: verify each file with --file, the last with --head 8:[0-9a-f]{64}\nno head from outside was given/,
    )
    assert.match(
      await jit(copy.url, 'verify', '--from', '3'),
      /: events up to 8 are in archives: verify their files, and the rest from 9$/,
    )
    assert.match(await jit(copy.url, 'verify', '--from', '9'), /^as recorded: 5 events/)
    const { id } = await grant(copy.store, { by: anEngineer('later') })
    assert.equal((await copy.store.statement((db) => db.audit.about(id, 9))).length, 2)
    const path = join(directory, 'export')
    assert.equal(await jit(copy.url, 'export', '--output', path), `wrote ${path}`)
    assert.match(await jit(copy.url, 'verify', '--file', path), /^as exported: 7 events/)
    await assertAsRecorded(copy)
    const alerts = await copy.pool.query<{ subject: string }>(
      `select subject from work where kind = 'alert' order by subject::bigint`,
    )
    assert.deepEqual(
      alerts.rows.map(({ subject }) => subject),
      ['12', '13'],
    )
  })

  it('goes on where it stopped, and stops at a request that is not over', async () => {
    await using copy = await database.copy()
    await archive(copy, '2026-02')
    assert.equal((await files()).length, 1)
    const said = (await archive(copy, '2026-05')).split('\n')
    assert.match(said[0] ?? '', /-2026-02-7-8\.jsonl: 2 events/)
    assert.match(said[1] ?? '', /-2026-03-9-9\.jsonl: 1 events/)
    assert.equal(said[2], `event 10 and what comes after it stays: request ${waiting} is not over`)
    await change(copy.store, waiting, { type: 'cancel', at: after(60), by: lee })
    assert.match(await archive(copy, '2026-05'), /-2026-03-10-10\.jsonl: 1 events/)
    await assertAsRecorded(copy)
  })

  it('keeps the last 90 days, what the SIEM lacks and what is still to be posted', async () => {
    await using copy = await database.copy()
    await change(copy.store, waiting, { type: 'cancel', at: after(60), by: lee })
    await copy.pool.query(
      `insert into audit_stream (destination, last_seq, last_hash) values ('0123456789abcdef', 7, '\\x00');
       delete from work; insert into work (key, kind, subject, due_at) values ('alert:3', 'alert', '3', jit_now())`,
    )
    assert.match(
      await archive(copy, '2027-01'),
      /-1-2\.jsonl: 2 events.*\nevent 3 and .*: it is still to be posted to the audit channel$/,
    )
    await copy.pool.query('delete from work')
    assert.match(await archive(copy, '2027-01'), /\nevent 8 .*: the SIEM does not have it yet$/)
    await copy.pool.query('delete from audit_stream; delete from work')
    assert.match(await archive(copy, '2027-01'), /\nevent 11 .*: it is of the last 90 days$/)
    await copy.pool.query('delete from work')
    assert.equal(
      await archive(copy, '2026-12'),
      'event 11 and what comes after it stays: it is not from before 2026-12',
    )
    // Nor could anybody else archive what is so new.
    await assert.rejects(
      commit(
        copy,
        `insert into audit_archive (last_seq, file, file_sha256) values (11, 'f', repeat('0', 64))`,
      ),
      /events of the last 90 days stay/,
    )
    await assertAsRecorded(copy)
  })

  it('keeps what a legal hold covers, and all that comes after it', async () => {
    await using copy = await database.copy()
    for (const [of, first] of [
      [[], 1],
      // By a text that mentions her.
      [['--person', 'ANA@example.com'], 2],
      [['--person', 'U0ANA'], 2],
      [['--resource', 'grafana-prod'], 3],
      [['--request', ended.toLowerCase()], 3],
      [['--person', 'alex@example.com'], 8],
      [['--person', 'kim@example.com'], 9],
    ] as const) {
      const placed = await jit(copy.url, 'hold', 'add', '--reason', 'Case 12', ...of)
      const [, id = ''] = /^hold (\d+): /.exec(placed) ?? []
      assert.match(
        await archive(copy, '2026-04'),
        new RegExp(`^(?:.*jsonl.*\n)*event ${first} and .*: legal hold ${id} covers it$`),
        of.join(' '),
      )
      assert.equal(await firstIn(copy), first)
      await jit(copy.url, 'hold', 'release', id)
    }
    assert.match(
      await archive(copy, '2026-04'),
      new RegExp(`event 10 .*: request ${waiting} is not over$`),
    )
    await assertAsRecorded(copy)
  })

  it('lets holds of a resource or a request keep people from being erased', async () => {
    await using copy = await database.copy()
    for (const [of, what] of [
      [['--resource', 'grafana-prod'], 'resource grafana-prod'],
      [['--request', ended], `request ${ended}`],
    ] as const) {
      const placed = await jit(copy.url, 'hold', 'add', '--reason', 'Case 12', ...of)
      const [, id = ''] = /^hold (\d+): /.exec(placed) ?? []
      for (const person of ['ana@example.com', 'gus@example.com'])
        assert.equal(
          await jit(copy.url, 'erase', '--person', person, '--yes'),
          `failed: legal hold ${id} covers them: release it first`,
        )
      assert.match(
        await jit(copy.url, 'hold', 'list'),
        new RegExp(`${what} {2}since \\S+ {2}Case 12$`),
      )
      await jit(copy.url, 'hold', 'release', id)
    }
    for (const [words, problem] of [
      [['--request', '7K2M9QXZ'], 'failed: there is no request 7K2M9QXZ'],
      [
        ['--request', 'nothing'],
        'usage: nothing is no request: give its eight characters, such as 7K2M9QXZ',
      ],
      [
        ['--request', ended, '--person', 'x'],
        'usage: a hold is of a person, a resource or a request: place one for each',
      ],
      [['--resource', ' '], 'usage: name what the hold is to cover'],
    ] as const)
      assert.equal(await jit(copy.url, 'hold', 'add', '--reason', 'x', ...words), problem)
    assert.match(await jit(copy.url, 'erase', '--person', 'ana@example.com', '--yes'), /^erased/)
    assert.deepEqual(await unpublished(copy), [])
  })

  it('shows when a file was changed', async () => {
    await using copy = await database.copy()
    await archive(copy, '2026-02')
    const [name = ''] = await files()
    const [text, sha] = [await textOf(name), await sha256(name)]
    for (const [changed, problem] of [
      [text.replace('policy.blocked', 'policy.failing'), /event 2 is not what its hash is of/],
      [text.replace('done here', 'done thus'), /in event 6, or what is personal, was changed/],
      [text.split('\n').toSpliced(3, 1).join('\n'), /event 4 comes after event 2/],
      [text.split('\n').slice(0, -2).join('\n'), /its end is missing/],
    ] as const) {
      await writeFile(join(directory, name), changed)
      assert.match(await jit(copy.url, 'verify', '--file', join(directory, name)), problem)
      assert.notEqual(await sha256(name), sha)
    }
  })

  it('holds nothing of whom was erased before, and says that what is erased later stays in files', async () => {
    await using copy = await database.copy()
    await jit(copy.url, 'erase', '--person', 'ana@example.com', '--yes')
    assert.match(await archive(copy, '2026-03'), /6 events.*\n.*2 events/)
    const [january = ''] = await files()
    assert.doesNotMatch(await textOf(january), /\bana\b|U0ANA/i)
    assert.match(
      await jit(copy.url, 'verify', '--file', join(directory, january)),
      /is missing in 5 of them: erased, or taken out/,
    )
    // Of whom nothing is left here but an approval.
    assert.match(
      await jit(copy.url, 'erase', '--person', 'gus@example.com', '--yes'),
      /^erased U0GUS, gus@example\.com\n.*\n {2}2 archives of older events are not touched: /,
    )
    assert.equal(
      (await copy.pool.query(`select from approval where approver_user_id = 'U0GUS'`)).rowCount,
      0,
    )
    await assertAsRecorded(copy)
  })

  it('takes nothing out that is not as the file has it', async () => {
    await using copy = await database.copy()
    const run = await nextRun(copy.db, '2026-02')
    assert.ok('last' in run)
    const batches = chainedEvents(copy.db, run.after.seq, run.last)
    const path = archiveName(directory, run)
    const file = await writeArchive(path, { ...run, filter: {}, batches })
    const facts = { before: '2026-02', by: {} }
    for (const other of [
      { ...file, events: 5 },
      { ...file, erased: 1 },
      { ...file, head: { seq: 5, hash: file.head.hash } },
      { ...file, head: { seq: 6, hash: '0'.repeat(64) } },
      { ...file, sha256: '' },
    ])
      await assert.rejects(takeOut(copy.db, run, other, facts), NotArchived)
    // Somebody was erased after the file was written.
    await jit(copy.url, 'erase', '--person', 'gus@example.com', '--yes')
    await assert.rejects(takeOut(copy.db, run, file, facts), /not those of the file any more/)
    await jit(copy.url, 'hold', 'add', '--reason', 'Case 12')
    await assert.rejects(takeOut(copy.db, run, file, facts), /event 1 has to stay: legal hold 1/)
    await jit(copy.url, 'hold', 'release', '1')
    assert.equal(await firstIn(copy), 1)
    await assertAsRecorded(copy)
    assert.match(
      await archive(copy, '2026-02'),
      /^failed: events 1 to 6 were not archived: .*is there already, while its events are in the database too/,
    )
    assert.equal((await files()).length, 1)
  })

  it('leaves no file when the database does not do it, or the trail is not as it was recorded', async () => {
    await using copy = await database.copy()
    await commit(
      copy,
      `create function no() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$`,
      `create trigger no before delete on slack_message for each row execute function no()`,
    )
    assert.equal(
      await archive(copy, '2026-02'),
      'failed: events 1 to 6 were not archived: not today',
    )
    await assertAsRecorded(copy)
    await commit(copy, OFF, `update audit_event set resource_id = 'other' where seq = 11`, ON)
    assert.match(
      await archive(copy, '2026-03'),
      /^failed: nothing was archived, since the trail is not as it was recorded:\nevent 11: /,
    )
    assert.deepEqual(await files(), [])
    assert.equal(await firstIn(copy), 1)
  })

  it('lets nobody delete without a record, record without deleting, or say what an archive holds', async () => {
    await using copy = await database.copy()
    const row = (last: number, more = '', value = '') =>
      `insert into audit_archive (last_seq, file, file_sha256${more}) values (${last}, 'f', repeat('0', 64)${value})`
    const delete6 = 'delete from slack_message; delete from audit_event where seq <= 6'
    for (const [statements, problem] of [
      [[delete6], /append-only/],
      [[row(6), delete6], /append-only/],
      [[row(6)], /its events are still there/],
      [[row(6, ', events', ', 6')], /the database says what is in it/],
      [[row(99)], /it ends at an event/],
      [[row(11)], /not at the last one/],
      [[row(10)], /requests that are not over/],
    ] as const)
      await assert.rejects(commit(copy, ...statements), problem)
    // The owner takes the guard away and tells of an archive: no event does.
    await commit(copy, row(6), OFF, delete6, ON)
    const { finding, problems } = await verifyTrail(copy.db)
    assert.deepEqual(
      [finding, problems],
      [undefined, ['events up to 6 are said to be in archive f, and no event says so']],
    )
    await assert.rejects(commit(copy, row(6)), /it ends at an event/)
    for (const statement of [
      `update audit_archive set file = 'g'`,
      'delete from audit_archive',
      'truncate audit_archive',
      'delete from audit_archived_request',
      'update audit_archived_request set version = 1',
      'truncate audit_archived_request',
    ])
      await assert.rejects(commit(copy, statement), /append-only/)
    // Without an archive, it is missing.
    await commit(copy, OFF, 'delete from audit_event where seq <= 8', ON)
    assert.deepEqual((await verifyTrail(copy.db)).finding, {
      seq: 7,
      problem: 'it is missing: after 6 comes 9',
    })
  })

  it('finds that the list of archives is not as it was told', async () => {
    await using archived = await database.copy()
    await archive(archived, '2026-03')
    for (const [attack, problem] of [
      [
        `update audit_archive set file_sha256 = repeat('a', 64) where last_seq = first`,
        /has another, or none/,
      ],
      [
        'update audit_archive set events = events + 1 where last_seq = first',
        /has another, or none/,
      ],
      ['delete from audit_archive where last_seq = first', /does not follow the one before it/],
      [
        `update audit_archive set hash_before = sha256('x') where last_seq = first`,
        /does not follow/,
      ],
    ] as const) {
      await using copy = await archived.copy()
      await commit(
        copy,
        'alter table audit_archive disable trigger all',
        attack.replace('= first', '= (select min(last_seq) from audit_archive)'),
        `alter table audit_archive enable always trigger audit_archive_checked,
          enable always trigger audit_archive_taken_out, enable always trigger audit_archive_append_only,
          enable always trigger audit_archive_no_truncate`,
      )
      assert.match((await verifyTrail(copy.db)).problems.join(), problem)
    }
  })

  it('lets nobody record again what is in an archive, nor the bot archive or forget', async () => {
    await using copy = await database.copy()
    await archive(copy, '2026-03')
    for (const version of [1, 2, 5])
      await assert.rejects(
        commit(
          copy,
          `insert into audit_event (action, via, actor_kind, request_id, request_version)
           values ('request.denied', 'bot', 'bot', '${ended}', ${version})`,
        ),
        {
          code: '23505',
          message: `audit_event: version ${version} of request ${ended} is on record in an archive`,
        },
      )
    assert.match(
      await archive({ url: copy.appUrl }, '2026-05'),
      /^failed: only the owner of the tables may do this/,
    )
    const role = new URL(copy.appUrl).username
    for (const statement of [
      `insert into audit_archive (last_seq, file, file_sha256) values (9, 'f', repeat('0', 64))`,
      'delete from audit_event where seq <= 9',
      'delete from audit_archived_request',
      `insert into audit_archived_request values ('${waiting}', 9)`,
      'alter table audit_event disable trigger audit_event_not_archived',
    ])
      await assert.rejects(commit(copy, `set local role ${role}`, statement), { code: '42501' })
  })

  it('keeps an extension as long as the access that it extended', async () => {
    await using copy = await database.copy()
    const { store, pool } = copy
    const by = anEngineer('ext')
    const resource = anExtendable()
    const { id } = await grant(store, { by, resource })
    const active = await change(store, id, { type: 'confirm-active', at: after(90) })
    const wish = await askExtension(store, active, { by })
    const areOver = async () =>
      (
        await pool.query<{ over: boolean }>(
          'select request_is_over(id) as over from unnest($1::text[]) as id',
          [[id, wish.id]],
        )
      ).rows.map(({ over }) => over)
    await change(store, wish.id, { type: 'cancel', at: after(150), by })
    assert.deepEqual(await areOver(), [false, false])
    await change(store, id, { type: 'end', at: after(160), by, admins: people() })
    assert.deepEqual(await areOver(), [false, false])
    await change(store, id, { type: 'confirm-ended', at: after(170) })
    assert.deepEqual(await areOver(), [true, true])
  })

  it('says what is wrong with its words', async () => {
    for (const [words, problem] of [
      [['--before', '2026-13', '--to', directory], '2026-13 is no month: give one such as 2026-01'],
      [['--before', '2026-01'], ''],
      [['--to', directory], ''],
    ] as const)
      assert.equal(await jit(database.url, 'archive', ...words), `usage: ${problem}`)
    assert.match(
      await jit(database.url, 'archive', '--before', '2026-02', '--to', join(directory, 'nowhere')),
      /^failed: events 1 to 6 were not archived: ENOENT/,
    )
  })
})
