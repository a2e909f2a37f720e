import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import type { Identity, Person } from '../domain/person.ts'
import { foldEmail } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Catalogue } from '../domain/resource.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { domainOf } from '../domain/rules.ts'
import type { Directory } from './ports.ts'
import { DirectoryUnavailable } from './ports.ts'
import type { Store } from './store.ts'

export type Identified =
  { readonly ok: true; readonly person: Person } | { readonly ok: false; readonly refusal: Refusal }

/**
 * Who a Slack user is at this moment, with those of the given groups that they belong to. Refuses whoever is not a
 * full member with an address in our domains, whoever's address is not the one pinned at first use, and everybody
 * while a look-up fails.
 */
export async function identify(
  deps: {
    readonly directory: Directory
    readonly store: Store
    readonly catalogue: () => Catalogue
  },
  userId: SlackUserId,
  groups: ReadonlySet<SlackGroupId>,
  /** Where nothing is decided, groups that cannot be looked up may be left out: less is shown. */
  isDecision = true,
): Promise<Identified> {
  try {
    const [found, memberships] = await Promise.all([
      deps.directory.member(userId),
      membershipsOf(deps.directory, userId, groups, isDecision),
    ])
    if (!found.ok) return { ok: false, refusal: { code: 'not-a-member', why: found.why } }
    if (!isWritableEmail(found.member.email))
      return { ok: false, refusal: { code: 'not-a-member', why: 'no-email' } }
    const { domains } = deps.catalogue()
    if (!domains.includes(domainOf(foldEmail(found.member.email))))
      return { ok: false, refusal: { code: 'email-domain', domains } }
    if (!(await isPinned(deps.store, found.member)))
      return { ok: false, refusal: { code: 'email-changed' } }
    return { ok: true, person: { ...found.member, groups: memberships } }
  } catch (error) {
    if (error instanceof DirectoryUnavailable)
      return { ok: false, refusal: { code: 'directory-unavailable' } }
    throw error
  }
}

async function membershipsOf(
  directory: Directory,
  userId: SlackUserId,
  groups: ReadonlySet<SlackGroupId>,
  isDecision: boolean,
): Promise<ReadonlySet<SlackGroupId>> {
  const asked = [...groups]
  const answers = await Promise.allSettled(asked.map((group) => directory.groupMembers(group)))
  const memberships = new Set<SlackGroupId>()
  for (const [at, answer] of answers.entries()) {
    const group = asked[at]
    if (answer.status === 'rejected') {
      if (isDecision || !(answer.reason instanceof DirectoryUnavailable)) throw answer.reason
    } else if (group !== undefined && answer.value.has(userId)) memberships.add(group)
  }
  return memberships
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
    const event = await tx.audit.append({
      ...act,
      action: 'identity.email_changed',
      alert,
      details,
    })
    if (alert) await tx.work.mark('alert', String(event.seq))
    return false
  })
}
