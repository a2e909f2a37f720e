import { userInfo } from 'node:os'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { aDatabase } from '../postgres/support.ts'
import { alex } from '../support/build.ts'
import { createTestDatabase } from '../support/database.ts'
import { INHERITED } from '../support/inherited.ts'
import { CATALOGUE_YAML } from '../support/world.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `jit` with these words. */
function jit(words: readonly string[], url = ''): Promise<Ran> {
  const env = { ...INHERITED, DATABASE_URL: url }
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...words], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: out.trim(), err: err.trim() })
    })
  })
}

describe('jit', () => {
  it('shows what it can do for words it does not know', async () => {
    const start = 'Usage:\n  npm run jit --'
    const runs: readonly (readonly [readonly string[], string, number])[] = [
      [[], `a command is missing\n${start} migrate — `, 25],
      [['fly'], `fly is no command\n${start} migrate — `, 25],
      [['policy'], `policy needs more words\n${start} policy adopt <`, 3],
      [['policy', 'adopt', 'x'], `policy adopt x is not known\n${start} policy adopt <`, 1],
      [['identity'], `identity needs more words\n${start} identity forget <`, 4],
      [
        ['identity', 'allow', 'T', 'U'],
        `identity allow T U is not known\n${start} identity allow <`,
        1,
      ],
      [
        ['identity', 'allow', 'T', 'U', 'x@'],
        `x@ is no e-mail address\n${start} identity allow <`,
        1,
      ],
      [
        ['identity', 'unlink', 'T', 'U', 'x'],
        `identity unlink T U x is not known\n${start} identity unlink <`,
        1,
      ],
      [['migrate', 'now'], `migrate now is not known\n${start} migrate — `, 1],
    ]
    const said = async ([words, text, usages]: (typeof runs)[number]) => {
      const { code, out, err } = await jit(words)
      assert.deepEqual([code, out], [2, ''])
      assert.equal(err.slice(0, text.length), text)
      assert.equal(err.split('npm run jit -- ').length - 1, usages, err)
    }
    await Promise.all(runs.map(said))
  })

  it('names the variable that it needs', async () => {
    const { code, err } = await jit(['migrate'])
    assert.equal(code, 1)
    assert.match(err, /^DATABASE_URL is missing; write it as postgres:/)
  })

  it('says that a database cannot be reached, without its password', async () => {
    const { code, err } = await jit(
      ['policy', 'list'],
      'postgres://jit:hunter2hunter2@127.0.0.1:1/jit',
    )
    assert.equal(code, 1)
    assert.match(err, /^the database .*ECONNREFUSED/)
    assert.doesNotMatch(err, /hunter2|at .*\.ts/)
  })

  it('brings a database up to date once', async () => {
    await using database = await createTestDatabase(1)
    assert.deepEqual(await jit(['migrate'], database.url), {
      code: 0,
      out: 'nothing to do',
      err: '',
    })
  })
})

describe('jit catalogue check', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jit-cli-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('says that a file is in order, or names file, line and remedy', async () => {
    const file = join(folder, 'catalogue.yaml')
    await writeFile(file, CATALOGUE_YAML)
    assert.match((await jit(['catalogue', 'check', file])).out, /is in order: 2 resource\(s\)/)
    await writeFile(file, CATALOGUE_YAML.replace('approvals: 2', 'aprovals: 2'))
    const { code, err } = await jit(['catalogue', 'check', file])
    assert.equal(code, 1)
    assert.match(err, /catalogue\.yaml:\d+.*aprovals.*approvals/)
    assert.match(
      (await jit(['catalogue', 'check', join(folder, 'none.yaml')])).err,
      /cannot be read \(ENOENT\)$/,
    )
  })
})

describe('jit policy', () => {
  it('lists, adopts and forgets, on record', async () => {
    await using database = await aDatabase(1)
    const run = (...words: string[]) => jit(['policy', ...words], database.appUrl)
    assert.equal((await run('list')).out, 'no policy is known yet')
    assert.match(
      (await run('adopt', 'grafana-prod', 'pol1')).err,
      /no policy is known for grafana-prod/,
    )
    const rule = { allow: { and: [{ email: { is: 'alex@example.com' } }] } }
    const known = { resourceId: 'grafana-prod' as never, policyName: 'jit-grafana-prod' }
    await database.store.transaction((tx) => tx.policies.save({ ...known, written: [] }))
    assert.equal(
      (await run('adopt', 'grafana-prod', 'pol1')).out,
      'grafana-prod: policy pol1 adopted',
    )
    await database.store.transaction((tx) =>
      tx.policies.save({
        ...known,
        policyId: 'pol1',
        written: [rule],
        blockedReason: 'it is enforced',
      }),
    )
    assert.match(
      (await run('list')).out,
      /^grafana-prod {2}jit-grafana-prod {2}pol1 {2}1 rule\(s\) {2}BLOCKED: it is enforced$/,
    )
    for (const words of [
      ['adopt', 'grafana-prod', 'pol2'],
      ['forget', 'grafana-prod'],
    ])
      assert.match((await run(...words)).err, /still has rules in policy pol1/)
    const gone = 'policy jit-grafana-prod is gone from Pomerium; run …'
    await database.store.transaction((tx) =>
      tx.policies.save({ ...known, policyId: 'pol1', written: [rule], blockedReason: gone }),
    )
    assert.equal((await run('forget', 'grafana-prod')).out, 'grafana-prod: policy forgotten')
    const { rows } = await database.pool.query(
      `select action, via, details ->> 'was' as was from audit_event where action like 'policy.%' order by seq`,
    )
    assert.deepEqual(rows, [
      { action: 'policy.adopted', via: 'cli', was: null },
      { action: 'policy.forgotten', via: 'cli', was: 'pol1' },
    ])
  })
})

describe('jit identity forget', () => {
  it('lets the next use pin the address anew, on record', async () => {
    await using database = await aDatabase(1)
    const forget = () => jit(['identity', 'forget', alex.teamId, alex.userId], database.appUrl)
    assert.match((await forget()).err, /no address is pinned for user U0ALEX/)
    await database.store.transaction((tx) => tx.identities.pin(alex))
    assert.deepEqual(await forget(), { code: 0, out: 'U0ALEX: address forgotten', err: '' })
    const { rows } = await database.pool.query(
      `select details from audit_event where action = 'identity.forgotten'`,
    )
    assert.deepEqual(rows, [
      {
        details: { user: 'U0ALEX', team: 'T0TEAM', was: alex.email, operator: userInfo().username },
      },
    ])
  })
})
