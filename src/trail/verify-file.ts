import type { ExportFormat } from '../app/audit-export.ts'
import { canonicalJson } from '../domain/canonical.ts'
import type { Json } from '../domain/ppl.ts'
import { digestOf, genesisOf, nextHash } from './entry.ts'
import { CSV_HEADER } from './export-csv.ts'
import { formatOf, lineWriter, recordText } from './export-formats.ts'
import type { EventRecord, ExportRecord } from './export-record.ts'
import { exportRecord } from './export-record.ts'
import { formatHead } from './heads.ts'
import type { Head } from './verify.ts'

/** What the verification of a file came to. */
export interface FileVerified {
  readonly events: number
  readonly leftOut: number
  /** Events of which the file does not hold who acted or what is personal. */
  readonly withheld: number
  readonly first: number
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

/** What is wrong with a line. */
class Wrong extends Error {}

function problemOf(error: unknown): string {
  return error instanceof Wrong ? error.message : 'it is no record of an export'
}

class FileWalk {
  readonly #known: ReadonlyMap<number, string>
  #format: ExportFormat | undefined
  #write: ((record: ExportRecord) => string) | undefined
  #start: { readonly after: Head; readonly gapsUntil: number; readonly logId: string } | undefined
  #head: Head = { seq: 0, hash: '' }
  #isOver = false
  #events = 0
  #leftOut = 0
  #withheld = 0
  #vouched = 0

  constructor(heads: readonly Head[]) {
    this.#known = new Map(heads.map(({ seq, hash }) => [seq, hash]))
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
    const record = exportRecord.parse(JSON.parse(found))
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
    const { after, logId } = this.#start
    const isRooted =
      (after.seq === 0 && after.hash === genesisOf(logId)) ||
      this.#known.get(after.seq) === after.hash
    return {
      events: this.#events,
      leftOut: this.#leftOut,
      withheld: this.#withheld,
      first: after.seq + 1,
      head: this.#head,
      isRooted,
      vouched: this.#vouched,
    }
  }

  #begin(heading: Extract<ExportRecord, { jitAuditExport: 1 }>): void {
    if (this.#start !== undefined) throw new Wrong('there is a second heading')
    const { after } = heading
    this.#start = heading
    this.#head = after
    const known = this.#known.get(after.seq)
    if (known !== undefined && known !== after.hash)
      throw new Wrong(`event ${after.seq} was published with another hash`)
  }

  #pass({ entry, actor, personal, hash }: EventRecord): void {
    this.#step(entry.seq, digestOf(canonicalJson(entry as Json)))
    if (this.#head.hash !== hash) throw new Wrong(`event ${entry.seq} is not what its hash is of`)
    for (const [digest, opening] of [
      [entry.actor === 'bot' ? undefined : entry.actor, actor],
      [entry.personal, personal],
    ] as const) {
      if (opening === undefined) {
        if (digest !== undefined) this.#withheld += 1
      } else if (digest === undefined || digestOf(canonicalJson(opening)) !== digest)
        throw new Wrong(`who acted in event ${entry.seq}, or what is personal, was changed`)
    }
    this.#events += 1
  }

  #skip({ first, last, digests }: { first: number; last: number; digests: string }): void {
    const bytes = Buffer.from(digests, 'base64')
    const count = bytes.length / 32
    const hasGaps = last <= (this.#start?.gapsUntil ?? 0)
    if (
      !Number.isInteger(count) ||
      count === 0 ||
      last < first ||
      (!hasGaps && count !== last - first + 1)
    )
      throw new Wrong(`digests of events ${first} to ${last} are missing`)
    for (let n = 0; n < count; n += 1) {
      const seq = n === count - 1 ? last : first + n
      this.#step(seq, bytes.subarray(n * 32, n * 32 + 32).toString('hex'))
    }
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
