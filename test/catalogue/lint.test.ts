import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { formatWarning } from '../../src/catalogue/problem.ts'
import { loadCatalogue } from '../../src/catalogue/load.ts'
import type { Fields } from './support.ts'
import { RESOURCE, catalogueYaml, complaintsOf, load, warningsOf } from './support.ts'

const AUDITED = { audit_channel: 'C0AUDIT' }
const GET = { http_method: 'GET' }

/** A line of the table: what is given, and what is said of it. */
type Row = readonly [what: string, fields: Fields, said: readonly string[], top?: Fields]

function textOf(fields: Fields, top: Fields = AUDITED): string {
  return catalogueYaml([{ ...RESOURCE, ...fields }], top)
}

const tooLong = (max: string) =>
  `is longer than the maximum of ${max}; shorten it or raise duration.max`
const lapses = (time: string) =>
  `comes too late, since a request lapses after ${time}; shorten it or raise lapse`
const onCall = { groups: ['S0ONCALL'] }
const alone = 'lets everyone in without an approver, since everyone may ask'
const stranger =
  'is outside domains (example.com), so it can never match; add its domain there or remove it'

describe('loadCatalogue, on what contradicts itself', () => {
  const few = (who: string) =>
    `resources[0].approvals can never be reached, since approvers names ${who}; name more approvers or ask for fewer approvals`
  const unfilled = (needed: number, who: string) =>
    `resources[0].stages can never be filled, since each approval is by somebody else: ${needed} are needed of ${who}; name more approvers or ask for fewer approvals`
  const selfish = (key: string) =>
    `resources[0].${key} names too few people besides those who may ask, and nobody approves their own request; name further approvers`
  const stages = (...sets: readonly Fields[]): Fields => ({
    approvers: undefined,
    stages: sets.map((approvers) => ({ approvers })),
  })
  const opened = (...users: readonly string[]) => ({ requesters: { users }, max: '1h' })
  const unreviewed =
    'resources[0].break_glass.requesters names nobody whose emergency access anybody else could review, as approvers and admins do; name further approvers or admins'
  const vouched = (users: readonly string[], approvers: Fields): Fields => ({
    approvers,
    vendors: { people: { domains: ['p.example'] }, sponsors: { users } },
  })
  const unvouched =
    'resources[0].vendors.sponsors names too few people besides those who approve, and nobody gives both words for a vendor; name further sponsors or approvers'
  const rows: readonly Row[] = [
    [
      'three of two people',
      { approvers: { users: ['U1', 'U2', 'U1'] }, approvals: 3 },
      [few('2 people')],
    ],
    [
      'three of one person and one address',
      { approvers: { users: ['U1'], emails: ['A@example.com', 'a@example.com'] }, approvals: 3 },
      [few('2 people')],
    ],
    ['two of one person', { approvers: { users: ['U1'] }, approvals: 2 }, [few('one person')]],
    [
      'two people of whom one is denied',
      { approvers: { users: ['U1', 'U2'], deny: { users: ['U1'] } }, approvals: 2 },
      [few('one person')],
    ],
    [
      'two people with a silent third',
      { approvers: { users: ['U1', 'U2'], silent: { users: ['U3'] } }, approvals: 3 },
      [],
    ],
    [
      'two people whom others join later',
      {
        approvers: { users: ['U1', 'U2'] },
        approvals: 3,
        escalate: { after: '1h', to: { users: ['U3'] } },
      },
      [],
    ],
    ['a group', { approvers: { users: ['U1'], groups: ['S1'] }, approvals: 10 }, []],
    [
      'a group that is denied, and one person',
      { approvers: { users: ['U1'], groups: ['S1'], deny: { groups: ['S1'] } }, approvals: 2 },
      [few('one person')],
    ],
    ['a domain', { approvers: { domains: ['example.com'] }, approvals: 10 }, []],
    ['everyone', { approvers: { everyone: true }, approvals: 10 }, []],
    [
      'one person in two stages',
      stages({ users: ['U1'] }, { users: ['U1'] }),
      [unfilled(2, 'one person')],
    ],
    [
      'three stages that two people share',
      stages({ users: ['U1', 'U2'] }, { users: ['U1'] }, { users: ['U2', 'U1'] }),
      [unfilled(3, '2 people')],
    ],
    ['stages that only one order fills', stages({ users: ['U1', 'U2'] }, { users: ['U1'] }), []],
    ['a stage of a group beside one person', stages({ groups: ['S1'] }, { users: ['U1'] }), []],
    [
      'the one who may ask as the only approver',
      { requesters: { users: ['U1'] }, approvers: { users: ['U1'] } },
      [selfish('approvers')],
    ],
    [
      'two who may ask, and both have to approve',
      { requesters: { users: ['U1', 'U2'] }, approvers: { users: ['U2', 'U1'] }, approvals: 2 },
      [selfish('approvers')],
    ],
    [
      'two who may ask, and either approves',
      { requesters: { users: ['U1', 'U2'] }, approvers: { users: ['U2', 'U1'] } },
      [],
    ],
    [
      'the one who may ask in each stage',
      { ...stages({ users: ['U1'] }), requesters: { users: ['U1'] } },
      [selfish('stages')],
    ],
    [
      'the one who may ask as the only approver, beside vendors',
      {
        requesters: { users: ['U1'] },
        approvers: { users: ['U1'] },
        vendors: { people: { domains: ['p.example'] }, sponsors: { groups: ['S1'] } },
      },
      [selfish('approvers')],
    ],
    ['the sponsor as the only approver', vouched(['U1'], { users: ['U1'] }), [unvouched]],
    [
      'two sponsors who both have to approve',
      { ...vouched(['U1', 'U2'], { users: ['U1', 'U2'] }), approvals: 2 },
      [unvouched],
    ],
    ['two sponsors of whom one approves', vouched(['U1', 'U2'], { users: ['U1', 'U2'] }), []],
    ['a sponsor beside an approver', vouched(['U1'], { users: ['U1', 'U2'] }), []],
    ['a sponsor beside a group of approvers', vouched(['U1'], { groups: ['S1'] }), []],
    [
      'emergencies that only the opener could review',
      { approvers: { users: ['U1'] }, break_glass: opened('U1') },
      [unreviewed],
    ],
    [
      'emergencies that no admin but the opener could review',
      { approvers: { users: ['U1'] }, break_glass: opened('U1') },
      [unreviewed],
      { ...AUDITED, admins: { users: ['U1'] } },
    ],
    [
      'emergencies that an admin reviews',
      { approvers: { users: ['U1'] }, break_glass: opened('U1') },
      [],
      { ...AUDITED, admins: { users: ['U2'] } },
    ],
    [
      'emergencies that somebody silent reviews',
      { approvers: { users: ['U1'], silent: { users: ['U2'] } }, break_glass: opened('U1') },
      [],
    ],
    [
      'emergencies that those review who answer later',
      {
        approvers: { users: ['U1'] },
        escalate: { after: '1h', to: { groups: ['S1'] } },
        break_glass: opened('U1'),
      },
      [],
    ],
    [
      'emergencies that one opener reviews for the other',
      { approvers: { users: ['U1'] }, break_glass: opened('U1', 'U2') },
      [],
    ],
    [
      'stages beside approvers',
      { stages: [{ approvers: { groups: ['S1'] } }], approvals: 2 },
      ['approvers', 'approvals'].map(
        (key) =>
          `resources[0].${key} is given beside stages, each of which has its own; keep one of the two`,
      ),
    ],
    [
      'a default that is no choice',
      { duration: { default: '1h', choices: ['30m', '2h'] } },
      [
        'resources[0].duration.default is not among choices (30m, 2h); add it there or choose one of them',
      ],
    ],
    [
      'a choice above the maximum',
      { duration: { max: '1h', choices: ['30m', '2h'] } },
      [`resources[0].duration.choices[1] ${tooLong('1h')}`],
    ],
    [
      'an escalation when all is over',
      { lapse: '1h', escalate: { after: '1h', to: { groups: ['S1'] } } },
      [`resources[0].escalate.after ${lapses('1h')}`],
    ],
    [
      'automatic approval beyond the maximum',
      {
        duration: { max: '1h' },
        auto_approve: [{ requesters: onCall, max: '2h' }],
        self_activation: { max: '3h' },
        reason: { min: 10 },
      },
      [`auto_approve[0].max ${tooLong('1h')}`, `self_activation.max ${tooLong('1h')}`].map(
        (said) => `resources[0].${said}`,
      ),
    ],
    [
      'self-activation without a reason worth the name',
      { self_activation: { max: '1h' }, reason: { min: 9 } },
      [
        'resources[0].self_activation needs a reason that says something; give reason.pattern, or reason.min of 10 or more',
      ],
    ],
    [
      'self-activation with a pattern',
      { self_activation: { max: '1h' }, reason: { pattern: 'INC-\\d+' } },
      [],
    ],
    ...['.', '\\S', 'I', '^\\d?', '(?:я|INC-\\d+)', '\\p{L}+'].map((pattern): Row => [
      `self-activation with the pattern ${pattern}`,
      { self_activation: { max: '1h' }, reason: { pattern } },
      [
        'resources[0].self_activation needs a reason that says something; give a reason.pattern that one character does not match, or reason.min of 10 or more',
      ],
    ]),
    [
      'self-activation with a pattern that says little, of a reason that is long',
      { self_activation: { max: '1h' }, reason: { pattern: '.', min: 10 } },
      [],
    ],
    [
      'self-activation of high risk',
      { self_activation: { max: '1h' }, reason: { min: 10 }, risk: 'high' },
      [
        'resources[0].self_activation lets people into a resource of risk high without an approver; lower the risk or remove it',
      ],
    ],
    [
      'emergencies for everyone',
      { break_glass: { requesters: { everyone: true, domains: ['example.com'] }, max: '1h' } },
      ['everyone lets everyone', 'domains[0] lets everyone at example.com'].map(
        (said) =>
          `resources[0].break_glass.requesters.${said} open emergency access; name groups, users or emails instead`,
      ),
    ],
    [
      'emergencies of which nobody would read',
      { break_glass: { requesters: onCall, max: '1h' } },
      [
        'resources[0].break_glass needs audit_channel at the top of the file, where every emergency is posted; add it',
      ],
      {},
    ],
    [
      'our own people as vendors',
      {
        vendors: {
          people: {
            emails: ['Ana@Example.com', 'a@p.example'],
            domains: ['example.com', 'p.example'],
          },
          sponsors: { groups: ['S1'] },
        },
      },
      ['emails', 'domains'].map(
        (key) =>
          `resources[0].vendors.people.${key}[0] is one of yours, and your people ask for themselves; remove it`,
      ),
    ],
    [
      'strangers as sponsors, approvers and those denied',
      {
        approvers: { groups: ['S1'], silent: { emails: ['a@p.example'] } },
        requesters: { groups: ['S1'], deny: { domains: ['p.example'] } },
        vendors: {
          people: { domains: ['p.example'] },
          sponsors: { emails: ['a@p.example'] },
        },
        escalate: { after: '1h', to: { emails: ['a@p.example'] } },
      },
      [
        'requesters.deny.domains[0]',
        'approvers.silent.emails[0]',
        'vendors.sponsors.emails[0]',
        'escalate.to.emails[0]',
      ].map((path) => `resources[0].${path} ${stranger}`),
    ],
    [
      'a set whose every name is denied',
      {
        requesters: {
          users: ['U1'],
          emails: ['a@example.com'],
          deny: { users: ['U1'], domains: ['example.com'] },
        },
      },
      [
        'resources[0].requesters.deny has every name of the set, which leaves nobody; remove one or the other',
      ],
    ],
    [
      'everyone, and all domains denied',
      { requesters: { everyone: true, deny: { domains: ['example.com'] } } },
      [
        'resources[0].requesters.deny has every name of the set, which leaves nobody; remove one or the other',
      ],
    ],
    [
      'a Rego policy that may approve, and is none',
      { rego_may_approve: true },
      [
        'resources[0].rego_may_approve needs a Rego policy; add rego at the top of the file, or remove this',
      ],
    ],
    [
      'people for silent, escalation and stages of high risk who are anybody',
      {
        risk: 'high',
        approvers: { groups: ['S1'], silent: { everyone: true } },
        escalate: { after: '1h', to: { domains: ['example.com'] } },
      },
      [
        'resources[0].approvers.silent.everyone lets everyone approve a resource of risk high; name groups, users or emails instead',
        'resources[0].escalate.to.domains[0] lets everyone at example.com approve a resource of risk high; name groups, users or emails instead',
      ],
    ],
  ]
  for (const [what, fields, said, top] of rows)
    it(`${said.length === 0 ? 'accepts' : 'refuses'} ${what}`, () => {
      assert.deepEqual(complaintsOf(textOf(fields, top)), said)
    })
})

describe('loadCatalogue, on shapes of the newer fields', () => {
  const names = 'names nobody; list groups, users, emails or domains'
  const rows: readonly Row[] = [
    [
      'a deny list of nobody',
      { requesters: { groups: ['S1'], deny: {} } },
      [`requesters.deny ${names}`],
    ],
    [
      'a deny list of everyone',
      { requesters: { groups: ['S1'], deny: { everyone: true } } },
      [
        'requesters.deny.everyone is not a known key; known here are groups, users, emails, domains',
        `requesters.deny ${names}`,
      ],
    ],
    ['step_up that is no yes', { step_up: false }, ['step_up must be true, off, or be left out']],
    [
      'vendors by group',
      { vendors: { people: { groups: ['S1'] }, sponsors: { groups: ['S1'] } } },
      [
        'vendors.people.groups is not a known key; known here are users, emails, domains',
        'vendors.people names nobody; list emails, domains or users',
      ],
    ],
    [
      'a limit in words',
      { auto_approve: [{ requesters: onCall, max: '1h', limit: 'thrice a day' }] },
      [
        'auto_approve[0].limit must be a count from 1 to 9999 and a time of 1m to 30d, such as 3/24h',
      ],
    ],
    [
      'an automatic rule for nobody in particular',
      { auto_approve: [{ max: '1h' }] },
      [
        'auto_approve[0].requesters is missing; give people: groups, users, emails, domains or everyone: true',
      ],
    ],
    [
      'a rule written as self-activation',
      { self_activation: true },
      ['self_activation must be max and perhaps limit'],
    ],
    [
      'no stages',
      { approvers: undefined, stages: [] },
      ['stages is an empty list; add a stage, or give approvers instead'],
    ],
    ['no levels', { levels: [] }, ['levels is an empty list; add a level, or leave it out']],
    [
      'a hundred and one levels',
      {
        levels: Array.from({ length: 101 }, (_, i) => ({
          id: `l${i}`,
          title: 'L',
          constraints: [{ http_path: `/${i}` }],
        })),
      },
      ['levels must be a list of at most 100 levels'],
    ],
    [
      'a typo in a level',
      { levels: [{ id: 'a', title: 'A', brake_glass: {} }] },
      ['levels[0].brake_glass is not a known key; did you mean break_glass?'],
    ],
    [
      'a schedule in words',
      { schedule: 'never' },
      ['schedule must be a duration such as 30m, 1h30m or 2d'],
    ],
    [
      'a false permission',
      { rego_may_approve: false },
      ['rego_may_approve must be true, or be left out'],
    ],
  ]
  for (const [what, fields, said] of rows)
    it(`refuses ${what}`, () => {
      assert.deepEqual(
        complaintsOf(textOf(fields)),
        said.map((complaint) => `resources[0].${complaint}`),
      )
    })

  const tops: readonly (readonly [Fields, string])[] = [
    [{ limits: { grants: 0 } }, 'limits.grants must be a whole number from 1 to 100'],
    [
      { limits: { requests: 1 } },
      'limits.requests is not a known key; did you mean open_requests?',
    ],
    [
      { rego: { bundle: 'policy.rego' } },
      'rego.bundle must be a path that ends in .wasm or .tar.gz, as opa build -t wasm makes them',
    ],
    [{ rego: { path: '/data/../jit' } }, 'rego.path must be a path of names such as jit/decision'],
    [{ rego: { share_reason: 1 } }, 'rego.share_reason must be true or false'],
    [
      { admins: { groups: ['S1'], deny: { emails: ['a@p.example'] } } },
      `admins.deny.emails[0] ${stranger}`,
    ],
  ]
  for (const [top, complaint] of tops)
    it(`says: ${complaint.slice(0, 90)}`, () => {
      assert.deepEqual(complaintsOf(catalogueYaml([RESOURCE], top)), [complaint])
    })
})

describe('loadCatalogue, on levels that do not fit', () => {
  const A = { id: 'a', title: 'A', constraints: [GET] }
  const B = { id: 'b', title: 'B' }
  const missing = 'is missing; give people: groups, users, emails, domains or everyone: true'
  const rows: readonly Row[] = [
    ['levels that differ', { levels: [A, B] }, []],
    [
      'one id twice',
      { levels: [A, { ...B, id: 'a' }] },
      [
        'resources[0].levels[1].id repeats resources[0].levels[0].id; give each level an id of its own',
      ],
    ],
    [
      'the same access twice, whatever the order and spelling',
      {
        constraints: [{ domain: 'example.com' }],
        levels: [
          { ...A, constraints: [GET, { source_ip: ['203.0.113.1'] }] },
          { ...B, constraints: [{ source_ip: '203.0.113.1' }, { http_method: { is: 'GET' } }] },
        ],
      },
      [
        'resources[0].levels[1].constraints come to the same as those of level a, so that both would be the same access; give each level constraints of its own',
      ],
    ],
    [
      'nobody who may ask anywhere',
      { requesters: undefined, levels: [A, B] },
      [`resources[0].requesters ${missing}`],
    ],
    [
      'nobody who may ask at one level',
      { requesters: undefined, levels: [{ ...A, requesters: { groups: ['S1'] } }, B] },
      [`resources[0].levels[1].requesters ${missing}`],
    ],
    [
      'nobody who may answer at one level',
      {
        approvers: undefined,
        levels: [{ ...A, stages: [{ approvers: { groups: ['S1'] } }] }, B],
      },
      [`resources[0].levels[1].approvers ${missing}, or several stages`],
    ],
    [
      'a number of approvals for stages that are inherited',
      {
        approvers: undefined,
        stages: [{ approvers: { groups: ['S1'] } }],
        levels: [{ ...A, approvals: 2 }, B],
      },
      [
        'resources[0].levels[0].approvals counts approvers, and the resource has stages; give stages or approvers here too',
      ],
    ],
    [
      'more approvals than the inherited approvers can give',
      { approvers: { users: ['U1'] }, levels: [{ ...A, approvals: 2 }, B] },
      [
        'resources[0].levels[0].approvals can never be reached, since approvers names one person; name more approvers or ask for fewer approvals',
      ],
    ],
    [
      'what the resource may have and a level may not',
      {
        auto_approve: [{ requesters: onCall, max: '2h' }],
        self_activation: { max: '1h' },
        reason: { min: 10 },
        levels: [
          { ...A, duration: { max: '1h' } },
          { ...B, risk: 'high', auto_approve: [] },
        ],
      },
      [
        `resources[0].auto_approve[0].max ${tooLong('1h')} (level a inherits this)`,
        'resources[0].self_activation lets people into a resource of risk high without an approver; lower the risk or remove it (level b inherits this)',
      ],
    ],
    [
      'a mistake in one level, and does not call its people missing',
      { requesters: undefined, levels: [{ ...A, requesters: { groups: ['S1'] }, risk: 'none' }] },
      ['resources[0].levels[0].risk must be low, medium or high'],
    ],
  ]
  for (const [what, fields, said] of rows)
    it(`${said.length === 0 ? 'accepts' : 'refuses'} ${what}`, () => {
      assert.deepEqual(complaintsOf(textOf(fields)), said)
    })
})

describe('loadCatalogue, on what is risky', () => {
  const everyone = { requesters: { everyone: true } }
  const atDomain = { requesters: { domains: ['example.com'] } }
  const rego = { rego: {}, ...AUDITED }
  const limit = '3/24h'
  const unlimited =
    'has no limit, so that one person gets in without an approver as often as they like; add limit, e.g. 3/24h'
  const unheard = 'has nobody who is pinged, since only groups and users are; name some of them too'
  const mutual = 'so that any two people let each other in; name groups, users or emails instead'
  const rows: readonly Row[] = [
    ['nothing of the kind', { requesters: { everyone: true } }, []],
    [
      'extensions without room',
      { duration: { default: '1h', max: '1h' }, extend: { max: '30m' } },
      [
        'extend has no room, since the default duration is the maximum of 1h already; raise duration.max or shorten duration.default',
      ],
    ],
    [
      'extensions that never fit',
      { duration: { max: '2h' }, extend: { max: '2h' } },
      [
        'extend.max can never be used in full, since no access lasts longer than 2h in all; shorten it or raise duration.max',
      ],
    ],
    ['reminders when all is over', { remind: '8h' }, [`remind ${lapses('8h')}`]],
    [
      'automatic approval of high risk',
      { risk: 'high', auto_approve: [{ requesters: onCall, max: '1h', limit }] },
      [
        'auto_approve lets people into a resource of risk high without an approver; lower the risk or remove it, unless that is meant',
      ],
    ],
    [
      'automatic approval for everyone',
      { ...everyone, auto_approve: [{ requesters: { everyone: true }, max: '1h', limit }] },
      [`auto_approve[0].requesters ${alone}; name groups, users or emails in one of the two`],
    ],
    [
      'automatic approval for a group of everyone',
      { ...everyone, auto_approve: [{ requesters: onCall, max: '1h', limit }] },
      [],
    ],
    [
      'rules without a limit',
      {
        auto_approve: [{ requesters: onCall, max: '1h' }],
        self_activation: { max: '1h' },
        reason: { min: 10 },
      },
      [`auto_approve[0] ${unlimited}`, `self_activation ${unlimited}`],
    ],
    [
      'self-activation for a domain',
      { ...atDomain, self_activation: { max: '1h', limit }, reason: { min: 10 } },
      [`self_activation ${alone}; name groups, users or emails in one of the two`],
    ],
    [
      'long emergencies, and those of people who may not even ask',
      {
        requesters: { groups: ['S0ENG'], deny: { groups: ['S0INTERNS'], users: ['U1'] } },
        break_glass: { requesters: { ...onCall, deny: { users: ['U1'] } }, max: '5h' },
      },
      [
        'break_glass.requesters does not deny S0INTERNS, as requesters does; deny them here too, unless that is meant',
        'break_glass.max is long for access that nobody approved; keep it under 4h',
      ],
    ],
    [
      'vendors at a mail provider, sponsored by everyone, beside automatic rules',
      {
        vendors: { people: { domains: ['gmail.com'] }, sponsors: { everyone: true } },
        auto_approve: [{ requesters: onCall, max: '1h', limit }],
      },
      [
        'vendors is for people whose requests always need an approver: auto_approve and self_activation never apply to them',
        'vendors.people.domains[0] lets anybody in who gets a mailbox at gmail.com; name their addresses in emails instead',
        `vendors.sponsors ${unheard}`,
        'vendors.sponsors lets everyone vouch for people of other organisations; name groups, users or emails instead',
      ],
    ],
    [
      'anybody who answers what anybody asks',
      { ...everyone, approvers: { groups: ['S1'], domains: ['example.com'] } },
      [`approvers lets everyone approve what everyone may ask for, ${mutual}`],
    ],
    [
      'anybody who answers silently, stage by stage',
      {
        ...atDomain,
        approvers: undefined,
        stages: [
          { approvers: { groups: ['S1'], silent: { everyone: true } } },
          { approvers: { groups: ['S1'], everyone: true } },
        ],
      },
      [`stages lets everyone approve what everyone may ask for, ${mutual}`],
    ],
    [
      'anybody at one of two stages only',
      {
        ...everyone,
        approvers: undefined,
        stages: [
          { approvers: { groups: ['S1'] } },
          { approvers: { groups: ['S1'], everyone: true } },
        ],
      },
      [],
    ],
    [
      'anybody who answers in the end',
      { ...everyone, escalate: { after: '1h', to: { groups: ['S1'], everyone: true } } },
      [`escalate.to lets everyone approve, in the end, what everyone may ask for, ${mutual}`],
    ],
    [
      'people who are never pinged',
      {
        approvers: { emails: ['a@example.com'], deny: { groups: ['S1'] } },
        escalate: { after: '1h', to: { domains: ['example.com'] } },
      },
      [`approvers ${unheard}`, `escalate.to ${unheard}`],
    ],
    [
      'addresses beside a group that is denied',
      { approvers: { groups: ['S1'], emails: ['a@example.com'], deny: { groups: ['S1'] } } },
      [`approvers ${unheard}`],
    ],
    ['addresses beside a user', { approvers: { emails: ['a@example.com'], users: ['U1'] } }, []],
    [
      'reviews that are due at once',
      { break_glass: { requesters: onCall, max: '30m', review: '59m' } },
      ['break_glass.review is too soon for people to look at what happened; give 1h to 7d'],
    ],
    [
      'reviews that are due in a week and an hour',
      { break_glass: { requesters: onCall, max: '30m', review: '169h' } },
      ['break_glass.review is so late that nobody remembers what happened; give 1h to 7d'],
    ],
    ...['1h', '7d'].map((review): Row => [
      `no review that is due in ${review}`,
      { break_glass: { requesters: onCall, max: '30m', review } },
      [],
    ]),
    [
      'reminders every few minutes',
      { remind: '4m' },
      ['remind is so soon that approvers stop reading; give 5m or more'],
    ],
    ['no reminders after five minutes', { remind: '5m' }, []],
    [
      'approvers of whom nobody is pinged',
      { approvers: { silent: { groups: ['S1'] } } },
      [
        'approvers has silent approvers only, so that nobody is pinged; name somebody outside silent',
      ],
    ],
    [
      'a stage of which nobody is pinged',
      {
        approvers: undefined,
        stages: [{ approvers: { groups: ['S1'] } }, { approvers: { silent: { groups: ['S1'] } } }],
      },
      [
        'stages[1].approvers has silent approvers only, so that nobody is pinged; name somebody outside silent',
      ],
    ],
    [
      'a Rego policy that decides alone',
      { ...everyone, risk: 'high', rego_may_approve: true },
      [
        'rego_may_approve lets a policy open a resource of risk high without an approver; lower the risk or remove it, unless that is meant',
        'rego_may_approve leaves it to the Rego policy alone who gets in, since everyone may ask; name groups, users or emails in requesters',
      ],
      rego,
    ],
  ]
  for (const [what, fields, said, top] of rows)
    it(`warns of ${what}, and accepts it`, () => {
      const text = textOf(fields, top)
      load(text)
      assert.deepEqual(
        warningsOf(text),
        said.map((warning) => `resources[0].${warning}`),
      )
    })

  it('warns of what step_up leaves to the pages, at a level that inherits it too', () => {
    const alone = {
      step_up: true,
      reason: { min: 10 },
      auto_approve: [{ requesters: { groups: ['S1'] }, max: '1h', limit }],
      self_activation: { max: '30m', limit },
      rego_may_approve: true,
      break_glass: { requesters: { groups: ['S1'] }, max: '30m' },
    }
    const where = 'works on the page behind Pomerium only, for people with a linked identity'
    const waits = `${where}, because of step_up; what is asked in Slack waits for approvers`
    const refused = `${where}, because of step_up; from Slack an emergency is refused`
    assert.deepEqual(warningsOf(catalogueYaml([{ ...RESOURCE, ...alone }], rego)), [
      `resources[0].auto_approve ${waits}`,
      `resources[0].self_activation ${waits}`,
      `resources[0].rego_may_approve ${waits}`,
      `resources[0].break_glass ${refused}`,
    ])
    const levels = [{ id: 'a', title: 'A', step_up: true }]
    const { step_up: _stepUp, rego_may_approve: _rego, auto_approve: _auto, ...rest } = alone
    assert.deepEqual(warningsOf(catalogueYaml([{ ...RESOURCE, ...rest, levels }], rego)), [
      `resources[0].self_activation ${waits} (level a inherits this)`,
      `resources[0].break_glass ${refused} (level a inherits this)`,
    ])
    assert.deepEqual(warningsOf(catalogueYaml([{ ...RESOURCE, step_up: true }])), [])
  })

  it('warns of auditors who are everybody', () => {
    const top = { auditors: { everyone: true } }
    assert.deepEqual(warningsOf(catalogueYaml([RESOURCE], top)), [
      'auditors.everyone lets everyone read everything that was ever recorded; name groups, users or emails instead',
    ])
  })

  it('warns of a mail provider among the domains, and of a fallback that is none', () => {
    const top = { domains: ['example.com', 'gmail.com'], fallback_channel: 'C0APPROVALS' }
    assert.deepEqual(warningsOf(catalogueYaml([RESOURCE], top)), [
      'domains[1] counts everybody with a mailbox at gmail.com as yours; name domains that only your people have',
      'fallback_channel is channel, so that it is of no help when that does not take a card; name another',
    ])
  })

  it('gives warnings beside problems, at their line', () => {
    const result = loadCatalogue(
      'domains: [gmail.com]\nchannel: C0\nresources:\n  - { id: A }\n',
      'c.yaml',
    )
    assert.equal(result.ok, false)
    assert.deepEqual(result.warnings.map(formatWarning), [
      'c.yaml:1:11 warning: domains[0] counts everybody with a mailbox at gmail.com as yours; name domains that only your people have',
    ])
  })
})
