import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import type { Identity, Person } from '../domain/person.ts'
import { foldEmail } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Catalogue } from '../domain/resource.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { domainOf } from '../domain/rules.ts'
import type { Directory } from './ports.ts'
import { DirectoryUnavailable } from './ports.ts'
import { recordEvent } from './record.ts'
import type { Store } from './store.ts'

export type Identified =
  | {
      readonly ok: true
      readonly person: Person
      /** IANA name. */
      readonly timeZone?: string
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
    const [found, memberships] = await Promise.all([
      deps.directory.member(userId),
      membershipsOf(deps.directory, userId, groups),
    ])
    if (!found.ok) return { ok: false, refusal: { code: 'not-a-member', why: found.why } }
    if (!isWritableEmail(found.member.email))
      return { ok: false, refusal: { code: 'not-a-member', why: 'no-email' } }
    const { isGuest, timeZone, ...identity } = found.member
    if (!(await isPinned(deps.store, identity)))
      return { ok: false, refusal: { code: 'email-changed' } }
    const standing = isGuest ? 'guest' : isOurs(deps.catalogue(), identity) ? 'member' : 'outsider'
    return {
      ok: true,
      person: { ...identity, standing, groups: memberships.known },
      ...(timeZone === undefined ? {} : { timeZone }),
      isComplete: memberships.isComplete,
    }
  } catch (error) {
    if (error instanceof DirectoryUnavailable)
      return { ok: false, refusal: { code: 'directory-unavailable' } }
    throw error
  }
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

async function membershipsOf(
  directory: Directory,
  userId: SlackUserId,
  groups: ReadonlySet<SlackGroupId>,
): Promise<{ readonly known: ReadonlySet<SlackGroupId>; readonly isComplete: boolean }> {
  const known = new Set<SlackGroupId>()
  let isComplete = true
  const waiting = [...groups]
  const lookUp = async (): Promise<void> => {
    for (let group = waiting.pop(); group !== undefined; group = waiting.pop())
      try {
        if ((await directory.groupMembers(group)).has(userId)) known.add(group)
      } catch (error) {
        if (!(error instanceof DirectoryUnavailable)) throw error
        isComplete = false
      }
  }
  await Promise.all(Array.from({ length: LOOK_UPS_AT_ONCE }, lookUp))
  return { known, isComplete }
}

/** Pins the address at first use; each different one later is recorded, and alerted of once. */
async function isPinned(store: Store, identity: Identity): Promise<boolean> {
  const known = await store.statement((db) =>
    db.identities.pinned(identity.teamId, identity.userId),
  )
  if (known !== undefined && foldEmail(known) === foldEmail(identity.email)) return true
  return store.transaction(async (tx) => {
    const { outcome, pinned } = await tx.identities.pin(identity)
    if (outcome === 'same') return true
    const act = { actor: { kind: 'person', identity }, via: 'bot' } as const
    if (outcome === 'pinned') {
      await tx.audit.append({ ...act, action: 'identity.pinned', alert: false, details: {} })
      return true
    }
    const alert = outcome === 'refused'
    const details = { pinned, now: identity.email }
    await recordEvent(tx, { ...act, action: 'identity.email_changed', alert, details })
    return false
  })
}
