import { z } from 'zod'
import type { TrailExport } from '../app/audit-export.ts'
import { canonicalJson } from '../domain/canonical.ts'
import type { ChainedEvent } from '../domain/chained-event.ts'
import type { Json } from '../domain/ppl.ts'
import { digestOf, entryText } from './entry.ts'

/** Digests of left-out events in one record: about 21 kB as base64, which fits into the cell of a spreadsheet. */
const LEFT_OUT_MAX = 500

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const seq = z.int().min(0)
const head = z.strictObject({ seq, hash })
const opening = z.tuple([z.string(), z.record(z.string(), z.json())])

const heading = z.strictObject({
  jitAuditExport: z.literal(1),
  logId: z.uuid(),
  gapsUntil: seq,
  after: head,
  filter: z.record(z.string(), z.string()),
})
const event = z.strictObject({
  entry: z
    .object({
      action: z.string(),
      actor: z.union([z.literal('bot'), hash]),
      alert: z.boolean(),
      at: z.string(),
      by: z.string().optional(),
      details: z.record(z.string(), z.json()),
      personal: hash.optional(),
      request: z.string().optional(),
      resource: z.string().optional(),
      seq,
      v: seq,
      version: z.int().optional(),
      via: z.string(),
    })
    .strict(),
  actor: opening.optional(),
  personal: opening.optional(),
  hash,
})
const leftOut = z.strictObject({
  leftOut: z.strictObject({ first: seq, last: seq, digests: z.base64() }),
})
const end = z.strictObject({ end: z.strictObject({ events: seq, leftOut: seq, head }) })

/**
 * What an export is made of, in every format: a heading that says where in the chain it begins, an event or the digests
 * of events that are left out, and an end, by which it shows whether the file is whole.
 */
export const exportRecord = z.union([event, leftOut, heading, end])
export type ExportRecord = z.infer<typeof exportRecord>
export type EventRecord = z.infer<typeof event>

/** The records of an export, a few at a time. */
export async function* recordsOf({
  logId,
  gapsUntil,
  after,
  filter,
  batches,
}: TrailExport): AsyncGenerator<readonly ExportRecord[]> {
  yield [{ jitAuditExport: 1, logId, gapsUntil, after, filter }]
  const total = { events: 0, leftOut: 0, head: after }
  let out: ChainedEvent[] = []
  for await (const batch of batches) {
    const records: ExportRecord[] = []
    const flush = () => {
      if (out.length > 0) records.push(leftOutRecord(out))
      total.leftOut += out.length
      out = []
    }
    for (const one of batch) {
      if (one.seq !== total.head.seq + 1 && total.head.seq >= gapsUntil)
        throw new Error(
          `event ${total.head.seq + 1} is not there any more: events were archived meanwhile; export again`,
        )
      // So that the numbers of its ends say which events a record is of.
      if (one.seq !== total.head.seq + 1) flush()
      if (one.isWanted) {
        flush()
        total.events += 1
        records.push(eventRecord(one))
      } else if (out.push(one) === LEFT_OUT_MAX) flush()
      total.head = { seq: one.seq, hash: one.hash }
    }
    yield records
  }
  yield [
    ...(out.length > 0 ? [leftOutRecord(out)] : []),
    { end: { ...total, leftOut: total.leftOut + out.length } },
  ]
}

/** An event with all that proves it. */
export function eventRecord(one: ChainedEvent): EventRecord {
  const open = (text: string | undefined) =>
    text === undefined ? undefined : (valueOf(text, one.seq) as EventRecord['actor'])
  const [actor, personal] = [open(one.actor?.opening), open(one.personal?.opening)]
  return {
    entry: valueOf(entryText(one), one.seq) as EventRecord['entry'],
    ...(actor && { actor }),
    ...(personal && { personal }),
    hash: one.hash,
  }
}

/** What a text says, from which whoever verifies makes the same text again. */
function valueOf(text: string, seq: number): Json {
  const value = JSON.parse(text) as Json
  if (canonicalJson(value) === text) return value
  throw new Error(
    `event ${seq} is not written as the bot writes events: find out who recorded it, and export what is before and after it`,
  )
}

function leftOutRecord(events: readonly ChainedEvent[]): ExportRecord {
  const digests = Buffer.concat(events.map((one) => Buffer.from(digestOf(entryText(one)), 'hex')))
  const [first, last] = [events[0]?.seq ?? 0, events.at(-1)?.seq ?? 0]
  return { leftOut: { first, last, digests: digests.toString('base64') } }
}
