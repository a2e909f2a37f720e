import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseCommandLine } from '../../src/slack/command-line.ts'
import { parseStart, startText } from '../../src/slack/start-words.ts'
import { anyText } from './samples.ts'

const ID = '7K2M9QXR'
const usage = (problem: object) => ({ type: 'usage', problem })
const request = (fields: object) => ({
  type: 'request',
  resource: 'grafana',
  durationSeconds: 7_200,
  reason: 'INC-42',
  ...fields,
})
const form = (values: object, problems: object) => ({ type: 'form', values, problems })
const wall = (day: string | { date: string }, hour: number, minute: number) => ({
  type: 'wall',
  day,
  hour,
  minute,
})

type Table = readonly (readonly [line: string, meaning: object])[]

const REQUESTS: Table = [
  ['', form({}, {})],
  ['   ', form({}, {})],
  ['request', form({}, {})],
  ['request grafana 2h INC-42 dashboards', request({ reason: 'INC-42 dashboards' })],
  [
    '  REQUEST\tgrafana:read  1h30m \n two  words ',
    request({ resource: 'grafana:read', durationSeconds: 5_400, reason: 'two  words' }),
  ],
  ['request grafana for 2h INC-42', request({})],
  ['request grafana 2h a &amp; b &lt;c&gt;', request({ reason: 'a & b <c>' })],
  ['request grafana 2h \u202eevil\u0000', request({ reason: 'evil' })],
  [
    'request grafana 2h see <https://x.example/?a=1&amp;b=2|x.example> by <mailto:a@b.c|a@b.c>',
    request({ reason: 'see https://x.example/?a=1&b=2 by a@b.c' }),
  ],
  ['request grafana 2h for the incident', request({ reason: 'for the incident' })],
  ['request grafana 2h 3 dashboards', request({ reason: '3 dashboards' })],
  [
    'request grafana 2h ask <@U1|kim> or <@W2>, <#C123|ops> <#C9|> <!subteam^S1|@sre> <!subteam^S2> <!here> <!channel|channel> <!date^0^{date}|then>',
    request({ reason: 'ask @kim or @W2, #ops #C9 @sre @S2 @here @channel then' }),
  ],
  ['request grafana 2h &lt;@U1|kim&gt; &lt;!here&gt;', request({ reason: '<@U1|kim> <!here>' })],
  ['request grafana 1h 30m INC-42', request({ durationSeconds: 5_400 })],
  ['request grafana for 1d 2h 30m, INC-42', request({ durationSeconds: 95_400 })],
  [
    'request grafana 1h 2h INC-42',
    form({ resource: 'grafana', duration: '1h 2h', reason: 'INC-42' }, { duration: 'malformed' }),
  ],
  [
    'request grafana 30d 1h INC-42',
    form({ resource: 'grafana', duration: '30d 1h', reason: 'INC-42' }, { duration: 'too-long' }),
  ],
  [
    'request grafana 2 hours INC-42',
    form({ resource: 'grafana', duration: '2', reason: 'hours INC-42' }, { duration: 'malformed' }),
  ],
  ['request grafana', form({ resource: 'grafana' }, { duration: 'missing', reason: 'missing' })],
  ['request grafana 2h', form({ resource: 'grafana', duration: '2h' }, { reason: 'missing' })],
  [
    'request grafana 2x INC-42',
    form({ resource: 'grafana', duration: '2x', reason: 'INC-42' }, { duration: 'malformed' }),
  ],
  [
    'request grafana 1e9h INC-42',
    form({ resource: 'grafana', duration: '1e9h', reason: 'INC-42' }, { duration: 'malformed' }),
  ],
  [
    'request grafana 99999999h INC-42',
    form(
      { resource: 'grafana', duration: '99999999h', reason: 'INC-42' },
      { duration: 'malformed' },
    ),
  ],
  [
    'request grafana 0m INC-42',
    form({ resource: 'grafana', duration: '0m', reason: 'INC-42' }, { duration: 'zero' }),
  ],
  [
    'request grafana 31d INC-42',
    form({ resource: 'grafana', duration: '31d', reason: 'INC-42' }, { duration: 'too-long' }),
  ],
  [
    'request grafana INC-42 is red',
    form({ resource: 'grafana', reason: 'INC-42 is red' }, { duration: 'missing' }),
  ],
  [
    'request grafana -2h INC-42',
    form({ resource: 'grafana', reason: '-2h INC-42' }, { duration: 'missing' }),
  ],
]

const STARTS: Table = [
  ['request grafana 2h from 14:00 INC-42', request({ start: wall('soonest', 14, 0) })],
  ['request grafana 2h FROM 9:05, INC-42', request({ start: wall('soonest', 9, 5) })],
  ['request grafana 2h from tomorrow 9:00 INC-42', request({ start: wall('tomorrow', 9, 0) })],
  ['request grafana 2h from Tomorrow at 0:00 INC-42', request({ start: wall('tomorrow', 0, 0) })],
  [
    'request grafana 2h from 2026-11-23 09:00 INC-42',
    request({ start: wall({ date: '2026-11-23' }, 9, 0) }),
  ],
  ['request grafana from 14:00 2h INC-42', request({ start: wall('soonest', 14, 0) })],
  ['request grafana 2h from INC-42', request({ reason: 'from INC-42' })],
  ['request grafana 2h from 3 replicas', request({ reason: 'from 3 replicas' })],
  [
    'request grafana 2h from tomorrow we migrate',
    form(
      { resource: 'grafana', duration: '2h', start: 'tomorrow', reason: 'we migrate' },
      { start: 'malformed' },
    ),
  ],
  ...[
    'from next.js 14 to 15',
    'from v1.2',
    'from sunspots',
    'from now on',
    'from maybe 3 hosts',
    'we migrate from tomorrow',
    'tomorrow we migrate',
    'INC-42 from 11/23 9:00 on',
    '14:00 outage',
  ].map((reason): Table[number] => [`request grafana 2h ${reason}`, request({ reason })]),
  [
    'request grafana 2h from 14:00 10.0.0.5 is down',
    request({ start: wall('soonest', 14, 0), reason: '10.0.0.5 is down' }),
  ],
  [
    'request grafana 2h from 9:00 tomorrow: INC-42',
    form(
      { resource: 'grafana', duration: '2h', start: '9:00 tomorrow', reason: 'INC-42' },
      { start: 'malformed' },
    ),
  ],
  ...[
    'tomorrow 9:00',
    'tomorrow at 9:00',
    'Monday 14.00 CET',
    'today 2pm',
    '9:00 tomorrow',
    '2026-11-23 09:00',
    '23.11.2026 9:00',
    '23 Nov 9:00',
  ].map((start): Table[number] => [
    `request grafana 2h ${start} INC-42`,
    form({ resource: 'grafana', duration: '2h', start, reason: 'INC-42' }, { start: 'malformed' }),
  ]),
  ['request grafana 2h INC-42 from 14:00', request({ reason: 'INC-42 from 14:00' })],
  [
    'request grafana 2h from 14:00 from 15:00',
    request({ start: wall('soonest', 14, 0), reason: 'from 15:00' }),
  ],
  ...[
    '25:99',
    '24:00',
    '14:60',
    '14:00-16:00',
    '2pm',
    '2:30 pm',
    'today 14:00',
    'tomorrow 31:00',
    '2026-02-30 09:00',
    '2026-11-23',
    '2026-11-23T09:00Z',
    'today',
    'Tonight',
    'noon',
    'midnight',
    'Monday',
    'fri',
    'next',
    'next week',
    'on Wednesday 9:00',
    'this evening',
    '14.00',
    '14h30',
    '23.11.2026',
    '23.11.2026 9:00',
    '11/23 9:00',
    '23-11-2026 9:00',
    '23 Nov 9:00',
    'November 23 at 9:00',
    '14:00 tomorrow',
    '14:00 on Monday',
    '14:00 23.11.2026',
    '14:00 CET',
    'tomorrow 14:00 UTC+1',
    '14:00 +01:00',
    '14:00 Europe/Berlin',
  ].map((start): Table[number] => [
    `request grafana 2h from ${start} INC-42`,
    form({ resource: 'grafana', duration: '2h', start, reason: 'INC-42' }, { start: 'malformed' }),
  ]),
]

const VENDORS: Table = [
  [
    'request grafana for user@partner.example 2h INC-42',
    request({ beneficiary: 'user@partner.example' }),
  ],
  [
    'request grafana for <mailto:User@partner.example|User@partner.example> 2h from 14:00 INC-42',
    request({ beneficiary: 'User@partner.example', start: wall('soonest', 14, 0) }),
  ],
  [
    'request grafana 2h for user@partner.example: INC-42',
    request({ beneficiary: 'user@partner.example' }),
  ],
  [
    'request grafana for <mailto:user@partner.example?cc=eve@evil.example|boss@example.com> 2h INC-42',
    request({ beneficiary: 'user@partner.example' }),
  ],
  [
    'request grafana for user@partner.example 2h',
    form(
      { resource: 'grafana', duration: '2h', beneficiary: 'user@partner.example' },
      { reason: 'missing' },
    ),
  ],
  [
    'request grafana for <@U0KIM|kim> 2h INC-42',
    form(
      { resource: 'grafana', duration: '2h', reason: 'for @kim INC-42' },
      { beneficiary: 'in-slack' },
    ),
  ],
  [
    'request grafana 2h for @kim to look',
    form(
      { resource: 'grafana', duration: '2h', reason: 'for @kim to look' },
      { beneficiary: 'in-slack' },
    ),
  ],
  [
    'request grafana 2h for @kim',
    form(
      { resource: 'grafana', duration: '2h', reason: 'for @kim' },
      { beneficiary: 'in-slack', reason: 'missing' },
    ),
  ],
  ...[
    'user@',
    'a@b@c',
    'a@b.c&lt;!channel&gt;',
    '"a"@b.c',
    'a@b.c,d@e.f',
    "a'@b.c",
    '&lt;a@b.c&gt;',
  ].map((typed): Table[number] => [
    `request grafana for ${typed} 2h INC-42`,
    form(
      {
        resource: 'grafana',
        duration: '2h',
        reason: `for ${typed.replace('&lt;', '<').replace('&gt;', '>')} INC-42`,
      },
      { beneficiary: 'malformed' },
    ),
  ]),
]

const emergency = (values: object, problems: object) => ({ type: 'break-glass', values, problems })
const EMERGENCIES: Table = [
  ['break-glass', emergency({}, {})],
  [
    'Break-Glass grafana:admin 30m the site is down',
    emergency({ resource: 'grafana:admin', duration: '30m', reason: 'the site is down' }, {}),
  ],
  [
    'break-glass grafana',
    emergency({ resource: 'grafana' }, { duration: 'missing', reason: 'missing' }),
  ],
  [
    'break-glass grafana 30m for a@b.c from 14:00',
    emergency({ resource: 'grafana', duration: '30m', reason: 'for a@b.c from 14:00' }, {}),
  ],
]

const ANSWERS: Table = [
  [`approve ${ID}`, { type: 'approve', id: ID }],
  ['approve 7k2m9qxr', { type: 'approve', id: ID }],
  [`approve \`${ID}\` looks good`, { type: 'approve', id: ID, note: 'looks good' }],
  [`approve ${ID}, ok`, { type: 'approve', id: ID, note: 'ok' }],
  [`approve \`${ID}\`: ok`, { type: 'approve', id: ID, note: 'ok' }],
  ['approve', usage({ code: 'missing-id', command: 'approve' })],
  ['approve nope', usage({ code: 'malformed-id', command: 'approve', id: 'nope' })],
  [`shorten ${ID} 30m`, { type: 'shorten', id: ID, durationSeconds: 1_800 }],
  [
    `shorten ${ID} 30m is enough`,
    { type: 'shorten', id: ID, durationSeconds: 1_800, note: 'is enough' },
  ],
  [
    `shorten ${ID} 1h 30m is enough`,
    { type: 'shorten', id: ID, durationSeconds: 5_400, note: 'is enough' },
  ],
  [
    `shorten ${ID} 1h 2h`,
    usage({ code: 'bad-duration', command: 'shorten', problem: 'malformed' }),
  ],
  [`shorten ${ID}`, usage({ code: 'bad-duration', command: 'shorten', problem: 'missing' })],
  [
    `shorten ${ID} a bit`,
    usage({ code: 'bad-duration', command: 'shorten', problem: 'malformed' }),
  ],
  [`shorten ${ID} 0h`, usage({ code: 'bad-duration', command: 'shorten', problem: 'zero' })],
  [`deny ${ID} not during the freeze`, { type: 'deny', id: ID, reason: 'not during the freeze' }],
  [`deny ${ID}`, usage({ code: 'missing-reason', command: 'deny' })],
  [`deny ${ID} \u200b`, usage({ code: 'missing-reason', command: 'deny' })],
  ['deny', usage({ code: 'missing-id', command: 'deny' })],
  [`review ${ID} justified`, { type: 'review', id: ID, verdict: 'justified' }],
  [
    `review ${ID} Justified pager was real`,
    { type: 'review', id: ID, verdict: 'justified', note: 'pager was real' },
  ],
  ...['not-justified', 'not justified', 'unjustified'].map((word): Table[number] => [
    `review ${ID} ${word} no incident\nat all`,
    { type: 'review', id: ID, verdict: 'not-justified', note: 'no incident\nat all' },
  ]),
  [
    `review ${ID}: justified, pager was real`,
    { type: 'review', id: ID, verdict: 'justified', note: 'pager was real' },
  ],
  [
    `review ${ID} not justified: no incident`,
    { type: 'review', id: ID, verdict: 'not-justified', note: 'no incident' },
  ],
  [`review ${ID} not-justified`, usage({ code: 'missing-reason', command: 'review' })],
  [`review ${ID}`, usage({ code: 'missing-verdict', command: 'review' })],
  [`review ${ID} justifiedly`, usage({ code: 'missing-verdict', command: 'review' })],
  [`review ${ID} not so`, usage({ code: 'missing-verdict', command: 'review' })],
]

const OWN: Table = [
  [
    `extend ${ID} 1h still red`,
    { type: 'extend', id: ID, durationSeconds: 3_600, reason: 'still red' },
  ],
  [
    `extend ${ID} for 1h still red`,
    { type: 'extend', id: ID, durationSeconds: 3_600, reason: 'still red' },
  ],
  [`extend ${ID}`, { type: 'extend-form', id: ID, values: {}, problems: {} }],
  [`extend ${ID} 1h`, { type: 'extend-form', id: ID, values: { duration: '1h' }, problems: {} }],
  [
    `extend ${ID} 1e9h still`,
    {
      type: 'extend-form',
      id: ID,
      values: { duration: '1e9h', reason: 'still' },
      problems: { duration: 'malformed' },
    },
  ],
  [
    `extend ${ID} still red`,
    {
      type: 'extend-form',
      id: ID,
      values: { reason: 'still red' },
      problems: { duration: 'missing' },
    },
  ],
  ['extend', usage({ code: 'missing-id', command: 'extend' })],
  [`cancel ${ID}`, { type: 'cancel', id: ID }],
  ['cancel', usage({ code: 'missing-id', command: 'cancel' })],
  [`end ${ID}`, { type: 'end', id: ID }],
  [`end ${ID} done early`, { type: 'end', id: ID, reason: 'done early' }],
  ['end 123', usage({ code: 'malformed-id', command: 'end', id: '123' })],
]

const audit = (about: object, seconds?: number) => ({
  type: 'audit',
  about,
  ...(seconds === undefined ? {} : { seconds }),
})
const several = usage({ code: 'audit-several' })
const notRead = (word: string) => usage({ code: 'audit-word', word })
const AUDITS: Table = [
  ['audit', audit({})],
  ['Audit 7d', audit({}, 604_800)],
  ['audit 1d 12h', audit({}, 129_600)],
  ['audit 366d', audit({}, 31_622_400)],
  ['audit <@U0ALEX|alex>', audit({ person: { userId: 'U0ALEX' } })],
  ['audit <@W0123456789> 24h', audit({ person: { userId: 'W0123456789' } }, 86_400)],
  ['audit 24h <@U0ALEX|alex lee>', audit({ person: { userId: 'U0ALEX' } }, 86_400)],
  ['audit U0123456789', audit({ person: { userId: 'U0123456789' } })],
  [
    'audit <mailto:User@partner.example|User@partner.example> 30d',
    audit({ person: { email: 'User@partner.example' } }, 2_592_000),
  ],
  ['audit user@partner.example', audit({ person: { email: 'user@partner.example' } })],
  ['audit grafana-prod 7d', audit({ resourceId: 'grafana-prod' }, 604_800)],
  ['audit 7d grafana-prod', audit({ resourceId: 'grafana-prod' }, 604_800)],
  ['audit `Grafana-Prod`', audit({ resourceId: 'grafana-prod' })],
  ['audit payments', audit({ resourceId: 'payments', requestId: 'PAYMENTS' })],
  [`audit ${ID}`, audit({ resourceId: '7k2m9qxr', requestId: ID })],
  [`audit \`jit-${ID}\``, audit({ resourceId: 'jit-7k2m9qxr', requestId: ID })],
  ['audit JIT-7F3K', audit({ resourceId: 'jit-7f3k' })],
  ['audit 3scale', audit({ resourceId: '3scale' })],
  ['audit @alex', usage({ code: 'audit-mention', word: '@alex' })],
  ['audit &lt;@U0ALEX&gt;', notRead('<@U0ALEX>')],
  ['audit <!subteam^S1|@sre> 7d', usage({ code: 'audit-mention', word: '@sre' })],
  ['audit <!channel>', usage({ code: 'audit-mention', word: '@channel' })],
  ['audit <#C1|ops>', notRead('#ops')],
  ['audit grafana-prod:read', notRead('grafana-prod:read')],
  ['audit a@b@c', notRead('a@b@c')],
  ['audit grafana_prod', notRead('grafana_prod')],
  ["audit grafana-prod' or 1=1", notRead("grafana-prod'")],
  ['audit grafana-prod billing-db', several],
  ['audit <@U0ALEX> <@U0KIM>', several],
  ['audit <@U0ALEX> grafana-prod', several],
  ['audit 7d grafana-prod 8d', several],
  ['audit 0d', usage({ code: 'audit-window', problem: 'zero' })],
  ['audit grafana-prod 366d 1m', usage({ code: 'audit-window', problem: 'too-long' })],
  ['audit 1h 2h', usage({ code: 'audit-window', problem: 'malformed' })],
]

const LISTS: Table = [
  ['mine', { type: 'mine' }],
  ['Mine please', { type: 'mine' }],
  ['pending', { type: 'pending' }],
  ['reviews', { type: 'reviews' }],
  ['RESOURCES', { type: 'resources' }],
  ['link', { type: 'link' }],
  ['Link my account', { type: 'link' }],
  ['help', { type: 'help' }],
  ['grafana 2h', usage({ code: 'unknown-command', command: 'grafana' })],
  ['constructor', usage({ code: 'unknown-command', command: 'constructor' })],
]

describe('parseCommandLine', () => {
  for (const [line, meaning] of [
    ...REQUESTS,
    ...STARTS,
    ...VENDORS,
    ...EMERGENCIES,
    ...ANSWERS,
    ...OWN,
    ...AUDITS,
    ...LISTS,
  ])
    it(`reads ${JSON.stringify(line)}`, () => assert.deepEqual(parseCommandLine(line), meaning))

  it('finds a meaning in any text and never throws', () => {
    const commands = fc.constantFrom(
      '',
      'request',
      'request grafana for',
      'request grafana 2h from',
      'break-glass grafana',
      `extend ${ID}`,
      `review ${ID}`,
      'approve',
      'DENY',
      'cancel',
      'end',
      'mine',
    )
    fc.assert(
      fc.property(commands, anyText, (command, rest) => {
        assert.ok(parseCommandLine(`${command} ${rest}`).type.length > 0)
        assert.ok(parseCommandLine(rest).type.length > 0)
      }),
    )
  })

  it('keeps every word of an unfinished request', () => {
    const word = fc.stringMatching(/^[a-z0-9-]{1,8}$/).filter((w) => w !== 'for' && w !== 'from')
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (typed) => {
        const line = parseCommandLine(`request ${typed.join(' ')}`)
        if (line.type !== 'form') return
        const { resource, duration, reason } = line.values
        const kept = [resource, duration, reason].filter((part) => part !== undefined)
        assert.equal(kept.join(' '), typed.join(' '))
      }),
    )
  })

  it('gives nobody an address that could end a mention or a rule', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = parseCommandLine(`request grafana for ${text} 2h INC-42`)
        const address =
          line.type === 'request'
            ? line.beneficiary
            : line.type === 'form'
              ? line.values.beneficiary
              : undefined
        assert.doesNotMatch(address ?? 'a@b.c', /[\s<>|"]/)
      }),
    )
  })
})

describe('parseCommandLine, of the longest line that is taken', () => {
  for (const part of [
    '<@U',
    '<!x',
    'from 1.1 ',
    'from may ',
    '1:11 mon ',
    '1h ',
    '<mailto:',
    '<mailto:?',
    '<https://|',
    'for a@b ',
    'from 1:',
    ' for',
    '1:11',
  ])
    it(`is quick with many times ${JSON.stringify(part)}`, () => {
      const line = `request grafana ${part.repeat(4_000 / part.length)}`
      const start = performance.now()
      for (let n = 0; n < 20; n += 1) parseCommandLine(line)
      assert.ok(performance.now() - start < 1_000)
    })

  it('names no resource with thousands of letters', () => {
    const line = parseCommandLine(`request ${'x'.repeat(3_900)} 2h INC-42`)
    assert.ok(line.type === 'request' && line.resource === `${'x'.repeat(199)}…`)
  })
})

describe('parseStart', () => {
  it('reads a day and a time that there are, and nothing else', () => {
    const all = fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 }))
    fc.assert(
      fc.property(all, ([hour, minute]) => {
        const typed = `${hour}:${String(minute).padStart(2, '0')}`
        const start = parseStart(typed)
        const isTime = hour < 24 && minute < 60
        assert.deepEqual(start, isTime ? wall('soonest', hour, minute) : undefined)
      }),
    )
    assert.equal(
      startText({ type: 'wall', day: { date: '2028-02-29' }, hour: 9, minute: 5 }),
      '2028-02-29 9:05',
    )
    for (const typed of ['', 'now', '9', '9:5', 'tomorrow', '2026-1-1 9:00', '2026-02-29 9:00'])
      assert.equal(parseStart(typed), undefined)
    assert.deepEqual(parseStart('2028-02-29 9:00'), wall({ date: '2028-02-29' }, 9, 0))
  })
})
