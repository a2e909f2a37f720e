import type { Command, Decision } from '../domain/decide.ts'
import { decide } from '../domain/decide.ts'
import type { RefusedAction } from '../domain/event.ts'
import type { RequestId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { PeopleSet, Resource } from '../domain/resource.ts'
import { groupsIn } from '../domain/rules.ts'
import { actorOf } from './actor.ts'
import type { Deps } from './deps.ts'
import { viewOf } from './deps.ts'
import { identify } from './identify.ts'
import type { Identified } from './identify.ts'
import type { MessagePlace, RequestView } from './ports.ts'
import { recordChange, recordRefusal } from './record.ts'
import type { Transaction } from './store.ts'
import type { Act, Outcome } from './use-cases.ts'

/** What is known when somebody wants to change a request: everything as it is at this moment. */
export interface Situation {
  readonly actor: Person
  /** The requester, looked up again; absent when nobody needs them. */
  readonly requester?: Identified
  readonly resource?: Resource
  readonly at: Date
}

export interface Change extends Act {
  readonly id: RequestId
  readonly clicked?: MessagePlace
  /** The name under which a refused attempt is recorded. */
  readonly refusedAs: RefusedAction
  /** Whether the requester's rights matter too, so that they are looked up again. */
  readonly needsRequester: boolean
  /** The sets of people that give the actor the right to this; none of them is looked up for somebody's own request. */
  entitled(resource: Resource | undefined): readonly (PeopleSet | undefined)[]
  /** The command to decide, or why it cannot even be put. */
  command(situation: Situation): Command | Refusal
}

/**
 * Carries out one person's wish to change a request: look-ups first, outside any transaction; then, with the request
 * locked, the decision, its audit event and the marks of what is out of date, in one transaction.
 */
export async function changeRequest(deps: Deps, change: Change): Promise<Outcome<RequestView>> {
  const catalogue = deps.catalogue()
  const found = await deps.store.statement((db) => db.requests.find(change.id))
  const resource = found && catalogue.resources.get(found.resourceId)
  const isOwn = found?.requester.userId === change.actor
  const [actor, requester] = await Promise.all([
    identify(deps, change.actor, groupsIn(...(isOwn ? [] : change.entitled(resource)))),
    found !== undefined && change.needsRequester
      ? identify(deps, found.requester.userId, groupsIn(resource?.requesters))
      : undefined,
  ])
  return deps.store.transaction(async (tx) => {
    const request = await tx.requests.lock(change.id)
    const decision = decideChange(request, change, actor, { requester, resource, at: tx.now })
    const act = { actor: actorOf(change.actor, actor), via: change.via }
    await adopt(tx, request, change.clicked)
    if (!decision.ok) {
      const { refusal } = decision
      await recordRefusal(tx, {
        ...act,
        action: change.refusedAs,
        refusal,
        ...(request === undefined
          ? { details: { id: change.id } }
          : { requestId: request.id, resourceId: request.resourceId }),
      })
      return { ok: false, refusal }
    }
    if (request === undefined)
      throw new TypeError(`decided a request that is not there: ${change.id}`)
    await recordChange(tx, request, decision, act)
    deps.log.info({ requestId: change.id, actor: change.actor, via: change.via }, decision.action)
    return { ok: true, value: viewOf(catalogue, decision.next) }
  })
}

function decideChange(
  request: AccessRequest | undefined,
  change: Change,
  actor: Identified,
  rest: { requester: Identified | undefined; resource: Resource | undefined; at: Date },
): Decision {
  if (request === undefined) return { ok: false, refusal: { code: 'no-such-request' } }
  if (!actor.ok) return { ok: false, refusal: actor.refusal }
  const { requester, resource, at } = rest
  const wish = change.command({
    actor: actor.person,
    at,
    ...(requester === undefined ? {} : { requester }),
    ...(resource === undefined ? {} : { resource }),
  })
  return 'code' in wish ? { ok: false, refusal: wish } : decide(request, wish)
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
