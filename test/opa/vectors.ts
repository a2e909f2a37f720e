import { readFileSync } from 'node:fs'
import type { Json } from '../../src/domain/ppl.ts'
import type { RegoAnswer, RegoQuestion } from '../../src/app/rego-policy.ts'

type Facts = { readonly [key: string]: Json }

/** An input, and what the example policy of `rego/` makes of it. */
export interface Vector {
  readonly name: string
  readonly question: RegoQuestion
  /** The decision document without version and policy version; null when there is none. */
  readonly decision: Json
  /** What the catalogue's own rules come to where they say the same. */
  readonly catalogue?: {
    readonly approvals: number
    readonly automatic: boolean
    readonly problems: readonly string[]
  }
}

interface VectorFile {
  readonly base: Facts
  readonly vectors: readonly (Omit<Vector, 'question'> & { readonly with: Facts })[]
}

const file = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as VectorFile

/** The input that all vectors vary. */
export const baseInput: Facts = file.base

export const vectors: readonly Vector[] = file.vectors.map(({ with: facts, ...vector }) => {
  const input = merged(file.base, facts)
  return { ...vector, question: { stage: input['stage'] as RegoQuestion['stage'], input } }
})

/** An answer in the form of a vector's `decision`; fails on an answer that is neither a decision nor undefined. */
export function documentOf(answer: RegoAnswer): Json {
  if (answer.type === 'no-decision') {
    if (answer.cause !== 'undefined') throw new Error(`${answer.cause}: ${answer.detail}`)
    return null
  }
  const { effect, reasons, narrowing } = answer.decision
  return {
    effect,
    ...(reasons.length === 0 ? {} : { reasons: reasons as Json }),
    ...(narrowing.maxSeconds === undefined ? {} : { max_duration_s: narrowing.maxSeconds }),
    ...(narrowing.approvals === undefined ? {} : { required_approvals: narrowing.approvals }),
    ...(narrowing.groups === undefined ? {} : { approver_groups: narrowing.groups }),
    ...(narrowing.constraints.length === 0 ? {} : { constraints: narrowing.constraints }),
  }
}

function merged(base: Facts, facts: Facts): Facts {
  const entries = Object.entries(facts).map(([key, value]) => {
    const below = base[key]
    return [key, isFacts(below) && isFacts(value) ? merged(below, value) : value] as const
  })
  return { ...base, ...Object.fromEntries(entries) }
}

function isFacts(value: Json | undefined): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
