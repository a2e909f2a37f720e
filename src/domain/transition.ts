import type { ChangeAction } from './event.ts'
import type { Json } from './ppl.ts'
import type { Refusal } from './refusal.ts'
import type { AccessRequest } from './request.ts'

/** One step in the life of a request: its next version, and the event that belongs to it. */
export interface Transition {
  readonly next: AccessRequest
  readonly action: ChangeAction
  readonly details: { readonly [key: string]: Json }
  /** The step of another request that belongs to this one: both are taken, or none. */
  readonly also?: Transition & { readonly from: AccessRequest }
}

export type Refused = { readonly ok: false; readonly refusal: Refusal }
export type Decision = ({ readonly ok: true } & Transition) | Refused

/** The step from one state to another; it moves the version by one. */
export function changed(
  from: AccessRequest,
  to: AccessRequest,
  action: ChangeAction,
  details: Transition['details'] = {},
): Decision {
  return { ok: true, next: { ...to, version: from.version + 1 }, action, details }
}

/** No step: what somebody reads instead. */
export function refuse(refusal: Refusal): Refused {
  return { ok: false, refusal }
}
