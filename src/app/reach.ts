import { neededBy, stagesOf } from '../domain/approvals.ts'
import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import { mostApprovers } from '../domain/reach.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Resource } from '../domain/resource.ts'
import { groupsIn } from '../domain/rules.ts'
import type { Directory } from './ports.ts'
import { DirectoryUnavailable } from './ports.ts'

/**
 * Why a request could never be answered: so few people may approve it by now. `undefined` when enough may, and when
 * nobody can say, since a failed look-up is no answer.
 */
export async function quorumProblem(
  deps: { readonly directory: Directory },
  asker: Person,
  resource: Resource,
  wish: {
    readonly beneficiary?: string | undefined
    readonly leastApprovals?: number | undefined
    /** Approvers must also be in one of these. */
    readonly groups?: readonly SlackGroupId[] | undefined
  } = {},
): Promise<Refusal | undefined> {
  const { beneficiary, leastApprovals, groups } = wish
  const sponsored = beneficiary === undefined ? {} : { beneficiary }
  const isStandard = beneficiary === undefined && asker.standing === 'member'
  const kind = isStandard ? 'standard' : 'sponsored'
  const stages = stagesOf({ kind, ...sponsored }, resource, leastApprovals)
  const further = resource.escalation?.to
  const sets = [...stages.flatMap(({ approvers, silent }) => [approvers, silent]), further]
  const matter = new Set([...groupsIn(...sets), ...(groups ?? [])])
  const members = await membersOf(deps.directory, matter)
  const excluding = beneficiary === undefined ? [asker] : [asker, { email: beneficiary }]
  const needed = neededBy(stages)
  const inGroup = (group: SlackGroupId) => members.get(group)
  const available = mostApprovers(stages, inGroup, excluding, further, groups)
  return available < needed ? { code: 'not-enough-approvers', needed, available } : undefined
}

/** Who is in each group; groups that cannot be looked up are left out. */
async function membersOf(
  directory: Directory,
  groups: ReadonlySet<SlackGroupId>,
): Promise<ReadonlyMap<SlackGroupId, ReadonlySet<SlackUserId>>> {
  const members = new Map<SlackGroupId, ReadonlySet<SlackUserId>>()
  const lookUp = async (group: SlackGroupId): Promise<void> => {
    try {
      members.set(group, await directory.groupMembers(group))
    } catch (error) {
      if (!(error instanceof DirectoryUnavailable)) throw error
    }
  }
  await Promise.all([...groups].map(lookUp))
  return members
}
