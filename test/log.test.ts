import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { LogLevel } from '@slack/bolt'
import { boltLogger, createLogger, serializeError } from '../src/log.ts'

const CANARIES = {
  botToken: 'xoxb-111-canary-AAAA',
  rotatedToken: 'xoxe.xoxp-1-canaryBBBB',
  appToken: 'xapp-1-A0-canary-CCCC',
  bearer: 'Bearer canaryDDDD.opaque~value',
  jwt: 'eyJhbGciOiJFUzI1NiJ9.canaryEEEE.canarySig-1',
  webhook: 'https://hooks.slack.com/commands/T0/canaryFFFF',
  database: 'postgres://jit:canaryGGGG@db.example.com:5432/jit',
  hardDatabase: 'postgresql://jit:canary/HH@HH@db/jit',
  ticket: 'wss://wss.slack.com/link/?ticket=canaryIIII&app_id=1',
  opaque: 'canary"JJJJ opaque',
} as const
const SECRETS = [CANARIES.opaque]

function collector(level = 'trace') {
  const lines: string[] = []
  const log = createLogger({
    level,
    destination: { write: (line) => void lines.push(line) },
    secrets: SECRETS,
  })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> }
}

function failing(secret: string): Error {
  const root = Object.assign(new Error(`root said ${secret}`), {
    code: 'ECONNRESET',
    request: { headers: { 'x-api-key': secret } },
  })
  return new TypeError(`outer said ${secret}`, {
    cause: new Error(`middle said ${secret}`, { cause: root }),
  })
}

describe('createLogger', () => {
  const paths: Record<string, (secret: string) => string[]> = {
    'the message': (secret) => {
      const { log, lines } = collector()
      log.info(`calling with ${secret} now`)
      log.info('calling with %s now', secret)
      log.info('calling with %o now', { deep: [secret] })
      return lines
    },
    'a field, at any depth and as a key': (secret) => {
      const { log, lines } = collector()
      log.info({ a: secret, b: { c: [{ d: secret }] }, [secret]: 1 }, 'fields')
      return lines
    },
    'a child binding': (secret) => {
      const { log, lines } = collector()
      log.child({ a: secret, err: failing(secret) }).info('child')
      return lines
    },
    'an error, its stack and its causes': (secret) => {
      const { log, lines } = collector()
      log.error(failing(secret))
      log.error({ err: failing(secret) }, 'failed')
      log.error({ error: failing(secret), reason: failing(secret) }, 'failed')
      log.error(
        new AggregateError([failing(secret)], secret, { cause: `string cause ${secret}` }),
        'failed',
      )
      log.fatal({ nested: { problem: Object.assign(new Error(), { body: secret }) } }, 'failed')
      return lines
    },
    "Bolt's logger": (secret) => {
      const { log, lines } = collector()
      const bolt = boltLogger(log)
      bolt.error('failed', failing(secret), failing(secret))
      bolt.warn(secret, { request: { body: secret } })
      bolt.info('%s', secret)
      bolt.debug(failing(secret))
      return lines
    },
  }
  for (const [path, write] of Object.entries(paths))
    it(`strikes every secret out of ${path}`, () => {
      for (const secret of Object.values(CANARIES)) {
        const lines = write(secret)
        assert.ok(lines.length > 0)
        for (const line of lines) {
          assert.doesNotMatch(line, /canary/, secret)
          assert.match(line, /\[redacted\]/)
          assert.equal(typeof JSON.parse(line), 'object')
        }
      }
    })

  it('prints nothing of the values of secret keys, at any depth', () => {
    const { log, last } = collector()
    log.info({ config: { slack: { botToken: 'plain', signing_secret: 'plain' } }, token: 1 }, 'x')
    assert.deepEqual(last()['config'], {
      slack: { botToken: '[redacted]', signing_secret: '[redacted]' },
    })
    assert.equal(last()['token'], '[redacted]')
    log.info({ req: { headers: { Authorization: 'Pomerium x', 'X-Slack-Signature': 'v0=1' } } })
    assert.deepEqual(last()['req'], {
      headers: { Authorization: '[redacted]', 'X-Slack-Signature': '[redacted]' },
    })
  })

  it('keeps what surrounds a secret, and what is none', () => {
    const { log, last } = collector()
    log.info(`GET ${CANARIES.database}?sslmode=require failed: Bearer abc.def`)
    assert.equal(
      last()['msg'],
      'GET postgres://jit:[redacted]@db.example.com:5432/jit?sslmode=require failed: Bearer [redacted]',
    )
    log.info('SLACK_BOT_TOKEN must start with xoxb-; postgres://db/jit is fine')
    assert.equal(last()['msg'], 'SLACK_BOT_TOKEN must start with xoxb-; postgres://db/jit is fine')
  })

  it('leaves short secrets in place, since they are also words', () => {
    const lines: string[] = []
    const log = createLogger({
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
      secrets: ['postgres', 'long-enough-secret', 'a b/c d/e f/g'],
    })
    log.info('postgres says long-enough-secret and a%20b%2Fc%20d%2Fe%20f%2Fg')
    assert.match(lines[0] ?? '', /"msg":"postgres says \[redacted\] and \[redacted\]"/)
  })

  it('names the level, gives the time in UTC and stays silent under its level', () => {
    const { log, lines, last } = collector('warn')
    log.info('unheard')
    log.warn({ requestId: 'R1' }, 'heard')
    const { time, pid: _pid, hostname: _hostname, ...rest } = last()
    assert.deepEqual(rest, { level: 'warn', requestId: 'R1', msg: 'heard' })
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.equal(lines.length, 1)
  })

  it('writes a line for values that JSON cannot hold', () => {
    const { log, lines } = collector()
    const loop: Record<string, unknown> = { big: 10n, secret: 'x' }
    loop['self'] = loop
    log.info({ loop }, CANARIES.botToken)
    assert.equal(lines.length, 1)
    assert.doesNotMatch(lines[0] ?? '', /canary/)
  })

  it('scrubs a field that is nested past the stack', () => {
    const { log, lines } = collector()
    let deep: unknown = CANARIES.botToken
    for (let i = 0; i < 20_000; i++) deep = [deep]
    log.info({ deep }, CANARIES.botToken)
    assert.doesNotMatch(lines.join(''), /canary/)
  })
})

describe('serializeError', () => {
  it('keeps name, code, message, stack and causes, and nothing else', () => {
    const cause = Object.assign(new RangeError('inner'), { code: 7, config: { big: true } })
    const error = Object.assign(new Error('outer', { cause }), { code: 'E1', response: {} })
    assert.deepEqual(serializeError(error), {
      name: 'Error',
      code: 'E1',
      message: 'outer',
      stack: error.stack,
      cause: { name: 'RangeError', code: 7, message: 'inner', stack: cause.stack },
    })
  })

  it('keeps the errors of an AggregateError and stops at the fifth cause', () => {
    const loop = new Error('loop')
    loop.cause = loop
    assert.equal(JSON.stringify(serializeError(loop)).match(/"message"/g)?.length, 6)
    const inner = new Error('refused')
    const many = new AggregateError([inner, { token: 'x' }], 'all failed')
    assert.deepEqual(serializeError(many), {
      name: 'AggregateError',
      message: 'all failed',
      stack: many.stack,
      errors: [{ name: 'Error', message: 'refused', stack: inner.stack }, 'object'],
    })
  })

  it('returns what is not an error as it is', () => {
    assert.deepEqual([serializeError('x'), serializeError(undefined)], ['x', undefined])
  })
})

describe('boltLogger', () => {
  it('joins the words, and puts the error under err and objects under details', () => {
    const { log, last } = collector()
    boltLogger(log).error('request', 42, new Error('first'), { a: 1 }, new Error('second'))
    const { msg, level, err, details } = last()
    assert.deepEqual(
      { msg, level, details, name: (err as Error).name, message: (err as Error).message },
      {
        msg: 'request 42 Error: second',
        level: 'error',
        details: [{ a: 1 }],
        name: 'Error',
        message: 'first',
      },
    )
    boltLogger(log).warn(new Error('alone'))
    assert.equal(last()['msg'], 'alone')
  })

  it('answers the level that Bolt must be given, and keeps it', () => {
    const levels = Object.fromEntries(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => {
        const bolt = boltLogger(collector(level).log)
        bolt.setLevel(LogLevel.WARN)
        bolt.setName('ignored')
        return [level, bolt.getLevel()]
      }),
    )
    assert.deepEqual(levels, {
      trace: LogLevel.DEBUG,
      debug: LogLevel.DEBUG,
      info: LogLevel.INFO,
      warn: LogLevel.WARN,
      error: LogLevel.ERROR,
      fatal: LogLevel.ERROR,
    })
  })

  it('formats nothing that is not written', () => {
    const { log, lines } = collector('error')
    const trap = {
      toJSON: () => {
        throw new Error('touched')
      },
    }
    boltLogger(log).debug(trap)
    assert.deepEqual(lines, [])
  })
})
