import { canonicalJson } from '../../../src/domain/canonical.ts'
import type { Json } from '../../../src/domain/ppl.ts'
import type { ChainedEvent } from '../../../src/domain/chained-event.ts'
import { genesisOf } from '../../../src/trail/entry.ts'
import type { Verified } from '../../../src/trail/verify.ts'
import { verifyChain } from '../../../src/trail/verify.ts'

interface Line {
  readonly entry: {
    readonly action: string
    readonly actor: string
    readonly alert: boolean
    readonly at: string
    readonly by?: string
    readonly details: Json
    readonly personal?: string
    readonly request?: string
    readonly resource?: string
    readonly seq: number
    readonly v: number
    readonly version?: number
    readonly via: string
  }
  readonly actor?: Json
  readonly personal?: Json
  readonly hash: string
}

/** Verifies what a SIEM has kept, from the first event of a trail on, with nothing else at hand. */
export function verifyLines(lines: readonly string[], logId: string): Promise<Verified> {
  const events = lines.map((text) => eventOf(JSON.parse(text) as Line))
  const after = { seq: 0, hash: genesisOf(logId) }
  return verifyChain(batches(events), { after, gapsUntil: 0, isTrusted: false })
}

async function* batches(events: readonly ChainedEvent[]) {
  yield events
}

function eventOf({ entry, actor, personal, hash }: Line): ChainedEvent {
  const sealed = (digest: string | undefined, opening: Json | undefined) =>
    digest === undefined
      ? undefined
      : { digest, ...(opening === undefined ? {} : { opening: canonicalJson(opening) }) }
  return {
    seq: entry.seq,
    at: entry.at,
    action: entry.action,
    via: entry.via,
    alert: entry.alert,
    recordedBy: entry.by,
    requestId: entry.request,
    requestVersion: entry.version,
    resourceId: entry.resource,
    schemaVersion: entry.v,
    publicDetails: canonicalJson(entry.details),
    actor: entry.actor === 'bot' ? undefined : sealed(entry.actor, actor),
    personal: sealed(entry.personal, personal),
    hash,
  }
}

/** The numbers of events on lines. */
export function seqsOf(lines: readonly string[]): readonly number[] {
  return lines.map((text) => (JSON.parse(text) as Line).entry.seq)
}
