import type { Lane } from './app/worker.ts'
import type { Config } from './config.ts'
import type { Foundation, Parts } from './foundation.ts'
import { streamReader } from './postgres/audit-streams.ts'
import { createSink } from './siem/sink.ts'
import { digestOf } from './trail/entry.ts'
import { STREAM_FORMATS } from './trail/stream-batch.ts'
import { beginStream, streamWork } from './trail/stream-work.ts'

/** As much of the digest of an address as tells it from others. */
const DIGITS = 16

/** The audit trail's stream to a SIEM; disposing cuts off what is under way. */
export interface OpenStream extends AsyncDisposable {
  /** Of one hand: batches follow each other, and one that hangs holds up nothing else. */
  readonly lane: Omit<Lane, 'leaseMs'>
}

/** Has the trail streamed to the SIEM of the environment from now on. */
export async function openAuditStream(
  { url, token, format }: NonNullable<Config['siem']>,
  { db, store, clock, log }: Pick<Foundation, 'db' | 'store' | 'clock'> & Pick<Parts, 'log'>,
): Promise<OpenStream> {
  const sink = createSink({ url, ...(token === undefined ? {} : { token }), now: clock.wall })
  const destination = digestOf(url).slice(0, DIGITS)
  const read = streamReader(db)
  const deps = { store, destination, sink, format: STREAM_FORMATS[format], read, log }
  await beginStream(deps)
  return {
    lane: { handlers: new Map([['stream', streamWork(deps)]]), hands: 1 },
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  }
}
