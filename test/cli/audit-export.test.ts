import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before, describe, it } from 'node:test'
import { auditCommand } from '../../src/cli/audit.ts'
import { alex, anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase, ask, grant } from '../postgres/support.ts'

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
      [['--format', 'xml'], 'xml is no format: choose csv, jsonl, ocsf'],
      [['--from', 'monday'], 'monday is no instant: write 2026-03-02 or 2026-03-02T09:00Z'],
      [['--to', '2026-02-31T00:00'], /is no instant/],
      [['--person', 'alex'], 'alex is neither an e-mail address nor a Slack id'],
      [['--output', '/nowhere/x', 'more'], ''],
    ] as const) {
      const said = await jit('export', ...words)
      if (typeof problem === 'string') assert.equal(said, `usage: ${problem}`)
      else assert.match(said, problem)
    }
    assert.equal(await count(), before)
    assert.match(await jit('verify', '--file', '/nowhere'), /^2: \/nowhere cannot be read/)
    assert.match(
      await jit('verify', '--file', 'x', '--from', '3'),
      /^usage: a file is verified as a whole/,
    )
  })

  it('leaves no part of a file behind that could not be written', async () => {
    assert.match(await jit('export', '--output', '/nowhere/x'), /^1: .*ENOENT/)
  })
})
