import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { loadCatalogue } from '../../src/catalogue/load.ts'
import type { Fields } from './support.ts'
import {
  RESOURCE,
  catalogueYaml as catalogue,
  complaintsOf,
  load,
  loadOne,
  problemsOf,
} from './support.ts'

const keys =
  'id, title, url, policy, channel, requesters, approvers, approvals, stages, duration, schedule, reason, constraints, risk, lapse, remind, escalate, extend, auto_approve, self_activation, break_glass, step_up, vendors, rego_may_approve, foreign_rules, levels'
const topKeys =
  'domains, channel, audit_channel, fallback_channel, admins, auditors, outage, limits, rego, resources'
const NOBODY = { groups: [], users: [], emails: [], domains: [], everyone: false }

describe('loadCatalogue', () => {
  it('fills in every default', () => {
    const text = catalogue([RESOURCE])
    assert.deepEqual(load(text), {
      revision: createHash('sha256').update(text).digest('hex'),
      admins: NOBODY,
      auditors: NOBODY,
      domains: ['example.com'],
      limits: {},
      outageSeconds: 0,
      resources: new Map([
        [
          'grafana',
          {
            id: 'grafana',
            title: 'Grafana',
            policy: 'jit-grafana',
            risk: 'medium',
            channel: 'C0APPROVALS',
            requesters: { ...NOBODY, groups: ['S0ENG'] },
            levels: new Map(),
            stages: [{ approvers: { ...NOBODY, groups: ['S0SRE'] }, approvals: 1 }],
            duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [] },
            scheduleSeconds: 604_800,
            reason: { minLength: 1 },
            constraints: [],
            lapseSeconds: 28_800,
            automatic: [],
            needsStepUp: false,
            regoMayApprove: false,
            removesForeignRules: false,
          },
        ],
      ]),
    })
  })

  it('keeps the order of the file', () => {
    const ids = ['z', 'a', 'm']
    const text = catalogue(ids.map((id) => ({ ...RESOURCE, id, policy: id })))
    assert.deepEqual([...load(text).resources.keys()], ids)
  })

  it('shortens the default duration to a shorter maximum', () => {
    const resource = loadOne({ duration: { max: '30m' } })
    assert.deepEqual(resource.duration, { defaultSeconds: 1_800, maxSeconds: 1_800, choices: [] })
  })

  it('accepts anchors, and reports what is wrong in one of them once', () => {
    const text = (email: string) => `
domains: [example.com]
channel: C0
resources:
  - { id: a, title: A, policy: a, requesters: &us { groups: [S0ENG], emails: [${email}] }, approvers: *us }
  - { id: b, title: B, policy: b, requesters: *us, approvers: *us }
`
    assert.deepEqual(
      [...load(text('ana@example.com')).resources.values()].map((r) => r.requesters.emails),
      [['ana@example.com'], ['ana@example.com']],
    )
    assert.deepEqual(problemsOf(text('ana@example.org')), [
      'c.yaml:5:79 resources[0].requesters.emails[0] is outside domains (example.com), so it can never match; add its domain there or remove it',
    ])
  })

  const line = (max: number) =>
    `1 to ${max} visible characters on one line, without spaces at the ends or in a row`
  const id = '1 to 63 lower-case letters, digits and -, the first a letter or digit'
  const url = 'must be an https:// address without user and special characters'
  const channel = 'a channel id such as C0123456789, from the foot of the channel’s details'
  const group = 'a user group id such as S0123456789, from the end of the group’s address'
  const user = 'a member id such as U0123456789, from the menu of the profile'
  const email = 'must be an ASCII e-mail address such as ana@example.com'
  const domain = 'must be a domain such as example.com, without @ or *'
  const people = 'people: groups, users, emails, domains or everyone: true'
  const nobody = 'names nobody; list groups, users, emails, domains or everyone: true'
  const duration = 'must be a duration such as 30m, 1h30m or 2d'
  const stranger =
    'is outside domains (example.com), so it can never match; add its domain there or remove it'
  const slow =
    'could take too long on a hostile reason; use at most two of * and +, no back-references, and repeat no group that holds choices or repeats (or use counts such as {1,10})'

  /** Field, bad values, the complaint. */
  const fields: readonly (readonly [string, readonly unknown[], string])[] = [
    ['id', [undefined], `id is missing; give ${id}`],
    ['id', [null], `id is empty; give ${id}`],
    ['id', ['', 'A', '-a', 'a_b', 'a'.repeat(64), ['a']], `id must be ${id}`],
    ['id', [42], `id must be ${id}; put it in quotes`],
    ['title', [undefined], `title is missing; give ${line(75)}`],
    [
      'title',
      ['', ' a', 'a  b', 'a\nb', 'a\u202eb', 'a\u200bb', 'a\u0007b', 'a\u2028b', 'x'.repeat(76)],
      `title must be ${line(75)}`,
    ],
    ['title', [42, true], `title must be ${line(75)}; put it in quotes`],
    ['policy', [undefined], `policy is missing; give ${line(100)}`],
    ['policy', ['', 'a\tb', 'x'.repeat(101)], `policy must be ${line(100)}`],
    [
      'url',
      [
        'http://grafana.example.com',
        'https://u:p@grafana.example.com',
        'https://grafana.example.com@evil.example',
        'https://',
        'https://a b',
        'https://a.example/|x>',
        'https://gräfana.example',
        'https://[x',
        'javascript:alert(1)',
        `https://a.example/${'x'.repeat(2_000)}`,
      ],
      `url ${url}`,
    ],
    ['risk', ['High', '', 3], 'risk must be low, medium or high'],
    ['channel', ['#approvals', 'D0', 'c0', 'C', 'C0 '], `channel must be ${channel}`],
    ['requesters', [undefined], `requesters is missing; give ${people}`],
    ['requesters', [['U1'], 'everyone'], `requesters must be ${people}`],
    ['requesters', [{}, { groups: [] }], `requesters ${nobody}`],
    ['approvers', [{}, { users: [], emails: [] }], `approvers ${nobody}`],
    ['approvers', [{ groups: ['@sre'] }], `approvers.groups[0] must be ${group}`],
    ['approvers', [{ users: ['U1', 'ana'] }], `approvers.users[1] must be ${user}`],
    ['approvers', [{ users: 'U1' }], 'approvers.users must be a list of member ids'],
    [
      'approvers',
      [{ everyone: false }, { everyone: 'yes' }],
      'approvers.everyone must be true, or be left out',
    ],
    [
      'requesters',
      [
        'ana',
        'ana@',
        '@example.com',
        'a@b@example.com',
        'änä@example.com',
        'a b@example.com',
        'a..b@example.com',
        'a@example',
        'a@-x.com',
        'Ana <a@example.com>',
      ].map((address) => ({ emails: [address] })),
      `requesters.emails[0] ${email}`,
    ],
    [
      'requesters',
      [
        '@example.com',
        '*.example.com',
        'example',
        'exämple.com',
        'a..com',
        'example.com.',
        'http://example.com',
      ].map((name) => ({ domains: [name] })),
      `requesters.domains[0] ${domain}`,
    ],
    ['requesters', [{ emails: ['a@example.org'] }], `requesters.emails[0] ${stranger}`],
    ['requesters', [{ domains: ['sub.example.com'] }], `requesters.domains[0] ${stranger}`],
    [
      'approvers',
      [{ emails: ['a@example.com', 'a@example.com.evil.org'] }],
      `approvers.emails[1] ${stranger}`,
    ],
    ['approvals', [0, 11, 1.5, '2', true], 'approvals must be a whole number from 1 to 10'],
    ['duration', ['1h'], 'duration must be default, max and choices'],
    [
      'duration',
      [{ max: '1 hour' }, { max: 90 }, { max: '90' }, { max: '1.5h' }],
      `duration.max ${duration}`,
    ],
    ['duration', [{ default: '0m' }], 'duration.default must be one minute or longer'],
    ['duration', [{ max: '31d' }, { max: '87600h' }], 'duration.max must be 30 days or shorter'],
    [
      'duration',
      [{ default: '2h', max: '1h' }],
      'duration.default is longer than the maximum of 1h; shorten it or raise duration.max',
    ],
    [
      'duration',
      [{ default: '9h' }],
      'duration.default is longer than the maximum of 8h; shorten it or raise duration.max',
    ],
    ['lapse', ['soon', 3], `lapse ${duration}`],
    ['reason', ['INC'], 'reason must be min, pattern and hint'],
    ['reason', [{ min: 0 }, { min: 1001 }], 'reason.min must be a whole number from 1 to 1000'],
    ['reason', [{ hint: 'a\u2066b' }], `reason.hint must be ${line(150)}`],
    [
      'reason',
      [{ pattern: '' }, { pattern: 'a'.repeat(201) }],
      'reason.pattern must be a pattern of 1 to 200 characters',
    ],
    [
      'reason',
      [{ pattern: 'INC-(' }],
      'reason.pattern is not a regular expression (Unterminated group); correct it, and escape only special characters',
    ],
    ['reason', [{ pattern: '(a+)+$' }], `reason.pattern ${slow}`],
    ['constraints', [{ source_ip: '1.2.3.4' }], 'constraints must be a list of PPL criteria'],
    [
      'constraints',
      [Array.from({ length: 21 }, () => ({ source_ip: '203.0.113.1' }))],
      'constraints must be a list of at most 20 PPL criteria',
    ],
    [
      'constraints',
      [[{ source_ip: ['203.0.113.0/24', '1.2.3'] }]],
      'constraints[0].source_ip[1] is no usable constraint: expected an IP address or a CIDR range, found "1.2.3"',
    ],
    [
      'constraints',
      [[{ source_ip: ['203.0.113.0/24'] }, 5]],
      'constraints[1] is no usable constraint: expected a criterion object, found 5',
    ],
    ['titel', ['x'], 'titel is not a known key; did you mean title?'],
    ['step', [{}], `step is not a known key; known here are ${keys}`],
    [
      'approvers',
      [{ groups: ['S1'], user: ['U1'] }],
      'approvers.user is not a known key; did you mean users?',
    ],
    [
      'duration',
      [{ min: '1h' }],
      'duration.min is not a known key; known here are default, max, choices',
    ],
    ['reason', [{ patern: 'x' }], 'reason.patern is not a known key; did you mean pattern?'],
  ]
  for (const [name, values, complaint] of fields)
    it(`says: ${complaint.slice(0, 90)}`, () => {
      for (const value of values)
        assert.deepEqual(
          complaintsOf(catalogue([{ ...RESOURCE, [name]: value }])),
          [`resources[0].${complaint}`],
          JSON.stringify(value),
        )
    })

  const tops: readonly (readonly [Fields, string])[] = [
    [
      { domains: undefined },
      'domains is missing; give a list of your e-mail domains, such as [example.com]',
    ],
    [{ domains: [] }, 'domains is an empty list; name the e-mail domains that count as yours'],
    [{ domains: ['@example.com'] }, `domains[0] ${domain}`],
    [{ channel: '#jit' }, `channel must be ${channel}`],
    [{ channel: null }, `channel is empty; give ${channel}`],
    [{ audit_channel: 'U1' }, `audit_channel must be ${channel}`],
    [{ admins: {} }, `admins ${nobody}`],
    [
      { admins: { everyone: true } },
      'admins.everyone lets everyone end any access; name groups, users or emails instead',
    ],
    [
      { admins: { domains: ['example.com'] } },
      'admins.domains[0] lets everyone at example.com end any access; name groups, users or emails instead',
    ],
    [{ admins: { emails: ['a@example.org'] } }, `admins.emails[0] ${stranger}`],
    [{ chanel: 'C0' }, 'chanel is not a known key; did you mean channel?'],
    [{ watchers: {} }, `watchers is not a known key; known here are ${topKeys}`],
    [
      { auditors: {} },
      'auditors names nobody; list groups, users, emails, domains or everyone: true',
    ],
    [
      { auditors: { emails: ['a@other.example'] } },
      'auditors.emails[0] is outside domains (example.com), so it can never match; add its domain there or remove it',
    ],
    [{ outage: '25h' }, 'outage must be 1d or shorter'],
    [{ outage: 4 }, 'outage must be a duration such as 30m, 1h30m or 2d'],
    [
      JSON.parse('{"__proto__": {}}') as Fields,
      `__proto__ is not a known key; known here are ${topKeys}`,
    ],
    [{ ['a b\u202e']: 1 }, `["a b\\u{202e}"] is not a known key; known here are ${topKeys}`],
  ]
  for (const [top, complaint] of tops)
    it(`says: ${complaint.slice(0, 90)}`, () => {
      assert.deepEqual(complaintsOf(catalogue([RESOURCE], top)), [complaint])
    })

  it('asks for resources, and for a mapping', () => {
    assert.deepEqual(complaintsOf(catalogue([])), [
      'resources is an empty list; add a resource to ask for',
    ])
    assert.deepEqual(complaintsOf('domains: [example.com]'), [
      'resources is missing; give a list of resources',
    ])
    assert.deepEqual(complaintsOf(catalogue([null, 'x'])), [
      'resources[0] is empty; give a resource: id, title, policy, requesters, approvers …',
      'resources[1] must be a resource: id, title, policy, requesters, approvers …',
    ])
    assert.deepEqual(problemsOf(''), [
      'c.yaml:1:1 the file is empty; give a mapping with domains and resources',
    ])
    assert.deepEqual(problemsOf('- a'), [
      'c.yaml:1:1 the file must be a mapping with domains and resources',
    ])
  })

  it('refuses two resources with one id or one policy', () => {
    assert.deepEqual(complaintsOf(catalogue([RESOURCE, { ...RESOURCE, title: 'Other' }])), [
      'resources[1].id repeats resources[0].id; give each resource an id of its own',
      'resources[1].policy repeats resources[0].policy; give each resource a policy of its own, since each rewrites the rules of its policy',
    ])
  })

  it('wants a channel for each resource', () => {
    const resources = [RESOURCE, { ...RESOURCE, id: 'b', policy: 'b', channel: 'C1' }]
    assert.deepEqual(complaintsOf(catalogue(resources, { channel: undefined })), [
      'resources[0].channel is missing; give a channel id here, or for all at the top of the file',
    ])
  })

  it('lets neither everyone nor a domain approve what is of high risk', () => {
    const approvers = { everyone: true, domains: ['example.com'] }
    assert.deepEqual(complaintsOf(catalogue([{ ...RESOURCE, risk: 'high', approvers }])), [
      'resources[0].approvers.everyone lets everyone approve a resource of risk high; name groups, users or emails instead',
      'resources[0].approvers.domains[0] lets everyone at example.com approve a resource of risk high; name groups, users or emails instead',
    ])
    assert.deepEqual(complaintsOf(catalogue([{ ...RESOURCE, risk: 'medium', approvers }])), [])
  })

  it('reports every problem at once, each at its line and column', () => {
    const text = `domains: [example.com, '@x']
channel: C0
chanel: C1
resources:
  - id: Grafana
    policy: p
    requesters: {}
    approvers:
      users: [U1]
      grops:
        - S1
    approvals: 2
    duration: { default: 2h, max: 1h }
  - id: b
    title: "b\\u202e"
    policy: p
    approvers: { emails: [b@example.org] }
    requesters:
    lapse: 0m
`
    assert.deepEqual(problemsOf(text), [
      `c.yaml:1:24 domains[1] ${domain}`,
      'c.yaml:3:1 chanel is not a known key; did you mean channel?',
      `c.yaml:5:5 resources[0].title is missing; give ${line(75)}`,
      `c.yaml:5:9 resources[0].id must be ${id}`,
      `c.yaml:7:17 resources[0].requesters ${nobody}`,
      'c.yaml:10:7 resources[0].approvers.grops is not a known key; did you mean groups?',
      'c.yaml:13:26 resources[0].duration.default is longer than the maximum of 1h; shorten it or raise duration.max',
      `c.yaml:15:12 resources[1].title must be ${line(75)}`,
      'c.yaml:16:13 resources[1].policy repeats resources[0].policy; give each resource a policy of its own, since each rewrites the rules of its policy',
      `c.yaml:18:5 resources[1].requesters is empty; give ${people}`,
      'c.yaml:19:12 resources[1].lapse must be one minute or longer',
    ])
  })

  it('checks addresses against domains as soon as the domains can be read', () => {
    const broken = { ...RESOURCE, id: 'B', approvers: { emails: ['b@example.org'] } }
    assert.deepEqual(complaintsOf(catalogue([broken])), [
      `resources[0].id must be ${id}`,
      `resources[0].approvers.emails[0] ${stranger}`,
    ])
  })

  it('gives file, line, column, path and message', () => {
    assert.deepEqual(loadCatalogue(`${catalogue([RESOURCE])}x: 1\n`, '/etc/jit.yaml'), {
      ok: false,
      warnings: [],
      problems: [
        {
          file: '/etc/jit.yaml',
          line: 14,
          column: 1,
          path: 'x',
          message: `is not a known key; known here are ${topKeys}`,
        },
      ],
    })
  })

  it('stops at 200 problems', () => {
    const bad = Array.from({ length: 300 }, (_, i) => `#${i}`)
    assert.equal(problemsOf(catalogue([{ ...RESOURCE, approvers: { groups: bad } }])).length, 200)
  })
})

describe('loadCatalogue, on the YAML itself', () => {
  const good = catalogue([RESOURCE])
  const table: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'broken syntax',
      `${good}x: [1\n`,
      [
        'c.yaml:15:1 the file is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; correct it here',
      ],
    ],
    [
      'a tab',
      'a:\n\t- b\n',
      [
        'c.yaml:2:1 the file is not valid YAML: Tabs are not allowed as indentation; correct it here',
      ],
    ],
    [
      'duplicate keys, also after an empty value',
      `channel:\n${good}`,
      ['c.yaml:4:1 the file has the key "channel" twice in one mapping; keep one'],
    ],
    [
      'duplicate keys beside other problems',
      `${good}x: 1\nx: 2\n`,
      [
        'c.yaml:15:1 the file has the key "x" twice in one mapping; keep one',
        `c.yaml:15:1 x is not a known key; known here are ${topKeys}`,
      ],
    ],
    [
      'custom tags',
      good.replace('title: Grafana', 'title: !include Grafana'),
      [
        'c.yaml:6:12 the file has a tag or directive that is not read (Unresolved tag: !include); remove it',
      ],
    ],
    [
      'tags of YAML 1.1',
      good.replace('title: Grafana', 'title: !!binary aGk='),
      [
        'c.yaml:6:12 the file has a tag or directive that is not read (Unresolved tag: tag:yaml.org,2002:binary); remove it',
      ],
    ],
    [
      'YAML 1.1',
      `%YAML 1.1\n---\n${good}`,
      ['c.yaml:1:1 the file asks for YAML 1.1; remove the %YAML directive'],
    ],
    [
      'a second document',
      `${good}---\n${good}`,
      ['c.yaml:14:1 the file has a second document; keep one and remove ---'],
    ],
    [
      'an alias without an anchor',
      good.replace('title: Grafana', 'title: *name'),
      [
        'c.yaml:6:12 the file has the alias *name without an anchor before it; define the anchor first',
      ],
    ],
    [
      'an alias inside its own anchor',
      `${good}    constraints: &c [*c]\n`,
      ['c.yaml:14:22 the file has the alias *c inside its own anchor; write the value out'],
    ],
    [
      'merge keys',
      good.replace('    title:', '    <<: { risk: low }\n    title:'),
      [`c.yaml:6:5 resources[0]["<<"] is not a known key; known here are ${keys}`],
    ],
    [
      'deep nesting',
      '- '.repeat(20_000),
      ['c.yaml:1 the file is nested too deeply; write it flatter'],
    ],
  ]
  for (const [name, text, problems] of table)
    it(`refuses ${name}`, () => {
      const found = problemsOf(text)
      assert.deepEqual(
        name === 'deep nesting'
          ? found.map((problem) => problem.replace(/^(c.yaml:1):\d+/, '$1'))
          : found,
        problems,
      )
    })

  it('refuses more than a megabyte', () => {
    const text = `${good}# ${'ä'.repeat(500_000)}`
    assert.deepEqual(problemsOf(text), [
      `c.yaml:1 the file has ${Buffer.byteLength(text)} bytes; keep it under 1000000`,
    ])
  })

  it('refuses aliases that multiply, or are used without end', () => {
    const bomb = `a: &a [x]\nb: &b [${'*a,'.repeat(40)}]\nc: &c [${'*b,'.repeat(40)}]\n`
    const flood = `a: &a x\nb: [${'*a,'.repeat(1_001)}]\n`
    for (const text of [bomb, flood])
      assert.deepEqual(problemsOf(text), [
        'c.yaml:1:1 the file cannot be read (Excessive alias count indicates a resource exhaustion attack); use one anchor at most 1000 times',
      ])
  })

  it('reads 1,000 resources that share their people', () => {
    const rows = Array.from(
      { length: 1_000 },
      (_, i) =>
        `  - { id: r${i}, title: R, policy: p${i}, requesters: ${i === 0 ? '&us { groups: [S1] }' : '*us'}, approvers: { groups: [S2] } }`,
    )
    assert.equal(
      load(`domains: [example.com]\nchannel: C0\nresources:\n${rows.join('\n')}\n`).resources.size,
      1_000,
    )
  })
})
