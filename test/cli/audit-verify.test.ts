import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before, describe, it } from 'node:test'
import { auditCommand } from '../../src/cli/audit.ts'
import { alex } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase, ask, commit } from '../postgres/support.ts'

describe('jit audit verify', () => {
  let database: TestDatabase
  let head: string
  before(async () => {
    database = await aDatabase(2)
    await ask(database.store, { by: alex })
    const { rows } = await database.pool.query<{ head: string }>(
      `select seq || ':' || encode(hash, 'hex') as head from audit_event`,
    )
    head = rows[0]?.head ?? ''
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function verify(of: string, ...words: readonly string[]) {
    process.env['DATABASE_URL'] = of
    return auditCommand.run(['verify', ...words])
  }

  it('says how far the trail is known to be as recorded, and how that is known', async () => {
    const alone = await verify(database.appUrl)
    assert.deepEqual(alone, {
      type: 'ok',
      text: `as recorded: 1 events, the last is ${head}\nno head from outside was given: that the end was cut off or all written anew would not show`,
    })
    const file = join(tmpdir(), `heads-${process.pid}.txt`)
    await writeFile(file, `2026-03-02 posted ${head} to #audit\n`)
    for (const words of [
      ['--head', head],
      ['--heads', file],
    ]) {
      const known = await verify(database.url, ...words)
      assert.match(
        known.type === 'ok' ? known.text : '',
        /heads from outside vouch for all up to event 1$/,
      )
    }
  })

  it('fails with 1 at the first event that is not as recorded', async () => {
    await using copy = await database.copy()
    await commit(
      copy,
      'alter table audit_event disable trigger all',
      `update audit_event set resource_id = 'other'`,
    )
    const result = await verify(copy.url)
    assert.deepEqual([result.type, 'exitCode' in result], ['failed', false])
    assert.match('text' in result ? result.text : '', /^NOT AS RECORDED\nevent 1: its hash is not/)
    assert.match(
      'text' in result ? result.text : '',
      /\ntrigger audit_event_append_only .*switched off/,
    )
  })

  it('fails with 2 when nothing could be verified', async () => {
    const result = await verify(database.url.replace(/\/[^/]*$/, '/nowhere'))
    assert.equal('exitCode' in result && result.exitCode, 2)
  })

  it('says what is wrong with its words', async () => {
    for (const [words, problem] of [
      [['--from', '0'], '0 is no number of an event'],
      [['--head', '12:abc'], '12:abc is no head: write it as <seq>:<hash>'],
      [['--heads', '/nowhere'], /^\/nowhere cannot be read/],
      [['--heads', '/dev/null'], 'there are no heads in /dev/null'],
      [['--frm', '1'], /Unknown option '--frm'/],
    ] as const) {
      const result = await verify(database.url, ...words)
      const said = result.type === 'usage' ? (result.problem ?? '') : ''
      if (typeof problem === 'string') assert.equal(said, problem)
      else assert.match(said, problem)
    }
  })
})
