import type { RequestId } from '../domain/ids.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Catalogue } from '../domain/resource.ts'
import type { Directory, Log, RequestView } from './ports.ts'
import type { Store } from './store.ts'

/** What the use cases need from outside. */
export interface Deps {
  readonly store: Store
  readonly directory: Directory
  /** The catalogue in force now. */
  readonly catalogue: () => Catalogue
  readonly newRequestId: () => RequestId
  readonly log: Log
}

/** A request with its resource as the catalogue has it now. */
export function viewOf(catalogue: Catalogue, request: AccessRequest): RequestView {
  const resource = catalogue.resources.get(request.resourceId)
  return resource === undefined ? { request } : { request, resource }
}
