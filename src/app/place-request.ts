import type { Command, Transition } from '../domain/decide.ts'
import { decide } from '../domain/decide.ts'
import type { RefusedAction } from '../domain/event.ts'
import type { RequestId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import type { Json } from '../domain/ppl.ts'
import type { Narrowing } from '../domain/rego.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest, Pending } from '../domain/request.ts'
import type { Catalogue, Resource } from '../domain/resource.ts'
import { recordedAct, slackAsOf } from './actor.ts'
import { isSteppedUp } from './assertion.ts'
import { isFresh, recordOpinion, ruling } from './consult.ts'
import type { Deps } from './deps.ts'
import { fixedIn, refusalAt, viewIn } from './deps.ts'
import type { Identified } from './identify.ts'
import { beyondLimits } from './limits.ts'
import { openAlone } from './open-alone.ts'
import type { Opinions } from './opinions.ts'
import { opinionsOn } from './opinions.ts'
import type { RequestView } from './ports.ts'
import { quorumProblem } from './reach.ts'
import { BY_BOT, recordChange, recordNew, recordRefusal } from './record.ts'
import type { Transaction } from './store.ts'
import { RequestExists } from './store.ts'
import type { Act, Notice, Outcome } from './use-cases.ts'

export type Placed = Outcome<RequestView> & { readonly notice?: Notice }

/** What somebody asks for, with everything that was looked up about it. */
export interface Wish extends Act {
  readonly idempotencyKey: string
  readonly asker: Identified
  /** At its level. */
  readonly resource: Resource | undefined
  /** Why it cannot even be decided. */
  readonly problem?: Refusal | undefined
  readonly extends?: RequestId
  readonly beneficiary?: string | undefined
  /** Whether nobody has to answer, so that it does not matter who could. */
  readonly isEmergency?: boolean
  /** The name and particulars under which a refused attempt is recorded. */
  readonly refusedAs: RefusedAction
  readonly details: { readonly [key: string]: Json }
  /** The same wish, waiting already. */
  waiting(tx: Transaction): Promise<Pending | undefined>
  command(facts: Facts): Command
}

/** What a wish is decided by. */
export interface Facts {
  readonly at: Date
  readonly id: RequestId
  readonly by: Person
  readonly resource: Resource
  readonly catalogueRevision: string
  readonly narrowing?: Narrowing
  readonly extended?: AccessRequest
}

/** So often the rules or the grant may change while people are looked up. */
const TRIES = 3

/**
 * Places a request: people, the Rego policy and the approvers are looked up first, outside any transaction, by one and
 * the same catalogue; then the request, what follows from it at once (emergency access, an automatic approval) and
 * their audit events commit together. `lookUp` is given what it has to go by.
 */
export async function placeRequest(
  deps: Deps,
  lookUp: (fixed: Deps) => Promise<Wish>,
): Promise<Placed> {
  for (let left = TRIES; ; left -= 1) {
    const fixed = fixedIn(deps)
    const wish = await lookUp(fixed)
    const placed = await tryToPlace(deps, fixed, wish)
    if (placed !== 'moved') return placed
    if (left <= 1) return deps.store.transaction((tx) => refused(deps, tx, wish, { code: 'busy' }))
  }
}

async function tryToPlace(deps: Deps, fixed: Deps, wish: Wish): Promise<Placed | 'moved'> {
  const { asker, resource, problem, isEmergency = false } = wish
  const opinions = await opinionsOn(fixed, wish)
  const { approvals: leastApprovals, groups } = ruling(opinions.request).narrowing ?? {}
  const crowd =
    asker.ok && resource !== undefined && problem === undefined && !isEmergency
      ? await quorumProblem(deps, asker.person, resource, {
          beneficiary: wish.beneficiary,
          leastApprovals,
          groups,
        })
      : undefined
  const attempt = () =>
    deps.store.transaction((tx) =>
      place(deps, tx, wish, { ...opinions, catalogue: fixed.catalogue() }, crowd),
    )
  try {
    return await attempt()
  } catch (error) {
    // The same delivery, or the same wish, came in at the same moment: the second look finds it.
    if (error instanceof RequestExists) return attempt()
    throw error
  }
}

async function place(
  deps: Deps,
  tx: Transaction,
  wish: Wish,
  opinions: Opinions & { readonly catalogue: Catalogue },
  crowd: Refusal | undefined,
): Promise<Placed | 'moved'> {
  const { catalogue } = opinions
  // In this order: a repeated delivery that sees the first one's request must know it for its own.
  const waiting = await wish.waiting(tx)
  const known = await tx.requests.findByIdempotencyKey(wish.idempotencyKey)
  if (known !== undefined)
    return { ok: true, value: await viewIn(tx, catalogue, known, deps.pages) }
  const act = recordedAct(wish, wish.asker)
  const age = slackAsOf(wish.asker)
  const recordOpinions = async (about = resourceIdOf(wish)): Promise<void> => {
    await recordOpinion(tx, opinions.request, act, about)
    await recordOpinion(tx, opinions.activate, act, about)
  }
  const refuse = async (refusal: Refusal): Promise<Placed> => {
    await recordOpinions()
    return refused(deps, tx, wish, refusal)
  }
  const moved = async (): Promise<'moved'> => {
    await recordOpinions()
    return 'moved'
  }
  if (deps.catalogue() !== catalogue) return moved()
  if (!wish.asker.ok) return refuse(wish.asker.refusal)
  const { resource } = wish
  if (wish.problem !== undefined || resource === undefined)
    return refuse(wish.problem ?? { code: 'resource-gone' })
  const by = wish.asker.person
  await tx.requests.lockUsage(wish.actor)
  const extended = wish.extends === undefined ? undefined : await tx.requests.lock(wish.extends)
  if (wish.extends !== undefined && extended === undefined)
    return refuse({ code: 'no-such-request' })
  // Whoever waited for a lock may find other rules after it.
  if (deps.catalogue() !== catalogue) return moved()
  const isAsked = opinions.request !== undefined
  if (isAsked && extended?.version !== opinions.extendedVersion) return moved()
  const asked = ruling(opinions.request)
  const facts = {
    at: tx.now,
    by,
    resource,
    catalogueRevision: catalogue.revision,
    ...(asked.narrowing === undefined ? {} : { narrowing: asked.narrowing }),
    ...(extended === undefined ? {} : { extended }),
  }
  const decision = decide(undefined, wish.command({ ...facts, id: deps.newRequestId() }))
  if (!decision.ok) return refuse(decision.refusal)
  const pending = decision.next as Pending
  if (waiting !== undefined) return refuse({ code: 'already-pending' })
  if (deps.rego() !== undefined && !isFresh(deps, opinions.request)) return refuse({ code: 'busy' })
  if (asked.refusal?.code === 'rego-denied') return refuse(asked.refusal)
  const beyond = await beyondLimits(tx, pending, catalogue.limits)
  if (beyond !== undefined) return refuse(beyond)
  const opening = {
    ...facts,
    requester: by,
    isSteppedUp: isSteppedUp(wish.asker, wish.assertion, tx.now),
  }
  const alone = await openAlone(deps, tx, pending, opening, opinions)
  if (pending.kind === 'break-glass' && alone.step === undefined)
    return refuse(alone.refusal ?? { code: 'no-break-glass' })
  if (alone.step === undefined && crowd !== undefined) return refuse(crowd)

  const notice = alone.notice ?? noticeOf(asked.refusal)
  const told = notice === undefined ? {} : { notice }
  const created = { ...decision, details: { ...decision.details, ...told } }
  await recordNew(tx, aged(created, age), act, wish.idempotencyKey)
  const about = { requestId: pending.id, resourceId: resource.id }
  await recordOpinions(about)
  if (alone.step !== undefined) {
    const isEmergency = pending.kind === 'break-glass'
    await recordChange(tx, pending, aged(alone.step, age), isEmergency ? act : BY_BOT)
  }
  const request = alone.step?.next ?? pending
  return { ok: true, value: await viewIn(tx, catalogue, request, deps.pages), ...told }
}

/** A step with what its event says of the age of Slack's answers. */
function aged<Step extends Transition>(step: Step, age: ReturnType<typeof slackAsOf>): Step {
  return { ...step, details: { ...step.details, ...age } }
}

async function refused(
  { pages }: Deps,
  tx: Transaction,
  wish: Wish,
  refusal: Refusal,
): Promise<Placed> {
  const details = { ...wish.details, ...slackAsOf(wish.asker) }
  await recordRefusal(tx, {
    ...recordedAct(wish, wish.asker),
    action: wish.refusedAs,
    refusal,
    details,
  })
  return { ok: false, refusal: refusalAt(refusal, pages) }
}

function resourceIdOf({ resource }: Wish): Parameters<typeof recordOpinion>[3] {
  return resource === undefined ? {} : { resourceId: resource.id }
}

function noticeOf(refusal: Refusal | undefined): Notice | undefined {
  return refusal?.code === 'rego-silent' ? { code: 'rego-silent' } : undefined
}
