import type { AccessRequest, Grant } from './request.ts'

/** Where a request stands, the states of its grant included. */
export type RequestState = Exclude<AccessRequest['status'], 'approved'> | Grant['state']

/** Where a request stands. */
export function stateOf(request: AccessRequest): RequestState {
  return request.status === 'approved' ? request.grant.state : request.status
}

/** When a request came to its end without a grant of its own; `undefined` while it waits, and when it was approved. */
export function closedAt(request: AccessRequest): Date | undefined {
  switch (request.status) {
    case 'denied':
      return request.deniedAt
    case 'cancelled':
      return request.cancelledAt
    case 'lapsed':
      return request.lapsedAt
    case 'extended':
      return request.extendedAt
    case 'pending':
    case 'approved':
      return undefined
    default:
      return request satisfies never
  }
}
