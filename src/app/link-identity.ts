import type { AuditEvent } from '../domain/event.ts'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import type { Refusal } from '../domain/refusal.ts'
import { sourceOf } from './actor.ts'
import type { Assertion } from './assertion.ts'
import type { Deps } from './deps.ts'
import { markIfOpen } from './eligibility.ts'
import { accountOf } from './identify.ts'
import { typedCode } from './link-code.ts'
import type { LinkState } from './page-cases.ts'
import { DirectoryUnavailable } from './ports.ts'
import type { RecordedAct } from './record.ts'
import { isSameAddress } from './same-address.ts'
import type { Statements, Transaction } from './store.ts'
import type { SlackUser } from './identity-store.ts'
import type { Outcome } from './use-cases.ts'

/** So many wrong codes a subject may enter within {@link GUESSING_SECONDS}; then none is looked at. */
const GUESSES_MOST = 5
const GUESSING_SECONDS = 600

/** What somebody at the door is linked to; see PageCases. */
export function linkState({ store }: Pick<Deps, 'store'>, assertion: Assertion) {
  return store.statement((db) => stateIn(db, assertion))
}

/**
 * Links the Slack user of a code to the identity at the door; see PageCases. Slack's address of that user must be the
 * identity's, or an operator must have allowed the identity's address: so neither a stolen code nor one that somebody
 * was talked into entering links people to each other. The code is used up before anything else is looked at.
 */
export async function link(
  deps: Deps,
  assertion: Assertion,
  text: string,
): Promise<Outcome<LinkState>> {
  const { store, pages } = deps
  if (pages === undefined) return { ok: false, refusal: { code: 'no-pages' } }
  const code = typedCode(text)
  const user = await store.transaction((tx) =>
    taken(tx, assertion, code === undefined ? undefined : pages.sha256(code)),
  )
  if (user === undefined) return { ok: false, refusal: { code: 'link-code-wrong' } }
  const found = await inSlack(deps, user)
  return store.transaction(async (tx) => {
    const refuse = async (refusal: Refusal, more: Particulars = {}) => {
      const isAlert = refusal.code === 'link-email-differs' || refusal.code === 'link-subject-taken'
      await recordRefused(tx, assertion, refusal, isAlert, { ...aboutUser(user), ...more })
      return { ok: false, refusal } as const
    }
    if (!found.ok) return refuse(found.refusal)
    const addresses = { slackAddress: found.email, pomeriumAddress: assertion.email }
    const isAllowed = found.allowed === assertion.email && isWritableEmail(assertion.email)
    if (!isAllowed && !isSameAddress(found.email, assertion.email))
      return refuse({ code: 'link-email-differs' }, addresses)
    const { subject, email } = assertion
    const linked = await tx.identities.link(user, { subject, email })
    if (linked.outcome === 'taken')
      return refuse({ code: 'link-subject-taken' }, { ...addresses, linkedTo: linked.by })
    // An operator forgot the Slack user meanwhile: the code went with everything else.
    if (linked.outcome === 'unknown') return refuse({ code: 'link-code-wrong' })
    const { before } = linked
    const isNew = before === undefined || (before.subject === subject && before.email === email)
    tx.audit.append({
      action: isNew ? 'identity.linked' : 'identity.relinked',
      actor: { kind: 'person', identity: { ...user, subject, email } },
      via: 'web',
      ...sourceOf(assertion),
      alert: !isNew,
      details: {
        ...aboutUser(user),
        ...addresses,
        subject,
        ...(isNew ? {} : { was: { subject: before.subject, email: before.email } }),
      },
    })
    // What they have or asked for may be another address's now.
    await markIfOpen(tx, user.userId)
    return { ok: true, value: await stateIn(tx, assertion) }
  })
}

/** Takes the link of whoever is at the door away; see PageCases. */
export function unlink({ store }: Deps, assertion: Assertion): Promise<Outcome<LinkState>> {
  return store.transaction(async (tx) => {
    const { subject, email } = assertion
    const none = { ok: false, refusal: { code: 'not-linked' } } as const
    const linked = await tx.identities.linkOfSubject(subject)
    if (linked === undefined) return none
    const { teamId, userId } = linked
    const act = {
      actor: { kind: 'person', identity: { teamId, userId, subject, email } },
      via: 'web',
      ...sourceOf(assertion),
    } as const
    if (!(await unlinkUser(tx, { teamId, userId }, act, { subject }))) return none
    return { ok: true, value: await stateIn(tx, assertion) }
  })
}

/** Takes a Slack user's link away, on record; false when there is none, or none of the given subject. */
export async function unlinkUser(
  tx: Transaction,
  user: SlackUser,
  act: RecordedAct,
  { subject, ...more }: { readonly subject?: string; readonly operator?: string } = {},
): Promise<boolean> {
  const was = await tx.identities.unlink(user.teamId, user.userId, subject)
  if (was === undefined) return false
  const details = { ...aboutUser(user), subject: was.subject, pomeriumAddress: was.email, ...more }
  tx.audit.append({ ...act, action: 'identity.unlinked', alert: false, details })
  await markIfOpen(tx, user.userId)
  return true
}

type Particulars = AuditEvent['details']

function aboutUser({ teamId, userId }: SlackUser): Particulars {
  return { user: userId, team: teamId }
}

/** The Slack user of a code that is used up now. Codes of whoever guesses are not even looked at. */
async function taken(
  tx: Transaction,
  assertion: Assertion,
  codeHash: string | undefined,
): Promise<SlackUser | undefined> {
  const wrong = await tx.identities.wrongCodes(assertion.subject, GUESSING_SECONDS)
  if (wrong >= GUESSES_MOST) return undefined
  const user = codeHash === undefined ? undefined : await tx.identities.takeCode(codeHash)
  if (user === undefined) await recordRefused(tx, assertion, { code: 'link-code-wrong' }, false, {})
  return user
}

/** A Slack user's address by Slack itself at this moment, and the one that an operator allowed. */
async function inSlack(
  deps: Deps,
  { teamId, userId }: SlackUser,
): Promise<
  | { readonly ok: true; readonly email: string; readonly allowed: string | undefined }
  | { readonly ok: false; readonly refusal: Refusal }
> {
  const unavailable = { ok: false, refusal: { code: 'directory-unavailable' } } as const
  try {
    const account = await accountOf(deps, userId)
    if (!account.ok) return account
    // What Slack said earlier is too old to bind anybody to anything.
    if (account.asOf !== undefined) return unavailable
    if (account.member.teamId !== teamId)
      return { ok: false, refusal: { code: 'not-a-member', why: 'external' } }
    return { ok: true, email: account.member.email, allowed: account.known.allowed }
  } catch (error) {
    if (error instanceof DirectoryUnavailable) return unavailable
    throw error
  }
}

/** Puts a refused link on record as the act of whoever is at the door. */
async function recordRefused(
  tx: Transaction,
  assertion: Assertion,
  refusal: Refusal,
  alert: boolean,
  details: Particulars,
): Promise<void> {
  const { subject, email } = assertion
  const link = await tx.identities.linkOfSubject(subject)
  const inSlack = {
    teamId: link?.teamId ?? ('' as SlackTeamId),
    userId: link?.userId ?? ('' as SlackUserId),
  }
  const identity: Identity = { ...inSlack, subject, email }
  tx.audit.append({
    action: 'identity.link_refused',
    actor: { kind: 'person', identity },
    via: 'web',
    ...sourceOf(assertion),
    alert,
    details: { ...details, refusal: refusal.code },
  })
}

async function stateIn(db: Statements, { subject, email }: Assertion): Promise<LinkState> {
  const found = await db.identities.linkOfSubject(subject)
  if (found === undefined) return { isOutdated: false }
  const known = await db.identities.find(found.teamId, found.userId)
  const link = {
    subject,
    email: found.email,
    slackUser: found.userId,
    slackAddress: known?.pinned ?? '',
  }
  return { link, isOutdated: found.email !== email }
}
