import { decide } from '../domain/decide.ts'
import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import type { Identity, Person } from '../domain/person.ts'
import { hasEmail } from '../domain/person.ts'
import type { AccessRequest, Ineligibility } from '../domain/request.ts'
import type { Names, PeopleSet, Resource } from '../domain/resource.ts'
import { resourceAt } from '../domain/resource.ts'
import { groupsIn, ineligibility, isSponsor } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import type { Identified } from './identify.ts'
import { identify, isUndecided } from './identify.ts'
import { othersCatalogue } from './others-catalogue.ts'
import { BY_BOT, recordChange } from './record.ts'
import { recountApprovals } from './recount.ts'
import type { Statements } from './store.ts'
import type { Work } from './work-list.ts'
import type { WorkHandler } from './worker.ts'

type EligibilityDeps = Pick<Deps, 'store' | 'directory' | 'catalogue' | 'rego' | 'log' | 'steady'>

/** After so many failures in a row a person is looked up less often: Slack allows few look-ups, and answers need them. */
const FAILURES_TO_SLOW_DOWN = 4
const SLOW_MS = 5 * 60_000
/** How long to leave to a replica with the catalogue in force what this one would judge by another. */
const OTHER_REPLICA_MS = 5_000

/**
 * The worker's hand for eligibility: looks a person up and ends what they have, or asked for, and may not have any
 * more. What cannot be looked up is left as it is and looked at again: an outage ends nobody's access.
 */
export function eligibilityWork(deps: EligibilityDeps): WorkHandler {
  const isAnothers = othersCatalogue(deps)
  return async ({ subject, attempts }) => {
    const userId = subject as SlackUserId
    if (await isAnothers(attempts))
      return {
        type: 'failed',
        error: `left ${userId} to a replica with the catalogue in force`,
        retryAfterMs: OTHER_REPLICA_MS,
      }
    const requests = await deps.store.statement((db) => db.requests.openOf(userId))
    const look = looksAt(deps, userId)
    const found = await Promise.all(requests.map((request) => judge(deps, request, look)))
    for (const [index, request] of requests.entries()) {
      const why = found[index]
      if (why !== undefined && why !== 'undecided') await disqualify(deps, request, why)
    }
    const isCounted = await recountApprovals(deps, requests)
    if (isCounted && !found.includes('undecided')) return { type: 'done' }
    deps.log.warn({ user: userId, attempt: attempts + 1 }, 'eligibility not looked up yet')
    return {
      type: 'failed',
      error: `look-up of ${userId} and their groups: no answer`,
      retryAfterMs: attempts < FAILURES_TO_SLOW_DOWN ? undefined : SLOW_MS,
    }
  }
}

type Look = (groups: ReadonlySet<SlackGroupId>) => Promise<Identified>

/** Looks a person up once for each choice of groups, so that a group without an answer holds up nothing else. */
function looksAt(deps: EligibilityDeps, userId: SlackUserId): Look {
  const looks = new Map<string, Promise<Identified>>()
  return (groups) => {
    const key = [...groups].sort().join()
    const look = looks.get(key) ?? identify(deps, userId, groups)
    looks.set(key, look)
    return look
  }
}

/** Why a request may not go on; `undecided` when that cannot be told now. */
async function judge(
  deps: EligibilityDeps,
  request: AccessRequest,
  look: Look,
): Promise<Ineligibility | 'undecided' | undefined> {
  const resource = resourceAt(deps.catalogue(), request.resourceId, request.level)
  const identified = await look(resource === undefined ? new Set() : groupsFor(request, resource))
  if (!identified.ok) {
    const { refusal } = identified
    if (refusal.code === 'not-a-member' && !isUndecided(refusal)) return refusal.why
    return refusal.code === 'email-changed' ? refusal.code : 'undecided'
  }
  const { person } = identified
  // The rule lets the old address in, which may be somebody else's by now.
  if (!hasEmail(person, request.requester.email)) return 'email-changed'
  const why =
    resource === undefined ? strangeness(request, person) : ineligibility(request, person, resource)
  return why ?? sponsorProblem(deps, request, resource)
}

/** What has left the catalogue ends by itself, or by hand, while its holder is what only vendors need not be: a member. */
function strangeness(
  { kind, beneficiary }: AccessRequest,
  { standing }: Person,
): Ineligibility | undefined {
  const isVendors = kind === 'sponsored' && beneficiary === undefined
  if (isVendors || standing === 'member') return undefined
  return standing === 'guest' ? 'guest' : 'email-domain'
}

/** Whether a vendor's access has nobody left to vouch for it: none of those who gave a sponsor's word is one by now. */
async function sponsorProblem(
  deps: EligibilityDeps,
  request: AccessRequest,
  resource: Resource | undefined,
): Promise<'not-a-sponsor' | 'undecided' | undefined> {
  const { kind, beneficiary, status, approvals } = request
  if (kind !== 'sponsored' || beneficiary !== undefined || status !== 'approved') return undefined
  const words = await Promise.all(
    approvals.filter(({ stage }) => stage === 0).map(({ by }) => vouches(deps, by, resource)),
  )
  if (words.includes(true)) return undefined
  return words.includes('undecided') ? 'undecided' : 'not-a-sponsor'
}

async function vouches(
  deps: EligibilityDeps,
  { userId }: Identity,
  resource: Resource | undefined,
): Promise<boolean | 'undecided'> {
  const found = await identify(deps, userId, groupsIn(resource?.vendors?.sponsors))
  if (found.ok)
    return resource === undefined
      ? found.person.standing === 'member'
      : isSponsor(resource, found.person)
  return isUndecided(found.refusal) ? 'undecided' : false
}

/** The groups that eligibility for a request depends on. */
function groupsFor(
  { kind, beneficiary }: AccessRequest,
  { requesters, breakGlass, vendors }: Resource,
): ReadonlySet<SlackGroupId> {
  const sets: Record<AccessRequest['kind'], PeopleSet | Names | undefined> = {
    standard: requesters,
    'break-glass': breakGlass?.requesters,
    sponsored: beneficiary === undefined ? vendors?.people : vendors?.sponsors,
  }
  return groupsIn(sets[kind])
}

async function disqualify(
  { store }: EligibilityDeps,
  { id }: AccessRequest,
  why: Ineligibility,
): Promise<void> {
  await store.transaction(async (tx) => {
    const request = await tx.requests.lock(id)
    const decision = decide(request, { type: 'disqualify', at: tx.now, why })
    if (request === undefined || !decision.ok) return
    await recordChange(tx, request, decision, BY_BOT)
  })
}

/** Has a person looked at again, when they have something to lose: Slack says that they changed. */
export async function markPerson(
  { store }: Pick<Deps, 'store'>,
  userId: SlackUserId,
): Promise<void> {
  await store.statement((db) => markIfOpen(db, userId))
}

/** The same, among other things that are done. */
export async function markIfOpen(db: Statements, userId: SlackUserId): Promise<void> {
  const open = await db.requests.openOf(userId)
  if (open.length > 0) await db.work.mark('eligibility', userId)
}

/** Has everybody looked at again who has something to lose: the rules changed, or a group did. */
export async function markEverybody({ store }: Pick<Deps, 'store'>): Promise<void> {
  await store.transaction(async (tx) => markPeople(tx.work, await tx.requests.openRequesters()))
}

/** Marks people, always in the same order, so that nobody waits for each other. */
export async function markPeople(work: Work, people: readonly SlackUserId[]): Promise<void> {
  await work.markAll([...people].sort().map((subject) => ({ kind: 'eligibility', subject })))
}
