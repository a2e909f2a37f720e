import type { Actor } from '../domain/event.ts'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import type { Identified } from './identify.ts'

/** The one who acts, as the audit trail names them; without an address when they could not be identified. */
export function actorOf(teamId: SlackTeamId, userId: SlackUserId, identified: Identified): Actor {
  if (!identified.ok) return { kind: 'person', identity: { teamId, userId, email: '' } }
  const { groups: _groups, ...identity } = identified.person
  return { kind: 'person', identity: identity satisfies Identity }
}
