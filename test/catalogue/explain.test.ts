import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { explanationText } from '../../src/catalogue/explain-text.ts'
import type { Question } from '../../src/catalogue/explain.ts'
import { explain, findResource } from '../../src/catalogue/explain.ts'
import type { SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import type { Catalogue, PeopleSet } from '../../src/domain/resource.ts'
import {
  MORNING,
  RELIABILITY,
  aCatalogue,
  aLevel,
  aPerson,
  aResource,
  aResourceWithLevels,
  aStage,
  anEngineer,
  people,
} from '../support/build.ts'

const ON_CALL = 'S0ONCALL' as SlackGroupId
const alex = anEngineer('alex')
const pat = aPerson('pat', { email: 'pat@partner.example', standing: 'outsider' })

function linesOf(
  question: Partial<Question>,
  facts: Partial<Omit<Catalogue, 'resources'>> = {},
): readonly string[] {
  const catalogue = aCatalogue(facts)
  const asked = { who: alex, resource: aResource(), durationSeconds: 3_600, at: MORNING }
  return explanationText(catalogue, explain(catalogue, { ...asked, ...question }))
}

const ruleOf = (email: string, end = '2026-03-02T10:00:00Z', more = '') =>
  `  rule: {"allow":{"and":[{"email":{"is":"${email}"}},{"date":{"before":"${end}"}}${more}]}}`
const anyReason = '  reason: at least 5 characters (none was given, so it is not checked)'
const byApproval = [
  '  path: by approval',
  '  stage 1: 1 approval',
  '    pinged: group S0RELIABILITY',
  '  lapses: after 8h',
]

describe('explain', () => {
  const full = aResource({
    requesters: people({ users: [alex.userId], deny: people({ groups: [ON_CALL] }) }),
    stages: [
      aStage({ title: 'Owner', silent: people({ users: ['U0CTO' as SlackUserId] }) }),
      aStage({ approvers: people({ emails: ['sec@example.com'] }), approvals: 2 }),
    ],
    duration: { defaultSeconds: 3_600, maxSeconds: 7_200, choices: [3_600, 7_200] },
    reason: { minLength: 5, pattern: /INC/u },
    constraints: [{ http_method: 'GET' }],
    remindSeconds: 600,
    escalation: { afterSeconds: 1_800, to: people({ groups: [RELIABILITY] }) },
    extension: { times: 1, maxSeconds: 1_800 },
  })
  const automatic = aResource({
    automatic: [
      {
        name: 'auto_approve[0]',
        requesters: people({ groups: [ON_CALL] }),
        maxSeconds: 7_200,
        limit: { count: 3, seconds: 86_400 },
      },
      { name: 'self_activation', maxSeconds: 1_800 },
    ],
  })
  const emergency = aResource({
    requesters: people({ users: ['U0NOBODY' as SlackUserId] }),
    breakGlass: {
      requesters: people({ groups: [ON_CALL] }),
      maxSeconds: 1_800,
      reviewSeconds: 86_400,
    },
  })
  const forVendors = aResource({
    vendors: {
      people: people({ domains: ['partner.example'] }),
      sponsors: people({ groups: [RELIABILITY] }),
    },
  })
  const sponsor = aPerson('kim', { groups: [RELIABILITY] })
  const otherwise = byApproval.map((line) => line.replace('  stage', '  otherwise stage')).slice(1)
  const onCall = aPerson('alex', { groups: [ON_CALL] })
  const engineerOnCall = anEngineer('alex', { groups: [...alex.groups, ON_CALL] })

  const rows: readonly (readonly [string, Partial<Question>, readonly string[]])[] = [
    [
      'who may ask, and what would be written',
      {},
      [
        'alex@example.com (member) asks for grafana-prod, 1h',
        'may ask: group S0ENGINEERS',
        anyReason,
        ...byApproval,
        ruleOf('alex@example.com'),
      ],
    ],
    [
      'all that happens until somebody answers',
      { resource: full, reason: 'INC-42 it is' },
      [
        'alex@example.com (member) asks for grafana-prod, 1h',
        'may ask: user U0ALEX',
        '  reason: at least 5 characters, and must contain INC',
        '  path: by approval',
        '  stage 1: Owner, 1 approval',
        '    pinged: group S0RELIABILITY',
        '    may answer silently: user U0CTO',
        '  stage 2: 2 approvals',
        '    pinged: nobody',
        '    not pinged: sec@example.com',
        '  unanswered: after 30m also group S0RELIABILITY, who are pinged',
        '  reminded: after 10m, then each time after twice as long',
        '  lapses: after 8h',
        '  can be extended: 1 time by 30m, up to 2h in all',
        ruleOf('alex@example.com', '2026-03-02T10:00:00Z', ',{"http_method":"GET"}'),
      ],
    ],
    [
      'which limit refuses the duration',
      { durationSeconds: 30_000 },
      [
        'alex@example.com (member) asks for grafana-prod, 8h20m',
        'may ask: group S0ENGINEERS',
        '  refused: 8h20m is longer than the maximum of 8h',
        anyReason,
        ...byApproval,
      ],
    ],
    [
      'who is denied, although named',
      { resource: full, who: anEngineer('alex', { groups: [ON_CALL] }) },
      [
        'alex@example.com (member) asks for grafana-prod, 1h',
        'may not ask, and does not see that it exists: requesters.deny names them: group S0ONCALL',
        'may ask: user U0ALEX, but not group S0ONCALL',
      ],
    ],
    [
      'who is not named',
      { resource: emergency },
      [
        'alex@example.com (member) asks for grafana-prod, 1h',
        'may not ask, and does not see that it exists: requesters does not name them; break_glass.requesters does not name them',
        'may ask: user U0NOBODY',
      ],
    ],
    [
      'which rule approves, and what happens when it is used up',
      { resource: automatic, who: engineerOnCall },
      [
        'alex@example.com (member) asks for grafana-prod, 1h',
        'may ask: group S0ENGINEERS',
        anyReason,
        '  path: at once by auto_approve[0], up to 2h, at most 3 times in 1d',
        ...otherwise,
        ruleOf('alex@example.com'),
      ],
    ],
    [
      'the second rule where the first is for others',
      { resource: automatic, durationSeconds: 1_800 },
      [
        'alex@example.com (member) asks for grafana-prod, 30m',
        'may ask: group S0ENGINEERS',
        anyReason,
        '  path: at once by self_activation, up to 30m',
        ...otherwise,
        ruleOf('alex@example.com', '2026-03-02T09:30:00Z'),
      ],
    ],
    [
      'emergencies',
      { resource: emergency, who: onCall, durationSeconds: 1_800 },
      [
        'alex@example.com (member) asks for grafana-prod, 30m',
        'may break the glass in an emergency: group S0ONCALL',
        '  reason: at least 10 characters (none was given, so it is not checked)',
        '  path: at once, without an approver; reviewed within 1d',
        '  reviewed by: group S0RELIABILITY',
        ruleOf('alex@example.com', '2026-03-02T09:30:00Z'),
      ],
    ],
    [
      'that nobody answers for themselves',
      { who: anEngineer('kim', { groups: [...alex.groups, RELIABILITY] }) },
      [
        'kim@example.com (member) asks for grafana-prod, 1h',
        'may ask: group S0ENGINEERS',
        anyReason,
        ...byApproval,
        '  they are an approver, and cannot answer their own request',
        ruleOf('kim@example.com'),
      ],
    ],
    [
      'a vendor, and who sponsors',
      { resource: forVendors, who: pat },
      [
        'pat@partner.example (outsider) asks for grafana-prod, 1h',
        'may ask as a vendor: everyone at partner.example',
        anyReason,
        '  path: by approval',
        '  stage 1: Sponsor, 1 approval',
        '    pinged: group S0RELIABILITY',
        '  stage 2: 1 approval',
        '    pinged: group S0RELIABILITY',
        '  lapses: after 8h',
        ruleOf('pat@partner.example'),
        'sponsors, who may also ask for vendors not in Slack: group S0RELIABILITY',
      ],
    ],
    [
      'a sponsor who may not ask for themselves',
      { resource: forVendors, who: sponsor },
      [
        'kim@example.com (member) asks for grafana-prod, 1h',
        'may not ask for themselves: requesters does not name them',
        'may ask as a sponsor for everyone at partner.example, with "for" and the address',
      ],
    ],
    [
      'a sponsor who asks for somebody, later',
      {
        resource: forVendors,
        who: sponsor,
        beneficiary: 'Vic@partner.example',
        startsAt: new Date('2026-03-03T09:00:00Z'),
      },
      [
        'kim@example.com (member) asks for grafana-prod, 1h from 2026-03-03T09:00:00.000Z, for Vic@partner.example',
        'may ask as a sponsor: group S0RELIABILITY',
        anyReason,
        ...byApproval,
        '  they are an approver, and cannot answer their own request',
        '  rule: {"allow":{"and":[{"email":{"is":"Vic@partner.example"}},{"date":{"after":"2026-03-03T09:00:00Z","before":"2026-03-03T10:00:00Z"}}]}}',
      ],
    ],
    [
      'a sponsor who asks for a stranger',
      { resource: forVendors, who: sponsor, beneficiary: 'vic@other.example' },
      [
        'kim@example.com (member) asks for grafana-prod, 1h, for vic@other.example',
        'may not ask for vic@other.example: vendors.people does not name vic@other.example',
      ],
    ],
    [
      'somebody who asks for a vendor, and is no sponsor',
      { resource: forVendors, beneficiary: 'vic@partner.example' },
      [
        'alex@example.com (member) asks for grafana-prod, 1h, for vic@partner.example',
        'may not ask for vic@partner.example: vendors.sponsors does not let them',
      ],
    ],
    [
      'that a resource is not for vendors',
      { beneficiary: 'vic@partner.example' },
      [
        'alex@example.com (member) asks for grafana-prod, 1h, for vic@partner.example',
        'may not ask for vic@partner.example: it is not for vendors',
      ],
    ],
    [
      'an outsider where vendors are not served',
      { who: pat },
      [
        'pat@partner.example (outsider) asks for grafana-prod, 1h',
        'may not ask, and does not see that it exists: partner.example is not one of the file’s domains, and this is for members only',
        'may ask: group S0ENGINEERS',
      ],
    ],
    [
      'a guest whom vendors does not name',
      { resource: forVendors, who: anEngineer('gus', { standing: 'guest' }) },
      [
        'gus@example.com (guest) asks for grafana-prod, 1h',
        'may not ask, and does not see that it exists: they are a guest, and vendors.people does not name them',
        'may ask: group S0ENGINEERS',
        'sponsors, who may also ask for vendors not in Slack: group S0RELIABILITY',
      ],
    ],
  ]
  for (const [what, question, lines] of rows)
    it(`tells ${what}`, () => {
      assert.deepEqual(linesOf(question), lines)
    })

  const reasons: readonly (readonly [string, string])[] = [
    ['INC', 'the reason is shorter than 5 characters'],
    ['a'.repeat(1_001), 'the reason is longer than 1000 characters'],
    ['no number', 'the reason does not contain reason.pattern'],
  ]
  for (const [reason, refusal] of reasons)
    it(`tells that ${refusal}`, () => {
      assert.ok(linesOf({ resource: full, reason }).includes(`  refused: ${refusal}`))
    })

  it('tells that a duration is not offered', () => {
    const lines = linesOf({ resource: full, durationSeconds: 1_800 })
    assert.ok(lines.includes('  refused: 30m is not among duration.choices: 1h, 2h'))
  })

  it('tells who is pinged, and who is not', () => {
    const some = { users: ['U0CTO' as SlackUserId], deny: people({ users: [alex.userId] }) }
    const mixed = people({ ...some, emails: ['sec@example.com'], everyone: true })
    const to = (set: PeopleSet) => ({ escalation: { afterSeconds: 1_800, to: set } })
    const lines = linesOf({
      resource: aResource({ stages: [aStage({ approvers: mixed })], ...to(mixed) }),
    })
    assert.deepEqual(lines.slice(5, 8), [
      '    pinged: user U0CTO, but not user U0ALEX',
      '    not pinged: everyone, sec@example.com, but not user U0ALEX',
      '  unanswered: after 30m also everyone, user U0CTO, sec@example.com, but not user U0ALEX, of whom user U0CTO, but not user U0ALEX are pinged',
    ])
    const quiet = linesOf({ resource: aResource(to(people({ domains: ['example.com'] }))) })
    assert.ok(
      quiet.includes('  unanswered: after 30m also everyone at example.com, who are not pinged'),
    )
  })

  it('tells that admins review too', () => {
    const admins = people({ groups: ['S0ADMINS' as SlackGroupId] })
    const lines = linesOf({ resource: emergency, who: onCall, durationSeconds: 1_800 }, { admins })
    assert.ok(lines.includes('  reviewed by: admins, group S0ADMINS'))
  })

  it('tells that a start is not offered', () => {
    const startsAt = new Date(MORNING.getTime() + 86_400_000)
    const refusedTo = (scheduleSeconds: number) =>
      linesOf({ startsAt, resource: aResource({ scheduleSeconds }) })[2]
    assert.equal(refusedTo(0), '  refused: it cannot be had at a later time')
    assert.equal(refusedTo(3_600), '  refused: the start is further ahead than schedule, 1h')
  })

  it('tells what a Slack account alone does not open', () => {
    const where = 'on the page behind Pomerium only, with a linked identity'
    const stepUpIn = (question: Partial<Question>) =>
      linesOf(question).filter((line) => line.includes('step-up'))
    const strict = { needsStepUp: true }
    assert.deepEqual(stepUpIn({}), [])
    assert.deepEqual(stepUpIn({ resource: aResource(strict) }), [`  step-up: approved ${where}`])
    const alone = { resource: { ...automatic, ...strict }, durationSeconds: 1_800 }
    assert.deepEqual(stepUpIn(alone), [
      `  step-up: approved ${where}; self_activation lets in only who asks there, and what is asked in Slack waits for approvers`,
    ])
    const alarm = { resource: { ...emergency, ...strict }, who: onCall, durationSeconds: 1_800 }
    assert.deepEqual(stepUpIn(alarm), [`  step-up: opened ${where}; refused in Slack`])
  })

  it('tells how long what Slack said last is good for', () => {
    assert.deepEqual(linesOf({}, { outageSeconds: 14_400 }).slice(-1), [
      'while Slack cannot be asked: on the pages, by what Slack said within 4h',
    ])
  })

  it('tells of limits, and of a Rego policy that it does not ask', () => {
    const rego = { path: 'jit/decision', shareReason: false }
    const limits = { openRequests: 2, grants: 3, requestsPerHour: 4 }
    assert.deepEqual(linesOf({}, { rego, limits }).slice(-2), [
      'limits of one person: 2 open requests, 3 grants, 4 requests an hour',
      'the Rego policy is asked too, which may narrow all of this; it was not asked here',
    ])
  })
})

describe('findResource', () => {
  const plain = aCatalogue()
  const read = aLevel('read')
  const levelled = aCatalogue({}, aResourceWithLevels(read, aLevel('admin')))

  it('finds resources and levels', () => {
    assert.deepEqual(findResource(plain, 'grafana-prod'), { resource: aResource() })
    assert.deepEqual(findResource(levelled, 'grafana-prod:read'), { resource: read })
  })

  const problems: readonly (readonly [Catalogue, string, string])[] = [
    [plain, 'grafana', 'there is no resource grafana; known are grafana-prod'],
    [plain, 'grafana-prod:read', 'grafana-prod has no levels; write grafana-prod'],
    [
      levelled,
      'grafana-prod',
      'grafana-prod is asked for at a level; write grafana-prod:read or grafana-prod:admin',
    ],
    [
      levelled,
      'grafana-prod:write',
      'grafana-prod is asked for at a level; write grafana-prod:read or grafana-prod:admin',
    ],
    [
      levelled,
      'grafana-prod:read:x',
      'there is no resource grafana-prod:read:x; known are grafana-prod',
    ],
  ]
  for (const [catalogue, ref, problem] of problems)
    it(`says: ${problem}`, () => {
      assert.deepEqual(findResource(catalogue, ref), { problem })
    })
})
