import type { Actor } from '../domain/event.ts'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import { identityOf } from '../domain/person.ts'
import type { Identified } from './identify.ts'

/** The one who acts, as the audit trail names them: without team and address when they could not be identified. */
export function actorOf(userId: SlackUserId, identified: Identified): Actor {
  if (identified.ok) return { kind: 'person', identity: identityOf(identified.person) }
  return { kind: 'person', identity: { teamId: '' as SlackTeamId, userId, email: '' } }
}
