import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { doctorCommand } from '../../src/cli/doctor.ts'
import { examine } from '../../src/doctor/examine.ts'
import type { Status } from '../../src/doctor/finding.ts'
import { CHECKS, check, ok } from '../../src/doctor/finding.ts'
import { versionFinding } from '../../src/doctor/database.ts'
import type { Report } from '../../src/doctor/report.ts'
import { reportOf, reportText } from '../../src/doctor/report.ts'
import type { Environment } from '../../src/config.ts'
import { startPomerium } from '../simulators/pomerium/start-pomerium.ts'
import type { PomeriumSimulator } from '../simulators/pomerium/start-pomerium.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { withLogin, withName } from '../support/database.ts'
import { startHouse } from '../support/house.ts'
import { INHERITED } from '../support/inherited.ts'
import { environmentOf } from '../support/main-process.ts'
import { APPROVALS, AUDIT, ENGINEERS } from '../support/world.ts'
import { sends, startKeyServer } from '../web/assertion-key-server.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const CANARY = 'canary-in-the-wrong-place'

const house = await startHouse({ pages: true })
const environment = await environmentOf(house)
const { slack, pomerium, database, front } = house
const env: Environment = {
  ...environment.env,
  WEB_ORIGIN: front.origin,
  JWKS_ENDPOINT: front.keySetUrl,
}
// What it has made is looked at; what it would still do is not meant to come between.
await house.bot.stop(1_000)
/** Everything that was printed. */
const printed: string[] = []
after(async () => {
  await environment[Symbol.asyncDispose]()
  await house[Symbol.asyncDispose]()
})

// Slack lets user groups be listed twenty times a minute.
beforeEach(() => house.advance(61))

async function examined(changes: Environment = {}, aheadMs = 0): Promise<Report> {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const now = () => Date.now() + aheadMs
  const report = await examine({ ...env, ...changes }, { readFile, now })
  printed.push(reportText(report), JSON.stringify(report))
  return report
}

/** The lines with a status, as people read them without it. */
async function lines(status: Status, changes?: Environment, aheadMs?: number) {
  const text = reportText(await examined(changes, aheadMs))
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${status} `))
    .map((line) => line.slice(9))
}

const failures = (changes?: Environment, aheadMs?: number) => lines('failed', changes, aheadMs)
const warnings = (changes?: Environment, aheadMs?: number) => lines('warning', changes, aheadMs)
const skips = async (changes?: Environment) =>
  (await lines('skipped', changes)).map((line) => line.split(/[: ]/)[0])

/** Runs `jit doctor` as its users do. */
function jit(words: readonly string[], changes: Environment = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const options = { env: { ...INHERITED, ...env, ...changes } }
    execFile(process.execPath, [PROGRAM, 'doctor', ...words], options, (error, out, err) => {
      printed.push(out, err)
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

/** What of the environment leads to another Pomerium. */
function leadingTo(other: PomeriumSimulator): Environment {
  return {
    POMERIUM_API_URL: other.apiUrl,
    API_USER_TOKEN: other.apiUserToken,
    ORGANIZATION_ID: other.organizationId,
    CLUSTER_ID: other.clusterId,
  }
}

async function catalogueWith(name: string, change: (source: string) => string) {
  const path = join(environment.folder, name)
  await writeFile(path, change(house.catalogueSource))
  return { CATALOGUE: path }
}

describe('jit doctor', () => {
  it('has nothing to say against a bot in order, and exits with 0', async () => {
    const { code, out, err } = await jit([])
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /\n24 ok, 0 warning, 0 failed, 0 skipped\n$/)
    assert.match(out, /^ok {7}environment: every variable can be read; Slack by HTTP\n/)
    assert.match(
      out,
      /\nok {7}pomerium\.policy billing-db: policy jit-billing-db is the bot’s, and attached to 1 route\(s\)\n/,
    )
  })

  it('prints a document with every check once or more, and exits with 1 for a failure', async () => {
    const { code, out, err } = await jit(['--json'], { SLACK_BOT_TOKEN: 'xoxb-revoked' })
    assert.deepEqual([code, err], [1, ''])
    const report = JSON.parse(out) as Report
    assert.deepEqual(Object.keys(report), ['version', 'ok', 'counts', 'checks'])
    assert.deepEqual([report.version, report.ok], [1, false])
    assert.deepEqual(report.counts, { ok: 18, warning: 0, failed: 1, skipped: 3 })
    assert.deepEqual([...new Set(report.checks.map(({ check }) => check))], CHECKS)
    assert.deepEqual(
      report.checks.find(({ check }) => check === 'slack.token'),
      {
        check: 'slack.token',
        status: 'failed',
        detail: 'auth.test: invalid_auth',
        remedy:
          'reinstall the app and copy the Bot User OAuth Token from OAuth & Permissions into SLACK_BOT_TOKEN',
      },
    )
  })

  it('exits with 2 for words that it does not know', async () => {
    assert.deepEqual(await doctorCommand.run(['now']), { type: 'usage' })
    const { code, out, err } = await jit(['--jsn'])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^Unknown option '--jsn'\nUsage:\n {2}npm run jit -- doctor \[--json\]/)
  })

  it('says the same of the same, and gives each failure and warning a remedy', async () => {
    const changes = { SLACK_BOT_TOKEN: 'xoxb-revoked', DATABASE_URL: '' }
    const [one, other] = [await examined(changes), await examined(changes)]
    assert.deepEqual(one, other)
    for (const line of one.checks)
      assert.equal(
        line.status === 'failed' || line.status === 'warning',
        'remedy' in line && line.remedy !== '',
        line.check,
      )
  })

  it('changes nothing', async () => {
    const [calls, requests] = [slack.calls.length, pomerium.requests.length]
    const readOnly = new URL(database.appUrl)
    readOnly.searchParams.set('options', '-c default_transaction_read_only=on')
    assert.deepEqual(await failures({ DATABASE_URL: readOnly.href }), [])
    const reads = ['api.test', 'auth.test', 'conversations.info', 'usergroups.list', 'users.info']
    for (const { method } of slack.calls.slice(calls)) assert.ok(reads.includes(method), method)
    for (const { method, path } of pomerium.requests.slice(requests))
      assert.ok(method === 'GET' || path === '/token', `${method} ${path}`)
  })
})

describe('jit doctor on the environment and the catalogue', () => {
  it('names every mistake, and looks at the rest all the same', async () => {
    const changes = { CLUSTER_ID: '', PORT: '70000', SLACK_BOT_TOKEN: `xoxp-${CANARY}` }
    assert.deepEqual(await failures(changes), [
      'environment: SLACK_BOT_TOKEN must start with xoxb-; copy the Bot User OAuth Token from OAuth & Permissions',
      'environment: CLUSTER_ID is missing; copy it from the address of the Pomerium Zero console',
      'environment: PORT must be a whole number from 0 to 65535; choose a free port, or 0 for any',
    ])
    const { checks } = await examined(changes)
    for (const name of ['catalogue', 'database.guards', 'pages.keys', 'clock.slack'])
      assert.equal(checks.find((line) => line.check === name)?.status, 'ok', name)
    assert.ok(checks.some((line) => line.check === 'pomerium.policy' && line.status === 'skipped'))
  })

  it('names a file for heads that cannot be had, and does not make one', async () => {
    const path = join(environment.folder, 'heads.txt')
    assert.deepEqual(await failures({ AUDIT_HEADS_FILE: path }), [])
    assert.throws(() => readFileSync(path), /ENOENT/)
    const [line = ''] = await failures({ AUDIT_HEADS_FILE: join(path, 'nowhere', 'heads.txt') })
    assert.match(
      line,
      /^environment: AUDIT_HEADS_FILE: ENOENT.*; name a file that the bot may read and add to, or leave it out$/,
    )
  })

  it('names what is wrong with the catalogue, and what is risky', async () => {
    const missing = { CATALOGUE: join(environment.folder, 'nowhere.yaml') }
    assert.deepEqual(await failures(missing), [
      `catalogue: The catalogue cannot be read: ${missing.CATALOGUE}; copy catalogue.example.yaml there or set CATALOGUE`,
    ])
    assert.deepEqual(await skips(missing), [
      'slack.channel',
      'slack.group',
      'pomerium.quota',
      'pomerium.policy',
    ])
    const bad = await catalogueWith('bad.yaml', (text) => text.replace('risk: high', 'risk: huge'))
    const [line = ''] = await failures(bad)
    assert.match(line, /^catalogue: The catalogue has mistakes: .*bad\.yaml:\d+:\d+ .*risk.*; .+/)
    const risky = await catalogueWith('risky.yaml', (text) =>
      text.replace('domains: [example.com]', 'domains: [example.com, gmail.com]'),
    )
    const [warning = ''] = await warnings(risky)
    assert.match(warning, /^catalogue: .*risky\.yaml:\d+:\d+ warning: domains\[1\] .*; .+/)
  })
})

describe('jit doctor on Slack', () => {
  it('says that Slack does not take the token, or does not answer', async () => {
    assert.deepEqual(await skips({ SLACK_BOT_TOKEN: 'xoxb-revoked' }), [
      'slack.scopes',
      'slack.channel',
      'slack.group',
    ])
    slack.outage(true)
    try {
      const [token = '', clock = '', ...more] = await failures()
      assert.deepEqual(more, [])
      assert.match(
        token,
        /^slack\.token: auth\.test: no answer \(\w+\); check that Slack can be reached and start again$/,
      )
      assert.match(clock, /^clock\.slack: no answer \(\w+\); see that this machine reaches it$/)
    } finally {
      slack.outage(false)
    }
  })

  it('compares the scopes with the manifest', async () => {
    const scopes = 'commands chat:write users:read users:read.email im:write channels:read admin'
    await using other = await startSlack({ scopes: scopes.split(' ') })
    const changes = { SLACK_API_URL: other.apiUrl, SLACK_BOT_TOKEN: other.botToken }
    const remedy =
      'give the app the manifest that "npm run jit -- manifest" prints, and install it again'
    const [lacking] = await failures(changes)
    assert.equal(lacking, `slack.scopes: the token lacks usergroups:read, groups:read; ${remedy}`)
    assert.deepEqual(await warnings(changes), [
      `slack.scopes: the token has scopes that the bot does not need: admin; ${remedy}`,
    ])
  })

  it('names each channel and user group that does not fit', async () => {
    const before = structuredClone(
      slack.channels().map(({ id, members }) => [id, members] as const),
    )
    slack.updateChannel(AUDIT, { isPrivate: false, members: new Set() })
    slack.updateChannel(APPROVALS, { isExtShared: true })
    slack.disableGroup(ENGINEERS)
    try {
      assert.deepEqual(await failures(), [
        `slack.channel ${APPROVALS}: channel ${APPROVALS} is shared with another organisation by Slack Connect; name a channel of your own`,
        `slack.channel ${AUDIT}: the bot is not in channel ${AUDIT}; type "/invite @jit" there`,
        `slack.group ${ENGINEERS}: user group ${ENGINEERS} does not exist or is disabled; check the id in the catalogue, or enable it in Slack`,
      ])
      slack.updateChannel(AUDIT, { isPrivate: true })
      slack.updateChannel(APPROVALS, { isExtShared: false, isArchived: true })
      slack.fail('usergroups.list', { kind: 'error', error: 'missing_scope' })
      assert.deepEqual(await failures(), [
        `slack.channel ${APPROVALS}: channel ${APPROVALS} is archived; name another one`,
        `slack.channel ${AUDIT}: channel ${AUDIT} cannot be looked up (channel_not_found); check the id, and invite the bot if the channel is private`,
        'slack.group: user groups cannot be looked up (missing_scope); reinstall the app with its manifest',
      ])
    } finally {
      const members = new Map(before)
      slack.updateChannel(AUDIT, { isPrivate: true, members: members.get(AUDIT) ?? new Set() })
      slack.updateChannel(APPROVALS, { isArchived: false })
      slack.setGroup(ENGINEERS, 'engineers', [house.people.alex])
    }
  })

  it('does not pass over a look-up that fails for the moment', async () => {
    slack.fail('conversations.info', { kind: 'http', status: 503 }, 2)
    slack.fail('usergroups.list', { kind: 'rate-limited', retryAfterSeconds: 30 })
    assert.deepEqual(await failures(), [
      `slack.channel ${APPROVALS}: Slack does not say: HTTP 503; run it again when Slack answers`,
      `slack.channel ${AUDIT}: Slack does not say: HTTP 503; run it again when Slack answers`,
      'slack.group: Slack does not say: rate limited for 30000 ms; run it again when Slack answers',
    ])
  })
})

describe('jit doctor on the database', () => {
  const GRANT = 'run "grant jit_app to …" as an administrator'

  it('says why there is no connection', async () => {
    const nowhere = new URL(database.appUrl)
    nowhere.port = '1'
    const [refused = ''] = await failures({ DATABASE_URL: nowhere.href })
    assert.match(
      refused,
      /^database\.connection: no connection: .*ECONNREFUSED.*; check DATABASE_URL and that Postgres accepts connections$/,
    )
    assert.deepEqual(await skips({ DATABASE_URL: nowhere.href }), [
      'database.version',
      'database.migrations',
      'database.role',
      'database.guards',
      'clock.database',
    ])
    const { role } = { role: new URL(database.appUrl).username }
    const intruder = withLogin(database.url, { role, password: CANARY })
    assert.deepEqual(await failures({ DATABASE_URL: intruder }), [
      'database.connection: Postgres does not let this login in; check user and password in DATABASE_URL, percent-encoded, and that the role may log in',
    ])
    assert.deepEqual(await failures({ DATABASE_URL: withName(database.appUrl, 'nowhere') }), [
      'database.connection: database "nowhere" does not exist; make it with "createdb", and run "npm run migrate"',
    ])
  })

  it('wants Postgres 15 and every migration', async () => {
    assert.deepEqual(versionFinding({ number: 140_012, name: '14.12' }), {
      status: 'failed',
      detail: 'Postgres 14.12 is too old',
      remedy: 'upgrade the server to Postgres 15 or later',
    })
    const empty = { DATABASE_URL: withName(database.url, 'postgres') }
    const [line = ''] = await failures(empty)
    assert.match(
      line,
      /^database\.migrations: the database lacks \d+ migration\(s\), first 0001_requests; run "npm run migrate" as the owner of the database$/,
    )
    assert.deepEqual(await skips(empty), ['database.role', 'database.guards'])
  })

  it('says that a role may too much', async () => {
    const owner = { DATABASE_URL: database.url }
    const role = new URL(database.url).username
    const what = `database.role: the role ${role} could rewrite the audit trail, because it is a superuser`
    const remedy = `put into DATABASE_URL the role jit_app, after "alter role jit_app login password '…'", or another one after "grant jit_app to …"`
    assert.deepEqual(await failures(owner), [
      `${what}; ${remedy}, or set DATABASE_OWNER_ALLOWED=yes`,
    ])
    const allowed = { ...owner, DATABASE_OWNER_ALLOWED: 'yes' }
    assert.deepEqual(await failures(allowed), [])
    assert.deepEqual(await warnings(allowed), [
      `${what}, which DATABASE_OWNER_ALLOWED lets pass; ${remedy}`,
    ])
  })

  it('says that a role has not the rights of the bot', async () => {
    const role = `jit_doctor_${process.pid}`
    await database.pool.query(`create role ${role} login password 'none'`)
    try {
      const changes = { DATABASE_URL: withLogin(database.url, { role, password: 'none' }) }
      assert.deepEqual(await failures(changes), [
        `database.migrations: the role of DATABASE_URL has not the rights of the bot (permission denied for table migration); ${GRANT}`,
      ])
      await database.pool.query(`grant select on migration to ${role}`)
      const [line] = await failures(changes)
      assert.equal(line, `database.role: the role ${role} has not the rights of the bot; ${GRANT}`)
    } finally {
      await database.pool.query(`drop owned by ${role}`)
      await database.pool.query(`drop role ${role}`)
    }
  })

  it('says that a guard of the audit trail is off', async () => {
    await database.pool.query('alter table audit_event disable trigger audit_event_append_only')
    try {
      assert.deepEqual(await failures(), [
        'database.guards: trigger audit_event_append_only of audit_event is missing, altered or switched off; keep the database as it is, take a copy, and run "npm run jit -- audit verify" with the heads from outside',
      ])
    } finally {
      await database.pool.query(
        'alter table audit_event enable always trigger audit_event_append_only',
      )
    }
  })
})

describe('jit doctor on Pomerium', () => {
  it('says that Pomerium does not take the token, or has no such cluster', async () => {
    const [token = ''] = await failures({ API_USER_TOKEN: CANARY })
    assert.match(token, /^pomerium\.token: POST token: 401 .*; check the API user token$/)
    const { organizationId } = pomerium
    assert.deepEqual(await failures({ CLUSTER_ID: 'elsewhere' }), [
      `pomerium.cluster: there is no cluster elsewhere in organization ${organizationId}, or the API user may not see it; check CLUSTER_ID and ORGANIZATION_ID, and make the API user a manager of the cluster’s namespace`,
    ])
    assert.deepEqual(await skips({ CLUSTER_ID: 'elsewhere' }), [
      'pomerium.role',
      'pomerium.auto_apply',
      'pomerium.quota',
      'pomerium.policy',
    ])
  })

  it('says what an API user lacks, what auto-apply means, and that a quota does not do', async () => {
    await using other = await startPomerium({
      role: 'viewer',
      autoApplyChangesets: false,
      policyLimit: 1,
    })
    other.setClusterOnline(false)
    const changes = leadingTo(other)
    assert.deepEqual(await failures(changes), [
      'pomerium.role: the API user is viewer in the cluster’s namespace, and may not write policies; make it a manager there',
      'pomerium.quota: 0 of 1 policies are there, and the catalogue needs 2 more; delete policies that nobody needs, take a larger plan, or let resources share a policy',
      'pomerium.policy grafana-prod: policy jit-grafana-prod is gone from Pomerium; run "npm run jit -- policy forget grafana-prod" and attach the new one to its routes',
      'pomerium.policy billing-db: policy jit-billing-db is gone from Pomerium; run "npm run jit -- policy forget billing-db" and attach the new one to its routes',
    ])
    assert.deepEqual(await warnings(changes), [
      `pomerium.cluster: cluster ${other.clusterId}, namespace ${other.namespaceId}, has failing health checks: it may not take changes of policies up; see in the Pomerium Zero console what it lacks`,
      'pomerium.auto_apply: off: the bot applies change sets that hold nothing but its own edits; beside edits of others its grants and its revocations wait until an administrator applies them; turn on Settings → Advanced → Auto-apply changesets, or see to it that change sets are applied soon',
    ])
  })

  it('tells a policy that is still to be made from a stranger of its name, without a database', async () => {
    await using other = await startPomerium({ edition: '2025-04' })
    const stranger = other.create({ name: 'jit-billing-db', explanation: 'x', remediation: 'x' })
    other.attach(stranger.id, { routeName: 'billing', host: 'billing-db.example.com' })
    const changes = { ...leadingTo(other), DATABASE_URL: '' }
    assert.deepEqual((await failures(changes)).slice(1), [
      `pomerium.policy billing-db: Pomerium has a policy named jit-billing-db that this bot did not make; run "npm run jit -- policy adopt billing-db ${stranger.id}" or choose another name`,
    ])
    assert.deepEqual(await warnings(changes), [
      'pomerium.policy grafana-prod: policy jit-grafana-prod does not exist yet; start the bot, which makes it, and attach it to its routes',
    ])
    assert.ok((await skips(changes)).includes('pomerium.quota'))
  })

  it('names a policy that is enforced, attached to nothing, or says nothing', async () => {
    const { id } = pomerium.policyNamed('jit-billing-db') ?? assert.fail()
    const stored = structuredClone(pomerium.policy(id)) ?? assert.fail()
    pomerium.detach(id)
    pomerium.edit(id, (policy) => {
      Object.assign(policy, { enforced: true, explanation: ' ', remediation: '' })
    })
    try {
      const subject = 'pomerium.policy billing-db: policy jit-billing-db'
      assert.deepEqual(await failures(), [
        `${subject} is enforced on every route of its namespace; turn "enforced" off in Pomerium`,
        `${subject} is attached to no route, so that a grant opens nothing; attach it to the routes of the resource in Pomerium`,
      ])
      assert.deepEqual(await warnings(), [
        `${subject} has no explanation for Pomerium’s 403 page; write there: ${stored.explanation}`,
        `${subject} has no remediation for Pomerium’s 403 page; write there: ${stored.remediation}`,
      ])
    } finally {
      const { explanation, remediation } = stored
      pomerium.edit(id, (policy) => {
        Object.assign(policy, { enforced: false, explanation, remediation })
      })
      pomerium.attach(id, { routeName: 'jit-billing-db', host: 'billing-db.example.com' })
    }
  })

  it('says why the bot leaves a policy alone', async () => {
    const block = (reason: string | null) =>
      database.pool.query(
        `update policy_state set blocked_reason = $1 where resource_id = 'billing-db'`,
        [reason],
      )
    await block('change set cs1 failed: no')
    try {
      assert.deepEqual(await failures(), [
        'pomerium.policy billing-db: change set cs1 failed: no; see "npm run jit -- policy list" and the log of the bot',
      ])
    } finally {
      await block(null)
    }
  })

  it('says that Pomerium does not answer for a policy', async () => {
    pomerium.faults.add({
      method: 'GET',
      path: '/policies/*',
      count: 2,
      effect: { kind: 'status', status: 503, message: `overloaded, ${pomerium.apiUserToken}` },
    })
    const found = await failures()
    assert.equal(found.length, 2)
    for (const line of found)
      assert.match(
        line,
        /^pomerium\.policy [\w-]+: GET policy \w+: 503 after \d+ ms: overloaded, \[removed\]; run it again when Pomerium answers$/,
      )
  })
})

describe('jit doctor on keys and clocks', () => {
  it('says why assertions cannot be verified', async () => {
    await using server = await startKeyServer(sends(() => ({}), 302))
    const changes = { JWKS_ENDPOINT: server.url }
    const said = (what: string, of: string, remedy: string) =>
      `pages.keys: ${what} (GET ${server.url}: ${of}); ${remedy}`
    const address =
      'set JWKS_ENDPOINT to WEB_ORIGIN/.well-known/pomerium/jwks.json, which Pomerium answers on every route'
    assert.deepEqual(await failures(changes), [said('the answer is no key set', '302', address)])
    server.answer = sends(() => ({ keys: [{ kty: 'oct', kid: 'k', k: CANARY }] }))
    assert.deepEqual(await failures(changes), [
      said(
        'the key set has a secret or private key in it',
        '200 with a key set that cannot be used',
        'set a signing key for ES256 or RS256 in Pomerium',
      ),
    ])
    await server[Symbol.asyncDispose]()
    assert.deepEqual(await failures(changes), [
      said(
        'no answer',
        'no answer',
        'let this machine reach that address, or save the key set in a file and name it by JWKS_FILE',
      ),
    ])
    const none = { JWKS_ENDPOINT: '', WEB_ORIGIN: '' }
    assert.deepEqual(await lines('skipped', none), ['pages.keys: there are no pages'])
  })

  it('warns of clocks that are more than 5 s apart, and fails from 30 s', async () => {
    const remedy = 'let NTP set the clocks of this machine and of the other one'
    const apart = (found: readonly string[]) =>
      found.map((line) => {
        assert.ok(line.endsWith(`; ${remedy}`), line)
        return /^clock\.(\w+): this machine’s clock is (\d+) s (ahead of|behind) /
          .exec(line)
          ?.slice(1)
      })
    const all = ['slack', 'pomerium', 'database']
    const ahead = apart(await warnings({}, 12_000))
    assert.deepEqual(
      ahead.map((found) => [found?.[0], found?.[2]]),
      all.map((name) => [name, 'ahead of']),
    )
    assert.ok(
      ahead.every((found) => Math.abs(Number(found?.[1]) - 12) <= 1),
      String(ahead),
    )
    const behind = apart(await failures({}, -3_600_000))
    assert.deepEqual(
      behind.map((found) => [found?.[0], found?.[2]]),
      all.map((name) => [name, 'behind']),
    )
    assert.deepEqual(await warnings({}, 3_000), [])
  })
})

describe('a check', () => {
  it('fails when it has no answer within its deadline, or throws', async () => {
    const never = new Promise<never>(() => {})
    assert.deepEqual(await check('catalogue', () => never, { deadlineMs: 1 }), [
      {
        check: 'catalogue',
        status: 'failed',
        detail: 'no answer within 0.001 s',
        remedy: 'see what holds it up between here and there, and run it again',
      },
    ])
    const thrown = check('catalogue', () => Promise.reject(new Error('broke')), { subject: 'it' })
    assert.deepEqual(await thrown, [
      {
        check: 'catalogue',
        subject: 'it',
        status: 'failed',
        detail: 'broke',
        remedy: 'run it again; if it stays, look into what it says',
      },
    ])
    const fine = await check('catalogue', () => Promise.resolve(ok('fine')))
    assert.deepEqual(fine, [{ check: 'catalogue', status: 'ok', detail: 'fine' }])
  })
})

describe('what jit doctor prints', () => {
  it('has no secret in it, whatever was wrong', async () => {
    const file = join(environment.folder, 'token')
    await writeFile(file, `xoxb-${CANARY}\n`)
    await examined({ SLACK_BOT_TOKEN: '', SLACK_BOT_TOKEN_FILE: file })
    await examined({ DATABASE_URL: `mysql://jit:${CANARY}@db.example.com/jit` })
    await examined({ SIEM_URL: `https://siem.example.com/hook?key=${CANARY}` })
    const text = printed.join('\n')
    assert.ok(text.length > 50_000)
    const secrets = [
      CANARY,
      slack.botToken,
      slack.signingSecret,
      pomerium.apiUserToken,
      new URL(database.appUrl).password,
      'simulated-secret',
    ]
    for (const secret of secrets) assert.ok(!text.includes(secret), secret)
    // The simulator's ID tokens.
    assert.doesNotMatch(text, /(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{64}/)
  })

  it('stays on its lines, and has no secret in it, whatever others say', () => {
    const secret = 'a-secret-that-somebody-gives-back'
    const lines = [
      {
        check: 'pomerium.token',
        status: 'failed',
        detail: `no\nok       everything\u001b[2K Bearer abc.def ${secret}`,
        remedy: `ask ${encodeURIComponent(secret)}`,
      },
    ] as const
    const report = reportOf(lines, [secret])
    assert.ok(!JSON.stringify(report).includes(secret))
    const [line = '', sum] = reportText(report).split('\n')
    assert.equal(
      line,
      'failed   pomerium.token: no\\u{a}ok       everything\\u{1b}[2K Bearer [redacted] [redacted]; ask [redacted]',
    )
    assert.equal(sum, '0 ok, 0 warning, 1 failed, 0 skipped')
  })
})
