import type { ExportFormat } from '../app/audit-export.ts'
import { canonicalJson } from '../domain/canonical.ts'
import type { Head } from '../domain/chained-event.ts'
import { formatHead } from '../domain/chained-event.ts'
import type { Json } from '../domain/ppl.ts'
import { digestOf, genesisOf, nextHash } from './entry.ts'
import { CSV_HEADER } from './export-csv.ts'
import { formatOf, lineWriter, recordText } from './export-formats.ts'
import type { EventRecord, ExportRecord } from './export-record.ts'
import { exportRecord } from './export-record.ts'

/** What the verification of a file came to. */
export interface FileVerified {
  readonly events: number
  readonly leftOut: number
  /** Events of which the file does not hold who acted or what is personal. */
  readonly withheld: number
  /** What the file says that it was asked for. Nothing proves it, nor that no event that fits was left out. */
  readonly filter: Readonly<Record<string, string>>
  /** The event before the first, or number 0. */
  readonly after: Head
  readonly head: Head
  /** Whether the hash that it begins with is the beginning of the trail, or a head that is known from outside. */
  readonly isRooted: boolean
  /** The last of the known heads that the file passes. */
  readonly vouched: number
}

/** The file is not as it was exported; `where` is a line or an event. */
export class FileForged extends Error {
  override readonly name = 'FileForged'
}

/**
 * Verifies an export line by line, with nothing but the file and heads that are known from outside. Throws
 * {@link FileForged} for the first line that does not follow.
 */
export async function verifyFile(
  lines: AsyncIterable<string>,
  heads: readonly Head[],
): Promise<FileVerified> {
  const walk = new FileWalk(heads)
  let line = 0
  for await (const text of lines) {
    line += 1
    try {
      walk.take(text)
    } catch (error) {
      throw new FileForged(`line ${line}: ${problemOf(error)}`)
    }
  }
  return walk.finish()
}

type Heading = Extract<ExportRecord, { jitAuditExport: 1 }>

/** What is wrong with a line. */
class Wrong extends Error {}

function problemOf(error: unknown): string {
  return error instanceof Wrong ? error.message : 'it is no record of an export'
}

class FileWalk {
  readonly #known: ReadonlyMap<number, string>
  #format: ExportFormat | undefined
  #write: ((record: ExportRecord) => string) | undefined
  #start: Heading | undefined
  #head: Head = { seq: 0, hash: '' }
  #isOver = false
  #events = 0
  #leftOut = 0
  #withheld = 0
  #vouched = 0

  constructor(heads: readonly Head[]) {
    const known = new Map<number, string>()
    for (const { seq, hash } of heads) {
      if ((known.get(seq) ?? hash) !== hash)
        throw new FileForged(
          `event ${seq} was published with two hashes: one of the heads is false`,
        )
      known.set(seq, hash)
    }
    this.#known = known
  }

  take(text: string): void {
    if (this.#isOver) throw new Wrong('it comes after the end')
    if (this.#format === undefined) {
      this.#format = formatOf(text)
      if (this.#format === undefined) throw new Wrong('it does not begin an export')
      this.#write = lineWriter(this.#format)
      if (text === CSV_HEADER.trimEnd()) return
    }
    const found = recordText(text, this.#format)
    if (found === undefined) throw new Wrong('there is no record in it')
    const value: unknown = JSON.parse(found)
    exportRecord.parse(value)
    // Not what was parsed, which leaves out members of the name __proto__.
    const record = value as ExportRecord
    // All that stands beside the record is made of it.
    if (this.#write?.(record).trimEnd() !== text)
      throw new Wrong('what it shows is not what its record says')
    if ('jitAuditExport' in record) this.#begin(record)
    else if (this.#start === undefined) throw new Wrong('it comes before the heading')
    else if ('entry' in record) this.#pass(record)
    else if ('leftOut' in record) this.#skip(record.leftOut)
    else this.#end(record.end)
  }

  finish(): FileVerified {
    if (this.#start === undefined) throw new FileForged('it is empty')
    if (!this.#isOver)
      throw new FileForged(`its end is missing: it stops after event ${this.#head.seq}`)
    const { after, filter } = this.#start
    return {
      events: this.#events,
      leftOut: this.#leftOut,
      withheld: this.#withheld,
      filter,
      after,
      head: this.#head,
      isRooted: after.seq === 0 || this.#known.get(after.seq) === after.hash,
      vouched: this.#vouched,
    }
  }

  #begin(heading: Heading): void {
    if (this.#start !== undefined) throw new Wrong('there is a second heading')
    const { after, logId } = heading
    if (after.seq === 0 && after.hash !== genesisOf(logId))
      throw new Wrong('the hash that it begins with is not that of the beginning of its trail')
    this.#start = heading
    this.#head = after
    const known = this.#known.get(after.seq)
    if (known !== undefined && known !== after.hash)
      throw new Wrong(`event ${after.seq} was published with another hash`)
  }

  #pass({ entry, actor, personal, hash }: EventRecord): void {
    this.#step(entry.seq, digestOf(canonicalJson(entry as Json)))
    if (this.#head.hash !== hash) throw new Wrong(`event ${entry.seq} is not what its hash is of`)
    let isWhole = true
    for (const [digest, opening] of [
      [entry.actor === 'bot' ? undefined : entry.actor, actor],
      [entry.personal, personal],
    ] as const) {
      if (opening === undefined) isWhole &&= digest === undefined
      else if (digest === undefined || digestOf(canonicalJson(opening)) !== digest)
        throw new Wrong(`who acted in event ${entry.seq}, or what is personal, was changed`)
    }
    this.#events += 1
    if (!isWhole) this.#withheld += 1
  }

  #skip({ first, last, digests }: { first: number; last: number; digests: string }): void {
    const bytes = Buffer.from(digests, 'base64')
    const count = bytes.length / 32
    if (count === 0 || count !== last - first + 1)
      throw new Wrong(`they are not the digests of events ${first} to ${last}`)
    for (let n = 0; n < count; n += 1)
      this.#step(first + n, bytes.subarray(n * 32, n * 32 + 32).toString('hex'))
    this.#leftOut += count
  }

  #step(seq: number, digest: string): void {
    const { seq: before, hash } = this.#head
    const isNext = seq === before + 1 || (seq > before && before < (this.#start?.gapsUntil ?? 0))
    if (!isNext) throw new Wrong(`event ${seq} comes after event ${before}`)
    this.#head = { seq, hash: nextHash(hash, digest) }
    const known = this.#known.get(seq)
    if (known === undefined) return
    if (known !== this.#head.hash)
      throw new Wrong(
        `event ${seq} is not the one that was published as ${formatHead({ seq, hash: known })}`,
      )
    this.#vouched = seq
  }

  #end({ events, leftOut, head }: { events: number; leftOut: number; head: Head }): void {
    if (
      events !== this.#events ||
      leftOut !== this.#leftOut ||
      formatHead(head) !== formatHead(this.#head)
    )
      throw new Wrong('the end is not that of what comes before it')
    this.#isOver = true
  }
}
