import type { RequestId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Catalogue } from '../domain/resource.ts'
import { resourceAt } from '../domain/resource.ts'
import type { Directory, Log, RequestView } from './ports.ts'
import type { RegoPolicy } from './rego-policy.ts'
import type { Statements, Store } from './store.ts'
import type { TrailWatched } from './watch-trail.ts'

/** The pages behind Pomerium. */
export interface Pages {
  /** Where they are, e.g. `https://jit.example.com`; no slash at the end. */
  readonly origin: string
  /** Whether people must link their Slack account to their Pomerium identity before they ask. */
  readonly isLinkNeeded: boolean
  /** Eight random letters and digits, as {@link requestIdFrom} writes them. */
  readonly newLinkCode: () => string
  /** SHA-256 of a text in UTF-8, in hex. */
  readonly sha256: (text: string) => string
}

/** What the use cases need from outside. */
export interface Deps {
  readonly store: Store
  readonly directory: Directory
  /** The catalogue in force now. */
  readonly catalogue: () => Catalogue
  /** The Rego policy in force now, when there is one. */
  readonly rego: () => RegoPolicy | undefined
  /** What this process found when it last looked at the audit trail. */
  readonly trailWatched?: () => TrailWatched | undefined
  /** Milliseconds of a clock that never goes back. */
  readonly steady: () => number
  readonly newRequestId: () => RequestId
  /** Absent where there are none. */
  readonly pages?: Pages
  readonly log: Log
}

/** The same, going by the catalogue of this moment from now on. */
export function fixedIn(deps: Deps): Deps {
  const catalogue = deps.catalogue()
  return { ...deps, catalogue: () => catalogue }
}

/** A request with its resource as the catalogue has it now, and with its page where there are pages. */
export function viewOf(
  catalogue: Catalogue,
  request: AccessRequest,
  pages: Pages | undefined,
): RequestView {
  const resource = resourceAt(catalogue, request.resourceId, request.level)
  return {
    request,
    ...(resource === undefined ? {} : { resource }),
    ...(pages === undefined ? {} : { page: pageOf(pages, request.id) }),
  }
}

/** The address of a request's page; of the page to ask on when there is no request yet. */
export function pageOf({ origin }: Pages, id?: RequestId): string {
  return id === undefined ? `${origin}/` : `${origin}/requests/${id}`
}

/** A refusal that says where the step-up is done, when that is what is missing. */
export function refusalAt(refusal: Refusal, pages: Pages | undefined, id?: RequestId): Refusal {
  if (refusal.code !== 'step-up-needed' || pages === undefined) return refusal
  return { ...refusal, page: pageOf(pages, id) }
}

/** Like {@link viewOf}, with the request whose grant is to last longer when that is what is asked. */
export async function viewIn(
  db: Statements,
  catalogue: Catalogue,
  request: AccessRequest,
  pages: Pages | undefined,
): Promise<RequestView> {
  const view = viewOf(catalogue, request, pages)
  if (request.extends === undefined) return view
  const extended = await db.requests.find(request.extends)
  return extended?.status === 'approved' ? { ...view, extended } : view
}
