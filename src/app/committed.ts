import type { AuditEvent } from '../domain/event.ts'
import { isNotice } from '../domain/event.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Log } from './ports.ts'

/** What one transaction put on record, once it is committed. */
export interface Committed {
  /** The database's time at the start of the transaction. */
  readonly at: Date
  readonly events: readonly AuditEvent[]
  /** Requests in the states that were stored, in their order; a request may be there more than once. */
  readonly requests: readonly AccessRequest[]
}

/** Told of every transaction that put something on record. */
export type OnCommitted = (committed: Committed) => void

/** Particulars of events that are code words, never what a person typed. */
const CODE_WORDS = ['refusal', 'cause', 'why'] as const

/** Writes one line for each event that is on record: what came of it, of which request, and by whom. */
export function logOutcomes(log: Log): OnCommitted {
  return ({ events }) => {
    for (const event of events) if (!isNotice(event.action)) log.info(factsOf(event), event.action)
  }
}

function factsOf({ requestId, requestVersion, resourceId, actor, via, details }: AuditEvent) {
  const words = CODE_WORDS.flatMap((key) => {
    const word = details[key]
    return typeof word === 'string' ? [[key, word] as const] : []
  })
  return {
    requestId,
    version: requestVersion,
    resource: resourceId,
    actor: actor.kind === 'person' ? actor.identity.userId || undefined : undefined,
    via,
    ...Object.fromEntries(words),
  }
}
