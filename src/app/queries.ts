import type { SlackUserId } from '../domain/ids.ts'
import type { Resource } from '../domain/resource.ts'
import { belongsTo, groupsIn, requestableBy } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import { viewOf } from './deps.ts'
import { identify, recognize } from './identify.ts'
import type { RequestView } from './ports.ts'
import type { Outcome } from './use-cases.ts'

const LIST_LENGTH = 20

/** The resources that somebody may ask for. */
export async function resourcesFor(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly Resource[]>> {
  const catalogue = deps.catalogue()
  const sets = [...catalogue.resources.values()].map(({ requesters }) => requesters)
  const found = await recognize(deps, actor, groupsIn(...sets))
  if (!found.ok) return found
  return listed(requestableBy(catalogue, found.person), found.isComplete)
}

/** A list that is empty because of what could not be looked up is no answer. */
function listed<T>(list: readonly T[], isComplete: boolean | undefined): Outcome<readonly T[]> {
  if (list.length === 0 && isComplete === false)
    return { ok: false, refusal: { code: 'directory-unavailable' } }
  return { ok: true, value: list }
}

/** Somebody's own requests: what is open or live first, then the newest. */
export async function requestsOf(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly RequestView[]>> {
  const identified = await identify(deps, actor, new Set())
  if (!identified.ok) return identified
  const requests = await deps.store.statement((db) => db.requests.ofRequester(actor, LIST_LENGTH))
  return { ok: true, value: requests.map((request) => viewOf(deps.catalogue(), request)) }
}

/** Requests that wait for somebody's answer, the oldest first; those that they cannot answer are left out. */
export async function requestsWaitingFor(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly RequestView[]>> {
  const catalogue = deps.catalogue()
  const resources = [...catalogue.resources.values()]
  const found = await recognize(deps, actor, groupsIn(...resources.map((r) => r.approvers)))
  if (!found.ok) return found
  const { person } = found
  const ids = resources.filter((r) => belongsTo(r.approvers, person)).map(({ id }) => id)
  const pending = await deps.store.statement((db) => db.requests.pending(ids, person, LIST_LENGTH))
  return listed(
    pending.map((request) => viewOf(catalogue, request)),
    found.isComplete,
  )
}
