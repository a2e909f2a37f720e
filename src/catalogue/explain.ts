import { automaticRule } from '../domain/decide-alone.ts'
import { stagesOf } from '../domain/approvals.ts'
import { decide } from '../domain/decide.ts'
import type { LevelId, RequestId, ResourceId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import { foldEmail } from '../domain/person.ts'
import { grantRule } from '../domain/ppl-rule.ts'
import type { Rule } from '../domain/ppl.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Pending, RequestKind } from '../domain/request.ts'
import type {
  AutomaticRule,
  Catalogue,
  Names,
  PeopleSet,
  Resource,
  Stage,
} from '../domain/resource.ts'
import { resourceAt } from '../domain/resource.ts'
import { domainOf, ineligibility, isNamed, isSponsor, kindsFor } from '../domain/rules.ts'
import { plusSeconds } from '../domain/time.ts'

export interface Question {
  readonly who: Person
  /** At its level. */
  readonly resource: Resource
  readonly durationSeconds: number
  /** Absent: whatever is said of the reason is not checked. */
  readonly reason?: string
  /** The address of a vendor for whom they ask as a sponsor. */
  readonly beneficiary?: string
  /** Absent: at once. */
  readonly startsAt?: Date
  readonly at: Date
}

/** One way in which somebody may ask. */
export interface Way {
  readonly kind: RequestKind
  /** What of the catalogue names them, such as `group S0ENG`. */
  readonly by: string
  /** Why the wish is refused all the same. */
  readonly refusal?: Refusal
  /** Approves instead of people. */
  readonly automatic?: AutomaticRule
  /** Whose approvals are needed; of emergency access, who reviews it. */
  readonly stages: readonly Stage[]
  /** What would be written into Pomerium's policy if it were approved now. */
  readonly rule?: Rule
}

export interface Explanation {
  readonly question: Question
  /** Empty when they may not ask, and do not see that it exists. */
  readonly ways: readonly Way[]
  /** Why not, for each list that might have named them. */
  readonly obstacles: readonly string[]
  /** Whether they may ask for vendors who are not in Slack. */
  readonly isSponsor: boolean
}

/** Who may do what, by the same decisions as those of the bot; the Rego policy and what people have already are left out. */
export function explain(catalogue: Catalogue, question: Question): Explanation {
  const { who, resource, beneficiary } = question
  const kinds = beneficiary === undefined ? kindsFor(resource, who) : sponsoredKinds(question)
  return {
    question,
    ways: kinds.map((kind) => wayOf(catalogue, question, kind)),
    obstacles:
      kinds.length > 0
        ? []
        : beneficiary === undefined
          ? obstaclesOf(question)
          : sponsorObstacles(question, beneficiary),
    isSponsor: isSponsor(resource, who),
  }
}

function sponsoredKinds({ who, resource, beneficiary }: Question): readonly RequestKind[] {
  const isListed =
    beneficiary !== undefined &&
    ineligibility({ kind: 'sponsored', beneficiary }, who, resource) === undefined
  return isListed ? ['sponsored'] : []
}

function sponsorObstacles({ who, resource }: Question, beneficiary: string): readonly string[] {
  const { vendors } = resource
  if (vendors === undefined) return ['it is not for vendors']
  const isListed = isNamed(vendors.people, { email: beneficiary })
  return [
    ...(isSponsor(resource, who) ? [] : ['vendors.sponsors does not let them']),
    ...(isListed ? [] : [`vendors.people does not name ${beneficiary}`]),
  ]
}

/** The resource that somebody writes as `grafana-prod` or `grafana-prod:read`, or why there is none. */
export function findResource(
  catalogue: Catalogue,
  ref: string,
): { readonly resource: Resource } | { readonly problem: string } {
  const [id = '', level, ...rest] = ref.split(':')
  const base = catalogue.resources.get(id as ResourceId)
  if (base === undefined || rest.length > 0)
    return {
      problem: `there is no resource ${ref}; known are ${[...catalogue.resources.keys()].slice(0, 50).join(', ')}`,
    }
  const resource = resourceAt(catalogue, base.id, level as LevelId | undefined)
  if (resource !== undefined) return { resource }
  const levels = [...base.levels.keys()].map((name) => `${id}:${name}`)
  return {
    problem:
      levels.length === 0
        ? `${id} has no levels; write ${id}`
        : `${id} is asked for at a level; write ${levels.join(' or ')}`,
  }
}

function wayOf(catalogue: Catalogue, question: Question, kind: RequestKind): Way {
  const { who, resource, durationSeconds, reason, beneficiary, startsAt, at } = question
  const sponsored = beneficiary === undefined ? {} : { beneficiary }
  const decision = decide(undefined, {
    type: 'request',
    at,
    id: 'EXPLAIN0' as RequestId,
    by: who,
    resource: reason === undefined ? { ...resource, reason: { minLength: 1 } } : resource,
    durationSeconds,
    reason: reason ?? 'a reason that will do',
    catalogueRevision: catalogue.revision,
    isEmergency: kind === 'break-glass',
    ...sponsored,
    ...(startsAt === undefined ? {} : { startsAt }),
  })
  const stages = stagesOf({ kind, ...sponsored }, resource)
  const by = namedBy(question, kind)
  if (!decision.ok) return { kind, by, stages, refusal: decision.refusal }
  const automatic = automaticRule(decision.next as Pending, who, resource, undefined)
  const rule = grantRule({
    email: beneficiary ?? who.email,
    notBefore: startsAt,
    endsAt: plusSeconds(startsAt ?? at, durationSeconds),
    constraints: resource.constraints,
  })
  return { kind, by, stages, rule, ...(automatic === undefined ? {} : { automatic }) }
}

function namedBy({ who, resource, beneficiary }: Question, kind: RequestKind): string {
  const sets = {
    standard: resource.requesters,
    sponsored: beneficiary === undefined ? resource.vendors?.people : resource.vendors?.sponsors,
    'break-glass': resource.breakGlass?.requesters,
  }
  const names = sets[kind]
  return names === undefined ? '' : (firstName(names, who) ?? '')
}

/** Why each list that might have named them does not. */
function obstaclesOf({ who, resource }: Question): readonly string[] {
  const { requesters, breakGlass, vendors } = resource
  if (who.standing !== 'member') {
    const stranger =
      who.standing === 'guest'
        ? 'they are a guest'
        : `${domainOf(foldEmail(who.email))} is not one of the file’s domains`
    const remedy =
      vendors === undefined ? 'this is for members only' : 'vendors.people does not name them'
    return [`${stranger}, and ${remedy}`]
  }
  const sets: [string, PeopleSet][] = [['requesters', requesters]]
  if (breakGlass !== undefined) sets.push(['break_glass.requesters', breakGlass.requesters])
  return sets.map(([name, set]) => {
    const denied = set.deny === undefined ? undefined : firstName(set.deny, who)
    return denied === undefined || !isNamed(set, who)
      ? `${name} does not name them`
      : `${name}.deny names them: ${denied}`
  })
}

function firstName(names: Names, who: Person): string | undefined {
  const email = foldEmail(who.email)
  const domain = domainOf(email)
  if (names.users.includes(who.userId)) return `user ${who.userId}`
  if (names.emails.includes(email)) return email
  const group = names.groups.find((id) => who.groups.has(id))
  if (group !== undefined) return `group ${group}`
  if (names.domains.includes(domain)) return `everyone at ${domain}`
  return names.everyone ? 'everyone' : undefined
}
