import { criterionName, criterionProblems } from './ppl-criteria.ts'
import {
  type Check,
  type Problems,
  eachElement,
  eachMember,
  expect,
  isArray,
  isPlainObject,
  refuse,
  soleKey,
  under,
} from './ppl-problem.ts'
import { named } from './ppl-text.ts'

/** Text that can be equal to something: not blank, no space at its ends, no control characters. */
const plainText: Check = (data) =>
  expect(
    typeof data === 'string' && data !== '' && data === data.trim() && !/\p{Cc}/u.test(data),
    'non-empty text without control characters or space at its ends',
    data,
  )

const httpMethod: Check = (data) =>
  expect(typeof data === 'string' && /^[A-Z]+$/.test(data), 'an upper-case HTTP method', data)

const httpPath: Check = (data) =>
  expect(
    typeof data === 'string' && /^\/[^\p{Cc}]*$/u.test(data),
    'a path that starts with "/"',
    data,
  )

function some(one: Check): Check {
  return (data) => {
    if (!isArray(data)) return expect(false, 'an array', data)
    return data.length === 0 ? refuse('an empty array matches nothing') : eachElement(data, one)
  }
}

function oneOrSome(one: Check): Check {
  return (data) => (isArray(data) ? some(one)(data) : one(data))
}

/** A bare value, or an object with at least one of these operators and nothing else. */
function only(operators: ReadonlyMap<string, Check>, bare?: Check): Check {
  const names = [...operators.keys()].join(', ')
  return (data) => {
    if (!isPlainObject(data))
      return bare === undefined ? expect(false, 'an object', data) : bare(data)
    if (Object.keys(data).length === 0) return refuse(`expected one of ${names}, found none`)
    return eachMember(data, (key, value) => {
      const check = operators.get(key)
      return check === undefined
        ? refuse(`not for a constraint; allowed are ${names}`)
        : check(value)
    })
  }
}

/** Operators that ask for a value; their negatives hold for somebody without a session. */
function matching(exact: Check, part: Check): [string, Check][] {
  return [
    ['is', exact],
    ['in', some(exact)],
    ['contains', plainText],
    ['starts_with', part],
    ['ends_with', plainText],
  ]
}

const identity = only(new Map(matching(plainText, plainText)), plainText)
const identityList = only(
  new Map([
    ['has', plainText],
    ['is', plainText],
  ]),
  plainText,
)

function attribute(exact: Check, part: Check): Check {
  const operators = [...matching(exact, part), ['not', exact], ['not_in', some(exact)]] as const
  return only(new Map(operators), exact)
}

const isTrue: Check = (data) => expect(data === true, 'true', data)

const timeBounded: Check = (data) =>
  expect(
    isPlainObject(data) && (data['after'] !== undefined || data['before'] !== undefined),
    'after, before or both',
    data,
  )

const dayOfWeek: Check = (data) =>
  expect(typeof data === 'string' && data === data.toLowerCase(), 'lower-case days', data)

/** What a resource may add to every rule, with what is asked of the data beyond being valid PPL. */
const CONSTRAINTS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['claim', identityList],
  [
    'client_certificate',
    only(
      new Map([
        ['fingerprint', oneOrSome(plainText)],
        ['spki_hash', oneOrSome(plainText)],
        ['san_dns', identity],
        ['san_email', identity],
        ['san_uri', identity],
      ]),
    ),
  ],
  ['day_of_week', dayOfWeek],
  [
    'device',
    only(
      new Map<string, Check>([
        ['is', plainText],
        [
          'type',
          (data) =>
            expect(data === 'any' || data === 'enclave_only', '"any" or "enclave_only"', data),
        ],
        ['approved', isTrue],
      ]),
    ),
  ],
  ['domain', identity],
  ['groups', identityList],
  ['http_method', attribute(httpMethod, plainText)],
  ['http_path', attribute(httpPath, httpPath)],
  ['source_ip', oneOrSome(plainText)],
  ['ssh_publickey', oneOrSome(plainText)],
  ['ssh_username', attribute(plainText, plainText)],
  ['ssh_username_matches_claim', plainText],
  // Pomerium ignores this data: false would mean true.
  ['ssh_username_matches_email', isTrue],
  ['time_of_day', timeBounded],
])

const ALLOWED = [...CONSTRAINTS.keys()]
  .map((name) => (name === 'claim' ? 'claim/…' : name))
  .join(', ')

/**
 * What is wrong with a criterion that a resource wants in each of its rules; empty when it may be written.
 * Refused are: what Pomerium refuses, identity and window (the bot writes them), constants, negated
 * identities, and data that matches nothing or everything.
 */
export function constraintProblems(criterion: unknown): Problems {
  const key = isPlainObject(criterion) ? soleKey(criterion) : undefined
  if (key === undefined || !isPlainObject(criterion)) return criterionProblems(criterion)
  const { name, subPath } = criterionName(key)
  const check = CONSTRAINTS.get(name)
  if (check === undefined)
    return refuse(`${named(key)} is not for a constraint; allowed are ${ALLOWED}`)
  if (name === 'claim' && plainText(subPath).length > 0)
    return refuse('a claim needs a name: claim/<name>')
  if (name !== 'claim' && subPath !== undefined)
    return refuse(`${named(key)} takes no sub-path; write ${name}`)
  const problems = criterionProblems(criterion)
  return problems.length > 0 ? problems : under(key, check(criterion[key]))
}
