import assert from 'node:assert/strict'
import fc from 'fast-check'
import { recordChange, recordNew } from '../../src/app/record.ts'
import type { Command, Decision } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { RequestId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import { isRuleDue, nextMoment } from '../../src/domain/request.ts'
import type { Resource } from '../../src/domain/resource.ts'
import type { TestDatabase } from '../support/database.ts'
import {
  ENGINEERS,
  REVISION,
  aLevel,
  aPerson,
  aStage,
  after,
  anApprover,
  anEngineer,
  people,
} from '../support/build.ts'
import { actOf, nextId } from './support.ts'

const SPONSORS = 'S0SPONSORS' as SlackGroupId
const LEADS = 'S0LEADS' as SlackGroupId
const approvers = [
  anApprover('kim', { subject: 'sub-kim' }),
  anApprover('sam'),
  aPerson('lena', { groups: [LEADS] }),
  aPerson('sue', { groups: [SPONSORS] }),
]
const automatic = { name: 'self_activation', maxSeconds: 5_400 }

/** A resource for which every rule is in use. */
function aBusyResource(approvals: number): Resource {
  return aLevel('read', {
    stages: [aStage({ approvals, silent: people({ groups: [LEADS] }) })],
    constraints: [{ http_method: { in: ['GET', 'HEAD'] } }],
    remindSeconds: 900,
    escalation: { afterSeconds: 1_200, to: people({ groups: [LEADS] }) },
    extension: { times: 2, maxSeconds: 3_600 },
    automatic: [automatic],
    breakGlass: {
      requesters: people({ groups: [ENGINEERS] }),
      maxSeconds: 3_600,
      reviewSeconds: 7_200,
    },
    vendors: {
      people: people({ domains: ['partner.example'] }),
      sponsors: people({ groups: [SPONSORS] }),
    },
  })
}

/** One wish of somebody, or of time, after a wait. */
export interface Step {
  readonly type:
    | 'approve'
    | 'auto-approve'
    | 'deny'
    | 'cancel'
    | 'end'
    | 'disqualify'
    | 'recount'
    | 'review'
    | 'confirm-active'
    | 'confirm-ended'
    | 'tick'
    | 'extend'
  readonly who: number
  readonly waitSeconds: number
  readonly isShort: boolean
  /** Whether it is about the wish to extend, when there is one. */
  readonly isExtension: boolean
}

const common = ['approve', 'confirm-active', 'tick', 'extend'] as const
const rare = ['auto-approve', 'deny', 'cancel', 'end', 'disqualify', 'recount'] as const
/** Any step. */
export const step: fc.Arbitrary<Step> = fc.record({
  type: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...common) },
    { weight: 2, arbitrary: fc.constantFrom(...rare, 'review' as const, 'confirm-ended' as const) },
  ),
  who: fc.nat({ max: approvers.length - 1 }),
  waitSeconds: fc.constantFrom(0.001, 1, 60, 900, 1_800, 3_600, 90_000),
  isShort: fc.boolean(),
  isExtension: fc.boolean(),
})
/** How a life begins. */
export interface Beginning {
  readonly kind: string
  readonly approvals: number
}

/** Any beginning. */
export const beginning: fc.Arbitrary<Beginning> = fc.record({
  kind: fc.constantFrom('standard', 'scheduled', 'guest', 'beneficiary', 'break-glass'),
  approvals: fc.constantFrom(1, 2),
})

let lives = 0

/** Leads one life, each step as the use cases take it; returns the actions that it had. */
export async function lead(
  database: TestDatabase,
  { kind, approvals }: Beginning,
  steps: readonly Step[],
): Promise<readonly string[]> {
  lives += 1
  const { store } = database
  const resource = aBusyResource(approvals)
  const [by, isEmergency] = [anAsker(kind), kind === 'break-glass']
  let at = after(0)
  const actions: string[] = []
  const stored = new Map<RequestId, AccessRequest>()
  const remember = (step: Extract<Decision, { ok: true }>) => {
    for (let one: typeof step.also | typeof step = step; one !== undefined; one = one.also) {
      stored.set(one.next.id, one.next)
      actions.push(one.action)
    }
  }
  const create = async (command: Command): Promise<AccessRequest | undefined> => {
    const decision = decide(undefined, command)
    if (!decision.ok) return undefined
    const { next } = decision
    const opened = isEmergency ? decide(next, { ...opening(), type: 'break-glass' }) : undefined
    await store.transaction(async (tx) => {
      await recordNew(tx, decision, actOf(by), next.id)
      if (opened?.ok) await recordChange(tx, next, opened, actOf(by))
    })
    remember(decision)
    if (opened?.ok) remember(opened)
    return next
  }
  const opening = () => ({
    at,
    requester: by,
    resource,
    isSteppedUp: false,
    catalogueRevision: REVISION,
  })
  const wish = { by, resource, catalogueRevision: REVISION, reason: 'INC-42 dashboards are red' }
  const base = await create({
    type: 'request',
    ...wish,
    at,
    id: nextId(),
    isEmergency,
    durationSeconds: 3_600,
    ...(kind === 'scheduled' ? { startsAt: after(7_200) } : {}),
    ...(kind === 'beneficiary' ? { beneficiary: `Vera${lives}@partner.example` } : {}),
  })
  assert.ok(base !== undefined)
  let extensionId: RequestId | undefined
  for (const one of steps) {
    at = after(one.waitSeconds, at)
    const extended = stored.get(base.id)
    assert.ok(extended !== undefined)
    const waits = extensionId !== undefined && stored.get(extensionId)?.status === 'pending'
    if (one.type === 'extend') {
      if (waits) continue
      const id = nextId()
      const longer = { ...wish, at, id, extended, durationSeconds: one.isShort ? 600 : 3_600 }
      const asked = await create({ type: 'request-extension', ...longer })
      extensionId = asked?.id ?? extensionId
      continue
    }
    const targetId = one.isExtension && extensionId !== undefined ? extensionId : base.id
    const target = stored.get(targetId)
    assert.ok(target !== undefined)
    const colleagues = approvers.filter(({ userId }) =>
      target.approvals.some((approval) => approval.by.userId === userId),
    )
    const lengthens = target.extends === undefined ? {} : { extended }
    const situation = { ...opening(), ...lengthens, colleagues }
    const decider = approvers[one.who] ?? by
    const command = commandOf({ ...one, type: one.type }, situation, decider)
    const decision = decide(target, command)
    if (!decision.ok) continue
    const actor = 'by' in command ? command.by : undefined
    await store.transaction(async (tx) => {
      for (const id of [base.id, targetId].sort()) await tx.requests.lock(id)
      await recordChange(tx, target, decision, actOf(actor))
    })
    remember(decision)
    if (!isRuleKept(target, decision.next)) await expectOver(store, stored, extensionId, actions)
    for (const [id, expected] of stored)
      assert.deepEqual(await store.statement((db) => db.requests.find(id)), expected)
  }
  await assertKnown(database, stored, resource, by)
  return actions
}

const isDue = (one: AccessRequest) => one.status === 'approved' && isRuleDue(one.grant)
const isRuleKept = (before: AccessRequest, now: AccessRequest) => !isDue(before) || isDue(now)

/** A wish to extend that waits is over with its grant, in the same step. */
async function expectOver(
  store: TestDatabase['store'],
  stored: Map<RequestId, AccessRequest>,
  id: RequestId | undefined,
  actions: string[],
): Promise<void> {
  const wish = id === undefined ? undefined : stored.get(id)
  if (wish?.status !== 'pending') return
  const found = await store.statement((db) => db.requests.find(wish.id))
  assert.ok(found?.status === 'cancelled' || found?.status === 'lapsed')
  const command: Command =
    found.status === 'lapsed'
      ? { type: 'tick', at: found.lapsedAt }
      : { type: 'disqualify', at: found.cancelledAt, why: 'grant-over' }
  const decision = decide(wish, command)
  assert.ok(decision.ok)
  stored.set(wish.id, decision.next)
  actions.push(decision.action)
}

function anAsker(kind: string): Person {
  if (kind === 'guest')
    return aPerson(`gina${lives}`, { standing: 'guest', email: `gina${lives}@partner.example` })
  if (kind === 'beneficiary') return aPerson(`sponsor${lives}`, { groups: [SPONSORS] })
  return anEngineer(`walker${lives}`)
}

function commandOf(
  { type, isShort }: Omit<Step, 'type'> & { readonly type: Exclude<Step['type'], 'extend'> },
  opening: Omit<Command & { type: 'approve' }, 'type' | 'by'>,
  by: Person,
): Command {
  const { at, resource, requester } = opening
  const admins = people()
  switch (type) {
    case 'approve': {
      const more = isShort ? { durationSeconds: 500, note: 'not so long' } : {}
      return { type, ...opening, ...more, by }
    }
    case 'auto-approve':
      return { type, ...opening, rule: automatic }
    case 'deny':
      return { type, at, by, resource, reason: 'not today' }
    case 'cancel':
      return { type, at, by: requester }
    case 'end':
      return { type, at, by: isShort ? requester : by, resource, admins }
    case 'disqualify':
      return { type, at, why: 'deactivated' }
    case 'review':
      return isShort
        ? { type, at, by, resource, admins, verdict: 'not-justified', note: 'was not down' }
        : { type, at, by, resource, admins, verdict: 'justified' }
    case 'recount':
      return { type, at, resource, colleagues: isShort ? [] : opening.colleagues, mayRise: true }
    case 'confirm-active':
    case 'confirm-ended':
    case 'tick':
      return { type, at }
    default:
      return type satisfies never
  }
}

/** What the lists tell of these requests is what they are. */
async function assertKnown(
  { store, pool }: TestDatabase,
  stored: ReadonlyMap<RequestId, AccessRequest>,
  { id: resourceId }: Resource,
  by: Person,
): Promise<void> {
  const requests = [...stored.values()]
  const hasGrant = (one: AccessRequest) =>
    one.status === 'approved' && (isRuleDue(one.grant) || one.grant.state === 'ending')
  const waiting = requests.filter(({ status }) => status === 'pending')
  const open = requests.filter((one) => one.status === 'pending' || hasGrant(one))
  const openOf = await store.statement((db) => db.requests.openOf(by.userId))
  assert.deepEqual(new Set(openOf), new Set(open))
  const usage = await store.statement((db) => db.requests.usage(by.userId))
  const isAsking = (one: AccessRequest) => one.extends === undefined
  assert.equal(usage.openRequests, waiting.length)
  assert.equal(usage.accessRequests, waiting.filter(isAsking).length)
  const isLimited = ({ kind }: AccessRequest) => kind !== 'break-glass'
  assert.equal(usage.grants, requests.filter(hasGrant).filter(isLimited).length)
  const who = await store.statement((db) => db.requests.openRequesters())
  assert.equal(who.includes(by.userId), open.length > 0)
  const standing = await store.statement((db) => db.requests.standing(resourceId))
  for (const one of requests.filter(hasGrant))
    assert.deepEqual(
      standing.find(({ id }) => id === one.id),
      one,
    )
  const ids = [...stored.keys()]
  await pool.query(`delete from work where subject = any($1)`, [ids])
  await store.statement((db) => db.work.repair())
  const { rows } = await pool.query<{ subject: RequestId; due_at: Date }>(
    `select subject, due_at from work where kind = 'moment' and subject = any($1)`,
    [ids],
  )
  const due = new Map(rows.map(({ subject, due_at }) => [subject, due_at]))
  for (const one of requests) assert.deepEqual(due.get(one.id), nextMoment(one))
}
