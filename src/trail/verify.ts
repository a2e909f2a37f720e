import type { ChainedEvent, Head, Sealed } from '../domain/chained-event.ts'
import { digestOf, entryText, nextHash } from './entry.ts'

/** Where a walk begins: after an event, or before all. */
export interface Beginning {
  readonly after: Head
  /** Numbers up to it may have gaps. */
  readonly gapsUntil: number
  /** Whether the hash to begin with is taken on trust, because nothing before it is looked at. */
  readonly isTrusted: boolean
}

/** What an erasure announced: the events, and what stands in the place of the person. */
export interface Erasure {
  readonly pseudonym: string
  /** First and last number of each run, in order. */
  readonly seqs: readonly (readonly [number, number])[]
}

/** What is wrong with the trail, and where it shows first. */
export interface Finding {
  readonly seq: number
  readonly problem: string
}

/** What a walk along a chain came to. */
export interface Verified {
  readonly events: number
  /** The last event that was looked at; that before the first when there was none. */
  readonly head: Head
  readonly erased: number
  /** How many heads from outside were passed and are the same. */
  readonly headsMet: number
  /** The first thing that is wrong; absent when all holds. */
  readonly finding?: Finding
}

/**
 * Walks along a chain and stops at the first event that is not as it was recorded. Heads are those known from outside;
 * without one of the end or beyond, nobody can tell whether the end was cut off or everything was written anew.
 */
export async function verifyChain(
  batches: AsyncIterable<readonly ChainedEvent[]>,
  beginning: Beginning,
  known: { readonly heads?: readonly Head[]; readonly erasures?: readonly Erasure[] } = {},
): Promise<Verified> {
  const heads = (known.heads ?? [])
    .filter(({ seq }) => seq >= beginning.after.seq)
    .sort((a, b) => a.seq - b.seq)
  const announced = announcedIn(known.erasures ?? [])
  const walk = { events: 0, head: beginning.after, erased: 0, headsMet: 0 }
  const stop = (finding: Finding): Verified => ({ ...walk, finding })
  /** Whether every known head up to a number is one that was met. */
  const missedHead = (): Finding | undefined => {
    for (let next = heads[walk.headsMet]; next !== undefined && next.seq <= walk.head.seq;) {
      if (next.seq !== walk.head.seq || next.hash !== walk.head.hash)
        return {
          seq: next.seq,
          problem: 'its hash is not the one that was published: the trail was written anew',
        }
      walk.headsMet += 1
      next = heads[walk.headsMet]
    }
    return undefined
  }
  const missed = missedHead()
  if (missed !== undefined) return stop(missed)
  for await (const batch of batches)
    for (const event of batch) {
      const problem = problemOf(event, walk.head, beginning.gapsUntil, announced)
      if (problem !== undefined) return stop(problem)
      walk.events += 1
      walk.head = event
      if (isErased(event.actor) || isErased(event.personal)) walk.erased += 1
      const missed = missedHead()
      if (missed !== undefined) return stop(missed)
    }
  walk.head = { seq: walk.head.seq, hash: walk.head.hash }
  const beyond = heads[walk.headsMet]
  if (beyond !== undefined)
    return stop({
      seq: walk.head.seq + 1,
      problem: `it is missing: event ${beyond.seq} was published, and the trail ends at ${walk.head.seq}`,
    })
  return walk
}

function problemOf(
  event: ChainedEvent,
  before: Head,
  gapsUntil: number,
  announced: Announced,
): Finding | undefined {
  const { seq, actor, personal } = event
  const wrong = (problem: string): Finding => ({ seq, problem })
  if (seq <= before.seq) return wrong('its number comes twice')
  if (nextHash(before.hash, digestOf(entryText(event))) !== event.hash) {
    const isGap = seq !== before.seq + 1 && before.seq >= gapsUntil
    return isGap
      ? { seq: before.seq + 1, problem: `it is missing: after ${before.seq} comes ${seq}` }
      : wrong(
          `its hash is not that of its content after event ${before.seq}: it was changed, or what is before it`,
        )
  }
  if (seq !== before.seq + 1 && before.seq >= gapsUntil)
    return { seq: before.seq + 1, problem: `it is missing: after ${before.seq} comes ${seq}` }
  for (const [sealed, what] of [
    [actor, 'who acted was'],
    [personal, 'its personal details were'],
  ] as const) {
    if (sealed === undefined) continue
    if (sealed.opening !== undefined) {
      if (digestOf(sealed.opening) !== sealed.digest)
        return wrong(`${what} changed: the digest is of something else`)
    } else if (!announced(seq, sealed.remains ?? ''))
      return wrong(`${what} taken away, and no erasure on record says so`)
  }
  return undefined
}

function isErased(sealed: Sealed | undefined): boolean {
  return sealed !== undefined && sealed.opening === undefined
}

type Announced = (seq: number, remains: string) => boolean

/** Whether an erasure says that it erased something of an event, and left no more than this; asked in the order of events. */
function announcedIn(erasures: readonly Erasure[]): Announced {
  const runs = erasures
    .flatMap(({ pseudonym, seqs }) => seqs.map(([first, last]) => ({ first, last, pseudonym })))
    .sort((a, b) => a.first - b.first)
  let next = 0
  let open: typeof runs = []
  return (seq, remains) => {
    for (let run = runs[next]; run !== undefined && run.first <= seq; run = runs[next]) {
      open.push(run)
      next += 1
    }
    open = open.filter(({ last }) => seq <= last)
    return open.some(({ pseudonym }) => remains === '' || remains === pseudonym)
  }
}
