import type { Logger as BoltLogger, LogLevel as BoltLevel } from '@slack/bolt'
import { format } from 'node:util'
import { type DestinationStream, type Logger, destination, pino, stdTimeFunctions } from 'pino'

const REDACTED = '[redacted]'
const CAUSES_MAX_DEPTH = 5
const SECRET_MIN_LENGTH = 12

/** Keys whose values are never printed, at any depth; compared without case, `-` and `_`. */
const SECRET_KEYS = new Set(
  [
    'token bottoken apptoken apiusertoken idtoken accesstoken refreshtoken jwt assertion',
    'secret signingsecret clientsecret password passwd authorization cookie setcookie',
    'xslacksignature xpomeriumjwtassertion responseurl',
  ].flatMap((names) => names.split(' ')),
)

const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/xox[a-z](?:\.xox[a-z])?-[\w.%+/=-]+/gi, REDACTED],
  [/xapp-[\w-]+/gi, REDACTED],
  [/\bbearer(?:\s|%20|\+)+[\w.~+/=-]+/gi, `Bearer ${REDACTED}`],
  [/eyJ[\w-]+(?:\.[\w-]*){2,4}/g, REDACTED],
  [/hooks\.slack\.com(?:\/|%2F)[^\s"'<>|\\)]+/gi, `hooks.slack.com/${REDACTED}`],
  [/(postgres(?:ql)?:\/\/[^\s:/@]*):\S{0,1000}@/gi, `$1:${REDACTED}@`],
  [/([?&](?:password|ticket|(?:[a-z]+_)?token)=)[^&\s"'\\]+/gi, `$1${REDACTED}`],
]

/** Cheap and true of every string that has one of the shapes. */
const MAY_HAVE_SHAPE = /xox|xapp|bearer|eyJ|hooks|postgres|[?&]/i

export interface LogOptions {
  readonly level: string
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream
  /** Values that are struck out wherever they appear; those under twelve characters are left alone. */
  readonly secrets?: readonly string[]
}

/** A logger that writes one JSON object a line and strikes every secret out of keys, values, errors and causes. */
export function createLogger(options: LogOptions): Logger {
  const target = options.destination ?? destination({ fd: 1, sync: true })
  const scrub = scrubberOf(options.secrets ?? [])
  return pino(
    {
      level: options.level,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: serializeError, error: serializeError },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) =>
          Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, serializeError(v)])),
      },
    },
    { write: (line) => target.write(scrub(line)) },
  )
}

/**
 * An error as known fields only (name, code, message, stack, cause, and the errors of an
 * AggregateError): whatever else a library hangs on it, such as requests with their headers, is
 * left behind. Other values are returned as they are.
 */
export function serializeError(value: unknown): unknown {
  return value instanceof Error ? errorFields(value, 0) : value
}

function errorFields(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? error.code : undefined
  const isDeep = depth >= CAUSES_MAX_DEPTH
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || isDeep ? {} : { cause: causeOf(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && !isDeep
      ? {
          errors: error.errors
            .slice(0, CAUSES_MAX_DEPTH)
            .map((e: unknown) => causeOf(e, depth + 1)),
        }
      : {}),
  }
}

function causeOf(cause: unknown, depth: number): unknown {
  if (cause instanceof Error) return errorFields(cause, depth)
  return typeof cause === 'string' || typeof cause === 'number' ? cause : typeof cause
}

/**
 * Bolt's logger interface over pino: errors go under `err`, objects under `details`, the rest is
 * joined into the message. The level stays pino's own; pass `getLevel()` to Bolt as `logLevel`.
 */
export function boltLogger(log: Logger): BoltLogger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (...parts: unknown[]) => {
      if (!log.isLevelEnabled(level)) return
      const errors = parts.filter((part) => part instanceof Error)
      const details = parts.filter((part) => isObject(part) && !(part instanceof Error))
      const words = parts.filter((part) => !isObject(part))
      const [err, ...others] = errors
      const message = format(...words, ...others.map(String))
      log[level](
        {
          ...(err === undefined ? {} : { err }),
          ...(details.length === 0 ? {} : { details }),
        },
        message === '' ? err?.message : message,
      )
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: () => {},
    getLevel: () => boltLevel(log.level),
    setName: () => {},
  }
}

/** Bolt knows four levels. */
function boltLevel(level: string): BoltLevel {
  if (level === 'trace' || level === 'debug') return 'debug' as BoltLevel
  return (level === 'info' || level === 'warn' ? level : 'error') as BoltLevel
}

/** Strikes secrets out of one line of JSON; a line that is not JSON is scrubbed as text. */
export function scrubberOf(secrets: readonly string[]): (line: string) => string {
  const literals = [
    ...new Set(secrets.flatMap((s) => [s, encodeURIComponent(s), JSON.stringify(s).slice(1, -1)])),
  ]
    .filter((s) => s.length >= SECRET_MIN_LENGTH)
    .sort((a, b) => b.length - a.length)
  const text = (value: string) => {
    let clean = value
    for (const literal of literals) clean = clean.replaceAll(literal, REDACTED)
    if (!MAY_HAVE_SHAPE.test(clean)) return clean
    for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement)
    return clean
  }
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        text(key),
        isSecretKey(key) && inner !== null ? REDACTED : walk(inner),
      ]),
    )
  }
  return (line) => {
    try {
      return `${JSON.stringify(walk(JSON.parse(line)))}\n`
    } catch {
      // Only an object nested past the stack gets here; its secrets still have their shapes.
      return text(line)
    }
  }
}

function isSecretKey(key: string): boolean {
  return SECRET_KEYS.has(key.replaceAll(/[-_]/g, '').toLowerCase())
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
