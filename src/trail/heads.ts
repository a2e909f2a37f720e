import { headText } from '../app/watch-trail.ts'
import type { Head } from './verify.ts'

const HEAD = /\b([1-9]\d{0,14}):([0-9a-f]{64})\b/g

/** How a head is written, in messages, log lines and files alike. */
export function formatHead(head: Head): string {
  return headText(head)
}

/** All heads in a text, whatever stands around them: a file of heads, log lines, a copied message. */
export function headsIn(text: string): readonly Head[] {
  return [...text.matchAll(HEAD)].map(([, seq, hash = '']) => ({ seq: Number(seq), hash }))
}
