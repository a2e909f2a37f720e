import { canonicalJson } from './canonical.ts'
import { criterionName } from './ppl-criteria.ts'
import { ruleProblems } from './ppl-parse.ts'
import { isArray, isPlainObject, soleKey } from './ppl-problem.ts'
import type { Criterion, Json, Rule, RuleBody } from './ppl.ts'

/**
 * A text that two rules share when they are one rule in two spellings: order of keys and of criteria within
 * an operator, `"a"` for `{"is":"a"}` or `{"has":"a"}`, one value for a list of one, `+00:00` or a zero fraction
 * for `Z`. Pomerium's console may rewrite a rule in these ways. A rule that this parser does not know has the key of its
 * exact text. Throws like {@link canonicalJson}.
 */
export function ruleKey(rule: Rule): string {
  return (
    grantKey(rule) ?? (ruleProblems(rule).length === 0 ? anyRuleKey(rule) : canonicalJson(rule))
  )
}

/** The key of a grant that has no constraint and no start, in the bot's own spelling: most rules, at a fifth of the cost. */
function grantKey(rule: Rule): string | undefined {
  const and = rule.allow?.and
  if (and?.length !== 2 || soleKey(rule) === undefined) return undefined
  if (rule.allow === undefined || soleKey(rule.allow) === undefined) return undefined
  const email = soleText(and[0], 'email', 'is')
  const before = soleText(and[1], 'date', 'before')
  if (email === undefined || before === undefined) return undefined
  if (before.length !== 20 || !before.endsWith('Z')) return undefined
  return `allow{and["date":{"before":${canonicalJson(before)}},"email":{"is":${canonicalJson(email)}}]}`
}

/** The text of `{[key]: {[operator]: text}}`. */
function soleText(
  criterion: Criterion | undefined,
  key: string,
  operator: string,
): string | undefined {
  const data = criterion?.[key]
  if (criterion === undefined || !isPlainObject(data) || isArray(data)) return undefined
  if (soleKey(criterion) === undefined || soleKey(data) === undefined) return undefined
  const value = data[operator]
  return typeof value === 'string' ? value : undefined
}

function anyRuleKey(rule: Rule): string {
  let key = ''
  if (rule.allow !== undefined) key += `allow${bodyKey(rule.allow)}`
  if (rule.deny !== undefined) key += `deny${bodyKey(rule.deny)}`
  return key
}

function bodyKey(body: RuleBody): string {
  let key = '{'
  if (body.and !== undefined) key += `and${criteriaKey(body.and)}`
  if (body.or !== undefined) key += `or${criteriaKey(body.or)}`
  if (body.not !== undefined) key += `not${criteriaKey(body.not)}`
  if (body.nor !== undefined) key += `nor${criteriaKey(body.nor)}`
  return `${key}}`
}

function criteriaKey(criteria: readonly Criterion[]): string {
  const keys = criteria.map(keyOfCriterion)
  const [first, second] = keys
  // Most rules have two criteria, and sorting them is a third of the work.
  if (first === undefined || second === undefined || keys.length > 2)
    return `[${keys.sort().join()}]`
  return first < second ? `[${first},${second}]` : `[${second},${first}]`
}

function keyOfCriterion(criterion: Criterion): string {
  const key = soleKey(criterion)
  const data = key === undefined ? undefined : criterion[key]
  if (key === undefined || data === undefined) return canonicalJson(criterion)
  const spell = SPELLINGS.get(key)
  if (spell !== undefined) return `"${key}":${spell(data)}`
  const spellPath = SPELLINGS.get(criterionName(key).name) ?? canonicalJson
  return `${canonicalJson(key)}:${spellPath(data)}`
}

/** The canonical text of a criterion's data in its one spelling. */
type Spelling = (data: Json) => string

/** A matcher whose bare string stands for this operator. */
function matcher(operator: 'is' | 'has'): Spelling {
  return (data) => {
    const value = isPlainObject(data) && soleKey(data) === operator ? data[operator] : data
    return typeof value === 'string'
      ? `{"${operator}":${canonicalJson(value)}}`
      : canonicalJson(data)
  }
}

const list: Spelling = (data) =>
  typeof data === 'string' ? `[${canonicalJson(data)}]` : canonicalJson(data)

const instant: Spelling = (data) =>
  typeof data !== 'string' || (data.length === 20 && data.endsWith('Z'))
    ? canonicalJson(data)
    : canonicalJson(data.replace(/(T..:..:..)(?:\.0+)?(?:Z|\+00:00)$/, '$1Z'))

/** An object whose members have spellings of their own. */
function eachOf(spellings: ReadonlyMap<string, Spelling>): Spelling {
  const member = (data: { readonly [key: string]: Json }, key: string): string => {
    const value = data[key]
    const spell = spellings.get(key)
    if (spell === undefined || value === undefined) return canonicalJson({ [key]: value ?? null })
    return `"${key}":${spell(value)}`
  }
  return (data) => {
    if (!isPlainObject(data) || isArray(data)) return canonicalJson(data)
    const key = soleKey(data)
    return key === undefined
      ? `{${Object.keys(data)
          .sort()
          .map((key) => member(data, key))
          .join()}}`
      : `{${member(data, key)}}`
  }
}

const SPELLINGS: ReadonlyMap<string, Spelling> = new Map<string, Spelling>([
  ['claim', matcher('has')],
  [
    'client_certificate',
    eachOf(
      new Map([
        ['fingerprint', list],
        ['spki_hash', list],
        ['san_dns', matcher('is')],
        ['san_email', matcher('is')],
        ['san_uri', matcher('is')],
      ]),
    ),
  ],
  [
    'date',
    eachOf(
      new Map([
        ['after', instant],
        ['before', instant],
      ]),
    ),
  ],
  ['domain', matcher('is')],
  ['email', matcher('is')],
  ['groups', matcher('has')],
  ['http_method', matcher('is')],
  ['http_path', matcher('is')],
  ['mcp_tool', matcher('is')],
  ['source_ip', list],
  ['ssh_publickey', list],
  ['ssh_username', matcher('is')],
  ['user', matcher('is')],
])
