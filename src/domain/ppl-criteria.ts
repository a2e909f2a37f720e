import { isAddressOrRange } from './ppl-address.ts'
import {
  anyJson,
  members,
  oneOrMore,
  stringListMatcher,
  stringMatcher,
  text,
} from './ppl-matchers.ts'
import {
  type Check,
  type Problems,
  expect,
  isPlainObject,
  refuse,
  soleKey,
  under,
} from './ppl-problem.ts'
import { isAuthorizedKey } from './ppl-ssh-key.ts'
import { named } from './ppl-text.ts'
import { dateMatcher, dayOfWeek, timeOfDay } from './ppl-time.ts'

const fingerprint = oneOrMore(
  (value) => /^(?:[0-9a-f]{64}|[0-9A-F]{2}(?::[0-9A-F]{2}){31})$/.test(value),
  'a SHA-256 fingerprint (64 lower-case hex digits, or 32 upper-case pairs with colons)',
)

const spkiHash = oneOrMore(
  (value) => /^[A-Za-z0-9+/]{43}=$/.test(value),
  'a SHA-256 hash in base64',
)

const certificate = members(
  new Map([
    ['fingerprint', fingerprint],
    ['spki_hash', spkiHash],
    ['san_dns', stringMatcher],
    ['san_email', stringMatcher],
    ['san_uri', stringMatcher],
  ]),
)

const device = members(
  new Map([
    ['is', text],
    ['type', text],
    ['approved', anyJson],
  ]),
)

const record: Check = (data) =>
  isPlainObject(data) ? anyJson(data) : expect(false, 'an object', data)

const addresses = oneOrMore(isAddressOrRange, 'an IP address or a CIDR range')
const publicKeys = oneOrMore(isAuthorizedKey, 'a public key in authorized_keys format')

/**
 * Every criterion that Pomerium knows, with the check of its data.
 * Sources: https://github.com/pomerium/pomerium/tree/main/pkg/policy/criteria and, for date, day_of_week,
 * time_of_day and record, https://www.pomerium.com/docs/internals/ppl
 */
const CRITERIA: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['accept', anyJson],
  ['authenticated_user', anyJson],
  ['claim', stringListMatcher],
  ['client_certificate', certificate],
  ['cors_preflight', anyJson],
  ['date', dateMatcher],
  ['day_of_week', dayOfWeek],
  ['device', device],
  ['domain', stringMatcher],
  ['email', stringMatcher],
  ['groups', stringListMatcher],
  ['http_method', stringMatcher],
  ['http_path', stringMatcher],
  ['invalid_client_certificate', anyJson],
  ['mcp_tool', stringMatcher],
  ['record', record],
  ['reject', anyJson],
  ['source_ip', addresses],
  ['ssh_ca', publicKeys],
  ['ssh_publickey', publicKeys],
  ['ssh_username', stringMatcher],
  ['ssh_username_matches_claim', text],
  ['ssh_username_matches_email', anyJson],
  ['time_of_day', timeOfDay],
  ['user', stringMatcher],
])

/** A criterion's key in its parts: `claim/example.com/key` is the criterion `claim` of `example.com/key`. */
export function criterionName(key: string): { readonly name: string; readonly subPath?: string } {
  const slash = key.indexOf('/')
  return slash === -1 ? { name: key } : { name: key.slice(0, slash), subPath: key.slice(slash + 1) }
}

/** What Pomerium would refuse in a criterion. */
export function criterionProblems(criterion: unknown): Problems {
  if (!isPlainObject(criterion)) return expect(false, 'a criterion object', criterion)
  const key = soleKey(criterion)
  if (key === undefined) return refuse('a criterion has exactly one key')
  const check = CRITERIA.get(criterionName(key).name)
  if (check === undefined || !key.isWellFormed()) return refuse(`unknown criterion ${named(key)}`)
  return under(key, check(criterion[key]))
}
