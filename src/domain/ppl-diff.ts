import { canonicalJson } from './canonical.ts'
import { ruleKey } from './ppl-key.ts'
import { isArray, isPlainObject } from './ppl-problem.ts'
import { isWritableEmail } from './ppl-rule.ts'
import { cut, visible } from './ppl-text.ts'
import type { Criterion, Json, Ppl, Rule } from './ppl.ts'

const MOST_LINES = 20
const LONGEST = 200

/**
 * What a change does to a policy, one line a rule: `- ` for rules that go, then `+ ` for rules that come, as
 * multisets by {@link ruleKey}. At most 20 lines and `and n more`; empty when nothing changes.
 */
export function describeDiff(before: Ppl, after: Ppl): string {
  const gone = surplus(before, after)
  const come = surplus(after, before)
  const changes = [
    ...gone.map((rule) => ({ sign: '-', rule })),
    ...come.map((rule) => ({ sign: '+', rule })),
  ]
  const lines = changes
    .slice(0, MOST_LINES)
    .map(({ sign, rule }) => `${sign} ${describeRule(rule)}`)
  if (changes.length > MOST_LINES) lines.push(`and ${changes.length - MOST_LINES} more`)
  return lines.join('\n')
}

/** A rule on one line of at most 200 characters, with nothing invisible; canonical JSON unless it is one person's grant. */
export function describeRule(rule: Rule): string {
  const text = grantText(rule) ?? canonicalJson(rule)
  return cut(visible(cut(text, LONGEST)), LONGEST)
}

/** The rules of `these` that are not matched by one of `those`, as multisets by {@link ruleKey}. */
export function surplus(these: Ppl, those: Ppl): Rule[] {
  const unmatched = new Map<string, number>()
  for (const rule of those) {
    const key = ruleKey(rule)
    unmatched.set(key, (unmatched.get(key) ?? 0) + 1)
  }
  return these.filter((rule) => {
    const key = ruleKey(rule)
    const left = unmatched.get(key) ?? 0
    if (left > 0) unmatched.set(key, left - 1)
    return left === 0
  })
}

function grantText(rule: Rule): string | undefined {
  const criteria = rule.allow?.and
  if (criteria === undefined || rule.deny !== undefined) return undefined
  if (Object.keys(rule.allow ?? {}).length !== 1) return undefined
  const [who, when, ...constraints] = criteria
  const email = who === undefined ? undefined : emailOf(who)
  const window = when === undefined ? undefined : windowText(when)
  if (email === undefined || window === undefined) return undefined
  const extra = constraints.map(constraintText).join('; ')
  return `${email} ${window}${extra === '' ? '' : ` (${extra})`}`
}

function emailOf(criterion: Criterion): string | undefined {
  const data = criterion['email']
  const email = isPlainObject(data) && Object.keys(data).length === 1 ? data['is'] : data
  return typeof email === 'string' && isWritableEmail(email) ? email : undefined
}

function windowText(criterion: Criterion): string | undefined {
  const date = criterion['date']
  if (!isPlainObject(date) || isArray(date)) return undefined
  const { after, before, ...rest } = date
  const until = instantText(before)
  if (until === undefined || Object.keys(rest).length > 0) return undefined
  if (after === undefined) return `until ${until}`
  const from = instantText(after)
  return from === undefined ? undefined : `from ${from} until ${until}`
}

function instantText(data: Json | undefined): string | undefined {
  if (typeof data !== 'string') return undefined
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)Z$/.exec(data)
  if (match === null) return undefined
  const [, day, minute, second] = match
  return `${day} ${minute}${second === ':00' ? '' : second} UTC`
}

/** `source_ip 203.0.113.0/24`, `http_method in GET, HEAD`; whatever is no plain word stays JSON. */
function constraintText(criterion: Criterion): string {
  return Object.entries(criterion)
    .map(([key, data]) => (data === true ? key : `${key} ${dataText(data)}`))
    .join('; ')
}

function dataText(data: Json): string {
  const words = wordsText(data)
  if (words !== undefined) return words
  if (!isPlainObject(data)) return canonicalJson(data)
  const parts = Object.entries(data).map(([operator, value]) => {
    const text = wordsText(value)
    return text === undefined
      ? undefined
      : operator === 'is' || operator === 'has'
        ? text
        : `${operator} ${text}`
  })
  return parts.length === 0 || parts.includes(undefined) ? canonicalJson(data) : parts.join(' ')
}

function wordsText(data: Json): string | undefined {
  const values: readonly Json[] = isArray(data) ? data : [data]
  const words = values.filter((value) => typeof value === 'string' && /^[\w.:/@+*-]+$/.test(value))
  return words.length > 0 && words.length === values.length
    ? words.map(String).join(', ')
    : undefined
}
