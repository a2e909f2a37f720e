import type { Actor } from '../domain/event.ts'
import type { SlackTeamId } from '../domain/ids.ts'
import { identityOf } from '../domain/person.ts'
import type { Assertion } from './assertion.ts'
import type { Identified } from './identify.ts'
import type { RecordedAct } from './record.ts'
import type { Act } from './use-cases.ts'

/**
 * The one who acts, as the audit trail names them: without team and address when they could not be identified, and with
 * the subject that Pomerium verified when they act on a page, whether or not it is linked.
 */
export function actorOf({ actor, assertion }: Omit<Act, 'via'>, identified: Identified): Actor {
  const verified = assertion === undefined ? {} : { subject: assertion.subject }
  const identity = identified.ok
    ? identityOf(identified.person)
    : { teamId: '' as SlackTeamId, userId: actor, email: '' }
  return { kind: 'person', identity: { ...identity, ...verified } }
}

/** An act as the audit trail has it; see {@link actorOf}. */
export function recordedAct(act: Act, identified: Identified): RecordedAct {
  const { via, assertion } = act
  return { actor: actorOf(act, identified), via, ...sourceOf(assertion) }
}

/** From where somebody acts on a page, as an event says it; nothing when that is not known. */
export function sourceOf(assertion: Assertion | undefined): { readonly source?: string } {
  return assertion?.source === undefined ? {} : { source: assertion.source }
}

/** Since when Slack has not been asked about people, as an event says it; nothing when it was asked now. */
export function slackAsOf(...people: readonly (Identified | undefined)[]): {
  readonly slackAsOf?: string
} {
  const instants = people.flatMap((found) => (found?.ok === true ? (found.asOf ?? []) : []))
  const [oldest] = instants.sort((a, b) => a.getTime() - b.getTime())
  return oldest === undefined ? {} : { slackAsOf: oldest.toISOString() }
}
