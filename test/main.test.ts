import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { after, describe, it } from 'node:test'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { withLogin } from './support/database.ts'
import { startTown } from './support/house.ts'
import { environmentOf, startMain } from './support/main-process.ts'
import { APPROVALS, AUDIT } from './support/world.ts'

const town = await startTown()
const environment = await environmentOf(town)
after(async () => {
  await environment[Symbol.asyncDispose]()
  await town[Symbol.asyncDispose]()
})

/** What the start says to standard error when it is refused. */
async function refused(changes: Readonly<Record<string, string>>, env = environment.env) {
  await using main = startMain({ ...env, ...changes }, environment.folder)
  assert.equal(await main.exited, 1)
  assert.doesNotMatch(main.stderr(), / {4}at /, 'no stack')
  return main.stderr()
}

describe('npm start', { concurrency: 2 }, () => {
  it('lists every mistake of the environment at once, each with its remedy', async () => {
    assert.equal(
      await refused({ PORT: 'http', SLACK_API_URL: 'http://slack.example.com' }, {}),
      `The environment has mistakes:
  - SLACK_BOT_TOKEN is missing; copy the Bot User OAuth Token from OAuth & Permissions
  - SLACK_API_URL must be an https:// address (http:// only for loopback) without user, query or fragment; leave it out unless you test against a simulator
  - DATABASE_URL is missing; write it as postgres://user:password@host:5432/database, percent-encoded
  - API_USER_TOKEN is missing; create an API user token in the Pomerium Zero console
  - ORGANIZATION_ID is missing; copy it from the address of the Pomerium Zero console
  - CLUSTER_ID is missing; copy it from the address of the Pomerium Zero console
  - PORT must be a whole number from 0 to 65535; choose a free port, or 0 for any
  - SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both missing; set SLACK_APP_TOKEN for Socket Mode or SLACK_SIGNING_SECRET for HTTP
`,
    )
  })

  it('names a missing catalogue, and each mistake in a bad one with its line', async () => {
    assert.match(
      await refused({ CATALOGUE: join(environment.folder, 'nowhere.yaml') }),
      /^The catalogue cannot be read:\n {2}- .*nowhere\.yaml; copy catalogue\.example\.yaml there or set CATALOGUE\n$/,
    )
    const path = join(environment.folder, 'bad.yaml')
    const source = readFileSync(environment.env['CATALOGUE'] ?? '', 'utf8')
    await writeFile(
      path,
      source.replace('approvals: 2', 'approvals: none').replace('risk: medium', 'risks: medium'),
    )
    const lines = (await refused({ CATALOGUE: path })).trimEnd().split('\n')
    assert.equal(lines[0], 'The catalogue has mistakes:')
    const lineOf = (text: string) => source.split('\n').findIndex((line) => line.includes(text)) + 1
    assert.ok(
      lines.some((line) => line.includes(`bad.yaml:${lineOf('risk: medium')}`)),
      lines.join('\n'),
    )
    assert.ok(
      lines.some((line) => line.includes(`bad.yaml:${lineOf('approvals: 2')}`)),
      lines.join('\n'),
    )
  })

  it('names what could never be opened, because there are no pages to open it on', async () => {
    const path = join(environment.folder, 'step-up.yaml')
    const source = readFileSync(environment.env['CATALOGUE'] ?? '', 'utf8')
    await writeFile(path, source.replace('risk: high', 'step_up: true'))
    assert.equal(
      await refused({ CATALOGUE: path }),
      `The catalogue has mistakes:
  - billing-db has step_up and there are no pages; set WEB_ORIGIN and JWKS_ENDPOINT, or leave step_up out
`,
    )
  })

  it('says that the database cannot be reached, or lacks migrations', async () => {
    const url = new URL(town.database.url)
    const empty = new URL(url)
    empty.pathname = '/postgres'
    assert.match(
      await refused({ DATABASE_URL: empty.href }),
      /^The bot cannot start:\n {2}- the database lacks \d+ migration\(s\), first 0001_requests; run "npm run migrate"\n$/,
    )
    url.port = '1'
    assert.equal(
      await refused({ DATABASE_URL: url.href }),
      `The bot cannot start:
  - the database cannot be reached; check DATABASE_URL and that Postgres accepts connections
`,
    )
  })

  it('does not run with a role that could rewrite the audit trail, unless told to', async () => {
    assert.equal(
      await refused({ DATABASE_URL: town.database.url }),
      `The bot cannot start:
  - the database role postgres could rewrite the audit trail, because it is a superuser; put into DATABASE_URL the role jit_app, after "alter role jit_app login password '…'", or another one after "grant jit_app to …", or set DATABASE_OWNER_ALLOWED=yes
`.replace('postgres', new URL(town.database.url).username),
    )
    const told = { DATABASE_URL: town.database.url, DATABASE_OWNER_ALLOWED: 'yes' }
    await using main = startMain({ ...environment.env, ...told }, environment.folder)
    await main.ready
    assert.match(main.stdout(), /"level":"warn",.*could rewrite the audit trail/)
  })

  it('says that its role has not the rights of the bot', async () => {
    const role = `jit_nobody_${process.pid}`
    const { pool, url } = town.database
    await pool.query(`create role ${role} login password 'none'`)
    try {
      assert.equal(
        await refused({ DATABASE_URL: withLogin(url, { role, password: 'none' }) }),
        `The bot cannot start:
  - the role of DATABASE_URL has not the rights of the bot (permission denied for table migration); run "grant jit_app to …" as an administrator
`,
      )
    } finally {
      await pool.query(`drop role ${role}`)
    }
  })

  it('says that Slack refuses the token', async () => {
    assert.match(
      await refused({ SLACK_BOT_TOKEN: 'xoxb-revoked' }),
      /^The bot cannot start:\n {2}- auth\.test: invalid_auth; reinstall the app and copy the Bot User OAuth Token .*\n$/,
    )
  })

  it('says which port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, resolve))
    const { port } = server.address() as AddressInfo
    try {
      assert.equal(
        await refused({ PORT: String(port) }),
        `The bot cannot start:
  - port ${port} cannot be listened on (EADDRINUSE); stop what uses it, or set PORT to another one
`,
      )
    } finally {
      server.close()
    }
  })

  it('does not print a secret that is given in the wrong place', async () => {
    const text = await refused({ SLACK_BOT_TOKEN: 'xoxp-canary-user-token', PORT: '70000' })
    assert.doesNotMatch(text, /canary/)
    assert.match(text, /SLACK_BOT_TOKEN must start with xoxb-/)
  })
})

describe('npm start in a workspace that does not fit', () => {
  it('refuses channels that it is not in or that strangers read, and groups that do not exist', async () => {
    await using other = await startTown()
    await using unfit = await environmentOf(other)
    other.slack.updateChannel(APPROVALS, { isExtShared: true })
    other.slack
      .channels()
      .find(({ id }) => id === AUDIT)
      ?.members.delete(other.slack.botUserId)
    await writeFile(
      unfit.env['CATALOGUE'] ?? '',
      other.catalogueSource.replace('S0RELIABILITY', 'S0NOBODY'),
    )
    const lines = (await refused({}, unfit.env)).trimEnd().split('\n').toSorted()
    assert.deepEqual(lines.length, 4)
    const text = lines.join('\n')
    assert.match(
      text,
      /channel C0APPROVALS is shared with another organisation by Slack Connect; name a channel of your own/,
    )
    assert.match(
      text,
      /channel C0AUDIT cannot be looked up .*invite the bot|not in channel C0AUDIT/,
    )
    assert.match(
      text,
      /user group S0NOBODY does not exist or is disabled; check the id in the catalogue/,
    )
  })
})
