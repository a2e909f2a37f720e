import type { TrailExport } from '../../src/app/audit-export.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import { canonicalJson } from '../../src/domain/canonical.ts'
import type { ChainedEvent } from '../../src/domain/chained-event.ts'
import { splitDetails } from '../../src/domain/event-details.ts'
import {
  actorOpening,
  digestOf,
  entryText,
  genesisOf,
  nextHash,
  personalOpening,
} from '../../src/trail/entry.ts'

export const LOG_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

type Marked = ChainedEvent & { readonly isWanted: boolean }

/** Events as a chain of their own has them, from the first on; `isWanted` says which of them somebody asked for. */
export function chainOf(
  events: readonly RecordedEvent[],
  isWanted: (event: RecordedEvent) => boolean = () => true,
): readonly Marked[] {
  let hash = genesisOf(LOG_ID)
  return events.map((event, index) => {
    const sealed = sealedAs(event, index + 1)
    hash = nextHash(hash, digestOf(entryText(sealed)))
    return { ...sealed, hash, isWanted: isWanted(event) }
  })
}

function sealedAs(event: RecordedEvent, seq: number): ChainedEvent {
  const details = splitDetails(event.details)
  const opened = (opening: string) => ({ digest: digestOf(opening), opening })
  const { actor } = event
  return {
    seq,
    at: event.at.toISOString().replace('Z', '000Z'),
    action: event.action,
    via: event.via,
    alert: event.alert,
    recordedBy: 'jit_app',
    requestId: event.requestId,
    requestVersion: event.requestVersion,
    resourceId: event.resourceId,
    schemaVersion: 1,
    publicDetails: canonicalJson(details.public),
    actor:
      actor.kind === 'bot'
        ? undefined
        : opened(
            actorOpening('salt', {
              email: actor.identity.email,
              subject: actor.identity.subject,
              team: actor.identity.teamId,
              user: actor.identity.userId,
            }),
          ),
    personal: details.personal && opened(personalOpening('salt', canonicalJson(details.personal))),
    hash: '',
  }
}

/** An export of some batches of a chain. */
export function exportOf(
  batches: AsyncIterable<readonly Marked[]>,
  facts: Partial<TrailExport> = {},
): TrailExport {
  return {
    logId: LOG_ID,
    gapsUntil: 0,
    after: { seq: 0, hash: genesisOf(LOG_ID) },
    last: 0,
    filter: {},
    batches,
    ...facts,
  }
}
