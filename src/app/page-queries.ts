import { mayEverAnswer } from '../domain/approvals.ts'
import type { RequestId } from '../domain/ids.ts'
import type { AccessRequest } from '../domain/request.ts'
import { askable, refOf, resourceAt } from '../domain/resource.ts'
import { approverSets, belongsTo } from '../domain/rules.ts'
import { deedsFor, maySee } from './deeds.ts'
import type { Deps } from './deps.ts'
import { viewIn } from './deps.ts'
import type { Overview, Shown, Story, Visitor } from './page-cases.ts'
import { OVERVIEW_LENGTH } from './page-cases.ts'
import { requestsOf } from './queries.ts'
import type { Rights } from './rights.ts'
import { isRuledBy, rightsOf } from './rights.ts'
import type { Statements } from './store.ts'
import type { Outcome } from './use-cases.ts'

/** So many requests are looked at for those that one person may ever answer. */
const LOOKED_AT = 2 * OVERVIEW_LENGTH
const STORY_LENGTH = 300

/** A visitor's own requests; see PageCases. */
export async function mine(deps: Deps, visitor: Visitor): Promise<Outcome<readonly Shown[]>> {
  const [found, rights] = await Promise.all([
    requestsOf(deps, visitor.actor),
    rightsOf(deps, deps.catalogue(), visitor, []),
  ])
  if (!found.ok) return found
  if (!rights.ok) return rights
  const value = found.value.map((view) => ({ view, may: deedsFor(view, rights) }))
  return { ok: true, value }
}

/** What a visitor looks after; see PageCases. */
export async function overview(deps: Deps, visitor: Visitor): Promise<Outcome<Overview>> {
  const catalogue = deps.catalogue()
  const resources = askable(catalogue)
  const rights = await rightsOf(deps, catalogue, visitor, resources)
  if (!rights.ok) return rights
  const { person, isAdmin } = rights
  const refs = resources
    .filter((resource) => isRuledBy(resource, rights))
    .filter((resource) =>
      approverSets(resource).some((set) => set !== undefined && belongsTo(set, person)),
    )
    .map(refOf)
  const which = isAdmin ? 'all' : refs
  const isTheirs = (request: AccessRequest) => {
    const resource = resourceAt(catalogue, request.resourceId, request.level)
    return isAdmin || (resource !== undefined && mayEverAnswer(request, resource, person))
  }
  const value = await deps.store.statement(async (db) => {
    const show = shownIn(db, deps, rights)
    const [waiting, reviews, holding] = await Promise.all([
      db.requests.waiting(which, LOOKED_AT),
      db.requests.reviewsDue(which, person, LOOKED_AT),
      db.requests.holding(which, LOOKED_AT),
    ])
    return {
      waiting: await show(waiting.filter(isTheirs)),
      reviews: await show(reviews.filter(isTheirs)),
      holding: await show(holding.filter(isTheirs)),
    }
  })
  const isEmpty = Object.values(value).every(({ length }) => length === 0)
  // Empty because of what could not be looked up is no answer.
  return isEmpty && !rights.isComplete
    ? { ok: false, refusal: { code: 'directory-unavailable' } }
    : { ok: true, value }
}

/** One request with what happened to it; see PageCases. Unknown, and not for their eyes, read the same. */
export async function story(deps: Deps, visitor: Visitor, id: RequestId): Promise<Outcome<Story>> {
  const catalogue = deps.catalogue()
  const found = await deps.store.statement(async (db) => {
    const request = await db.requests.find(id)
    return request && viewIn(db, catalogue, request, deps.pages)
  })
  // The same look-up for every id: a failure must not tell which of them exist.
  const rights = await rightsOf(deps, catalogue, visitor, askable(catalogue))
  if (!rights.ok) return rights
  if (found === undefined || !maySee(found, rights))
    return {
      ok: false,
      refusal: { code: rights.isComplete ? 'no-such-request' : 'directory-unavailable' },
    }
  const events = await deps.store.statement((db) => db.audit.about(id, STORY_LENGTH))
  return { ok: true, value: { shown: { view: found, may: deedsFor(found, rights) }, events } }
}

function shownIn(db: Statements, deps: Deps, rights: Rights) {
  const catalogue = deps.catalogue()
  return (requests: readonly AccessRequest[]): Promise<readonly Shown[]> =>
    Promise.all(
      requests.slice(0, OVERVIEW_LENGTH).map(async (request) => {
        const view = await viewIn(db, catalogue, request, deps.pages)
        return { view, may: deedsFor(view, rights) }
      }),
    )
}
