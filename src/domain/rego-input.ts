import { neededBy, stagesOf } from './approvals.ts'
import type { SlackGroupId } from './ids.ts'
import type { Person } from './person.ts'
import { foldEmail } from './person.ts'
import type { Json } from './ppl.ts'
import type { RegoStage } from './rego.ts'
import { REGO_VERSION } from './rego.ts'
import type { AccessRequest, Approval, Asked } from './request.ts'
import { totalSeconds } from './request.ts'
import type { Resource } from './resource.ts'
import { groupsIn, longestSeconds } from './rules.ts'

/** What a question to the Rego policy is about. */
export interface RegoSubject {
  readonly now: Date
  readonly request: Asked
  /** At the level that is asked for. */
  readonly resource: Resource
  readonly requester: Person
  /** Who approves at this moment; absent when nobody does. */
  readonly approver?: Person
  /** The request whose grant is to last longer, when that is what is asked. */
  readonly extended?: AccessRequest
  /** Requests of the requester that wait for an answer. */
  readonly openRequests: number
  readonly catalogueRevision: string
  /** Whether the policy may read the reason that was typed. */
  readonly shareReason: boolean
}

/**
 * The input of the Rego policy, version 1: the same facts always give the same document. What is not known or not
 * there is null, except for the reason, which is there only when it is shared. Instants are RFC 3339, whole seconds
 * rounded down; addresses are folded. `rego/README.md` describes it for the authors of policies.
 */
export function regoInput(stage: RegoStage, about: RegoSubject): { readonly [key: string]: Json } {
  const { request, approver } = about
  return {
    v: REGO_VERSION,
    stage,
    now: { rfc3339: instant(about.now), epoch_s: Math.floor(about.now.getTime() / 1_000) },
    request: requestFacts(about),
    target: targetFacts(about.resource, request),
    requester: personFacts(about.requester),
    approver: approver === undefined ? null : personFacts(approver),
    approvals: request.approvals.map(approvalFacts),
    context: {
      open_requests_of_requester: about.openRequests,
      catalogue_revision: about.catalogueRevision,
    },
  }
}

function requestFacts({ request, extended, shareReason }: RegoSubject): Json {
  return {
    id: request.id,
    kind: request.kind,
    resource: request.resourceId,
    level: request.level ?? null,
    duration_s: request.durationSeconds,
    total_s: totalSeconds(request, extended) ?? null,
    starts_at: request.startsAt === undefined ? null : instant(request.startsAt),
    reason_present: request.reason.trim() !== '',
    ...(shareReason ? { reason: request.reason.toWellFormed() } : {}),
    beneficiary: request.beneficiary === undefined ? null : foldEmail(request.beneficiary),
    extends: request.extends ?? null,
    created_at: instant(request.requestedAt),
  }
}

function targetFacts(resource: Resource, request: Asked): Json {
  const stages = stagesOf(request, resource)
  const approvers = stages.flatMap((stage) => [stage.approvers, stage.silent])
  return {
    id: resource.id,
    level: resource.level?.id ?? null,
    title: resource.title,
    risk: resource.risk,
    max_duration_s: longestSeconds(resource, request.kind),
    approvals: neededBy(stages),
    approver_groups: sorted(groupsIn(...approvers)),
    constraints: resource.constraints,
  }
}

function personFacts(person: Person): Json {
  return {
    slack_id: person.userId,
    team_id: person.teamId,
    email: foldEmail(person.email),
    groups: sorted(person.groups),
    standing: person.standing,
  }
}

function approvalFacts(approval: Approval): Json {
  return {
    slack_id: approval.by.userId,
    email: foldEmail(approval.by.email),
    at: instant(approval.at),
    stage: approval.stage,
    duration_s: approval.durationSeconds ?? null,
  }
}

function sorted(groups: ReadonlySet<SlackGroupId>): readonly string[] {
  return [...groups].sort()
}

function instant(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`
}
