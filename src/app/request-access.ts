import { decide } from '../domain/decide.ts'
import type { ResourceId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { groupsIn } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import { viewOf } from './deps.ts'
import { identify } from './identify.ts'
import type { Identified } from './identify.ts'
import { actorOf } from './actor.ts'
import type { RequestView } from './ports.ts'
import { recordNew, recordRefusal } from './record.ts'
import { RequestExists } from './store.ts'
import type { Transaction } from './store.ts'
import type { Outcome, UseCases } from './use-cases.ts'

type Input = Parameters<UseCases['requestAccess']>[0]

/** Asks for access; see {@link UseCases.requestAccess}. */
export async function requestAccess(deps: Deps, input: Input): Promise<Outcome<RequestView>> {
  const catalogue = deps.catalogue()
  const resource = catalogue.resources.get(input.resource as ResourceId)
  const identified = await identify(deps, input.actor, groupsIn(resource?.requesters))
  const attempt = () => deps.store.transaction((tx) => ask(deps, tx, input, identified))
  try {
    return await attempt()
  } catch (error) {
    // The same delivery, or the same wish, came in at the same moment: the second look finds it.
    if (error instanceof RequestExists) return attempt()
    throw error
  }
}

async function ask(
  deps: Deps,
  tx: Transaction,
  input: Input,
  identified: Identified,
): Promise<Outcome<RequestView>> {
  const catalogue = deps.catalogue()
  // In this order: a repeated delivery that sees the first one's request must know it for its own.
  const pending = await tx.requests.findPending(input.actor, input.resource as ResourceId)
  const known = await tx.requests.findByIdempotencyKey(input.idempotencyKey)
  if (known !== undefined) return { ok: true, value: viewOf(catalogue, known) }
  const act = { actor: actorOf(input.actor, identified), via: input.via }
  const refuse = async (refusal: Refusal): Promise<Outcome<RequestView>> => {
    await recordRefusal(tx, {
      ...act,
      action: 'request.create_refused',
      refusal,
      details: { resource: input.resource, durationSeconds: input.durationSeconds },
    })
    return { ok: false, refusal }
  }
  if (!identified.ok) return refuse(identified.refusal)
  const resource = catalogue.resources.get(input.resource as ResourceId)
  if (resource === undefined) return refuse({ code: 'no-such-resource', resource: input.resource })
  const decision = decide(undefined, {
    type: 'request',
    at: tx.now,
    id: deps.newRequestId(),
    by: identified.person,
    resource,
    durationSeconds: input.durationSeconds,
    reason: input.reason,
    catalogueRevision: catalogue.revision,
  })
  if (!decision.ok) return refuse(decision.refusal)
  if (pending !== undefined) return refuse({ code: 'already-pending' })
  await recordNew(tx, decision, act, input.idempotencyKey)
  deps.log.info(
    { requestId: decision.next.id, resource: resource.id, requester: input.actor },
    'access requested',
  )
  return { ok: true, value: viewOf(catalogue, decision.next) }
}
