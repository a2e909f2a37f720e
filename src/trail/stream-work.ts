import type { AuditStream } from '../app/audit-streams.ts'
import type { Lease } from '../app/lease.ts'
import type { Log } from '../app/ports.ts'
import { BY_BOT } from '../app/record.ts'
import type { Store } from '../app/store.ts'
import type { Handled, WorkHandler } from '../app/worker.ts'
import type { ChainedEvent } from '../domain/chained-event.ts'
import type { StreamBatch, StreamFormat } from './stream-batch.ts'
import { EVENTS_MAX, StreamError, batchOf, undelivered } from './stream-batch.ts'

/** So many failures in a row are reported to people. */
const FAILURES_TO_ALERT = 5
/** What waits for somebody to mend it is tried again as seldom. */
const REFUSED_RETRY_MS = 5 * 60_000
/** How long to leave to a replica with another destination what this one does not deliver. */
const OTHER_REPLICA_MS = 5_000

/** Where batches go. */
export interface StreamSink {
  /** Resolves when the batch was taken; throws {@link StreamError}. */
  send(batch: StreamBatch): Promise<void>
}

export interface StreamDeps {
  readonly store: Store
  readonly destination: string
  readonly sink: StreamSink
  readonly format: StreamFormat
  /** The first events with a number from one on, in order. Throws {@link StreamError} for what cannot be one. */
  readonly read: (from: number, limit: number) => Promise<readonly ChainedEvent[]>
  readonly log: Log
}

/** Has the trail streamed to a destination from now on; which one is on record. */
export async function beginStream({
  store,
  destination,
}: Pick<StreamDeps, 'store' | 'destination'>): Promise<void> {
  await store.transaction(async (tx) => {
    const details = { destination }
    // An event marks the stream itself; marked before it, the stream and the chain would be locked in the wrong order.
    if (await tx.streams.begin(destination))
      tx.audit.append({ ...BY_BOT, action: 'audit.stream_begun', alert: false, details })
    else await tx.work.mark('stream', destination)
  })
}

/**
 * The worker's hand for the stream: delivers the next batch after the last one that was taken. It moves on when that was
 * taken and not before, so that everything arrives in order and at least once.
 */
export function streamWork(deps: StreamDeps): WorkHandler {
  return async ({ subject, attempts }, lease) => {
    const stream = await deps.store.statement((db) => db.streams.find(subject))
    if (stream === undefined || !stream.isActive) return { type: 'done' }
    if (subject !== deps.destination) return { type: 'again', afterMs: OTHER_REPLICA_MS }
    try {
      return await deliverNext(deps, stream, lease)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      return troubled(deps, stream, error, attempts + 1)
    }
  }
}

async function deliverNext(deps: StreamDeps, stream: AuditStream, lease: Lease): Promise<Handled> {
  const { store, destination, log } = deps
  const { lastSeq } = stream
  // With the last one that was taken, and one more than fits.
  const found = undelivered(await deps.read(lastSeq, EVENTS_MAX + 2), stream)
  const [first, ...others] = found
  if (first === undefined) return { type: 'done' }
  const batch = batchOf([first, ...others], stream, deps.format)
  const { last, events } = batch
  // Somebody else moved it: look again from where it is now.
  const moved: Handled = { type: 'again', afterMs: 0 }
  if (last.seq !== stream.sendingSeq) {
    const isOurs = await store.statement((db) => db.streams.sending(destination, lastSeq, last.seq))
    if (!isOurs) return moved
  }
  await lease.hold()
  await deps.sink.send(batch)
  if (!(await store.statement((db) => db.streams.delivered(destination, lastSeq, last))))
    return moved
  if (stream.failing !== undefined) log.info({ seq: last.seq }, 'audit stream delivers again')
  log.debug({ events, seq: last.seq }, 'audit stream delivered')
  if (events < found.length) await store.statement((db) => db.work.mark('stream', destination))
  return { type: 'done' }
}

/** Later, or much later when somebody has to mend it; operators are told once until the next delivery. */
async function troubled(
  { store, destination, log }: StreamDeps,
  { lastSeq }: AuditStream,
  { message, isPassing, retryAfterMs }: StreamError,
  failures: number,
): Promise<Handled> {
  log.warn({ error: message, failures, seq: lastSeq }, 'audit stream not delivered yet')
  if (!isPassing || failures >= FAILURES_TO_ALERT)
    await store.transaction(async (tx) => {
      if (!(await tx.streams.failing(destination, message))) return
      const details = { destination, error: message, failures, seq: lastSeq }
      tx.audit.append({ ...BY_BOT, action: 'audit.stream_failing', alert: true, details })
    })
  return {
    type: 'failed',
    error: message,
    retryAfterMs: isPassing ? retryAfterMs : REFUSED_RETRY_MS,
  }
}
