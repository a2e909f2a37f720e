import type { SlackUserId } from '../domain/ids.ts'
import type { Resource } from '../domain/resource.ts'
import { belongsTo, groupsOf, requestableBy } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import { viewOf } from './deps.ts'
import { identify } from './identify.ts'
import type { RequestView } from './ports.ts'
import type { Outcome } from './use-cases.ts'

const LIST_LENGTH = 20

/** The resources that somebody may ask for. */
export async function resourcesFor(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly Resource[]>> {
  const catalogue = deps.catalogue()
  const identified = await identify(deps, actor, groupsOf(catalogue), false)
  if (!identified.ok) return identified
  return { ok: true, value: requestableBy(catalogue, identified.person) }
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
  const identified = await identify(deps, actor, groupsOf(catalogue), false)
  if (!identified.ok) return identified
  const { person } = identified
  const resources = [...catalogue.resources.values()].filter((r) => belongsTo(r.approvers, person))
  const ids = resources.map((resource) => resource.id)
  const pending = await deps.store.statement((db) => db.requests.pending(ids, person, LIST_LENGTH))
  return { ok: true, value: pending.map((request) => viewOf(catalogue, request)) }
}
