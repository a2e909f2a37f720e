import { mayEverAnswer, rightToAnswer } from './approvals.ts'
import type { Person } from './person.ts'
import { isSamePerson, knownBy } from './person.ts'
import type { Refusal } from './refusal.ts'
import type { AccessRequest, Pending } from './request.ts'
import { needsStepUp } from './request.ts'
import type { Resource } from './resource.ts'
import type { Refused } from './transition.ts'
import { refuse } from './transition.ts'

/** Somebody who wants to answer, at some moment. */
interface Answer {
  readonly by: Person
  readonly resource: Resource
  readonly at: Date
}

interface Approving extends Answer {
  /** Whether they were verified behind Pomerium at this moment as the identity that they linked. */
  readonly isSteppedUp: boolean
}

type Answerable = { readonly ok: true; readonly pending: Pending } | Refused

/** Why this person may not approve the request now, whoever asked and however many approved; `undefined` when they may. */
export function approveProblem(request: AccessRequest, answer: Approving): Refusal | undefined {
  const answerable = toApprove(request, answer)
  return answerable.ok ? undefined : answerable.refusal
}

/** The request as this person may approve it now, and in this way, or why not. */
export function toApprove(request: AccessRequest, answer: Approving): Answerable {
  const answerable = toAnswer(request, answer)
  if (!answerable.ok) return answerable
  const { pending } = answerable
  // Emergency access opens at once or not at all; people review it afterwards.
  if (pending.kind === 'break-glass') return refuse({ code: 'not-an-approver' })
  const isMissing = needsStepUp(pending, answer.resource) && !answer.isSteppedUp
  return isMissing ? refuse({ code: 'step-up-needed' }) : answerable
}

/** The request as this person may answer it now, or why not; one rule for every path to a decision. */
export function toAnswer(request: AccessRequest, { by, resource, at }: Answer): Answerable {
  if (isOwn(request, by)) return refuse({ code: 'own-request' })
  const isEntitled =
    request.status === 'pending'
      ? rightToAnswer(request, resource, by) !== undefined
      : mayEverAnswer(request, resource, by)
  if (!isEntitled) return refuse({ code: 'not-an-approver' })
  if (request.status !== 'pending') return refuse({ code: 'already-decided', request })
  if (at >= request.lapsesAt) return refuse({ code: 'request-lapsed' })
  return { ok: true, pending: request }
}

/** Whether a person asked, or is who it was asked for. */
export function isOwn(request: AccessRequest, by: Person): boolean {
  return isSamePerson(request.requester, by) || knownBy(by, request.beneficiary)
}
