import type { Config, Environment } from '../config.ts'
import { readConfig, readSetting } from '../config.ts'
import { readKeySetFile } from '../config-pages.ts'
import type { Variable } from '../config-variables.ts'
import { VARIABLES } from '../config-variables.ts'
import type { KeyPlace } from '../web/key-set.ts'

type ReadFile = (path: string) => string

/** What the environment says, as far as it can be read; each part is absent when something in it cannot. */
export interface Settings {
  /** Everything that keeps the bot from starting, a line each with its remedy. */
  readonly mistakes: readonly string[]
  readonly isSocketMode: boolean
  readonly slack?: Pick<Config['slack'], 'botToken' | 'apiUrl'>
  readonly slackUrl?: string
  readonly database?: Config['database']
  readonly pomerium?: Config['pomerium']
  readonly pomeriumUrl?: string
  readonly web?: NonNullable<Config['web']>
  readonly opa?: NonNullable<Config['opa']>
  readonly auditHeadsPath?: string
  readonly cataloguePath?: string
  /** What must never be shown. */
  readonly secrets: readonly string[]
}

/** Reads each variable by itself, so that a mistake in one part leaves the others to be looked at. */
export function readSettings(env: Environment, readFile: ReadFile): Settings {
  const whole = readConfig(env, readFile)
  const value = <N extends keyof typeof VARIABLES>(name: N) => {
    const read = readSetting(name, env, readFile)
    return read.ok ? read.value : undefined
  }
  const botToken = value('SLACK_BOT_TOKEN')
  const slackUrl = value('SLACK_API_URL')
  const databaseUrl = value('DATABASE_URL')
  const apiUserToken = value('API_USER_TOKEN')
  const organizationId = value('ORGANIZATION_ID')
  const clusterId = value('CLUSTER_ID')
  const pomeriumUrl = value('POMERIUM_API_URL')
  const origin = value('WEB_ORIGIN')
  const keys = keyPlaceOf(value('JWKS_ENDPOINT'), value('JWKS_FILE'), readFile)
  const [opaUrl, opaToken, opaCa] = [value('OPA_URL'), value('OPA_TOKEN'), value('OPA_CA')]
  const auditHeadsPath = value('AUDIT_HEADS_FILE')
  const cataloguePath = value('CATALOGUE')
  return {
    mistakes: whole.ok ? [] : whole.mistakes,
    isSocketMode: value('SLACK_APP_TOKEN') !== undefined,
    ...(botToken && slackUrl && { slack: { botToken, apiUrl: slackUrl } }),
    ...(slackUrl && { slackUrl }),
    ...(databaseUrl && {
      database: {
        url: databaseUrl,
        ...(value('DATABASE_OWNER_ALLOWED') === true ? { isOwnerAllowed: true } : {}),
      },
    }),
    ...(apiUserToken &&
      organizationId &&
      clusterId &&
      pomeriumUrl && {
        pomerium: { apiUserToken, organizationId, clusterId, apiUrl: pomeriumUrl },
      }),
    ...(pomeriumUrl && { pomeriumUrl }),
    ...(origin && keys && { web: { origin, keys } }),
    ...(opaUrl && {
      opa: { url: opaUrl, ...(opaToken && { token: opaToken }), ...(opaCa && { ca: opaCa }) },
    }),
    ...(auditHeadsPath && { auditHeadsPath }),
    ...(cataloguePath && { cataloguePath }),
    secrets: secretsIn(env, readFile),
  }
}

function keyPlaceOf(
  url: string | undefined,
  file: string | undefined,
  readFile: ReadFile,
): KeyPlace | undefined {
  if (url !== undefined) return { url }
  if (file === undefined || file === '') return undefined
  const read = readKeySetFile(file, readFile)
  return read.ok ? { keySet: read.keySet } : undefined
}

/** As they were given, whether they are right or not. */
function secretsIn(env: Environment, readFile: ReadFile): readonly string[] {
  const names = Object.entries<Variable>(VARIABLES).flatMap(([name, { secret }]) =>
    secret === true ? [name] : [],
  )
  const given = names.flatMap((name) => [
    env[name],
    env[`${name}_FILE`],
    textOf(env[`${name}_FILE`], readFile),
  ])
  const secrets = given.flatMap((secret) => (secret === undefined || secret === '' ? [] : [secret]))
  return [...secrets, ...secrets.flatMap(passwordsIn)]
}

function textOf(path: string | undefined, readFile: ReadFile): string | undefined {
  if (path === undefined || path === '') return undefined
  try {
    return readFile(path).trim()
  } catch {
    // That is a mistake of its own.
    return undefined
  }
}

function passwordsIn(address: string): readonly string[] {
  const password = URL.parse(address)?.password ?? ''
  if (password === '') return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
