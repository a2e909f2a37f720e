/** How far the audit trail was delivered to one destination. */
export interface AuditStream {
  /** Whether it is the one that the trail goes to now. */
  readonly isActive: boolean
  /** Tells this trail from any other. */
  readonly logId: string
  /** The last event that was taken, 0 before the first. */
  readonly lastSeq: number
  /** Its hash, in hex; absent before the first. */
  readonly lastHash?: string
  /** The last event of the batch that was begun, and may have arrived. */
  readonly sendingSeq?: number
  /** Why it fails, once operators were told. */
  readonly failing?: string
}

/** Where the audit trail is streamed to; a destination is known by a digest of its address. */
export interface AuditStreams {
  /** Makes a destination the only one that the trail goes to; tells whether it was not already. */
  begin(destination: string): Promise<boolean>
  find(destination: string): Promise<AuditStream | undefined>
  /** Remembers where the batch ends that is sent next; false when the stream is not at `after` any more. */
  sending(destination: string, after: number, last: number): Promise<boolean>
  /** Moves on to the last event that was taken; false when the stream is not at `after` any more. */
  delivered(
    destination: string,
    after: number,
    last: { readonly seq: number; readonly hash: string },
  ): Promise<boolean>
  /** Remembers why it fails, until the next delivery; tells whether that is news. */
  failing(destination: string, why: string): Promise<boolean>
  /** How many events the active stream is behind; absent when there is none. */
  lag(): Promise<number | undefined>
}
