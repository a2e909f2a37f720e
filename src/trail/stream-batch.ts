import type { AuditStream } from '../app/audit-streams.ts'
import { canonicalJson } from '../domain/canonical.ts'
import type { ChainedEvent } from '../domain/chained-event.ts'
import type { Json } from '../domain/ppl.ts'
import { digestOf, entryText, nextHash } from './entry.ts'
import { jsonLine, recordLine } from './export-line.ts'
import { ocsfEvent } from './export-ocsf.ts'
import { eventRecord } from './export-record.ts'

/** Events that are sent together, at most. */
export const EVENTS_MAX = 500
/** Below the megabyte that many servers take; one event that is larger goes alone. */
const BYTES_MAX = 512 * 1024

/** How an event may be written, each on one line. */
export const STREAM_FORMATS = {
  jsonl: (event) => recordLine(eventRecord(event)).trimEnd(),
  ocsf: (event) => jsonLine(ocsfEvent(eventRecord(event), event.at)).trimEnd(),
} as const satisfies Readonly<Record<string, StreamFormat>>
export type StreamFormat = (event: ChainedEvent) => string

/** Events that are delivered together, in order. */
export interface StreamBatch {
  /** `<log id>:<first>-<last>:<hash of the last>`: the same again when it is repeated, and never of anything else. */
  readonly id: string
  readonly last: ChainedEvent
  readonly events: number
  /** A line for each event. */
  readonly body: string
}

/** What keeps the trail from being delivered. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  /** Whether the same may succeed later without anybody doing something about it. */
  readonly isPassing: boolean
  /** What the other side asked to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    facts: { readonly isPassing: boolean; readonly retryAfterMs?: number | undefined },
  ) {
    super(message)
    this.isPassing = facts.isPassing
    this.retryAfterMs = facts.retryAfterMs
  }
}

/**
 * Of the events from the last delivered one on, those that are not delivered. Throws a {@link StreamError} when the trail
 * does not go on from there: what stands in the place of events that were taken would never be delivered.
 */
export function undelivered(
  found: readonly ChainedEvent[],
  { lastSeq, lastHash }: Pick<AuditStream, 'lastSeq' | 'lastHash'>,
): readonly ChainedEvent[] {
  if (lastHash === undefined) return found
  const [first] = found
  const isSame = first?.seq === lastSeq && first.hash === lastHash
  const isNext =
    first !== undefined &&
    first.seq > lastSeq &&
    nextHash(lastHash, digestOf(entryText(first))) === first.hash
  if (!isSame && !isNext)
    throw new StreamError(
      `the trail does not go on from event ${lastSeq}, the last that was delivered: it was cut, archived or written anew`,
      { isPassing: false },
    )
  return isSame ? found.slice(1) : found
}

/** As many of the events as go together, up to the end of a batch that was begun; at least one. */
export function batchOf(
  [first, ...others]: readonly [ChainedEvent, ...ChainedEvent[]],
  { logId, sendingSeq = Number.MAX_SAFE_INTEGER }: Pick<AuditStream, 'logId' | 'sendingSeq'>,
  format: StreamFormat,
): StreamBatch {
  let last = first
  let body = lineOf(first, format)
  let bytes = Buffer.byteLength(body)
  let events = 1
  for (const event of others) {
    const line = lineOf(event, format)
    bytes += Buffer.byteLength(line)
    if (event.seq > sendingSeq || events === EVENTS_MAX || bytes > BYTES_MAX) break
    last = event
    body += line
    events += 1
  }
  return { id: `${logId}:${first.seq}-${last.seq}:${last.hash}`, last, events, body }
}

/** What would not verify is not sent. */
function lineOf(event: ChainedEvent, format: StreamFormat): string {
  const entry = entryText(event)
  if (canonicalJson(JSON.parse(entry) as Json) !== entry)
    throw new StreamError(`event ${event.seq} is not as it was recorded`, { isPassing: false })
  return `${format(event)}\n`
}
