import { z } from 'zod'
import type { LogLevel, Variable } from './config-variables.ts'
import { VARIABLES } from './config-variables.ts'
import { pageMistakes, readKeySetFile } from './config-pages.ts'
import type { STREAM_FORMATS } from './trail/stream-batch.ts'
import type { KeyPlace } from './web/key-set.ts'

export interface Config {
  readonly slack: {
    readonly botToken: string
    /** Socket Mode is used when it is there, whatever else is set. */
    readonly appToken?: string
    readonly signingSecret?: string
    /** Ends with a slash. */
    readonly apiUrl: string
  }
  readonly database: {
    readonly url: string
    /** Whether the bot runs with a role that could rewrite the audit trail; no when absent. */
    readonly isOwnerAllowed?: boolean
  }
  readonly pomerium: {
    readonly apiUserToken: string
    readonly organizationId: string
    readonly clusterId: string
    /** Ends without a slash. */
    readonly apiUrl: string
  }
  /** The OPA that a Rego policy is asked of; absent when there is none. */
  readonly opa?: { readonly url: string; readonly token?: string; readonly ca?: string }
  /** Where the audit trail is streamed to; absent when nowhere. */
  readonly siem?: {
    /** May have a secret in it. */
    readonly url: string
    readonly token?: string
    readonly format: keyof typeof STREAM_FORMATS
  }
  /** The pages behind Pomerium; absent when there are none. */
  readonly web?: {
    /** e.g. `https://jit.example.com`; no slash at the end. */
    readonly origin: string
    readonly keys: KeyPlace
  }
  /** `linked`: people link their Slack account to their Pomerium identity before they ask. */
  readonly identity: 'slack' | 'linked'
  /** 0 lets the system choose. */
  readonly port: number
  /** Where metrics are served; absent: nowhere. */
  readonly metricsPort?: number
  /** Where heads of the audit trail are kept; absent: in the log and in Slack alone. */
  readonly auditHeadsPath?: string
  readonly cataloguePath: string
  readonly logLevel: LogLevel
}

export type Environment = Readonly<Record<string, string | undefined>>
export type ReadConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly mistakes: readonly string[] }

type Name = keyof typeof VARIABLES
const NAMES = Object.keys(VARIABLES) as Name[]
const values = z.object(
  Object.fromEntries(NAMES.map((name) => [name, VARIABLES[name].schema])) as {
    [N in Name]: (typeof VARIABLES)[N]['schema']
  },
)

/**
 * The configuration that an environment describes, or every mistake in it, one line each with the
 * variable, what is wrong and the remedy; never a secret's value. An empty value counts as absent.
 */
export function readConfig(env: Environment, readFile: (path: string) => string): ReadConfig {
  const sources = NAMES.map((name) => ({ name, ...sourceOf(name, env, readFile) }))
  const parsed = values.safeParse(
    Object.fromEntries(sources.map(({ name, value }) => [name, value])),
  )
  const mistakes = sources.flatMap((source) => {
    const issue = parsed.error?.issues.find(({ path }) => path[0] === source.name)
    return mistakeIn(source.name, source, issue) ?? []
  })
  const given = (name: Name) =>
    sources.some((source) => source.name === name && (source.value ?? source.mistake) !== undefined)
  if (!given('SLACK_APP_TOKEN') && !given('SLACK_SIGNING_SECRET'))
    mistakes.push(
      'SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both missing; set SLACK_APP_TOKEN for Socket Mode or SLACK_SIGNING_SECRET for HTTP',
    )
  mistakes.push(...pageMistakes(given, { isLinked: env['IDENTITY'] === 'linked' }))
  if (given('SIEM_TOKEN') && !given('SIEM_URL'))
    mistakes.push('SIEM_TOKEN is set without SIEM_URL; set SIEM_URL to the address of the SIEM')
  const keySetFile = env['JWKS_FILE'] ?? ''
  const fixedKeys = keySetFile === '' ? undefined : readKeySetFile(keySetFile, readFile)
  if (fixedKeys?.ok === false) mistakes.push(fixedKeys.mistake)
  if (!parsed.success || mistakes.length > 0) return { ok: false, mistakes }
  const { JWKS_ENDPOINT: url } = parsed.data
  const published = url === undefined ? undefined : { url }
  const keys = fixedKeys?.ok === true ? { keySet: fixedKeys.keySet } : published
  return { ok: true, config: grouped(parsed.data, keys) }
}

export type ReadSetting<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/** One value alone, for commands that need no more; as {@link readConfig} reads it. */
export function readSetting<N extends Name>(
  name: N,
  env: Environment,
  readFile: (path: string) => string,
): ReadSetting<z.output<(typeof VARIABLES)[N]['schema']>> {
  const source = sourceOf(name, env, readFile)
  const parsed = VARIABLES[name].schema.safeParse(source.value)
  const mistake = mistakeIn(name, source, parsed.error?.issues[0])
  if (mistake !== undefined || !parsed.success)
    return { ok: false, mistakes: mistake === undefined ? [] : [mistake] }
  return { ok: true, value: parsed.data as z.output<(typeof VARIABLES)[N]['schema']> }
}

/** The secrets of a configuration that have no shape of their own, for the log to recognise. */
export function secretsOf(config: Config): readonly string[] {
  const { slack, pomerium, database, opa, siem } = config
  const password = new URL(database.url).password
  return [
    slack.botToken,
    slack.appToken ?? '',
    slack.signingSecret ?? '',
    pomerium.apiUserToken,
    opa?.token ?? '',
    siem?.token ?? '',
    siem?.url ?? '',
    password,
    decodeURIComponent(password),
  ].filter((secret) => secret !== '')
}

/** A copy of the process's environment. */
export function readEnvironment(): Environment {
  return { ...process.env }
}

interface Source {
  /** The variable that somebody would edit to change the value. */
  readonly shownAs: string
  readonly value?: string
  readonly mistake?: string
}

function sourceOf(name: Name, env: Environment, readFile: (path: string) => string): Source {
  const variable: Variable = VARIABLES[name]
  const direct = env[name] === '' ? undefined : env[name]
  const fileName = `${name}_FILE`
  const path = variable.secret === true && env[fileName] !== '' ? env[fileName] : undefined
  if (path === undefined) {
    const value = direct ?? variable.default
    return value === undefined ? { shownAs: name } : { shownAs: name, value }
  }
  if (direct !== undefined)
    return { shownAs: name, mistake: `${name} and ${fileName} are both set; keep one of them` }
  try {
    const value = readFile(path).replace(/(?:\r?\n)+$/, '')
    if (value !== '') return { shownAs: fileName, value }
    return {
      shownAs: fileName,
      mistake: `${fileName} names an empty file; put the secret into it: ${variable.remedy}`,
    }
  } catch (error) {
    // The path stays unnamed: somebody may have put the secret itself there.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    return {
      shownAs: fileName,
      mistake: `${fileName} names a file that cannot be read (${code}); give the path of a file that holds nothing but the secret`,
    }
  }
}

function mistakeIn(
  name: Name,
  { shownAs, value, mistake }: Source,
  issue: { readonly message: string } | undefined,
): string | undefined {
  if (mistake !== undefined || issue === undefined) return mistake
  const problem = value === undefined ? 'is missing' : issue.message
  return `${shownAs} ${problem}; ${VARIABLES[name].remedy}`
}

function grouped(value: z.output<typeof values>, keys: KeyPlace | undefined): Config {
  const { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = value
  const { OPA_URL: opaUrl, OPA_TOKEN: token, OPA_CA: ca, WEB_ORIGIN: origin } = value
  return {
    slack: {
      botToken: value.SLACK_BOT_TOKEN,
      ...(appToken === undefined ? {} : { appToken }),
      ...(signingSecret === undefined ? {} : { signingSecret }),
      apiUrl: value.SLACK_API_URL,
    },
    database: {
      url: value.DATABASE_URL,
      ...(value.DATABASE_OWNER_ALLOWED ? { isOwnerAllowed: true } : {}),
    },
    pomerium: {
      apiUserToken: value.API_USER_TOKEN,
      organizationId: value.ORGANIZATION_ID,
      clusterId: value.CLUSTER_ID,
      apiUrl: value.POMERIUM_API_URL,
    },
    ...(opaUrl === undefined
      ? {}
      : {
          opa: {
            url: opaUrl,
            ...(token === undefined ? {} : { token }),
            ...(ca === undefined ? {} : { ca }),
          },
        }),
    ...(origin === undefined || keys === undefined ? {} : { web: { origin, keys } }),
    ...siemOf(value),
    identity: value.IDENTITY,
    port: value.PORT,
    ...(value.METRICS_PORT === undefined ? {} : { metricsPort: value.METRICS_PORT }),
    ...(value.AUDIT_HEADS_FILE === undefined ? {} : { auditHeadsPath: value.AUDIT_HEADS_FILE }),
    cataloguePath: value.CATALOGUE,
    logLevel: value.LOG_LEVEL,
  }
}

function siemOf(value: z.output<typeof values>): Pick<Config, 'siem'> {
  const { SIEM_URL: url, SIEM_TOKEN: token, SIEM_FORMAT: format } = value
  if (url === undefined) return {}
  return { siem: { url, ...(token === undefined ? {} : { token }), format } }
}
