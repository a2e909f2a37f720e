import type { SlackGroupId, SlackTeamId, SlackUserId } from './ids.ts'

/**
 * `member`: a full member of the workspace with an address in our domains; `guest`: a guest of the workspace;
 * `outsider`: a full member with an address elsewhere. Whoever is no member is served only where a resource names them.
 */
export type Standing = 'member' | 'guest' | 'outsider'

/** Somebody as Slack and the pinned identity know them at this moment. */
export interface Person {
  readonly teamId: SlackTeamId
  readonly userId: SlackUserId
  /** As Slack spells it; compared without regard to case, written to Pomerium as it is. */
  readonly email: string
  /** Pomerium's `sub`: of the identity that they linked, else of the one that they act by on a page. */
  readonly subject?: string
  /** The address that Slack has, where they linked another one: it is theirs too, and gives them nothing. */
  readonly slackEmail?: string
  readonly standing: Standing
  /** Those groups of the catalogue that the person belongs to. */
  readonly groups: ReadonlySet<SlackGroupId>
}

/** Who a recorded act belongs to. */
export type Identity = Omit<Person, 'groups' | 'standing' | 'slackEmail'>

/**
 * Whether two identities are one human being, as far as it can be known: the same Slack user, the
 * same e-mail address in any case, or the same Pomerium subject.
 */
export function isSamePerson(a: Identity, b: Identity): boolean {
  if (a.userId === b.userId) return true
  if (foldEmail(a.email) === foldEmail(b.email)) return true
  return a.subject !== undefined && a.subject !== '' && a.subject === b.subject
}

/** Whether an address is that of the identity, in any case. */
export function hasEmail(identity: Identity, email: string | undefined): boolean {
  return email !== undefined && foldEmail(identity.email) === foldEmail(email)
}

/** Whether an address is the person's in any way: the one that they have, or the one that Slack has. */
export function knownBy(person: Person, email: string | undefined): boolean {
  const { slackEmail } = person
  const isInSlack = slackEmail !== undefined && hasEmail({ ...person, email: slackEmail }, email)
  return isInSlack || hasEmail(person, email)
}

/** The person without what they belong to, as it is recorded. */
export function identityOf(person: Person): Identity {
  const { groups: _groups, standing: _standing, slackEmail: _slackEmail, ...identity } = person
  return identity
}

/** The form in which e-mail addresses are compared. */
export function foldEmail(email: string): string {
  // NFC once more, because small letters compose that large ones do not: U+0048 U+0331, but U+1E96.
  return email.trim().normalize('NFC').toLowerCase().normalize('NFC')
}
