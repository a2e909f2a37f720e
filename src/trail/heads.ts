import type { Head } from '../domain/chained-event.ts'

const HEAD = /\b([1-9]\d{0,14}):([0-9a-f]{64})\b/g
/** The whole line, so that nobody's words in a copied message are taken for it. */
const GIVEN_UP = /^\S+ given up after a restore: all heads so far after event ([1-9]\d{0,14})$/

/** All heads in a text, whatever stands around them: log lines, a copied message. */
export function headsIn(text: string): readonly Head[] {
  return [...text.matchAll(HEAD)].map(([, seq, hash = '']) => ({ seq: Number(seq), hash }))
}

/** What a file of heads holds. */
export interface HeadsFile {
  /** Those that vouch for the trail. */
  readonly heads: readonly Head[]
  /** How many an operator gave up, because the database was restored from a back-up that does not have their events. */
  readonly givenUp: number
}

/** The heads in a file, less those that a line after them gives up. */
export function headsInFile(text: string): HeadsFile {
  let heads: readonly Head[] = []
  let givenUp = 0
  for (const line of text.split('\n')) {
    const last = GIVEN_UP.exec(line)?.[1]
    const kept =
      last === undefined
        ? [...heads, ...headsIn(line)]
        : heads.filter(({ seq }) => seq <= Number(last))
    if (last !== undefined) givenUp += heads.length - kept.length
    heads = kept
  }
  return { heads, givenUp }
}

/** The line that gives up all heads before it in a file that are of events after one. */
export function givingUp(after: number, at: Date): string {
  return `${at.toISOString()} given up after a restore: all heads so far after event ${after}`
}
