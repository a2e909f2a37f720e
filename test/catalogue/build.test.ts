import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { loadCatalogue } from '../../src/catalogue/load.ts'
import type { LevelId, ResourceId } from '../../src/domain/ids.ts'
import type { Resource } from '../../src/domain/resource.ts'
import { askable, resourceAt } from '../../src/domain/resource.ts'
import type { Fields } from './support.ts'
import { RESOURCE, catalogueYaml, load, loadOne } from './support.ts'

const NOBODY = { groups: [], users: [], emails: [], domains: [], everyone: false }
const GET = { http_method: { in: ['GET', 'HEAD'] } }
const OFFICE = { source_ip: ['203.0.113.0/24'] }

/** One level of a resource, as it is loaded. */
function loadLevel(resource: Fields, level: Fields): Resource {
  const top = { audit_channel: 'C0AUDIT' }
  const text = catalogueYaml([{ ...RESOURCE, ...resource, levels: [one(level)] }], top)
  const found = resourceAt(load(text), 'grafana' as ResourceId, 'one' as LevelId)
  assert.ok(found !== undefined)
  return found
}

function one(level: Fields): Fields {
  return { id: 'one', title: 'Level one', ...level }
}

describe('loadCatalogue, on everything that can be given', () => {
  const resource = {
    id: '0-a',
    title: 'Grafana (prod) · ä',
    url: 'https://grafana.example.com/d/1?orgId=1#top',
    policy: 'JIT Grafana',
    risk: 'low',
    channel: 'G0PRIVATE',
    requesters: {
      groups: ['S0ENG'],
      domains: ['Example.COM', 'example.com'],
      deny: { groups: ['S0INTERNS'], users: ['U9'], emails: ['Eve@Example.com'] },
    },
    stages: [
      {
        title: 'Owner',
        approvers: {
          users: ['U1', 'W2', 'U1'],
          emails: ['Ana+x@Example.com', 'ana+x@example.com'],
          silent: { users: ['U0CTO'] },
        },
        approvals: 3,
      },
      { approvers: { groups: ['S0SEC'] } },
    ],
    duration: { default: '90m', max: '2d', choices: ['4h', '90m', '1h30m'] },
    schedule: '2d',
    reason: { min: 10, pattern: 'INC-\\d+', hint: 'Name the incident' },
    constraints: [OFFICE, { 'claim/team': 'sre' }],
    lapse: '1h',
    remind: '10m',
    escalate: { after: '30m', to: { groups: ['S0LEADS'] } },
    extend: { times: 2, max: '1h' },
    auto_approve: [
      { requesters: { groups: ['S0ONCALL'] }, max: '1h', limit: '3/24h' },
      { requesters: { users: ['U1'] }, max: '2h' },
    ],
    self_activation: { max: '30m', limit: '1/1h' },
    step_up: true,
    break_glass: { requesters: { groups: ['S0ONCALL'] }, max: '30m' },
    vendors: {
      people: { emails: ['Kit@Vendor.example'], domains: ['partner.example'], users: ['U7'] },
      sponsors: { groups: ['S0ENG'] },
    },
    rego_may_approve: true,
    foreign_rules: 'remove',
  }
  const top = {
    domains: ['Example.com', 'example.org', 'example.com'],
    admins: { groups: ['S0A', 'S0A'] },
    auditors: { emails: ['Audit@example.com'] },
    outage: '4h',
    audit_channel: 'C0AUDIT',
    fallback_channel: 'C0FALLBACK',
    limits: { open_requests: 3, grants: 4, requests_per_hour: 5 },
    rego: { path: 'a/b', bundle: 'policy/bundle.tar.gz', share_reason: true },
  }

  it('takes it all, folds addresses and drops repetitions', () => {
    const { revision: _revision, ...rest } = load(catalogueYaml([resource], top), '/etc/jit/c.yaml')
    assert.deepEqual(rest, {
      admins: { ...NOBODY, groups: ['S0A'] },
      auditors: { ...NOBODY, emails: ['audit@example.com'] },
      outageSeconds: 14_400,
      domains: ['example.com', 'example.org'],
      auditChannel: 'C0AUDIT',
      fallbackChannel: 'C0FALLBACK',
      limits: { openRequests: 3, grants: 4, requestsPerHour: 5 },
      rego: { path: 'a/b', bundle: '/etc/jit/policy/bundle.tar.gz', shareReason: true },
      resources: new Map([
        [
          '0-a',
          {
            id: '0-a',
            title: 'Grafana (prod) · ä',
            url: 'https://grafana.example.com/d/1?orgId=1#top',
            policy: 'JIT Grafana',
            risk: 'low',
            channel: 'G0PRIVATE',
            levels: new Map(),
            requesters: {
              ...NOBODY,
              groups: ['S0ENG'],
              domains: ['example.com'],
              deny: {
                ...NOBODY,
                groups: ['S0INTERNS'],
                users: ['U9'],
                emails: ['eve@example.com'],
              },
            },
            stages: [
              {
                title: 'Owner',
                approvers: { ...NOBODY, users: ['U1', 'W2'], emails: ['ana+x@example.com'] },
                silent: { ...NOBODY, users: ['U0CTO'] },
                approvals: 3,
              },
              { approvers: { ...NOBODY, groups: ['S0SEC'] }, approvals: 1 },
            ],
            duration: { defaultSeconds: 5_400, maxSeconds: 172_800, choices: [5_400, 14_400] },
            scheduleSeconds: 172_800,
            reason: { minLength: 10, pattern: /INC-\d+/u, hint: 'Name the incident' },
            constraints: [OFFICE, { 'claim/team': 'sre' }],
            lapseSeconds: 3_600,
            remindSeconds: 600,
            escalation: { afterSeconds: 1_800, to: { ...NOBODY, groups: ['S0LEADS'] } },
            extension: { times: 2, maxSeconds: 3_600 },
            automatic: [
              {
                name: 'auto_approve[0]',
                requesters: { ...NOBODY, groups: ['S0ONCALL'] },
                maxSeconds: 3_600,
                limit: { count: 3, seconds: 86_400 },
              },
              {
                name: 'auto_approve[1]',
                requesters: { ...NOBODY, users: ['U1'] },
                maxSeconds: 7_200,
              },
              { name: 'self_activation', maxSeconds: 1_800, limit: { count: 1, seconds: 3_600 } },
            ],
            breakGlass: {
              requesters: { ...NOBODY, groups: ['S0ONCALL'] },
              maxSeconds: 1_800,
              reviewSeconds: 86_400,
            },
            vendors: {
              people: {
                ...NOBODY,
                emails: ['kit@vendor.example'],
                domains: ['partner.example'],
                users: ['U7'],
              },
              sponsors: { ...NOBODY, groups: ['S0ENG'] },
            },
            needsStepUp: true,
            regoMayApprove: true,
            removesForeignRules: true,
          },
        ],
      ]),
    })
  })

  it('takes off for what nobody gets', () => {
    const off = Object.fromEntries(
      ['remind', 'escalate', 'extend', 'self_activation', 'step_up', 'break_glass', 'vendors'].map(
        (key) => [key, 'off'],
      ),
    )
    assert.deepEqual(loadOne({ ...off, schedule: 'off' }), { ...loadOne({}), scheduleSeconds: 0 })
  })

  const defaults: readonly (readonly [string, Fields, number])[] = [
    ['an hour', { max: '8h' }, 3_600],
    ['the maximum when that is shorter', { max: '20m' }, 1_200],
    ['the longest choice up to an hour', { choices: ['2h', '30m', '45m'] }, 2_700],
    ['the shortest choice when all are longer', { choices: ['4h', '2h'] }, 7_200],
  ]
  for (const [name, duration, seconds] of defaults)
    it(`offers ${name} first when the file does not say`, () => {
      assert.equal(loadOne({ duration }).duration.defaultSeconds, seconds)
    })

  it('goes by no old answers of Slack unless told', () => {
    const secondsOf = (outage: string) => load(catalogueYaml([RESOURCE], { outage })).outageSeconds
    assert.deepEqual([secondsOf('off'), secondsOf('30m'), secondsOf('24h')], [0, 1_800, 86_400])
  })

  it('asks the OPA at OPA_URL when no bundle is given', () => {
    const catalogue = load(catalogueYaml([RESOURCE], { rego: {} }))
    assert.deepEqual(catalogue.rego, { path: 'jit/decision', shareReason: false })
  })
})

describe('loadCatalogue, on levels', () => {
  it('asks for the levels instead of the resource', () => {
    const levels = [
      { id: 'read', title: 'Read only', constraints: [GET] },
      { id: 'admin', title: 'Everything' },
    ]
    const catalogue = load(catalogueYaml([{ ...RESOURCE, levels }]))
    const grafana = 'grafana' as ResourceId
    assert.deepEqual(
      askable(catalogue).map(({ id, level, policy, levels }) => [id, level, policy, levels.size]),
      [
        ['grafana', { id: 'read', title: 'Read only' }, 'jit-grafana', 0],
        ['grafana', { id: 'admin', title: 'Everything' }, 'jit-grafana', 0],
      ],
    )
    assert.equal(resourceAt(catalogue, grafana, undefined), undefined)
    assert.deepEqual(resourceAt(catalogue, grafana, 'read' as LevelId)?.constraints, [GET])
  })

  it('inherits everything that a level does not say', () => {
    const fields = {
      risk: 'low',
      approvals: 2,
      duration: { default: '30m', max: '2h' },
      reason: { min: 12, hint: 'Why' },
      extend: { max: '1h' },
      escalate: { after: '1h', to: { groups: ['S0LEADS'] } },
      remind: '10m',
      lapse: '4h',
      schedule: '1d',
      auto_approve: [{ requesters: { groups: ['S0ONCALL'] }, max: '1h' }],
      self_activation: { max: '20m' },
      break_glass: { requesters: { groups: ['S0ONCALL'] }, max: '1h' },
      step_up: true,
      vendors: { people: { domains: ['p.example'] }, sponsors: { groups: ['S0ENG'] } },
      constraints: [OFFICE],
    }
    const level = { id: 'one', title: 'Level one' }
    assert.deepEqual(loadLevel(fields, {}), {
      ...loadOne(fields, { audit_channel: 'C0AUDIT' }),
      level,
    })
  })

  const said: readonly (readonly [string, Fields, Fields, Partial<Resource>])[] = [
    [
      'replaces who may ask',
      {},
      { requesters: { users: ['U5'] } },
      { requesters: { ...NOBODY, users: ['U5'] } as never },
    ],
    [
      'keeps the number of approvals with approvers of its own',
      { approvals: 2 },
      { approvers: { groups: ['S0SEC'] } },
      { stages: [{ approvers: { ...NOBODY, groups: ['S0SEC'] }, approvals: 2 }] as never },
    ],
    [
      'has approvers instead of stages',
      { approvers: undefined, stages: [{ approvers: { groups: ['S1'] }, approvals: 3 }] },
      { approvers: { groups: ['S0SEC'] } },
      { stages: [{ approvers: { ...NOBODY, groups: ['S0SEC'] }, approvals: 1 }] as never },
    ],
    [
      'has stages instead of approvers',
      { approvals: 2 },
      { stages: [{ approvers: { groups: ['S0SEC'] } }] },
      { stages: [{ approvers: { ...NOBODY, groups: ['S0SEC'] }, approvals: 1 }] as never },
    ],
    [
      'keeps the pattern of a reason when it asks for a longer one',
      { reason: { min: 5, pattern: 'INC' } },
      { reason: { min: 20 } },
      { reason: { minLength: 20, pattern: /INC/u } },
    ],
    [
      'keeps the default of a duration that fits its own maximum',
      { duration: { default: '30m', max: '8h' } },
      { duration: { max: '2h' } },
      { duration: { defaultSeconds: 1_800, maxSeconds: 7_200, choices: [] } },
    ],
    [
      'has a default of its own where that of the resource is too long',
      { duration: { default: '3h', max: '8h' } },
      { duration: { max: '30m' } },
      { duration: { defaultSeconds: 1_800, maxSeconds: 1_800, choices: [] } },
    ],
    [
      'adds its constraints, each once in whatever spelling',
      { constraints: [OFFICE, { domain: 'example.com' }] },
      { constraints: [GET, { domain: { is: 'example.com' } }] },
      { constraints: [OFFICE, { domain: { is: 'example.com' } }, GET] },
    ],
    [
      'turns off what it would inherit',
      {
        remind: '5m',
        extend: { max: '1h' },
        self_activation: { max: '1h' },
        step_up: true,
        reason: { min: 10 },
        auto_approve: [{ requesters: { groups: ['S1'] }, max: '1h' }],
      },
      {
        remind: 'off',
        extend: 'off',
        self_activation: 'off',
        step_up: 'off',
        schedule: 'off',
        auto_approve: [],
      },
      { automatic: [], scheduleSeconds: 0, reason: { minLength: 10 } },
    ],
  ]
  for (const [name, resource, level, expected] of said)
    it(name, () => {
      const loaded = loadLevel(resource, level)
      assert.deepEqual(loaded, {
        ...loadOne({}),
        level: { id: 'one', title: 'Level one' },
        ...expected,
      })
    })

  it('lets nobody ask or approve by a resource whose levels have people of their own', () => {
    const { requesters, approvers, ...bare } = RESOURCE
    const levels = [
      { id: 'a', title: 'A', requesters, approvers, constraints: [GET] },
      { id: 'b', title: 'B', requesters, stages: [{ approvers }] },
    ]
    const [resource] = load(catalogueYaml([{ ...bare, levels }])).resources.values()
    assert.deepEqual(
      [resource?.requesters, resource?.stages],
      [NOBODY, [{ approvers: NOBODY, approvals: 1 }]],
    )
  })
})

describe('catalogue.example.yaml', () => {
  it('is accepted without a warning', () => {
    const file = new URL('../../catalogue.example.yaml', import.meta.url)
    const loaded = loadCatalogue(readFileSync(file, 'utf8'), 'catalogue.example.yaml')
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.deepEqual(loaded.warnings, [])
    assert.deepEqual(
      askable(loaded.catalogue).map(({ id, level, channel }) => [id, level?.id, channel]),
      [
        ['wiki-drafts', undefined, 'C0APPROVALS'],
        ['grafana-prod', 'read', 'C0APPROVALS'],
        ['grafana-prod', 'admin', 'C0APPROVALS'],
        ['billing-db', undefined, 'C0BILLING'],
        ['support-portal', undefined, 'C0APPROVALS'],
      ],
    )
  })
})
