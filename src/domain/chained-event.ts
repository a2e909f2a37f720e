/** An audit event as the chain has it. Details are canonical JSON, digests, salts and hashes text as in the database. */
export interface ChainedEvent {
  readonly seq: number
  /** UTC with microseconds, e.g. `2026-03-02T09:00:00.250000Z`. */
  readonly at: string
  readonly action: string
  readonly via: string
  readonly alert: boolean
  readonly recordedBy?: string | undefined
  readonly requestId?: string | undefined
  readonly requestVersion?: number | undefined
  readonly resourceId?: string | undefined
  readonly schemaVersion: number
  readonly publicDetails: string
  /** Absent when the bot acted. */
  readonly actor?: Sealed | undefined
  /** Absent when there never were personal details. */
  readonly personal?: Sealed | undefined
  /** 64 hexadecimal digits. */
  readonly hash: string
}

/** An event of the trail by its number and its hash, which vouches for all before it. */
export interface Head {
  readonly seq: number
  /** SHA-256 as 64 hexadecimal digits. */
  readonly hash: string
}

/** How a head is written in messages, log lines and files alike: `123:5f70bf18…`. */
export function formatHead({ seq, hash }: Head): string {
  return `${seq}:${hash}`
}

/** What the chain knows by its digest alone, so that it can be erased. */
export interface Sealed {
  /** SHA-256 of the opening, in hex. */
  readonly digest: string
  /** Canonical JSON `["salt",{…}]`; absent when it was erased. */
  readonly opening?: string | undefined
  /** What stands in the place of what was erased. */
  readonly remains?: string | undefined
}
