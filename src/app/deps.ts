import type { RequestId } from '../domain/ids.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Catalogue } from '../domain/resource.ts'
import { resourceAt } from '../domain/resource.ts'
import type { Directory, Log, RequestView } from './ports.ts'
import type { RegoPolicy } from './rego-policy.ts'
import type { Statements, Store } from './store.ts'

/** What the use cases need from outside. */
export interface Deps {
  readonly store: Store
  readonly directory: Directory
  /** The catalogue in force now. */
  readonly catalogue: () => Catalogue
  /** The Rego policy in force now, when there is one. */
  readonly rego: () => RegoPolicy | undefined
  /** Milliseconds of a clock that never goes back. */
  readonly steady: () => number
  readonly newRequestId: () => RequestId
  readonly log: Log
}

/** The same, going by the catalogue of this moment from now on. */
export function fixedIn(deps: Deps): Deps {
  const catalogue = deps.catalogue()
  return { ...deps, catalogue: () => catalogue }
}

/** A request with its resource as the catalogue has it now. */
export function viewOf(catalogue: Catalogue, request: AccessRequest): RequestView {
  const resource = resourceAt(catalogue, request.resourceId, request.level)
  return resource === undefined ? { request } : { request, resource }
}

/** Like {@link viewOf}, with the request whose grant is to last longer when that is what is asked. */
export async function viewIn(
  db: Statements,
  catalogue: Catalogue,
  request: AccessRequest,
): Promise<RequestView> {
  const view = viewOf(catalogue, request)
  if (request.extends === undefined) return view
  const extended = await db.requests.find(request.extends)
  return extended?.status === 'approved' ? { ...view, extended } : view
}
