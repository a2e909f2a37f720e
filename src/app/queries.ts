import { mayEverAnswer } from '../domain/approvals.ts'
import type { SlackUserId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Catalogue, Resource } from '../domain/resource.ts'
import { askable, refOf, resourceAt } from '../domain/resource.ts'
import {
  approverSets,
  belongsTo,
  groupsIn,
  isSponsor,
  kindsFor,
  requesterSets,
} from '../domain/rules.ts'
import { mayAnswerNow } from './deeds.ts'
import type { Deps } from './deps.ts'
import { viewIn } from './deps.ts'
import { identify, recognize, strangerRefusal } from './identify.ts'
import type { RequestView } from './ports.ts'
import { hasDenied, isIn, isRuledBy } from './rights.ts'
import type { Statements } from './store.ts'
import type { Offer, Outcome } from './use-cases.ts'

const LIST_LENGTH = 20
/** So many requests are looked at for those that wait for one person. */
const LOOKED_AT = 200

/** What somebody may ask for; see {@link UseCases.offersFor}. */
export async function offersFor(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly Offer[]>> {
  const catalogue = deps.catalogue()
  const resources = askable(catalogue)
  const found = await recognize(deps, actor, groupsIn(...resources.flatMap(requesterSets)))
  if (!found.ok) return found
  const { person } = found
  const offers = resources
    .filter((resource) => found.isComplete !== false || !hasDenied(requesterSets(resource)))
    .map((resource) => ({
      resource,
      kinds: kindsFor(resource, person),
      isSponsor: isSponsor(resource, person),
    }))
    .filter(({ kinds, isSponsor }) => kinds.length > 0 || isSponsor)
  return listed(offers, catalogue, { person, isComplete: found.isComplete })
}

/** Somebody's own requests: what is open or live first, then the newest. */
export async function requestsOf(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly RequestView[]>> {
  const identified = await identify(deps, actor, new Set())
  if (!identified.ok) return identified
  const catalogue = deps.catalogue()
  const views = await deps.store.statement(async (db) =>
    viewsOf(db, deps, catalogue, await db.requests.ofRequester(actor, LIST_LENGTH)),
  )
  return listed(views, catalogue, { person: identified.person, isComplete: true })
}

/** Requests that somebody may answer now, the oldest first; see {@link UseCases.requestsWaitingFor}. */
export function requestsWaitingFor(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly RequestView[]>> {
  const mayEver = (resource: Resource, person: Person) =>
    approverSets(resource).some((set) => set !== undefined && belongsTo(set, person))
  return waitingFor(deps, actor, mayEver, async (db, refs, person, { catalogue }) => {
    const pending = await db.requests.pending(refs, person, LOOKED_AT)
    return pending
      .filter((request) => {
        const resource = resourceAt(catalogue, request.resourceId, request.level)
        return resource !== undefined && mayAnswerNow(request, resource, person)
      })
      .slice(0, LIST_LENGTH)
  })
}

/** Break-glass access that somebody may review; see {@link UseCases.reviewsWaitingFor}. */
export function reviewsWaitingFor(
  deps: Deps,
  actor: SlackUserId,
): Promise<Outcome<readonly RequestView[]>> {
  const mayReview = (resource: Resource, person: Person) =>
    mayEverAnswer({ kind: 'break-glass' }, resource, person)
  return waitingFor(deps, actor, mayReview, (db, refs, person, { isAdmin }) =>
    // Of what has left the catalogue too.
    db.requests.reviewsDue(isAdmin ? 'all' : refs, person, LIST_LENGTH),
  )
}

/** Requests for those resources of which a person has a right. */
async function waitingFor(
  deps: Deps,
  actor: SlackUserId,
  hasRight: (resource: Resource, person: Person) => boolean,
  find: (
    db: Statements,
    refs: readonly string[],
    person: Person,
    more: { readonly catalogue: Catalogue; readonly isAdmin: boolean },
  ) => Promise<readonly AccessRequest[]>,
): Promise<Outcome<readonly RequestView[]>> {
  const catalogue = deps.catalogue()
  const resources = askable(catalogue)
  const { admins } = catalogue
  const found = await recognize(deps, actor, groupsIn(admins, ...resources.flatMap(approverSets)))
  if (!found.ok) return found
  const { person } = found
  const known = { person, isComplete: found.isComplete !== false }
  const isAdmin = isIn(admins, known)
  const refs = resources
    .filter((resource) => isRuledBy(resource, known))
    .filter((resource) => hasRight(resource, person))
    .map(refOf)
  const views = await deps.store.statement(async (db) =>
    viewsOf(db, deps, catalogue, await find(db, refs, person, { catalogue, isAdmin })),
  )
  return listed(views, catalogue, { person, isComplete: found.isComplete })
}

function viewsOf(
  db: Statements,
  { pages }: Deps,
  catalogue: Catalogue,
  requests: readonly AccessRequest[],
): Promise<readonly RequestView[]> {
  return Promise.all(requests.map((request) => viewIn(db, catalogue, request, pages)))
}

/** A list that is empty because of what could not be looked up, or because somebody is not served, is no answer. */
function listed<T>(
  list: readonly T[],
  catalogue: Catalogue,
  { person, isComplete }: { readonly person: Person; readonly isComplete: boolean | undefined },
): Outcome<readonly T[]> {
  if (list.length > 0) return { ok: true, value: list }
  const stranger = strangerRefusal(person, catalogue)
  if (isComplete !== false && stranger === undefined) return { ok: true, value: list }
  return { ok: false, refusal: stranger ?? { code: 'directory-unavailable' } }
}
