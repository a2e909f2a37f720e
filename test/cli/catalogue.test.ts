import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { catalogueCommand } from '../../src/cli/catalogue.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { INHERITED } from '../support/inherited.ts'
import { CATALOGUE_YAML, populate } from '../support/world.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const EXAMPLE = fileURLToPath(new URL('../../catalogue.example.yaml', import.meta.url))
const BUNDLE = fileURLToPath(new URL('../opa/fixtures/bundle.tar.gz', import.meta.url))
const SCHEMA = fileURLToPath(new URL('../../catalogue.schema.json', import.meta.url))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `jit catalogue` with these words. */
function jit(words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = { ...INHERITED, ...more }
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, 'catalogue', ...words], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: out.trim(), err: err.trim() })
    })
  })
}

/** Like {@link jit}, without a process of its own. */
async function run(words: readonly string[]): Promise<Ran> {
  const result = await catalogueCommand.run(words)
  if (result.type === 'usage') return { code: 2, out: '', err: result.problem ?? '' }
  const isOk = result.type === 'ok'
  return { code: isOk ? 0 : 1, out: isOk ? result.text : '', err: isOk ? '' : result.text }
}

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jit-catalogue-'))
})
after(() => rm(folder, { recursive: true }))

async function fileWith(name: string, text: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}

describe('jit catalogue', () => {
  it('shows what it can do for words it does not know', async () => {
    const runs = [
      [],
      ['lint'],
      ['check', 'a', 'b'],
      ['diff', 'a'],
      ['diff', 'a', 'b', 'c'],
      ['schema', 'a'],
      ['explain', '--whom', 'ana@example.com'],
    ]
    for (const words of runs) assert.equal((await run(words)).code, 2, words.join(' '))
    const { code, err } = await jit([])
    assert.equal(code, 2)
    assert.match(err, /npm run jit -- catalogue explain --who/)
  })

  it('says what is wrong with its words, and how those of the command go', async () => {
    const problems: readonly (readonly [readonly string[], string])[] = [
      [['check', '--strict'], "Unknown option '--strict'"],
      [['diff', '--all', 'a', 'b'], "Unknown option '--all'"],
      [['explain', '--whom', 'ana@example.com'], "Unknown option '--whom'"],
      [['explain', '--who'], "Option '--who <value>' argument missing"],
      [['explain', 'ana@example.com'], 'catalogue explain has no place for ana@example.com'],
    ]
    for (const [words, problem] of problems)
      assert.deepEqual(await run(words), { code: 2, out: '', err: problem })
    const { code, err } = await jit(['check', '--strict'])
    assert.equal(code, 2)
    assert.match(
      err,
      /^Unknown option '--strict'\nUsage:\n {2}npm run jit -- catalogue check \[file\] [^\n]*$/,
    )
  })
})

describe('jit catalogue check', () => {
  it('looks at the file of CATALOGUE, and counts its resources and levels', async () => {
    const { code, out } = await jit(['check'], { CATALOGUE: EXAMPLE })
    assert.equal(code, 0)
    assert.match(out, /^\S+ is in order: 4 resource\(s\), 2 level\(s\), revision [0-9a-f]{64}$/)
  })

  it('tells what is risky, and accepts it', async () => {
    const risky = CATALOGUE_YAML.replace('[example.com]', '[example.com, gmail.com]')
    const { code, out } = await run(['check', await fileWith('risky.yaml', risky)])
    assert.equal(code, 0)
    assert.match(
      out,
      /risky\.yaml:3:24 warning: domains\[1\] .*\n.* is in order: 2 resource\(s\), 1 warning\(s\),/,
    )
  })

  it('opens the compiled Rego policy', async () => {
    const withRego = (rego: string) =>
      fileWith('rego.yaml', CATALOGUE_YAML.replace('resources:', `rego: ${rego}\nresources:`))
    const isFine = await run(['check', await withRego(`{ bundle: ${BUNDLE} }`)])
    assert.equal(isFine.code, 0)
    assert.match(isFine.out, /^\S+ is in order: 2 resource\(s\), revision/)
    const problems: readonly (readonly [string, string])[] = [
      ['{ bundle: none.wasm }', `rego.bundle: ${join(folder, 'none.wasm')} is not there`],
      [
        `{ bundle: ${BUNDLE}, path: jit/other }`,
        `rego.bundle: ${BUNDLE} cannot be used: it has no entrypoint jit/other, only jit/decision; build it with "opa build -t wasm -e jit/other"`,
      ],
    ]
    for (const [rego, problem] of problems) {
      const file = await withRego(rego)
      assert.deepEqual(await run(['check', file]), {
        code: 1,
        out: '',
        err: `${file}: ${problem}`,
      })
    }
  })

  it('warns of a Rego policy that is nowhere to be found', async () => {
    const text = CATALOGUE_YAML.replace('resources:', 'rego: {}\nresources:')
    const file = await fileWith('server.yaml', text)
    const [without, withServer, wrong] = await Promise.all([
      jit(['check', file]),
      jit(['check', file], { OPA_URL: 'https://opa.example.com' }),
      jit(['check', file], { OPA_URL: 'opa' }),
    ])
    assert.equal(without.code, 0)
    const [warning, verdict] = without.out.split('\n')
    assert.equal(
      warning,
      `${file}: warning: rego has no bundle and OPA_URL is not set here; without either the bot does not start`,
    )
    assert.match(verdict ?? '', /is in order: 2 resource\(s\), 1 warning\(s\), revision/)
    assert.equal(withServer.code, 0)
    assert.doesNotMatch(withServer.out, /warning/)
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /^\S+server\.yaml: OPA_URL must /)
  })

  it('says why a file cannot be read', async () => {
    assert.deepEqual(await run(['check', folder]), {
      code: 1,
      out: '',
      err: `${folder} cannot be read (EISDIR)`,
    })
  })

  it('tells what is risky after what is wrong', async () => {
    const text = CATALOGUE_YAML.replace('[example.com]', '[example.com, gmail.com]')
    const file = await fileWith('wrong.yaml', text.replace('approvals: 2', 'approvals: 0'))
    const { code, err } = await run(['check', file])
    assert.equal(code, 1)
    assert.match(err, /approvals must be a whole number.*\n.*:3:24 warning: domains\[1\] [^\n]*$/)
  })
})

describe('jit catalogue schema', () => {
  it('prints what catalogue.schema.json holds', async () => {
    const [{ out }, file] = await Promise.all([run(['schema']), readFile(SCHEMA, 'utf8')])
    assert.deepEqual(JSON.parse(out), JSON.parse(file))
  })
})

describe('jit catalogue diff', () => {
  it('tells what changes, and whether it widens rights', async () => {
    const old = await fileWith('old.yaml', CATALOGUE_YAML)
    const young = await fileWith('new.yaml', CATALOGUE_YAML.replace('max: 8h', 'max: 4h'))
    assert.deepEqual(await run(['diff', old, young]), {
      code: 0,
      out: '- narrower grafana-prod: duration.max is 4h, was 8h\nno right is widened',
      err: '',
    })
    assert.deepEqual(await run(['diff', young, old]), {
      code: 0,
      out: '+ wider    grafana-prod: duration.max is 8h, was 4h\nrights are widened in 1 way(s)',
      err: '',
    })
    assert.equal(
      (await run(['diff', old, await fileWith('same.yaml', `# why\n${CATALOGUE_YAML}`)])).out,
      'nothing changes but comments and spelling',
    )
  })

  it('compares nothing with a file that has mistakes', async () => {
    const good = await fileWith('good.yaml', CATALOGUE_YAML)
    const bad = await fileWith('bad.yaml', 'domains: []')
    for (const words of [
      ['diff', good, bad],
      ['diff', bad, good],
    ]) {
      const { code, out, err } = await run(words)
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, /bad\.yaml:1:10 domains is an empty list/)
    }
    assert.match(
      (await run(['diff', good, join(folder, 'none')])).err,
      /none cannot be read \(ENOENT\)$/,
    )
  })
})

describe('jit catalogue explain', () => {
  const asked = ['--who', 'alex@example.com', '--resource', 'grafana-prod', '--for', '2h']

  /** Alone in a process with an environment, when one is given. */
  async function explain(words: readonly string[], env?: Readonly<Record<string, string>>) {
    const file = await fileWith('explained.yaml', CATALOGUE_YAML)
    const all = ['explain', '--file', file, ...words]
    return env === undefined ? run(all) : jit(all, env)
  }

  it('goes by the groups that are given', async () => {
    const { code, out } = await explain([...asked, '--groups', 'S0ENGINEERS'])
    assert.equal(code, 0)
    const lines = out.split('\n')
    assert.deepEqual(lines.slice(0, 2), [
      'alex@example.com (member) asks for grafana-prod, 2h',
      'may ask: group S0ENGINEERS',
    ])
    assert.equal(lines.at(-1), 'groups as given: S0ENGINEERS')
    const rule = /^ {2}rule: (.*)$/m.exec(out)?.[1] ?? ''
    const { allow } = JSON.parse(rule) as { allow: { and: { date?: { before: string } }[] } }
    const ends = Date.parse(allow.and[1]?.date?.before ?? '')
    assert.ok(Math.abs(ends - Date.now() - 7_200_000) < 60_000, rule)
  })

  it('says which groups it assumed none of', async () => {
    const { code, out } = await explain(asked, {})
    assert.equal(code, 0)
    assert.match(
      out,
      /\nmay not ask, and does not see that it exists: requesters does not name them\n/,
    )
    assert.match(
      out,
      /\nassumed in none of the groups S0ENGINEERS; give --groups, or set SLACK_BOT_TOKEN to look them up$/,
    )
  })

  it('takes a standing and a Slack id', async () => {
    const guest = await explain([...asked, '--groups', 'S0ENGINEERS', '--standing', 'guest'])
    assert.match(guest.out, /^alex@example\.com \(guest\) .*\nmay not ask.*they are a guest/)
    const source = CATALOGUE_YAML.replace('requesters: {', 'requesters: { users: [U0ALEX],')
    const file = await fileWith('users.yaml', source)
    const words = ['explain', '--file', file, ...asked, '--groups', '']
    assert.match((await run(words)).out, /\nassumed to be none of the users U0ALEX; give --user$/)
    assert.match((await run([...words, '--user', 'U0ALEX'])).out, /\nmay ask: user U0ALEX\n/)
  })

  it('takes a vendor for whom somebody asks, and a start', async () => {
    const source = `${CATALOGUE_YAML}
  - id: portal
    title: Portal
    policy: jit-portal
    requesters: { groups: [S0ENGINEERS] }
    approvers: { groups: [S0SRE] }
    vendors: { people: { domains: [partner.example] }, sponsors: { groups: [S0SPONSORS] } }
`
    const file = await fileWith('vendors.yaml', source)
    const asker = ['--file', file, '--who', 'kim@example.com', '--groups', 'S0SPONSORS']
    const wish = ['--resource', 'portal', '--for', '1h', '--beneficiary', 'vic@partner.example']
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    const { code, out } = await run(['explain', ...asker, ...wish, '--from', `${day}T10:30+02:00`])
    assert.equal(code, 0)
    assert.match(out, /\nmay ask as a sponsor: group S0SPONSORS\n/)
    assert.ok(
      out.includes(
        `{"email":{"is":"vic@partner.example"}},{"date":{"after":"${day}T08:30:00Z","before":"${day}T09:30:00Z"}}`,
      ),
      out,
    )
  })

  it('looks people and their groups up in Slack', async () => {
    await using slack = await startSlack()
    const people = populate(slack)
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: slack.botToken }
    const alex = await explain(asked, env)
    assert.deepEqual([alex.code, alex.err], [0, ''])
    assert.match(alex.out, /\nmay ask: group S0ENGINEERS\n/)
    assert.match(
      alex.out,
      new RegExp(`\\nin Slack now: user ${people.alex}, in S0ENGINEERS \\(of S0ENGINEERS\\)$`),
    )
    const ask = (who: string, more: Readonly<Record<string, string>> = {}) =>
      explain(['--who', who, ...asked.slice(2)], { ...env, ...more })
    const [eve, guest, nobody, vendor, unset] = await Promise.all([
      ask('eve@example.com'),
      ask('gus@example.com'),
      ask('nobody@example.com'),
      ask('kit@vendor.example'),
      ask('alex@example.com', { SLACK_BOT_TOKEN: 'xoxb-wrong-token' }),
    ])
    assert.match(eve.out, /\nmay not ask.*requesters does not name them\n[^]*, in none \(of/)
    assert.match(guest.out, /^gus@example\.com \(guest\) /)
    assert.equal(
      nobody.err,
      'Slack knows nobody with the address nobody@example.com; correct it, or give --groups to go without Slack',
    )
    assert.match(vendor.out, /^kit@vendor\.example \(outsider\) [^]*\nSlack knows nobody with the/)
    assert.equal(
      unset.err,
      'Slack did not say: users.lookupByEmail: invalid_auth; give --groups to go without it',
    )
  })

  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['--resource', 'x', '--for', '1h'], /^--who must be an e-mail address such as/],
    [['--who', 'alex', '--resource', 'x', '--for', '1h'], /^--who must be an e-mail address/],
    [['--who', 'a@b.c', '--for', '1h'], /^--resource is missing; give grafana-prod/],
    [['--who', 'a@b.c', '--resource', 'x'], /^--for must be a duration such as 30m/],
    [['--who', 'a@b.c', '--resource', 'x', '--for', '90'], /^--for must be a duration such as/],
    [['--who', 'a@b.c', '--resource', 'x', '--for', '1h'], /^there is no resource x; known are/],
    [[...asked, '--beneficiary', 'vic'], /^--beneficiary must be an e-mail address such as/],
    [[...asked, '--from', 'noon'], /^--from must be an instant such as 2026-03-02T09:00Z$/],
    [[...asked, '--from', '2026-03-02T09:00'], /^--from must be an instant such as/],
    [[...asked, '--from', '2026-13-02T09:00Z'], /^--from must be an instant such as/],
    [[...asked, '--from', '2020-03-02T09:00Z'], /^--from is over already$/],
    [[...asked, '--standing', 'friend'], /^--standing must be member, guest or outsider$/],
    [[...asked, '--user', 'alex'], /^--user must be a member id such as U0123456789$/],
    [[...asked, '--groups', 'engineers'], /^--groups must be user group ids such as/],
  ]
  it('says in one sentence what is wrong with its options', async () => {
    for (const [words, sentence] of mistakes) {
      const { code, out, err } = await explain(words)
      assert.deepEqual([code, out], [1, ''], words.join(' '))
      assert.match(err, sentence)
      assert.doesNotMatch(err, /\n/)
    }
    const token = await explain(asked, { SLACK_BOT_TOKEN: 'secret' })
    assert.match(token.err, /^SLACK_BOT_TOKEN must start with xoxb-; copy/)
  })
})
