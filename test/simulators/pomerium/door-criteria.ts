import { BlockList, isIP } from 'node:net'
import { claimValues, matchesList, matchesText } from './door-matchers.ts'
import { isObject, type Json, type JsonObject } from './model.ts'
import { parseDays, parseInstant, parseTimeOfDay, secondsOfDay } from './ppl-time.ts'

/** One request at the door. Without `email` and `user` the visitor has no session. */
export interface Visitor {
  readonly at: Date
  readonly email?: string | undefined
  /** Subject of the identity provider; a visitor with only an e-mail gets one that is not the e-mail. */
  readonly user?: string | undefined
  readonly groups?: readonly string[]
  readonly claims?: JsonObject
  readonly sourceIp?: string
  /** Default `GET`. */
  readonly method?: string
  /** Default `/`. */
  readonly path?: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly devices?: readonly { id: string; type: string; approved?: boolean }[]
  readonly certificate?: {
    readonly trusted?: boolean
    readonly fingerprint?: string
    readonly spki_hash?: string
    readonly san_dns?: readonly string[]
    readonly san_email?: readonly string[]
    readonly san_uri?: readonly string[]
  }
  readonly ssh?: { readonly username: string; readonly publickey?: string }
  /** The tool of an MCP `tools/call`. */
  readonly mcpTool?: string
}

type Criterion = (data: Json, visitor: Visitor, subPath: string) => boolean

/** Whether one criterion, such as `email` or `claim/groups`, is true of a request. Throws on one that does not exist. */
export function holds(key: string, data: Json, visitor: Visitor): boolean {
  const slash = key.indexOf('/')
  const name = slash === -1 ? key : key.slice(0, slash)
  const criterion = CRITERIA.get(name)
  if (!criterion) throw new Error(`evaluate PPL at the door: no criterion ${name}`)
  return criterion(data, visitor, slash === -1 ? '' : key.slice(slash + 1))
}

const asText = (data: Json): string => (typeof data === 'string' ? data : JSON.stringify(data))

const hasSession = (visitor: Visitor): boolean =>
  visitor.email !== undefined || visitor.user !== undefined
/** Without a session the e-mail is the empty string, so that `email: ""` is true of a stranger. */
const emailOf = (visitor: Visitor): string => visitor.email ?? ''
const userOf = (visitor: Visitor): string | undefined =>
  visitor.user ?? (visitor.email === undefined ? undefined : `idp|${visitor.email}`)

const onText =
  (subject: (visitor: Visitor) => string | undefined): Criterion =>
  (data, visitor) =>
    matchesText(subject(visitor), data)

function sourceIp(data: Json, { sourceIp }: Visitor): boolean {
  const version = isIP(sourceIp ?? '')
  if (sourceIp === undefined || version === 0) return false
  const ranges = new BlockList()
  for (const range of [data].flat()) {
    const [address = '', bits] = asText(range).split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) ranges.addAddress(address, family)
    else ranges.addSubnet(address, Number(bits), family)
  }
  return ranges.check(sourceIp, version === 6 ? 'ipv6' : 'ipv4')
}

/** Strictly after `after` and strictly before `before`, where they are given. */
function isBetween(data: Json, now: number, parse: (text: string) => number | undefined): boolean {
  if (!isObject(data)) return false
  const bound = (name: string): number | undefined => {
    const text = data[name]
    return text === undefined ? undefined : (parse(asText(text)) ?? Number.NaN)
  }
  const after = bound('after')
  const before = bound('before')
  return (after === undefined || now > after) && (before === undefined || now < before)
}

function timeOfDay(data: Json, { at }: Visitor): boolean {
  const zone = isObject(data) ? data['timezone'] : undefined
  return typeof zone === 'string' && isBetween(data, secondsOfDay(at, zone), parseTimeOfDay)
}

function device(data: Json, { devices = [] }: Visitor): boolean {
  if (!isObject(data)) return false
  const wanted = data['type'] ?? 'any'
  const found = devices.find(({ type }) => type === wanted)
  if (data['approved'] === true && found?.approved !== true) return false
  if (data['approved'] === false && found?.approved === true) return false
  if (data['is'] !== undefined && data['is'] !== found?.id) return false
  return data['type'] === undefined || found !== undefined
}

function clientCertificate(data: Json, { certificate }: Visitor): boolean {
  if (!isObject(data) || !certificate) return false
  return Object.entries(data).every(([field, value]) => {
    switch (field) {
      case 'fingerprint':
        return [value]
          .flat()
          .some((one) => asText(one).replaceAll(':', '').toLowerCase() === certificate.fingerprint)
      case 'spki_hash':
        return [value].flat().some((one) => one === certificate.spki_hash)
      case 'san_dns':
      case 'san_email':
      case 'san_uri':
        return (certificate[field] ?? []).some((name) => matchesText(name, value))
      default:
        return false
    }
  })
}

const isPreflight = ({ method, headers = {} }: Visitor): boolean =>
  method === 'OPTIONS' && 'origin' in headers && 'access-control-request-method' in headers

const wireKey = (line: string): string =>
  line.split(/\s+/).find((word) => word.startsWith('AAAA')) ?? line

const CRITERIA = new Map<string, Criterion>([
  ['accept', () => true],
  ['reject', () => false],
  ['authenticated_user', (_, visitor) => hasSession(visitor)],
  ['cors_preflight', (_, visitor) => isPreflight(visitor)],
  ['invalid_client_certificate', (_, { certificate }) => certificate?.trusted === false],
  ['email', onText(emailOf)],
  ['user', onText(userOf)],
  ['domain', onText((visitor) => emailOf(visitor).split('@')[1])],
  ['http_method', onText(({ method = 'GET', ssh }) => (ssh ? undefined : method))],
  ['http_path', onText(({ path = '/', ssh }) => (ssh ? undefined : path.split('?')[0]))],
  ['ssh_username', onText(({ ssh }) => ssh?.username)],
  ['mcp_tool', onText(({ mcpTool }) => mcpTool)],
  ['claim', (data, { claims = {} }, path) => matchesList(claimValues(claims, path), data)],
  ['groups', (data, { groups = [] }) => matchesList(groups, data)],
  ['source_ip', sourceIp],
  ['device', device],
  ['client_certificate', clientCertificate],
  [
    'ssh_username_matches_email',
    (_, visitor) => hasSession(visitor) && visitor.ssh?.username === emailOf(visitor).split('@')[0],
  ],
  [
    'ssh_username_matches_claim',
    (data, { ssh, claims = {} }) =>
      ssh !== undefined && claimValues(claims, asText(data)).includes(ssh.username),
  ],
  [
    'ssh_publickey',
    (data, { ssh }) =>
      [data].flat().some((key) => wireKey(asText(key)) === wireKey(ssh?.publickey ?? '')),
  ],
  // No certificate authority is simulated, so no SSH certificate is ever good.
  ['ssh_ca', () => false],
  ['date', (data, { at }) => isBetween(data, at.getTime(), parseInstant)],
  ['day_of_week', (data, { at }) => parseDays(asText(data))?.has(at.getUTCDay()) ?? false],
  ['time_of_day', timeOfDay],
])
