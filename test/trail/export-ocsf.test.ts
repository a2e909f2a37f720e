import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditAction } from '../../src/domain/event.ts'
import type { Json } from '../../src/domain/ppl.ts'
import { EVENT_WORDS } from '../../src/slack/wording-event.ts'
import type { EventRecord, ExportRecord } from '../../src/trail/export-record.ts'
import { ocsfEvent } from '../../src/trail/export-ocsf.ts'

type Members = Readonly<Record<string, Json>>
interface Shape {
  readonly required?: readonly string[]
  readonly optional?: readonly string[]
  /** Of these there must be one. */
  readonly atLeastOne?: readonly string[]
}

// What follows is of OCSF 1.8.0, as far as an export uses it; source: the tag v1.8.0 of https://github.com/ocsf/ocsf-schema,
// each file as named.

/** events/base_event.json */
const BASE: Shape = {
  required: [
    'activity_id',
    'category_uid',
    'class_uid',
    'metadata',
    'severity_id',
    'time',
    'type_uid',
  ],
  optional: ['activity_name', 'message', 'status_code', 'status_id', 'unmapped'],
}
/** events/iam/iam.json */
const IAM = ['actor', 'src_endpoint']
const CLASSES: Readonly<Record<number, Shape & { readonly activities: readonly number[] }>> = {
  0: { activities: [] },
  /** events/iam/authentication.json */
  3_002: {
    required: ['user'],
    optional: [...IAM, 'service'],
    atLeastOne: ['service', 'dst_endpoint'],
    activities: [1, 2, 3, 4, 5, 6, 7],
  },
  /** events/iam/entity_management.json */
  3_004: {
    required: ['entity'],
    optional: [...IAM, 'comment'],
    activities: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  },
  /** events/iam/user_access.json */
  3_005: {
    required: ['privileges', 'user'],
    optional: [...IAM, 'resources'],
    activities: [1, 2],
  },
}
const OBJECTS: Readonly<Record<string, Shape>> = {
  /** objects/metadata.json */
  metadata: { required: ['product', 'version'], optional: ['event_code', 'sequence', 'uid'] },
  /** objects/product.json */
  product: { optional: ['name', 'vendor_name'], atLeastOne: ['name', 'uid'] },
  /** objects/actor.json */
  actor: {
    optional: ['app_name', 'user'],
    atLeastOne: ['process', 'user', 'invoked_by', 'session', 'app_name', 'app_uid'],
  },
  /** objects/user.json */
  user: { optional: ['email_addr', 'name', 'uid'], atLeastOne: ['account', 'name', 'uid'] },
  /** objects/managed_entity.json */
  entity: {
    optional: ['name', 'type', 'uid'],
    atLeastOne: ['name', 'uid', 'device', 'group', 'org', 'policy', 'user'],
  },
  /** objects/network_endpoint.json, objects/endpoint.json */
  src_endpoint: { optional: ['ip'], atLeastOne: ['ip', 'uid', 'name', 'hostname'] },
  /** objects/service.json, objects/_entity.json */
  service: { optional: ['name'], atLeastOne: ['name', 'uid'] },
  /** objects/resource_details.json, objects/_resource.json */
  resources: { optional: ['name', 'uid'], atLeastOne: ['name', 'uid'] },
}

const shapesIn = (...shapes: readonly Shape[]): Shape => ({
  required: shapes.flatMap(({ required = [] }) => required),
  optional: shapes.flatMap(({ optional = [] }) => optional),
  atLeastOne: shapes.flatMap(({ atLeastOne = [] }) => atLeastOne),
})

function fits(value: Members, { required = [], optional = [], atLeastOne = [] }: Shape): void {
  for (const name of required) assert.ok(name in value, `${name} is missing`)
  for (const name of Object.keys(value))
    assert.ok([...required, ...optional].includes(name), `${name} is not known there`)
  assert.ok(
    atLeastOne.length === 0 || atLeastOne.some((name) => name in value),
    `none of ${atLeastOne.join(', ')}`,
  )
  for (const [name, each] of Object.entries(value)) {
    const shape = OBJECTS[name]
    if (shape === undefined) continue
    for (const object of Array.isArray(each) ? each : [each]) fits(object as Members, shape)
  }
}

const HASH = 'ab'.repeat(32)
const ACTIONS = Object.keys(EVENT_WORDS) as readonly AuditAction[]

function aRecord(action: AuditAction, facts: Partial<EventRecord> = {}): EventRecord {
  const entry = {
    action,
    actor: HASH,
    alert: false,
    at: '2026-03-02T09:00:00.250000Z',
    details: { refusal: 'own-request' },
    personal: HASH,
    request: 'A1B2C3D4',
    resource: 'grafana-prod',
    seq: 7,
    v: 1,
    via: 'web',
  }
  return {
    entry,
    actor: [
      'salt',
      { email: 'alex@example.com', source: '203.0.113.7', team: 'T', user: 'U0ALEX' },
    ],
    personal: ['salt', { reason: 'INC-42', email: 'alex@example.com' }],
    hash: HASH,
    ...facts,
  }
}

/** The same of the bot, of somebody erased, and of what is about nothing in particular. */
const variants = (action: AuditAction): readonly EventRecord[] => {
  const whole = aRecord(action)
  const { request: _request, resource: _resource, ...about } = whole.entry
  const { personal: _personal, ...plain } = about
  return [
    whole,
    { entry: whole.entry, hash: HASH },
    { entry: { ...plain, actor: 'bot', details: {}, alert: true }, hash: HASH },
    { ...whole, actor: ['salt', { source: 'elsewhere' }] },
  ]
}

function check(record: ExportRecord): Members {
  const event = ocsfEvent(record, '2026-03-02T09:00:00Z')
  const number = (name: string) => {
    const value = event[name]
    assert.ok(typeof value === 'number' && Number.isSafeInteger(value), name)
    return value
  }
  const [uid, activity] = [number('class_uid'), number('activity_id')]
  const shape = CLASSES[uid]
  assert.ok(shape !== undefined, `class ${uid}`)
  fits(event, shapesIn(BASE, shape))
  assert.ok([...shape.activities, 0, 99].includes(activity), `activity ${activity}`)
  // "…must contain the source-specific label" where it is 99; source: dictionary.json, activity_name.
  assert.equal(typeof event['activity_name'], activity === 99 ? 'string' : 'undefined')
  assert.equal(number('type_uid'), uid * 100 + activity)
  assert.equal(number('category_uid'), uid === 0 ? 0 : 3)
  assert.equal(number('time'), Date.parse('2026-03-02T09:00:00Z') + (uid === 0 ? 0 : 250))
  assert.ok([1, 4].includes(number('severity_id')))
  assert.equal((event['metadata'] as Members)['version'], '1.8.0')
  return event
}

describe('an event as OCSF', () => {
  for (const action of ACTIONS)
    it(`has what its class requires and nothing that it does not know: ${action}`, () => {
      for (const record of variants(action)) {
        const event = check(record)
        assert.equal(event['status_id'] === 2, action.endsWith('_refused') || FAILURES.has(action))
      }
    })

  it('says of access whom it is for, to what, and when Pomerium let them in or took it away', () => {
    const user = { email_addr: 'alex@example.com', name: 'alex@example.com' }
    for (const [action, typeUid] of [
      ['grant.activated', 300_501],
      ['grant.ended', 300_502],
    ] as const) {
      const event = check(aRecord(action))
      assert.deepEqual([event['type_uid'], event['user']], [typeUid, user])
      assert.deepEqual(event['privileges'], ['grafana-prod'])
      assert.deepEqual(event['resources'], [{ uid: 'grafana-prod', name: 'grafana-prod' }])
    }
    const [, erased] = variants('grant.ended')
    assert.deepEqual(erased && check(erased)['user'], { name: 'unknown' })
  })

  it('says who acted, from where and why, and that somebody has to look', () => {
    const event = check(aRecord('request.denied'))
    assert.deepEqual(event['actor'], { user: { uid: 'U0ALEX', email_addr: 'alex@example.com' } })
    assert.deepEqual(event['src_endpoint'], { ip: '203.0.113.7' })
    assert.equal(event['comment'], 'INC-42')
    const severity = (action: AuditAction) => {
      const record = aRecord(action)
      return check({ ...record, entry: { ...record.entry, alert: true } })['severity_id']
    }
    assert.deepEqual([severity('policy.failing'), severity('audit.head_published')], [4, 1])
  })

  it('has the proof between events as base events', () => {
    const head = { seq: 0, hash: HASH }
    const logId = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
    for (const record of [
      { jitAuditExport: 1, logId, gapsUntil: 0, after: head, filter: {} },
      { leftOut: { first: 1, last: 1, digests: '' } },
      { end: { events: 0, leftOut: 1, head } },
    ] as const)
      assert.equal(check(record)['class_uid'], 0)
  })
})

const FAILURES: ReadonlySet<string> = new Set([
  'catalogue.rejected',
  'policy.failing',
  'policy.blocked',
  'rego.no_decision',
  'grant.never_active',
])
