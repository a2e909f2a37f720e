import type { LevelId, ResourceId, SlackGroupId } from '../domain/ids.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Catalogue, Resource } from '../domain/resource.ts'
import { askable, resourceAt } from '../domain/resource.ts'
import { groupsIn, isSponsor, kindsFor, requesterSets } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import type { Identified } from './identify.ts'
import { linkProblem, strangerRefusal } from './identify.ts'
import { identifyActor } from './identify-actor.ts'
import { placeRequest } from './place-request.ts'
import type { Placed, Wish } from './place-request.ts'
import { startOf } from './start.ts'
import type { UseCases } from './use-cases.ts'

type Input = Parameters<UseCases['requestAccess']>[0]

/** Asks for access; see {@link UseCases.requestAccess}. */
export function requestAccess(deps: Deps, input: Input): Promise<Placed> {
  return placeRequest(deps, (fixed) => wishOf(fixed, input))
}

async function wishOf(deps: Deps, input: Input): Promise<Wish> {
  const catalogue = deps.catalogue()
  const { beneficiary } = input
  const [id = '', level, ...rest] = input.resource.split(':')
  const ref = { resourceId: id as ResourceId, level: level as LevelId | undefined }
  const resource = rest.length > 0 ? undefined : resourceAt(catalogue, ref.resourceId, ref.level)
  const levels = [...(catalogue.resources.get(ref.resourceId)?.levels.values() ?? [])]
  const candidates = resource === undefined && level === undefined ? levels : [resource]
  const groups = groupsIn(...candidates.flatMap(requesterSets))
  const known = await identifyActor(deps, input, groups)
  const isHidden = unaskable(known, resource, candidates, input)?.code === 'no-such-resource'
  // The same look-up for every name that is not theirs to see: a failure must not tell which of them exist.
  const asker = isHidden ? await identifyActor(deps, input, anyGroups(catalogue)) : known
  const start = await startOf(deps, input.start, asker)
  const problem =
    linkProblem(deps, asker) ?? unaskable(asker, resource, candidates, input) ?? start.problem
  return {
    actor: input.actor,
    via: input.via,
    ...(input.assertion === undefined ? {} : { assertion: input.assertion }),
    idempotencyKey: input.idempotencyKey,
    asker,
    resource,
    beneficiary,
    isEmergency: input.breakGlass === true,
    problem: problem && strange(deps, asker, problem),
    refusedAs: 'request.create_refused',
    details: {
      resource: input.resource,
      durationSeconds: input.durationSeconds,
      ...(beneficiary === undefined ? {} : { beneficiary }),
      ...(input.breakGlass === true ? { breakGlass: true } : {}),
    },
    // An emergency waits for nothing, not even for the answer to an ordinary wish for the same.
    waiting: async (tx) =>
      input.breakGlass === true
        ? undefined
        : tx.requests.findPending({ ...ref, requester: input.actor, beneficiary }),
    command: (facts) => ({
      type: 'request',
      ...facts,
      isEmergency: input.breakGlass === true,
      durationSeconds: input.durationSeconds,
      reason: input.reason,
      ...(beneficiary === undefined ? {} : { beneficiary }),
      ...(start.at === undefined ? {} : { startsAt: start.at }),
    }),
  }
}

/** The groups of everybody who may ask for anything. */
function anyGroups(catalogue: Catalogue): ReadonlySet<SlackGroupId> {
  return groupsIn(...askable(catalogue).flatMap(requesterSets))
}

/** Why it cannot be asked for at all: nothing of that name is theirs to see, or they have to say at which level. */
function unaskable(
  asker: Identified,
  resource: Resource | undefined,
  candidates: readonly (Resource | undefined)[],
  { resource: name, beneficiary }: Input,
): Refusal | undefined {
  if (!asker.ok) return undefined
  const { person } = asker
  const isTheirs = (of: Resource) => kindsFor(of, person).length > 0 || isSponsor(of, person)
  const visible = candidates.filter((of) => of !== undefined).filter(isTheirs)
  if (visible.length === 0) return { code: 'no-such-resource', resource: name }
  if (resource === undefined)
    return {
      code: 'level-needed',
      ...(visible[0] === undefined ? {} : { resource: visible[0].id }),
      levels: visible.flatMap(({ level }) => (level === undefined ? [] : [level.id])),
    }
  return beneficiary !== undefined && !isWritableEmail(beneficiary)
    ? { code: 'beneficiary-not-listed', beneficiary }
    : undefined
}

/** Guests and people of other organisations read why they are not served, whatever they ask for. */
function strange(deps: Deps, asker: Identified, problem: Refusal): Refusal {
  if (!asker.ok || problem.code !== 'no-such-resource') return problem
  return strangerRefusal(asker.person, deps.catalogue()) ?? problem
}
