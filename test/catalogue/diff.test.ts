import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { diffCatalogues, formatChange } from '../../src/catalogue/diff.ts'
import type { Catalogue, Resource } from '../../src/domain/resource.ts'
import type { ResourceId, SlackChannelId, SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aCatalogue,
  aLevel,
  aResource,
  aResourceWithLevels,
  aStage,
  people,
} from '../support/build.ts'

const SECURITY = 'S0SECURITY' as SlackGroupId
const EVE = 'U0EVE' as SlackUserId
const GET = { http_method: 'GET' }

function linesOf(before: Catalogue, after: Catalogue): readonly string[] {
  return diffCatalogues(before, after).map(formatChange)
}

/** A change of a resource, and what is said of the way there and back. */
type Row = readonly [
  what: string,
  before: Partial<Resource>,
  after: Partial<Resource>,
  there: readonly string[],
  back: readonly string[],
]

describe('diffCatalogues', () => {
  const engineers = people({ groups: [ENGINEERS] })
  const rule = { name: 'auto_approve[0]', requesters: engineers, maxSeconds: 3_600 }
  const glass = { requesters: engineers, maxSeconds: 1_800, reviewSeconds: 86_400 }
  const rows: readonly Row[] = [
    [
      'who may ask',
      {},
      { requesters: people({ groups: [ENGINEERS], users: [EVE] }) },
      ['+ wider    R: may ask: also user U0EVE (now group S0ENGINEERS, user U0EVE)'],
      ['- narrower R: may ask: no longer user U0EVE (now group S0ENGINEERS)'],
    ],
    [
      'who is denied',
      {},
      { requesters: { ...engineers, deny: people({ users: [EVE] }) } },
      ['- narrower R: may ask: denies also user U0EVE (now group S0ENGINEERS, but not user U0EVE)'],
      ['+ wider    R: may ask: denies no longer user U0EVE (now group S0ENGINEERS)'],
    ],
    [
      'everyone instead of a group, which takes nothing from the group',
      {},
      { requesters: people({ everyone: true }) },
      [
        '+ wider    R: may ask: also everyone (now everyone)',
        '~ changed  R: may ask: no longer group S0ENGINEERS (now everyone)',
      ],
      [
        '~ changed  R: may ask: also group S0ENGINEERS (now group S0ENGINEERS)',
        '- narrower R: may ask: no longer everyone (now group S0ENGINEERS)',
      ],
    ],
    [
      'how many approve, and who silently',
      { stages: [aStage({ approvals: 2 })] },
      { stages: [aStage({ silent: people({ users: [EVE] }) })] },
      [
        '+ wider    R: approval: approvals is 1, was 2',
        '+ wider    R: approval: may answer silently: also user U0EVE (now user U0EVE)',
      ],
      [
        '- narrower R: approval: approvals is 2, was 1',
        '- narrower R: approval: may answer silently: no longer user U0EVE (now nobody)',
      ],
    ],
    [
      'a stage',
      {},
      {
        stages: [
          aStage(),
          aStage({ title: 'Security', approvers: people({ groups: [SECURITY] }) }),
        ],
      },
      ['- narrower R: stage 2 is needed too: Security: 1 of group S0SECURITY'],
      ['+ wider    R: stage 2 is not needed any more: Security: 1 of group S0SECURITY'],
    ],
    [
      'durations',
      {
        duration: { defaultSeconds: 3_600, maxSeconds: 7_200, choices: [3_600, 7_200] },
        scheduleSeconds: 0,
      },
      { duration: { defaultSeconds: 1_800, maxSeconds: 14_400, choices: [1_800, 3_600] } },
      [
        '+ wider    R: duration.max is 4h, was 2h',
        '~ changed  R: duration.default is 30m, was 1h',
        '+ wider    R: duration.choices: also 30m',
        '- narrower R: duration.choices: no longer 2h',
        '+ wider    R: schedule is 7d, was off',
      ],
      [
        '- narrower R: duration.max is 2h, was 4h',
        '~ changed  R: duration.default is 1h, was 30m',
        '+ wider    R: duration.choices: also 2h',
        '- narrower R: duration.choices: no longer 30m',
        '- narrower R: schedule is off, was 7d',
      ],
    ],
    [
      'choices at all',
      {},
      { duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [3_600] } },
      ['- narrower R: duration.choices: only 1h'],
      ['+ wider    R: duration.choices: any duration up to the maximum'],
    ],
    [
      'reasons',
      { reason: { minLength: 5, pattern: /INC/u } },
      { reason: { minLength: 10, hint: 'Why' } },
      [
        '- narrower R: reason.min is 10, was 5',
        '+ wider    R: reason.pattern is not given, was INC',
        '~ changed  R: reason.hint is Why, was not given',
      ],
      [
        '+ wider    R: reason.min is 5, was 10',
        '- narrower R: reason.pattern is INC',
        '~ changed  R: reason.hint is not given, was Why',
      ],
    ],
    [
      'constraints, not their spelling',
      { constraints: [GET, { source_ip: ['203.0.113.1'] }] },
      { constraints: [{ source_ip: '203.0.113.1' }, { domain: 'example.com' }] },
      [
        '- narrower R: constraint {"domain":"example.com"} is new',
        '+ wider    R: constraint {"http_method":"GET"} is gone',
      ],
      [
        '- narrower R: constraint {"http_method":"GET"} is new',
        '+ wider    R: constraint {"domain":"example.com"} is gone',
      ],
    ],
    [
      'extensions',
      {},
      { extension: { times: 2, maxSeconds: 3_600 } },
      ['+ wider    R: can be extended 2 times by 1h'],
      ['- narrower R: cannot be extended any more'],
    ],
    [
      'the room of extensions',
      { extension: { times: 2, maxSeconds: 3_600 } },
      { extension: { times: 3, maxSeconds: 1_800 } },
      ['+ wider    R: extend.times is 3, was 2', '- narrower R: extend.max is 30m, was 1h'],
      ['- narrower R: extend.times is 2, was 3', '+ wider    R: extend.max is 1h, was 30m'],
    ],
    [
      'automatic rules',
      {},
      {
        automatic: [
          { ...rule, limit: { count: 3, seconds: 86_400 } },
          { name: 'self_activation', maxSeconds: 600 },
        ],
      },
      [
        '+ wider    R: auto_approve[0] lets in without an approver: group S0ENGINEERS for up to 1h, at most 3 times in 1d',
        '+ wider    R: self_activation lets in without an approver: whoever may ask for up to 10m',
      ],
      [
        '- narrower R: auto_approve[0] lets nobody in any more',
        '- narrower R: self_activation lets nobody in any more',
      ],
    ],
    [
      'an automatic rule',
      { automatic: [{ ...rule, limit: { count: 3, seconds: 86_400 } }] },
      { automatic: [{ ...rule, maxSeconds: 7_200, requesters: people({ users: [EVE] }) }] },
      [
        '+ wider    R: auto_approve[0] lets in: also user U0EVE (now user U0EVE)',
        '- narrower R: auto_approve[0] lets in: no longer group S0ENGINEERS (now user U0EVE)',
        '+ wider    R: auto_approve[0]: max is 2h, was 1h',
        '+ wider    R: auto_approve[0]: limit is not given, was 3 times in 1d',
      ],
      [
        '+ wider    R: auto_approve[0] lets in: also group S0ENGINEERS (now group S0ENGINEERS)',
        '- narrower R: auto_approve[0] lets in: no longer user U0EVE (now group S0ENGINEERS)',
        '- narrower R: auto_approve[0]: max is 1h, was 2h',
        '- narrower R: auto_approve[0]: limit is 3 times in 1d, was not given',
      ],
    ],
    [
      'a limit of which it cannot be told',
      { automatic: [{ ...rule, limit: { count: 3, seconds: 86_400 } }] },
      { automatic: [{ ...rule, limit: { count: 1, seconds: 3_600 } }] },
      ['~ changed  R: auto_approve[0]: limit is 1 time in 1h, was 3 times in 1d'],
      ['~ changed  R: auto_approve[0]: limit is 3 times in 1d, was 1 time in 1h'],
    ],
    [
      'emergencies',
      {},
      { breakGlass: glass },
      ['+ wider    R: in an emergency: group S0ENGINEERS for up to 30m'],
      ['- narrower R: in an emergency: nobody any more'],
    ],
    [
      'how long emergencies are, and when they are reviewed',
      { breakGlass: glass },
      { breakGlass: { ...glass, maxSeconds: 3_600, reviewSeconds: 3_600 } },
      [
        '+ wider    R: break_glass.max is 1h, was 30m',
        '~ changed  R: break_glass.review is 1h, was 1d',
      ],
      [
        '- narrower R: break_glass.max is 30m, was 1h',
        '~ changed  R: break_glass.review is 1d, was 1h',
      ],
    ],
    [
      'vendors',
      {},
      { vendors: { people: people({ domains: ['p.example'] }), sponsors: engineers } },
      ['+ wider    R: vendors: everyone at p.example, sponsored by group S0ENGINEERS'],
      ['- narrower R: vendors: none any more'],
    ],
    [
      'who is asked later',
      {},
      { escalation: { afterSeconds: 1_800, to: engineers } },
      ['+ wider    R: after 30m may answer too: group S0ENGINEERS'],
      ['- narrower R: nobody is asked later any more'],
    ],
    [
      'what is neither',
      { risk: 'high', lapseSeconds: 3_600 },
      { remindSeconds: 600, lapseSeconds: 7_200, policy: 'other', title: 'Other' },
      [
        '~ changed  R: title is Other, was Grafana (production)',
        '~ changed  R: policy is other, was jit-grafana-prod',
        '~ changed  R: risk is medium, was high',
        '~ changed  R: lapse is 2h, was 1h',
        '~ changed  R: remind is 10m, was not given',
      ],
      [
        '~ changed  R: title is Grafana (production), was Other',
        '~ changed  R: policy is jit-grafana-prod, was other',
        '~ changed  R: risk is high, was medium',
        '~ changed  R: lapse is 1h, was 2h',
        '~ changed  R: remind is not given, was 10m',
      ],
    ],
    [
      'that a Slack account alone does not open it',
      {},
      { needsStepUp: true },
      ['- narrower R: step_up: a Slack account alone opens it no longer'],
      ['+ wider    R: step_up: a Slack account alone may open it'],
    ],
    [
      'the word of the Rego policy',
      {},
      { regoMayApprove: true },
      ['+ wider    R: the Rego policy may approve by itself'],
      ['- narrower R: the Rego policy may not approve by itself any more'],
    ],
    [
      'what becomes of the rules of others',
      {},
      { removesForeignRules: true },
      ['~ changed  R: foreign_rules is remove, was keep'],
      ['~ changed  R: foreign_rules is keep, was remove'],
    ],
  ]
  const named = (lines: readonly string[]) =>
    lines.map((line) => line.replace(' R: ', ' grafana-prod: '))
  for (const [what, before, after, there, back] of rows)
    it(`tells ${what}, there and back`, () => {
      const [old, young] = [before, after].map((facts) => aCatalogue({}, aResource(facts)))
      assert.ok(old !== undefined && young !== undefined)
      assert.deepEqual(linesOf(old, young), named(there))
      assert.deepEqual(linesOf(young, old), named(back))
    })

  it('says nothing of a catalogue that is the same', () => {
    assert.deepEqual(diffCatalogues(aCatalogue(), aCatalogue({ revision: 'd'.repeat(64) })), [])
  })

  it('tells what appears and what vanishes, level by level', () => {
    const read = aLevel('read', { constraints: [GET], breakGlass: glass, needsStepUp: true })
    const other = aResource({ id: 'wiki' as ResourceId })
    const before = aCatalogue({}, aResource(), other)
    const after = aCatalogue({}, aResourceWithLevels(read))
    assert.deepEqual(linesOf(before, after), [
      '+ wider    grafana-prod:read: can be asked for: by group S0ENGINEERS; approved by 1 of group S0RELIABILITY; for up to 8h; in an emergency by group S0ENGINEERS for up to 30m; with step_up',
      '- narrower grafana-prod: cannot be asked for any more',
      '- narrower wiki: cannot be asked for any more',
    ])
  })

  it('tells what changes for all', () => {
    const rego = { path: 'jit/decision', shareReason: false }
    const before = aCatalogue({
      domains: ['example.com'],
      limits: { openRequests: 3, grants: 2 },
      rego,
    })
    const after = aCatalogue({
      domains: ['example.com', 'example.org'],
      admins: people({ groups: [RELIABILITY] }),
      auditors: people({ users: [EVE] }),
      outageSeconds: 3_600,
      auditChannel: 'C0AUDIT' as SlackChannelId,
      limits: { openRequests: 5, requestsPerHour: 9 },
    })
    assert.deepEqual(linesOf(before, after), [
      '+ wider    the file: domains: also example.org',
      '+ wider    the file: admins: also group S0RELIABILITY (now group S0RELIABILITY)',
      '+ wider    the file: auditors: also user U0EVE (now user U0EVE)',
      '~ changed  the file: audit_channel is C0AUDIT, was not given',
      '+ wider    the file: limits.open_requests is 5, was 3',
      '+ wider    the file: limits.grants is none, was 2',
      '- narrower the file: limits.requests_per_hour is 9, was none',
      '+ wider    the file: outage is 1h, was off',
      '+ wider    the file: the Rego policy is not asked any more',
    ])
    assert.deepEqual(
      linesOf(aCatalogue({ rego }), aCatalogue({ rego: { ...rego, bundle: '/p.wasm' } })),
      ['~ changed  the file: rego.bundle is /p.wasm, was not given'],
    )
  })
})
