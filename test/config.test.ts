import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Environment } from '../src/config.ts'
import { readConfig, readEnvironment, readSetting, secretsOf } from '../src/config.ts'
import { VARIABLES } from '../src/config-variables.ts'
import { createSigner } from './simulators/pomerium/assertions.ts'

const GOOD = {
  SLACK_BOT_TOKEN: 'xoxb-1-2-abc',
  SLACK_APP_TOKEN: 'xapp-1-A0-2-abc',
  DATABASE_URL: 'postgres://jit:p%40ss@db.example.com:5432/jit',
  API_USER_TOKEN: 'pomerium-user-token',
  ORGANIZATION_ID: 'org_1',
  CLUSTER_ID: 'cluster-1',
}

const keySet = createSigner({ now: Date.now }).jwks()
const [publicKey] = keySet.keys
const PAGES = {
  WEB_ORIGIN: 'https://jit.example.com',
  JWKS_ENDPOINT: 'https://jit.example.com/.well-known/pomerium/jwks.json',
}

const FILES: Readonly<Record<string, string>> = {
  '/etc/jwks.json': JSON.stringify(keySet),
  '/etc/no-json': 'canary',
  '/etc/no-set': '{"keys":"canary"}',
  '/etc/no-keys': '{"keys":[]}',
  '/etc/private': JSON.stringify({ keys: [{ ...publicKey, d: 'canary' }] }),
  '/etc/ambiguous': JSON.stringify({
    keys: [
      publicKey,
      { ...createSigner({ now: Date.now }).jwks().keys[0], kid: publicKey?.['kid'] },
    ],
  }),
  '/run/secrets/bot': 'xoxb-from-file\n',
  '/run/secrets/crlf': 'xoxb-from-file\r\n',
  '/run/secrets/empty': '\n',
  '/run/secrets/two-lines': 'xoxb-one\nxoxb-two\n',
}

function readFile(path: string): string {
  const text = FILES[path]
  if (text === undefined) throw Object.assign(new Error(`open ${path}`), { code: 'ENOENT' })
  return text
}

function read(changes: Environment) {
  return readConfig({ ...GOOD, ...changes }, readFile)
}

/** What a variable of the pages needs beside it. */
function pagesFor(name: string): Environment {
  return name === 'JWKS_ENDPOINT' || name === 'WEB_ORIGIN' ? PAGES : {}
}

function mistakesOf(changes: Environment): readonly string[] {
  const result = read(changes)
  return result.ok ? [] : result.mistakes
}

function configOf(changes: Environment) {
  const result = read(changes)
  assert.ok(result.ok, JSON.stringify(result))
  return result.config
}

describe('readConfig', () => {
  it('groups the values and fills in the defaults', () => {
    assert.deepEqual(configOf({}), {
      slack: {
        botToken: 'xoxb-1-2-abc',
        appToken: 'xapp-1-A0-2-abc',
        apiUrl: 'https://slack.com/api/',
      },
      database: { url: 'postgres://jit:p%40ss@db.example.com:5432/jit' },
      pomerium: {
        apiUserToken: 'pomerium-user-token',
        organizationId: 'org_1',
        clusterId: 'cluster-1',
        apiUrl: 'https://console.pomerium.app/api/v0',
      },
      identity: 'slack',
      port: 8000,
      cataloguePath: './catalogue.yaml',
      logLevel: 'info',
    })
  })

  it('takes the signing secret alone, or beside the app token', () => {
    const secret = '0123456789abcdef0123456789ABCDEF'
    const { signingSecret, appToken } = configOf({
      SLACK_APP_TOKEN: '',
      SLACK_SIGNING_SECRET: secret,
    }).slack
    assert.deepEqual({ signingSecret, appToken }, { signingSecret: secret, appToken: undefined })
    assert.equal(configOf({ SLACK_SIGNING_SECRET: secret }).slack.appToken, GOOD.SLACK_APP_TOKEN)
  })

  it('takes every value that is given', () => {
    const config = configOf({
      SLACK_API_URL: 'http://127.0.0.1:4000/api',
      POMERIUM_API_URL: 'http://[::1]:4001/api/v0//',
      DATABASE_URL: 'postgresql://%2Fvar%2Frun%2Fpostgresql/jit',
      PORT: '0',
      CATALOGUE: '/etc/jit.yaml',
      LOG_LEVEL: 'debug',
    })
    assert.deepEqual(
      [config.slack.apiUrl, config.pomerium.apiUrl, config.database.url, config.port],
      [
        'http://127.0.0.1:4000/api/',
        'http://[::1]:4001/api/v0',
        'postgresql://%2Fvar%2Frun%2Fpostgresql/jit',
        0,
      ],
    )
    assert.deepEqual([config.cataloguePath, config.logLevel], ['/etc/jit.yaml', 'debug'])
  })

  it('lets the bot run as the owner of the database where that is said', () => {
    const allowed = (text: string) =>
      configOf({ DATABASE_OWNER_ALLOWED: text }).database.isOwnerAllowed
    assert.deepEqual(['', 'no', 'yes'].map(allowed), [undefined, undefined, true])
  })

  const botRemedy = 'copy the Bot User OAuth Token from OAuth & Permissions'
  const appRemedy = 'create one with connections:write under Basic Information → App-Level Tokens'
  const signingRemedy = 'copy it from Basic Information → App Credentials'
  const databaseRemedy = 'write it as postgres://user:password@host:5432/database, percent-encoded'
  const consoleRemedy = 'copy it from the address of the Pomerium Zero console'
  const urlMistake =
    'must be an https:// address (http:// only for loopback) without user, query or fragment; leave it out unless you test against a simulator'
  const originMistake =
    'must be https:// (http:// only for loopback), a host and at most a port; give the address of the Pomerium route of the pages, e.g. https://jit.example.com'
  const badUrls = [
    'http://slack.example.com/api/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'https:/slack.com',
    'https://user@slack.com/api/',
    'https://slack.com/api/?x=1',
    'https://slack.com/api/#x',
    'https://slack.com/a pi/',
    'ftp://127.0.0.1/',
    'slack.com',
  ]
  const table: readonly (readonly [keyof typeof VARIABLES, readonly string[], string])[] = [
    ['SLACK_BOT_TOKEN', [''], `is missing; ${botRemedy}`],
    [
      'SLACK_BOT_TOKEN',
      ['canary', 'xoxp-canary', 'xapp-canary', ' xoxb-canary', 'xoxb-', 'xoxb-canary\n'],
      `must start with xoxb-; ${botRemedy}`,
    ],
    ['SLACK_APP_TOKEN', ['canary', 'xoxb-canary'], `must start with xapp-; ${appRemedy}`],
    [
      'SLACK_SIGNING_SECRET',
      ['canary', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32)],
      `must be 32 hexadecimal characters; ${signingRemedy}`,
    ],
    ['SLACK_API_URL', badUrls, urlMistake],
    ['POMERIUM_API_URL', badUrls, urlMistake],
    ['DATABASE_URL', [''], `is missing; ${databaseRemedy}`],
    [
      'DATABASE_URL',
      [
        'canary',
        'mysql://canary@db/jit',
        'postgres:canary',
        'postgres://u:%zz@db/jit',
        'postgres://u:a b@db',
      ],
      `must be a postgres:// address; ${databaseRemedy}`,
    ],
    [
      'DATABASE_OWNER_ALLOWED',
      ['true', 'YES', '1', ' yes'],
      'must be yes or no; leave it out, and give the bot a role with the rights of jit_app alone',
    ],
    ['API_USER_TOKEN', [''], 'is missing; create an API user token in the Pomerium Zero console'],
    [
      'API_USER_TOKEN',
      ['canary with space', 'canary\ncanary', 'canäry'],
      'must be one line of printable ASCII characters; create an API user token in the Pomerium Zero console',
    ],
    ['ORGANIZATION_ID', [''], `is missing; ${consoleRemedy}`],
    [
      'ORGANIZATION_ID',
      ['a/b', '../x', 'a b', 'a'.repeat(65)],
      `must be letters, digits, - and _ only; ${consoleRemedy}`,
    ],
    ['CLUSTER_ID', [''], `is missing; ${consoleRemedy}`],
    ['CLUSTER_ID', ['a?b'], `must be letters, digits, - and _ only; ${consoleRemedy}`],
    [
      'JWKS_ENDPOINT',
      badUrls,
      'must be an https:// address (http:// only for loopback) without user, query or fragment; give WEB_ORIGIN/.well-known/pomerium/jwks.json, or leave it out for no pages',
    ],
    [
      'WEB_ORIGIN',
      [...badUrls, 'https://jit.example.com/', 'https://jit.example.com/jit', 'https://a\\b'],
      originMistake,
    ],
    [
      'SIEM_URL',
      badUrls,
      'must be an https:// address (http:// only for loopback) without user, query or fragment; give the address of a SIEM that takes JSON lines by POST, or leave it out',
    ],
    ['SIEM_FORMAT', ['JSONL', 'cef'], 'must be one of jsonl, ocsf; leave it out for jsonl'],
    ['IDENTITY', ['Linked', 'pomerium'], 'must be one of slack, linked; leave it out for slack'],
    [
      'PORT',
      ['-1', '65536', '80.5', 'http', '0x10', '1e3'],
      'must be a whole number from 0 to 65535; choose a free port, or 0 for any',
    ],
    ['CATALOGUE', ['a\0b'], 'must be a path; name the file of resources and rules'],
    [
      'LOG_LEVEL',
      ['INFO', 'verbose', 'silent'],
      'must be one of trace, debug, info, warn, error, fatal; leave it out for info',
    ],
  ]
  for (const [name, bad, mistake] of table)
    it(`says of a ${name} that it ${mistake.split(';')[0]}`, () => {
      for (const value of bad)
        assert.deepEqual(
          mistakesOf({ ...pagesFor(name), [name]: value }),
          [`${name} ${mistake}`],
          value,
        )
    })

  it('turns the pages on by their origin and the place of the keys', () => {
    assert.deepEqual(configOf(PAGES).web, {
      origin: PAGES.WEB_ORIGIN,
      keys: { url: PAGES.JWKS_ENDPOINT },
    })
    const byFile = configOf({
      WEB_ORIGIN: 'https://JIT.example.com:443',
      JWKS_FILE: '/etc/jwks.json',
      IDENTITY: 'linked',
    })
    const { kid, kty, alg, use, crv, x, y } = publicKey ?? {}
    assert.deepEqual(byFile.web, {
      origin: 'https://jit.example.com',
      keys: { keySet: { keys: [{ kid, kty, alg, use, crv, x, y }] } },
    })
    assert.equal(byFile.identity, 'linked')
    assert.equal(configOf({ ...PAGES, WEB_ORIGIN: 'http://[::1]:80' }).web?.origin, 'http://[::1]')
  })

  const save = 'save there what Pomerium publishes at /.well-known/pomerium/jwks.json'
  const apart: readonly (readonly [string, Environment, string])[] = [
    [
      'both places of the keys',
      { ...PAGES, JWKS_FILE: '/etc/jwks.json' },
      'JWKS_ENDPOINT and JWKS_FILE are both set; keep one of them',
    ],
    [
      'keys without an origin',
      { JWKS_ENDPOINT: PAGES.JWKS_ENDPOINT },
      'JWKS_ENDPOINT is set without WEB_ORIGIN; set WEB_ORIGIN to the address of the Pomerium route of the pages',
    ],
    [
      'a file of keys without an origin',
      { JWKS_FILE: '/etc/jwks.json', IDENTITY: 'linked' },
      'JWKS_FILE is set without WEB_ORIGIN; set WEB_ORIGIN to the address of the Pomerium route of the pages',
    ],
    [
      'an origin without keys',
      { WEB_ORIGIN: PAGES.WEB_ORIGIN, IDENTITY: 'linked' },
      'WEB_ORIGIN is set without JWKS_ENDPOINT and JWKS_FILE; set JWKS_ENDPOINT to WEB_ORIGIN/.well-known/pomerium/jwks.json',
    ],
    [
      'linked identities without pages',
      { IDENTITY: 'linked' },
      'IDENTITY is linked, which needs the pages; set WEB_ORIGIN and JWKS_ENDPOINT, or leave it out for slack',
    ],
    ...(
      [
        ['/etc/none', 'that cannot be read (ENOENT)'],
        ['/etc/no-json', 'that is not a JSON Web Key Set'],
        ['/etc/no-set', 'that is not a JSON Web Key Set'],
        ['/etc/no-keys', 'without a key for ES256 or RS256 that has a kid'],
        ['/etc/private', 'with a secret or private key in it'],
        ['/etc/ambiguous', 'with two keys under one kid'],
      ] as const
    ).map(
      ([path, problem]) =>
        [
          `a key set ${problem}`,
          { WEB_ORIGIN: PAGES.WEB_ORIGIN, JWKS_FILE: path },
          `JWKS_FILE names a file ${problem}; ${save}`,
        ] as const,
    ),
  ]
  for (const [name, env, mistake] of apart)
    it(`refuses ${name}`, () => {
      assert.deepEqual(mistakesOf(env), [mistake])
    })

  it('streams the audit trail where SIEM_URL says, and nowhere else', () => {
    const SIEM_URL = 'https://siem.example.com/collect/4711'
    assert.equal(configOf({}).siem, undefined)
    assert.deepEqual(configOf({ SIEM_URL }).siem, { url: SIEM_URL, format: 'jsonl' })
    assert.equal(configOf({ SIEM_URL, SIEM_TOKEN: 'abc' }).siem?.token, 'abc')
    assert.deepEqual(mistakesOf({ SIEM_TOKEN: 'abc' }), [
      'SIEM_TOKEN is set without SIEM_URL; set SIEM_URL to the address of the SIEM',
    ])
  })

  it('asks for one of the app token and the signing secret', () => {
    assert.deepEqual(mistakesOf({ SLACK_APP_TOKEN: undefined }), [
      'SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both missing; set SLACK_APP_TOKEN for Socket Mode or SLACK_SIGNING_SECRET for HTTP',
    ])
  })

  it('lists every mistake at once, in the order of the table', () => {
    const result = readConfig({ SLACK_BOT_TOKEN: 'x', PORT: 'x', LOG_LEVEL: 'x' }, readFile)
    assert.ok(!result.ok)
    assert.deepEqual(
      result.mistakes.map((mistake) => mistake.split(/[ ,]/)[0]),
      [
        'SLACK_BOT_TOKEN',
        'DATABASE_URL',
        'API_USER_TOKEN',
        'ORGANIZATION_ID',
        'CLUSTER_ID',
        'PORT',
        'LOG_LEVEL',
        'SLACK_APP_TOKEN',
      ],
    )
  })

  it('never repeats a value, whatever is wrong', () => {
    const everything = Object.fromEntries(
      Object.keys(VARIABLES).flatMap((name) => [
        [name, 'canary value'],
        [`${name}_FILE`, 'canary path'],
      ]),
    )
    for (const env of [
      everything,
      Object.fromEntries(Object.entries(everything).filter(([name]) => name.endsWith('_FILE'))),
      Object.fromEntries(Object.entries(everything).filter(([name]) => !name.endsWith('_FILE'))),
    ]) {
      const result = readConfig(env, readFile)
      assert.ok(!result.ok)
      assert.doesNotMatch(result.mistakes.join('\n'), /canary/)
    }
  })

  it('reads a secret from the file that NAME_FILE names, without the line end', () => {
    for (const path of ['/run/secrets/bot', '/run/secrets/crlf'])
      assert.equal(
        configOf({ SLACK_BOT_TOKEN: '', SLACK_BOT_TOKEN_FILE: path }).slack.botToken,
        'xoxb-from-file',
      )
  })

  const viaFile: readonly (readonly [string, Environment, string])[] = [
    [
      'both are set',
      { SLACK_BOT_TOKEN_FILE: '/run/secrets/bot' },
      'SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set; keep one of them',
    ],
    [
      'the file is empty',
      { SLACK_BOT_TOKEN: undefined, SLACK_BOT_TOKEN_FILE: '/run/secrets/empty' },
      `SLACK_BOT_TOKEN_FILE names an empty file; put the secret into it: ${botRemedy}`,
    ],
    [
      'the file cannot be read',
      { SLACK_BOT_TOKEN: undefined, SLACK_BOT_TOKEN_FILE: '/run/secrets/none' },
      'SLACK_BOT_TOKEN_FILE names a file that cannot be read (ENOENT); give the path of a file that holds nothing but the secret',
    ],
    [
      'the file holds more than the secret',
      { SLACK_BOT_TOKEN: undefined, SLACK_BOT_TOKEN_FILE: '/run/secrets/two-lines' },
      `SLACK_BOT_TOKEN_FILE must start with xoxb-; ${botRemedy}`,
    ],
  ]
  for (const [name, env, mistake] of viaFile)
    it(`names NAME_FILE when ${name}`, () => {
      assert.deepEqual(mistakesOf(env), [mistake])
    })

  it('reads only secrets from files', () => {
    assert.equal(configOf({ PORT_FILE: '/run/secrets/none' }).port, 8000)
  })
})

describe('readSetting', () => {
  it('reads one value and asks for no other', () => {
    const url = 'postgres://jit@db/jit'
    assert.deepEqual(readSetting('DATABASE_URL', { DATABASE_URL: url }, readFile), {
      ok: true,
      value: url,
    })
    assert.deepEqual(readSetting('PORT', {}, readFile), { ok: true, value: 8000 })
    assert.deepEqual(readSetting('SLACK_APP_TOKEN', {}, readFile), { ok: true, value: undefined })
    const env = { SLACK_BOT_TOKEN_FILE: '/run/secrets/bot' }
    assert.deepEqual(readSetting('SLACK_BOT_TOKEN', env, readFile), {
      ok: true,
      value: 'xoxb-from-file',
    })
  })

  it('says the same of a mistake as readConfig', () => {
    for (const env of [
      { DATABASE_URL: undefined },
      { DATABASE_URL: 'mysql://canary' },
      { DATABASE_URL_FILE: '/run/secrets/none' },
      { DATABASE_URL: undefined, DATABASE_URL_FILE: '/run/secrets/none' },
      { DATABASE_URL: undefined, DATABASE_URL_FILE: '/run/secrets/empty' },
    ]) {
      const mistakes = mistakesOf(env)
      assert.equal(mistakes.length, 1)
      assert.deepEqual(readSetting('DATABASE_URL', { ...GOOD, ...env }, readFile), {
        ok: false,
        mistakes,
      })
    }
  })
})

describe('secretsOf', () => {
  it('lists every secret, and the password as written and as meant', () => {
    const secret = '0123456789abcdef0123456789abcdef'
    assert.deepEqual(secretsOf(configOf({ SLACK_SIGNING_SECRET: secret })), [
      GOOD.SLACK_BOT_TOKEN,
      GOOD.SLACK_APP_TOKEN,
      secret,
      GOOD.API_USER_TOKEN,
      'p%40ss',
      'p@ss',
    ])
    const bare = configOf({ DATABASE_URL: 'postgres://db/jit', SLACK_SIGNING_SECRET: secret })
    assert.equal(secretsOf(bare).length, 4)
    const siem = { SIEM_URL: 'https://siem.example.com/4711', SIEM_TOKEN: 'siem-token' }
    for (const secret of Object.values(siem))
      assert.ok(secretsOf(configOf(siem)).includes(secret), secret)
  })
})

describe('readEnvironment', () => {
  it('copies the environment of the process', () => {
    assert.equal(readEnvironment()['PATH'], process.env['PATH'])
  })
})

describe('.env.example', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
  const lines = text.split('\n')

  it('names exactly the variables of the table, with their defaults and no other value', () => {
    const named = parseEnv(text.replaceAll(/^# ([A-Z_]+=)/gm, '$1'))
    const table = Object.entries(VARIABLES).map(([name, variable]) => [
      name,
      'default' in variable ? variable.default : '',
    ])
    assert.deepEqual({ ...named }, Object.fromEntries(table))
  })

  it('explains every variable in the line above it and marks every secret', () => {
    for (const [name, variable] of Object.entries(VARIABLES)) {
      const at = lines.findIndex((line) => new RegExp(`^(?:# )?${name}=`).test(line))
      const comment = lines[at - 1] ?? ''
      assert.match(comment, /^# .{20}/, name)
      assert.equal(comment.startsWith('# * '), 'secret' in variable, name)
    }
  })

  it('is read as missing values, not as wrong ones', () => {
    const result = readConfig(parseEnv(text), readFile)
    assert.ok(!result.ok)
    for (const mistake of result.mistakes) assert.match(mistake, / (?:is|are both) missing; /)
  })
})
