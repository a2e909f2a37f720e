import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import type { Identity, Person } from '../domain/person.ts'
import { foldEmail } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Catalogue } from '../domain/resource.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { domainOf } from '../domain/rules.ts'
import type { Directory, Member } from './ports.ts'
import { DirectoryUnavailable } from './ports.ts'
import type { Store } from './store.ts'
import type { KnownIdentity, Link } from './identity-store.ts'

export type Identified =
  | {
      readonly ok: true
      readonly person: Person
      /** IANA name. */
      readonly timeZone?: string
      /** The Pomerium identity that they bound their Slack account to. */
      readonly link?: Link
      /** When Slack said so, if that is not now: it cannot be asked. */
      readonly asOf?: Date
    }
  | { readonly ok: false; readonly refusal: Refusal }

interface IdentifyDeps {
  readonly directory: Directory
  readonly store: Store
  readonly catalogue: () => Catalogue
}

const LOOK_UPS_AT_ONCE = 4

/**
 * Who a Slack user is at this moment, with those of the given groups that they belong to. Refuses whoever is neither
 * member nor guest, whoever's address is not the one pinned at first use, and everybody while a look-up fails.
 */
export async function identify(
  deps: IdentifyDeps,
  userId: SlackUserId,
  groups: ReadonlySet<SlackGroupId>,
): Promise<Identified> {
  const found = await recognize(deps, userId, groups)
  if (found.ok && !found.isComplete)
    return { ok: false, refusal: { code: 'directory-unavailable' } }
  return found
}

/**
 * Like {@link identify}, where nothing is decided: groups that cannot be looked up are left out, so that less is
 * shown, and `isComplete` is false.
 */
export async function recognize(
  deps: IdentifyDeps,
  userId: SlackUserId,
  groups: ReadonlySet<SlackGroupId>,
): Promise<Identified & { readonly isComplete?: boolean }> {
  try {
    const [account, memberships] = await Promise.all([
      accountOf(deps, userId),
      membershipsOf(deps.directory, userId, groups),
    ])
    if (!account.ok) return account
    const { isGuest, timeZone, ...inSlack } = account.member
    const { link } = account.known
    const identity = link === undefined ? inSlack : { ...inSlack, ...link }
    const isOther = foldEmail(identity.email) !== foldEmail(inSlack.email)
    const standing = isGuest ? 'guest' : isOurs(deps.catalogue(), identity) ? 'member' : 'outsider'
    return {
      ok: true,
      person: {
        ...identity,
        ...(isOther ? { slackEmail: inSlack.email } : {}),
        standing,
        groups: memberships.known,
      },
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(link === undefined ? {} : { link }),
      ...oldest(account.asOf, memberships.asOf),
      isComplete: memberships.isComplete,
    }
  } catch (error) {
    if (error instanceof DirectoryUnavailable)
      return { ok: false, refusal: { code: 'directory-unavailable' } }
    throw error
  }
}

/** A Slack account with what is on record of it. */
type Account =
  | {
      readonly ok: true
      /** With the address that Slack has. */
      readonly member: Member
      readonly known: KnownIdentity
      /** When Slack said so, if that is not now. */
      readonly asOf?: Date
    }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * A Slack account at this moment. Refuses whoever is neither member nor guest, and whoever's address is not the one
 * pinned at first use. Throws {@link DirectoryUnavailable}.
 */
export async function accountOf(
  deps: Pick<IdentifyDeps, 'directory' | 'store'>,
  userId: SlackUserId,
): Promise<Account> {
  const found = await deps.directory.member(userId)
  if (!found.ok) return { ok: false, refusal: { code: 'not-a-member', why: found.why } }
  const { member, asOf } = found
  if (!isWritableEmail(member.email))
    return { ok: false, refusal: { code: 'not-a-member', why: 'no-email' } }
  const { teamId, email } = member
  const known = await pinned(deps.store, { teamId, userId, email })
  if (known === undefined) return { ok: false, refusal: { code: 'email-changed' } }
  return { ok: true, member, known, ...(asOf === undefined ? {} : { asOf }) }
}

/** Why somebody may not ask where a link comes first; `undefined` when they may. */
export function linkProblem(
  { pages }: { readonly pages?: { readonly isLinkNeeded: boolean } },
  identified: Identified,
): Refusal | undefined {
  if (!identified.ok || pages?.isLinkNeeded !== true || identified.link !== undefined)
    return undefined
  return { code: 'link-needed' }
}

function isOurs({ domains }: Catalogue, { email }: Identity): boolean {
  return domains.includes(domainOf(foldEmail(email)))
}

/** Why a guest, or somebody with an address elsewhere, is not served; `undefined` for members. */
export function strangerRefusal(person: Person, { domains }: Catalogue): Refusal | undefined {
  if (person.standing === 'guest') return { code: 'not-a-member', why: 'guest' }
  return person.standing === 'outsider' ? { code: 'email-domain', domains } : undefined
}

/** Whether a refusal tells nothing about somebody: Slack knows its former people, so whom it does not know at all it is asked about in vain. */
export function isUndecided(refusal: Refusal): boolean {
  return (
    refusal.code === 'directory-unavailable' ||
    (refusal.code === 'not-a-member' && refusal.why === 'unknown')
  )
}

interface Memberships {
  readonly known: ReadonlySet<SlackGroupId>
  readonly isComplete: boolean
  /** When Slack said so of one of the groups, if that is not now. */
  readonly asOf: Date | undefined
}

async function membershipsOf(
  directory: Directory,
  userId: SlackUserId,
  groups: ReadonlySet<SlackGroupId>,
): Promise<Memberships> {
  const known = new Set<SlackGroupId>()
  let isComplete = true
  let asOf: Date | undefined
  const waiting = [...groups]
  const lookUp = async (): Promise<void> => {
    for (let group = waiting.pop(); group !== undefined; group = waiting.pop())
      try {
        const members = await directory.groupMembers(group)
        if (members.has(userId)) known.add(group)
        ;({ asOf } = oldest(asOf, members.asOf))
      } catch (error) {
        if (!(error instanceof DirectoryUnavailable)) throw error
        isComplete = false
      }
  }
  await Promise.all(Array.from({ length: LOOK_UPS_AT_ONCE }, lookUp))
  return { known, isComplete, asOf }
}

/** The earlier of two instants, of which there may be none. */
function oldest(one: Date | undefined, other: Date | undefined): { readonly asOf?: Date } {
  const asOf = one === undefined || (other !== undefined && other < one) ? other : one
  return asOf === undefined ? {} : { asOf }
}

/**
 * What is on record of somebody whose address is the pinned one; it is pinned at first use. Each different one later is
 * recorded, and alerted of once.
 */
async function pinned(store: Store, identity: Identity): Promise<KnownIdentity | undefined> {
  const { teamId, userId, email } = identity
  const known = await store.statement((db) => db.identities.find(teamId, userId))
  if (known !== undefined && foldEmail(known.pinned) === foldEmail(email)) return known
  return store.transaction(async (tx) => {
    const { outcome, pinned } = await tx.identities.pin(identity)
    if (outcome === 'same') return tx.identities.find(teamId, userId)
    const act = { actor: { kind: 'person', identity }, via: 'bot' } as const
    if (outcome === 'pinned') {
      tx.audit.append({ ...act, action: 'identity.pinned', alert: false, details: {} })
      return { pinned }
    }
    const alert = outcome === 'refused'
    const details = { pinned, now: email }
    tx.audit.append({ ...act, action: 'identity.email_changed', alert, details })
    return undefined
  })
}
