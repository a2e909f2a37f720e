import { isIP } from 'node:net'
import { isObject, type Json } from './model.ts'
import { isTimeZone, parseDays, parseInstant, parseTimeOfDay } from './ppl-time.ts'

type Check = (data: Json) => string | undefined

const OPERATORS = ['and', 'or', 'not', 'nor']
const anything: Check = () => undefined

/**
 * Why the policy server refuses a PPL document; `undefined` when it takes it.
 * Source: pkg/policy/parser/grammar.go and pkg/policy/criteria of pomerium/pomerium; docs/internals/ppl for the
 * criteria that exist only in Zero.
 */
export function pplProblem(ppl: Json): string | undefined {
  const rules = Array.isArray(ppl) ? ppl : [ppl]
  return first(rules, (rule) => {
    if (!isObject(rule)) return `unsupported type for rule: ${kind(rule)}`
    return first(Object.entries(rule), ([action, body]) => {
      if (action !== 'allow' && action !== 'deny') return `unsupported action: ${action}`
      return bodyProblem(body)
    })
  })
}

function bodyProblem(body: Json): string | undefined {
  if (!isObject(body)) return `unsupported type for rule body: ${kind(body)}`
  return first(Object.entries(body), ([operator, criteria]) => {
    if (operator === 'action') return undefined
    if (!OPERATORS.includes(operator)) return `unsupported conditional: ${operator}`
    if (!Array.isArray(criteria)) return `unsupported type for criteria: ${kind(criteria)}`
    return first(criteria, criterionProblem)
  })
}

function criterionProblem(criterion: Json): string | undefined {
  if (!isObject(criterion)) return `unsupported type for criterion: ${kind(criterion)}`
  const [entry, ...others] = Object.entries(criterion)
  if (!entry || others.length > 0) return 'each criterion may only contain a single key and value'
  const [key, data] = entry
  const name = key.split('/', 1)[0] ?? key
  const check = CRITERIA.get(name)
  return check ? check(data) : `unknown policy criterion: ${name}`
}

const stringMatcher: Check = (data) =>
  operatorsProblem(data, 'string', (operator, value) => {
    if (operator === 'in' || operator === 'not_in') {
      return Array.isArray(value) ? undefined : `${operator} matcher requires an array of strings`
    }
    const known = ['contains', 'ends_with', 'is', 'not', 'starts_with']
    return known.includes(operator) ? undefined : `unknown string matcher operator: ${operator}`
  })

const listMatcher: Check = (data) =>
  operatorsProblem(data, 'string list', (operator) =>
    ['has', 'is', 'exclude'].includes(operator)
      ? undefined
      : `unknown string list matcher operator: ${operator}`,
  )

function operatorsProblem(
  data: Json,
  matcher: string,
  check: (operator: string, value: Json) => string | undefined,
): string | undefined {
  if (!isObject(data)) return undefined
  const problem = first(Object.entries(data), ([operator, value]) => check(operator, value))
  return problem && `error generating criterion rules: ${matcher} matcher: ${problem}`
}

/** A check of an object whose keys are all in `fields`; the value of each key goes through its own check. */
const object =
  (
    name: string,
    fields: Readonly<Record<string, Check>>,
    required: readonly string[] = [],
  ): Check =>
  (data) => {
    if (!isObject(data)) return `expected object for ${name} criterion, got: ${kind(data)}`
    const missing = required.find((field) => !(field in data))
    if (missing !== undefined) return `${name} criterion requires ${missing}`
    return first(Object.entries(data), ([key, value]) => {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined
      return check ? check(value) : `unexpected field in ${name} criterion: ${key}`
    })
  }

const text =
  (what: string, accepts: (value: string) => boolean = () => true): Check =>
  (data) =>
    typeof data === 'string' && accepts(data)
      ? undefined
      : `invalid ${what}: ${JSON.stringify(data)}`

/** A check of one string or a list of strings. */
const texts = (what: string, accepts: (value: string) => boolean): Check => {
  const one = text(what, accepts)
  return (data) => (Array.isArray(data) ? first(data, one) : one(data))
}

const isAddress = (value: string): boolean => {
  const [address = '', bits, ...rest] = value.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  )
}
const isFingerprint = (value: string): boolean =>
  /^[0-9a-f]{64}$/.test(value) || /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/.test(value)
const isSpkiHash = (value: string): boolean =>
  /^[A-Za-z0-9+/]{43}=$/.test(value) && Buffer.from(value, 'base64').length === 32
const isAuthorizedKey = (value: string): boolean =>
  value.split(/\s+/).some((word, index, words) => {
    if (!/^(ssh|ecdsa|sk)-/.test(word)) return false
    const wire = Buffer.from(words[index + 1] ?? '', 'base64')
    const length = wire.length > 4 ? wire.readUInt32BE(0) : 0
    return wire.subarray(4, 4 + length).toString() === word
  })

const moment = text('date', (value) => parseInstant(value) !== undefined)
const time = text('time of day', (value) => parseTimeOfDay(value) !== undefined)

const CRITERIA = new Map<string, Check>([
  ...['accept', 'reject', 'authenticated_user', 'cors_preflight'].map(withCheck(anything)),
  ...['invalid_client_certificate', 'ssh_username_matches_email'].map(withCheck(anything)),
  ...['email', 'user', 'domain', 'http_method', 'http_path'].map(withCheck(stringMatcher)),
  ...['ssh_username', 'mcp_tool'].map(withCheck(stringMatcher)),
  ...['claim', 'groups'].map(withCheck(listMatcher)),
  ['source_ip', texts('IP address or CIDR range', isAddress)],
  [
    'device',
    object('device', { approved: anything, is: text('device'), type: text('device type') }),
  ],
  [
    'client_certificate',
    object('client_certificate', {
      fingerprint: texts('certificate fingerprint', isFingerprint),
      spki_hash: texts('certificate SPKI hash', isSpkiHash),
      san_dns: stringMatcher,
      san_email: stringMatcher,
      san_uri: stringMatcher,
    }),
  ],
  ...['ssh_publickey', 'ssh_ca'].map(withCheck(texts('authorized key', isAuthorizedKey))),
  ['ssh_username_matches_claim', text('claim name')],
  ['date', object('date', { after: moment, before: moment })],
  ['day_of_week', text('day of week', (value) => parseDays(value) !== undefined)],
  [
    'time_of_day',
    object('time_of_day', { timezone: text('time zone', isTimeZone), after: time, before: time }, [
      'timezone',
    ]),
  ],
])

function withCheck(check: Check): (name: string) => [string, Check] {
  return (name) => [name, check]
}

function first<T>(
  items: Iterable<T>,
  problem: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = problem(item)
    if (found !== undefined) return found
  }
  return undefined
}

function kind(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/**
 * Why a cluster cannot load a document that the server took: a matcher that compiles and then fails the type check
 * aborts the build of all policies. `undefined` when it loads.
 */
export function buildProblem(ppl: Json): string | undefined {
  const bad = findTextOperator(ppl)
  return bad && `rego_type_error: ${bad}: invalid argument(s)`
}

function findTextOperator(value: Json): string | undefined {
  if (Array.isArray(value)) return first(value, findTextOperator)
  if (!isObject(value)) return undefined
  return first(Object.entries(value), ([key, inner]) =>
    ['contains', 'starts_with', 'ends_with'].includes(key) && typeof inner !== 'string'
      ? key
      : findTextOperator(inner),
  )
}
