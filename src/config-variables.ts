import { z } from 'zod'
import { STREAM_FORMATS } from './trail/stream-batch.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** How one variable is read. */
export interface Variable {
  readonly schema: z.ZodType<unknown, string | undefined>
  readonly default?: string
  readonly unit?: string
  /** May also come from the file that NAME_FILE names, and never appears in a mistake or a log. */
  readonly secret?: true
  /** How to get a right value. */
  readonly remedy: string
}

const IDENTITIES = ['slack', 'linked'] as const
const FORMATS = Object.keys(STREAM_FORMATS) as (keyof typeof STREAM_FORMATS)[]
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Every variable that is read, with its default, its unit and what to do about a wrong value. */
export const VARIABLES = {
  SLACK_BOT_TOKEN: {
    schema: text(/^xoxb-[\w-]+$/, 'must start with xoxb-'),
    secret: true,
    remedy: 'copy the Bot User OAuth Token from OAuth & Permissions',
  },
  SLACK_APP_TOKEN: {
    schema: text(/^xapp-[\w-]+$/, 'must start with xapp-').optional(),
    secret: true,
    remedy: 'create one with connections:write under Basic Information → App-Level Tokens',
  },
  SLACK_SIGNING_SECRET: {
    schema: text(/^[0-9a-f]{32}$/i, 'must be 32 hexadecimal characters').optional(),
    secret: true,
    remedy: 'copy it from Basic Information → App Credentials',
  },
  SLACK_API_URL: {
    schema: apiUrl().transform((url) => `${url}/`),
    default: 'https://slack.com/api/',
    remedy: 'leave it out unless you test against a simulator',
  },
  DATABASE_URL: {
    schema: text(/^\S+$/, 'must be a postgres:// address').refine(
      isPostgresUrl,
      'must be a postgres:// address',
    ),
    secret: true,
    remedy: 'write it as postgres://user:password@host:5432/database, percent-encoded',
  },
  DATABASE_OWNER_ALLOWED: {
    schema: z
      .enum(['yes', 'no'], { error: 'must be yes or no' })
      .transform((answer) => answer === 'yes'),
    default: 'no',
    remedy: 'leave it out, and give the bot a role with the rights of jit_app alone',
  },
  API_USER_TOKEN: {
    schema: text(/^[!-~]+$/, 'must be one line of printable ASCII characters'),
    secret: true,
    remedy: 'create an API user token in the Pomerium Zero console',
  },
  ORGANIZATION_ID: {
    schema: text(/^[\w-]{1,64}$/, 'must be letters, digits, - and _ only'),
    remedy: 'copy it from the address of the Pomerium Zero console',
  },
  CLUSTER_ID: {
    schema: text(/^[\w-]{1,64}$/, 'must be letters, digits, - and _ only'),
    remedy: 'copy it from the address of the Pomerium Zero console',
  },
  POMERIUM_API_URL: {
    schema: apiUrl(),
    default: 'https://console.pomerium.app/api/v0',
    remedy: 'leave it out unless you test against a simulator',
  },
  OPA_URL: {
    schema: apiUrl().optional(),
    remedy: 'give the address of the OPA that decides beside the catalogue, or leave it out',
  },
  OPA_TOKEN: {
    schema: text(/^[!-~]+$/, 'must be one line of printable ASCII characters').optional(),
    secret: true,
    remedy: 'give the token that OPA wants (--authentication=token), or leave it out',
  },
  OPA_CA: {
    schema: text(
      /^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/,
      'must be certificates in PEM',
    ).optional(),
    secret: true,
    remedy: 'name the file of the authority that signed OPA’s certificate with OPA_CA_FILE',
  },
  JWKS_ENDPOINT: {
    schema: address().optional(),
    remedy: 'give WEB_ORIGIN/.well-known/pomerium/jwks.json, or leave it out for no pages',
  },
  JWKS_FILE: {
    schema: z.string().optional(),
    unit: 'path of a file',
    remedy: 'name a file with the key set in place of JWKS_ENDPOINT, or leave it out',
  },
  WEB_ORIGIN: {
    schema: origin().optional(),
    remedy: 'give the address of the Pomerium route of the pages, e.g. https://jit.example.com',
  },
  SIEM_URL: {
    schema: address().optional(),
    secret: true,
    remedy: 'give the address of a SIEM that takes JSON lines by POST, or leave it out',
  },
  SIEM_TOKEN: {
    schema: text(/^[!-~]+$/, 'must be one line of printable ASCII characters').optional(),
    secret: true,
    remedy: 'give the token that the SIEM wants as a bearer, or leave it out',
  },
  SIEM_FORMAT: {
    schema: z.enum(FORMATS, { error: `must be one of ${FORMATS.join(', ')}` }),
    default: 'jsonl',
    remedy: 'leave it out for jsonl',
  },
  IDENTITY: {
    schema: z.enum(IDENTITIES, { error: `must be one of ${IDENTITIES.join(', ')}` }),
    default: 'slack',
    remedy: 'leave it out for slack',
  },
  PORT: {
    schema: port(),
    default: '8000',
    unit: 'TCP port',
    remedy: 'choose a free port, or 0 for any',
  },
  METRICS_PORT: {
    schema: port().optional(),
    unit: 'TCP port',
    remedy: 'choose a free port that Prometheus reaches and the public does not, or leave it out',
  },
  CATALOGUE: {
    schema: z.string().refine((path) => !path.includes('\0'), 'must be a path'),
    default: './catalogue.yaml',
    unit: 'path of a file',
    remedy: 'name the file of resources and rules',
  },
  AUDIT_HEADS_FILE: {
    schema: z
      .string()
      .refine((path) => !path.includes('\0'), 'must be a path')
      .optional(),
    unit: 'path of a file',
    remedy: 'name a file outside the database that the bot may add to, or leave it out',
  },
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }),
    default: 'info',
    remedy: 'leave it out for info',
  },
} as const satisfies Record<string, Variable>

function text(shape: RegExp, message: string) {
  return z.string().regex(shape, { error: message, abort: true })
}

function port() {
  const message = 'must be a whole number from 0 to 65535'
  return text(/^\d{1,5}$/, message)
    .transform(Number)
    .refine((port) => port <= 65_535, message)
}

function apiUrl() {
  return address().transform((url) => url.replace(/\/+$/, ''))
}

function address() {
  return z
    .string()
    .refine(
      isAddress,
      'must be an https:// address (http:// only for loopback) without user, query or fragment',
    )
}

function origin() {
  return z
    .string()
    .refine(
      (text) => isAddress(text) && /^https?:\/\/[^\\/]+$/i.test(text),
      'must be https:// (http:// only for loopback), a host and at most a port',
    )
    .transform((text) => new URL(text).origin)
}

function isAddress(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\/[^\s?#@]+$/i.test(text)) return false
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && isLoopback(url.hostname)
}

/** `URL` has already brought every spelling of an IPv4 address into dotted form. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) return false
  try {
    decodeURIComponent(url.password)
    return /^postgres(?:ql)?:\/\//.test(text)
  } catch {
    return false
  }
}
