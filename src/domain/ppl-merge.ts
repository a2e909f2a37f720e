import { canonicalJson } from './canonical.ts'
import { ruleKey } from './ppl-key.ts'
import type { Ppl, Rule } from './ppl.ts'

export interface Merge {
  /** What the policy should hold: foreign rules in their order, then ours in the order of their keys. */
  readonly next: Ppl
  /** Whether `next` has to be written. */
  readonly changed: boolean
  /** Live rules that are not ours, as they came. */
  readonly foreign: readonly Rule[]
  /** Rules that were written and are still desired, but are gone from the policy. */
  readonly vanished: readonly Rule[]
}

/**
 * The three-way merge of a policy. Everything is a multiset by {@link ruleKey}: of equal live rules, as many
 * are ours as were written, or are desired and not yet known as written (the answer to the write was lost);
 * any more are foreign and stay.
 */
export function mergeRules(policy: {
  readonly live: Ppl
  readonly lastWritten: readonly Rule[]
  readonly desired: readonly Rule[]
}): Merge {
  const tallies = new Map<string, Tally>()
  const live = entered(policy.live, 'live', tallies)
  const written = entered(policy.lastWritten, 'written', tallies)
  const desired = entered(policy.desired, 'desired', tallies).sort(byKey)

  let changed = false
  for (const tally of tallies.values()) {
    tally.ours = Math.min(tally.live, Math.max(tally.written, tally.desired))
    tally.vanished = Math.min(tally.written, tally.desired) - tally.live
    // What is kept and what is desired, against what is there.
    if (tally.live - tally.ours + tally.desired !== tally.live) changed = true
  }

  const foreign = foreignRules(live, written, desired)
  return {
    next: [...foreign, ...desired.map(({ rule }) => rule)],
    changed,
    foreign,
    vanished: written.filter(({ tally }) => tally.vanished-- > 0).map(({ rule }) => rule),
  }
}

/** How often each rule, by its key, is in the policy. */
export function ruleCounts(live: Ppl): ReadonlyMap<string, number> {
  return counted(live.map(ruleKey))
}

/** How often a rule is in each of the three lists, and what follows from it. */
interface Tally {
  live: number
  written: number
  desired: number
  ours: number
  vanished: number
}

interface Entry {
  readonly key: string
  readonly rule: Rule
  readonly tally: Tally
}

function entered(
  rules: readonly Rule[],
  list: 'live' | 'written' | 'desired',
  tallies: Map<string, Tally>,
): Entry[] {
  return rules.map((rule) => {
    const key = ruleKey(rule)
    let tally = tallies.get(key)
    if (tally === undefined) {
      tally = { live: 0, written: 0, desired: 0, ours: 0, vanished: 0 }
      tallies.set(key, tally)
    }
    tally[list]++
    return { key, rule, tally }
  })
}

type Entries = readonly Entry[]

function foreignRules(live: Entries, written: Entries, desired: Entries): Rule[] {
  const owned = new Set<Entry>()
  for (const entry of likelyOursFirst(live, written, desired))
    if (entry.tally.ours-- > 0) owned.add(entry)
  return live.filter((entry) => !owned.has(entry)).map(({ rule }) => rule)
}

/**
 * Where only some of equal rules are ours and their spellings differ, those are the likelier that are spelled
 * as the bot writes, then those further down, because the bot writes its rules last.
 */
function likelyOursFirst(live: Entries, written: Entries, desired: Entries): Entries {
  const isShared = ({ tally }: Entry): boolean => tally.ours > 0 && tally.ours < tally.live
  const shared = live.filter(isShared)
  if (shared.length === 0) return live
  const [before, after] = [
    textCounts(written.filter(isShared)),
    textCounts(desired.filter(isShared)),
  ]
  const seen = new Map<string, number>()
  const ranked = shared.toReversed().map((entry) => {
    const text = canonicalJson(entry.rule)
    const earlier = seen.get(text) ?? 0
    seen.set(text, earlier + 1)
    const isExpected = earlier < Math.max(before.get(text) ?? 0, after.get(text) ?? 0)
    return { key: `${isExpected ? 0 : 1}${text}`, entry }
  })
  const alone = live.filter((entry) => !isShared(entry))
  return [...alone, ...ranked.sort(byKey).map(({ entry }) => entry)]
}

function textCounts(entries: Entries): ReadonlyMap<string, number> {
  return counted(entries.map(({ rule }) => canonicalJson(rule)))
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
