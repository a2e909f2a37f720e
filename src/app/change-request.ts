import type { Command, Decision, Transition } from '../domain/decide.ts'
import { decide } from '../domain/decide.ts'
import type { RefusedAction } from '../domain/event.ts'
import type { RequestId, SlackGroupId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import type { Narrowing } from '../domain/rego.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import { resourceAt } from '../domain/resource.ts'
import { recordedAct, slackAsOf } from './actor.ts'
import { isSteppedUp } from './assertion.ts'
import type { Opinion } from './consult.ts'
import { isFresh, recordOpinion, ruling } from './consult.ts'
import type { Deps } from './deps.ts'
import { refusalAt, viewIn } from './deps.ts'
import type { Identified } from './identify.ts'
import { strangerRefusal } from './identify.ts'
import type { Involved } from './involved.ts'
import { lookUp } from './involved.ts'
import type { MessagePlace, RequestView } from './ports.ts'
import { recordChange, recordRefusal } from './record.ts'
import type { Transaction } from './store.ts'
import type { Act, Outcome } from './use-cases.ts'

/** What is known when somebody wants to change a request: everything as it is at this moment. */
export interface Situation {
  readonly request: AccessRequest
  readonly actor: Person
  /** Whether the actor was verified behind Pomerium at this moment as the identity that they linked. */
  readonly isSteppedUp: boolean
  /** The requester, looked up again; absent when nobody needs them. */
  readonly requester?: Identified
  /** Those who approved before and can still be identified. */
  readonly colleagues: readonly Person[]
  readonly resource?: Resource
  /** The request whose grant is to last longer, when that is what was asked. */
  readonly extended?: AccessRequest
  readonly narrowing?: Narrowing
  readonly catalogueRevision: string
  readonly at: Date
}

export interface Change extends Act {
  readonly id: RequestId
  readonly clicked?: MessagePlace
  /** The name under which a refused attempt is recorded. */
  readonly refusedAs: RefusedAction
  /** Whether it opens access: then the requester and those who approved before are looked up again, and the Rego policy is asked. */
  readonly opensAccess: boolean
  /** The groups that may give the actor the right to this; none of them is looked up for somebody's own request. */
  entitled(resource: Resource | undefined): ReadonlySet<SlackGroupId>
  /** The command to decide, or why it cannot even be put. */
  command(situation: Situation): Command | Refusal
}

/** As many as can approve one request, and some: so often it may move while people are looked up. */
const TRIES = 12

/**
 * Carries out one person's wish to change a request: look-ups first, outside any transaction; then, with the request
 * locked, the decision, its audit event and the marks of what is out of date, in one transaction.
 */
export async function changeRequest(deps: Deps, change: Change): Promise<Outcome<RequestView>> {
  for (let left = TRIES; left > 0; left -= 1) {
    const involved = await lookUp(deps, change)
    const outcome = await deps.store.transaction((tx) => carryOut(deps, tx, change, involved))
    if (outcome !== 'moved') return outcome
  }
  return deps.store.transaction(async (tx) => {
    const request = await tx.requests.find(change.id)
    const actor = { ok: false, refusal: { code: 'busy' } } as const
    return refused(deps, tx, change, { request, actor, refusal: { code: 'busy' } })
  })
}

async function carryOut(
  deps: Deps,
  tx: Transaction,
  change: Change,
  involved: Involved,
): Promise<Outcome<RequestView> | 'moved'> {
  const { actor, requester, opinion, found, catalogue } = involved
  // First what is extended, as whoever ends that does too, so that nobody waits in a circle.
  const extended =
    found?.extends === undefined || !change.opensAccess
      ? undefined
      : await tx.requests.lock(found.extends)
  const request = await tx.requests.lock(change.id)
  const act = recordedAct(change, actor)
  const putOnRecord = async (): Promise<void> => {
    if (request === undefined) return
    await recordOpinion(tx, opinion, act, { requestId: request.id, resourceId: request.resourceId })
  }
  const moved = async (): Promise<'moved'> => {
    await putOnRecord()
    return 'moved'
  }
  // Other rules came into force meanwhile, by which nobody was looked up.
  if (deps.catalogue() !== catalogue) return moved()
  // Somebody else answered meanwhile, who was not looked up.
  const isMoved = request?.status === 'pending' && request.version !== found?.version
  if (change.opensAccess && isMoved) return moved()
  if (opinion !== undefined && extended?.version !== involved.extendedVersion) return moved()
  const decision = decideChange(request, change, involved, { at: tx.now, extended })
  const isRegoOwed = change.opensAccess && decision.ok && deps.rego() !== undefined
  if (isRegoOwed && !isAnswered(deps, opinion, decision)) return moved()
  await adopt(tx, request, change.clicked)
  await putOnRecord()
  if (!decision.ok)
    return refused(deps, tx, change, { request, actor, requester, refusal: decision.refusal })
  if (request === undefined)
    throw new TypeError(`decided a request that is not there: ${change.id}`)
  const details = {
    ...decision.details,
    catalogueRevision: catalogue.revision,
    ...slackAsOf(actor, requester, ...involved.approvers),
  }
  await recordChange(tx, request, { ...decision, details }, act)
  return { ok: true, value: await viewIn(tx, catalogue, decision.next, deps.pages) }
}

/** Whether the Rego policy was asked, not long ago, about all that a decision comes to. */
function isAnswered(deps: Deps, opinion: Opinion | undefined, decision: Transition): boolean {
  if (opinion === undefined || !isFresh(deps, opinion)) return false
  const opens = decision.next.status !== 'pending'
  return !opens || opinion.answers.some(({ stage }) => stage === 'activate')
}

async function refused(
  { pages }: Deps,
  tx: Transaction,
  change: Change,
  why: {
    readonly request: AccessRequest | undefined
    readonly actor: Identified
    readonly requester?: Identified | undefined
    readonly refusal: Refusal
  },
): Promise<Outcome<RequestView>> {
  const { request, actor, requester, refusal } = why
  const age = slackAsOf(actor, requester)
  await recordRefusal(tx, {
    ...recordedAct(change, actor),
    action: change.refusedAs,
    refusal,
    ...(request === undefined
      ? { details: { id: change.id, ...age } }
      : { requestId: request.id, resourceId: request.resourceId, details: age }),
  })
  return { ok: false, refusal: refusalAt(refusal, pages, change.id) }
}

function decideChange(
  request: AccessRequest | undefined,
  change: Change,
  { catalogue, actor, requester, colleagues, problem, opinion }: Involved,
  now: { readonly at: Date; readonly extended: AccessRequest | undefined },
): Decision {
  const refuse = (refusal: Refusal): Decision => ({ ok: false, refusal })
  if (request === undefined) return refuse({ code: 'no-such-request' })
  if (!actor.ok) return refuse(actor.refusal)
  const stranger = strangerRefusal(actor.person, catalogue)
  if (stranger !== undefined && request.requester.userId !== change.actor) return refuse(stranger)
  const resource = resourceAt(catalogue, request.resourceId, request.level)
  const { narrowing, refusal } = ruling(opinion)
  const wish = change.command({
    request,
    actor: actor.person,
    at: now.at,
    isSteppedUp: isSteppedUp(actor, change.assertion, now.at),
    colleagues,
    catalogueRevision: catalogue.revision,
    ...(requester === undefined ? {} : { requester }),
    ...(resource === undefined ? {} : { resource }),
    ...(now.extended === undefined ? {} : { extended: now.extended }),
    ...(narrowing === undefined ? {} : { narrowing }),
  })
  if ('code' in wish) return refuse(wish)
  const decision = decide(request, wish)
  // What the catalogue refuses is refused for that; the Rego policy is asked about the rest.
  if (!decision.ok) return decision
  if (problem !== undefined) return refuse(problem)
  return refusal === undefined ? decision : refuse(refusal)
}

/** A card that was clicked exists, even when the answer to its posting was lost: from now on it is kept up to date. */
async function adopt(
  tx: Transaction,
  request: AccessRequest | undefined,
  clicked: MessagePlace | undefined,
): Promise<void> {
  if (request === undefined || clicked === undefined) return
  const isDirect = clicked.channel.startsWith('D')
  const versions = { shown: 0, trail: request.version }
  if (await tx.messages.posted(request.id, isDirect ? 'direct' : 'card', clicked, versions))
    await tx.work.mark('messages', request.id)
}
