import assert from 'node:assert/strict'
import { exec } from 'node:child_process'
import { mkdtemp, readFile, readdir, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { auditCommand } from '../../src/cli/audit.ts'
import { alex, anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { INHERITED } from '../support/inherited.ts'
import { aDatabase, ask, grant } from '../postgres/support.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

describe('jit audit export', () => {
  let database: TestDatabase
  const file = (name: string) => join(tmpdir(), `jit-export-${process.pid}-${name}`)
  before(async () => {
    database = await aDatabase(2)
    await grant(database.store, { by: alex })
    await ask(database.store, { by: anEngineer('robin') })
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function jit(...words: readonly string[]): Promise<string> {
    process.env['DATABASE_URL'] = database.url
    const result = await auditCommand.run(words)
    if (result.type === 'usage') return `usage: ${result.problem ?? ''}`
    const code = result.type === 'failed' ? `${result.exitCode ?? 1}: ` : ''
    return `${code}${result.text}`
  }

  for (const format of ['jsonl', 'csv', 'ocsf'])
    it(`writes ${format} for one person, which is verified without a database`, async () => {
      const path = file(format)
      const words = ['--format', format, '--person', 'Alex@Example.com', '--output', path]
      assert.equal(await jit('export', ...words), `wrote ${path}`)
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      const { rows } = await database.pool.query<{ seq: number; details: object; head: string }>(
        `select seq::int, details, (
           select seq || ':' || encode(hash, 'hex') from audit_event where seq = last.seq - 1) as head
         from audit_event last order by seq desc limit 1`,
      )
      const [{ seq, details, head } = { seq: 0, details: {}, head: '' }] = rows
      assert.deepEqual(
        { ...details, operator: '' },
        { operator: '', person: 'Alex@Example.com', format, seq: seq - 1 },
      )
      process.env['DATABASE_URL'] = 'postgres://127.0.0.1:1/nowhere'
      const said = await jit('verify', '--file', path, '--head', head)
      assert.match(
        said,
        /^as exported: 2 events, and the digests of \d+ that were left out; its head is \d+:[0-9a-f]{64}\nit says that it was asked for person "Alex@Example.com"; /,
      )
      assert.ok(said.endsWith(`heads from outside vouch for all up to event ${seq - 1}`))
      assert.ok(said.includes(head))
      const text = await readFile(path, 'utf8')
      await writeFile(path, text.replace('alex@example.com', 'alec@example.com'))
      assert.match(await jit('verify', '--file', path), /^1: NOT AS EXPORTED\nline \d+: /)
    })

  it('says what is wrong with its words, and puts nothing on record', async () => {
    const count = async () =>
      (await database.pool.query<{ n: number }>('select count(*)::int as n from audit_event'))
        .rows[0]?.n
    const before = await count()
    for (const [words, problem] of [
      [['--format', 'xml'], 'usage: xml is no format: choose csv, jsonl, ocsf'],
      [['--from', 'monday'], /^usage: --from: Give a day such as 2026-11-20, or a time/],
      [['--to', '2026-02-31T00:00'], /^usage: --to: Give a day/],
      [['--from', '2026-03-03', '--to', '2026-03-02'], /^usage: --to: Give a time after/],
      [['--person', 'alex'], /^usage: --person: Give an e-mail address/],
      [['--person', ''], 'usage: --person has no value'],
      [['--resource', 'Grafana prod'], /^usage: --resource: Give the id/],
      [['--request', '12'], /^usage: --request: Give the eight characters/],
      [['--action', 'request.*'], /^usage: --action: Give an action/],
      [['--output', '/nowhere/x', 'more'], 'usage: '],
    ] as const) {
      const said = await jit('export', ...words)
      if (typeof problem === 'string') assert.equal(said, problem)
      else assert.match(said, problem)
    }
    assert.equal(await count(), before)
    assert.match(await jit('verify', '--file', '/nowhere'), /^2: \/nowhere cannot be read/)
    assert.match(
      await jit('verify', '--file', 'x', '--from', '3'),
      /^usage: a file is verified as a whole/,
    )
  })

  it('finds bytes that are no text, which a lenient reader takes for others', async () => {
    const path = file('bytes')
    await ask(database.store, { by: anEngineer('odd'), reason: 'INC-7 \ufffd' })
    await jit('export', '--output', path)
    assert.match(await jit('verify', '--file', path), /^as exported/)
    const bytes = await readFile(path)
    const at = bytes.lastIndexOf('\ufffd')
    await writeFile(
      path,
      Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]),
    )
    assert.equal(
      await jit('verify', '--file', path),
      '1: NOT AS EXPORTED\nthere are bytes in it that are no UTF-8',
    )
    await writeFile(path, bytes.subarray(0, at + 1))
    assert.match(await jit('verify', '--file', path), /^1: NOT AS EXPORTED/)
  })

  const exported = async () => {
    const { rows } = await database.pool.query<{ n: number }>(
      `select count(*)::int as n from audit_event where action = 'audit.exported'`,
    )
    return rows[0]?.n ?? 0
  }

  it('takes nothing when there is no place for it', async () => {
    const before = await exported()
    assert.match(
      await jit('export', '--output', '/nowhere/x'),
      /^1: \/nowhere\/x cannot be written: ENOENT/,
    )
    assert.equal(await exported(), before)
  })

  it('leaves no part behind when the file cannot be put in its place, or the trail not be read', async () => {
    const folder = await mkdtemp(file('folder'))
    assert.match(await jit('export', '--output', folder), /^1: .* cannot be written: EISDIR/)
    const path = join(folder, 'x')
    await database.pool.query('alter view audit.chain rename to elsewhere')
    assert.match(
      await jit('export', '--output', path),
      /^1: the database did not do it: .*audit\.chain/,
    )
    await database.pool.query('alter view audit.elsewhere rename to chain')
    assert.deepEqual(await readdir(folder), [])
    await rmdir(folder)
    const beside = await readdir(tmpdir())
    assert.deepEqual(
      beside.filter((name) => name.includes(`${process.pid}-folder`)),
      [],
    )
  })

  it('writes over no file that somebody put where the part goes, and replaces one of the name', async () => {
    const path = file('replaced')
    await writeFile(path, 'old', { mode: 0o644 })
    await writeFile(`${path}.part`, 'of others')
    assert.equal(await jit('export', '--output', path), `wrote ${path}`)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.equal(await readFile(`${path}.part`, 'utf8'), 'of others')
    assert.match(
      await jit('verify', '--file', path),
      /^as exported: \d+ events, and the digests of 0/,
    )
  })

  it('goes to standard output whole, and fails when its reader goes away', async () => {
    await database.pool.query(
      `insert into audit_event (action, via, actor_kind) select 'policy.written', 'bot', 'bot' from generate_series(1, 4000)`,
    )
    const path = file('piped')
    const run = (pipe: string) =>
      promisify(exec)(`set -o pipefail; "$NODE" "$PROGRAM" audit export ${pipe}`, {
        shell: '/bin/bash',
        env: { ...INHERITED, DATABASE_URL: database.url, NODE: process.execPath, PROGRAM },
      })
    await run(`> ${path}`)
    assert.match(await jit('verify', '--file', path), /^as exported: 40\d\d events/)
    await assert.rejects(run('| head -n 1 > /dev/null'), {
      code: 1,
      stderr: /the export was not taken to its end: write EPIPE\n$/,
    })
  })
})
