import type { Head } from '../domain/chained-event.ts'

const HEAD = /\b([1-9]\d{0,14}):([0-9a-f]{64})\b/g

/** All heads in a text, whatever stands around them: a file of heads, log lines, a copied message. */
export function headsIn(text: string): readonly Head[] {
  return [...text.matchAll(HEAD)].map(([, seq, hash = '']) => ({ seq: Number(seq), hash }))
}
