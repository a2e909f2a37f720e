import { PolicyApiError } from '../app/policy-api.ts'
import type { PolicyState } from '../app/store.ts'
import type { Config } from '../config.ts'
import type { Catalogue } from '../domain/resource.ts'
import { createPolicyApi } from '../pomerium/policies.ts'
import type { Survey } from '../pomerium/survey.ts'
import { createSurvey } from '../pomerium/survey.ts'
import { within } from '../timing.ts'
import type { CheckName, Finding, Line } from './finding.ts'
import {
  apart,
  check,
  failed,
  isPassed,
  ok,
  reasonOf,
  severally,
  skip,
  skipped,
  warning,
} from './finding.ts'
import { examinePolicy } from './policy.ts'
import type { Settings } from './settings.ts'

const EXCHANGE_MS = 4_000
const CLOSE_MS = 1_000
const AGAIN = 'run it again when Pomerium answers'

const AFTER_TOKEN = [
  'pomerium.cluster',
  'pomerium.role',
  'pomerium.auto_apply',
  'pomerium.quota',
  'pomerium.policy',
] as const satisfies readonly CheckName[]

/** What the policies of the catalogue are looked up by. */
export interface Known {
  readonly catalogue: Promise<Catalogue | undefined>
  readonly policies: Promise<readonly PolicyState[] | undefined>
}

/** The API user, the cluster and its settings, and each policy of the catalogue; nothing is written. */
export async function examinePomerium(
  { pomerium }: Pick<Settings, 'pomerium'>,
  known: Known,
  now: () => number,
): Promise<readonly Line[]> {
  if (pomerium === undefined)
    return skip(
      ['pomerium.token', ...AFTER_TOKEN],
      'the environment does not give all that Pomerium is reached with',
    )
  const { apiUrl: baseUrl, ...account } = pomerium
  const options = { ...account, baseUrl, now, timeoutMs: EXCHANGE_MS }
  const survey = createSurvey(options)
  const policyApi = createPolicyApi(options)
  const ask = { meaning: refused }
  try {
    const token = await check(
      'pomerium.token',
      async () => {
        await survey.exchangeToken()
        return ok('Pomerium takes the API user token')
      },
      ask,
    )
    if (!isPassed(token))
      return [...token, ...skip(AFTER_TOKEN, 'Pomerium does not take the token')]
    let namespaceId = ''
    const cluster = await check(
      'pomerium.cluster',
      async () => {
        const found = await survey.cluster()
        namespaceId = found?.namespaceId ?? ''
        return clusterFinding(pomerium, found)
      },
      ask,
    )
    if (!isPassed(cluster))
      return [...token, ...cluster, ...skip(AFTER_TOKEN.slice(1), 'the cluster is not found')]
    const lines = await Promise.all([
      check('pomerium.role', async () => roleFinding(await survey.role(namespaceId)), ask),
      check('pomerium.auto_apply', async () => autoApplyFinding(await survey.autoApplies()), ask),
      examinePolicies(policyApi, survey, known),
    ])
    return [...token, ...cluster, ...lines.flat()]
  } finally {
    const closing = [survey[Symbol.asyncDispose](), policyApi[Symbol.asyncDispose]()]
    await within(CLOSE_MS, Promise.all(closing))
  }
}

function clusterFinding(
  { clusterId, organizationId }: Config['pomerium'],
  found: Awaited<ReturnType<Survey['cluster']>>,
): Finding {
  if (found === undefined)
    return failed(
      `there is no cluster ${clusterId} in organization ${organizationId}, or the API user may not see it`,
      'check CLUSTER_ID and ORGANIZATION_ID, and make the API user a manager of the cluster’s namespace',
    )
  const what = `cluster ${clusterId}, namespace ${found.namespaceId}`
  return found.hasFailingHealthChecks === true
    ? warning(
        `${what}, has failing health checks: it may not take changes of policies up`,
        'see in the Pomerium Zero console what it lacks',
      )
    : ok(what)
}

function roleFinding(role: Awaited<ReturnType<Survey['role']>>): Finding {
  if (role === 'manager') return ok('the API user is manager of the cluster’s namespace')
  if (role === 'admin')
    return warning(
      'the API user is admin of the cluster’s namespace, which is more than the bot needs',
      'make it a manager',
    )
  return failed(
    `the API user is ${role ?? 'nothing that is known'} in the cluster’s namespace, and may not write policies`,
    'make it a manager there',
  )
}

function autoApplyFinding(isOn: boolean): Finding {
  return isOn
    ? ok('on: what the bot writes takes effect at once')
    : warning(
        'off: the bot applies change sets that hold nothing but its own edits; beside edits of others its grants and its revocations wait until an administrator applies them',
        'turn on Settings → Advanced → Auto-apply changesets, or see to it that change sets are applied soon',
      )
}

async function examinePolicies(
  policyApi: Parameters<typeof examinePolicy>[0],
  survey: Survey,
  known: Known,
): Promise<readonly Line[]> {
  const [catalogue, states] = await Promise.all([known.catalogue, known.policies])
  if (catalogue === undefined)
    return skip(['pomerium.quota', 'pomerium.policy'], 'the catalogue cannot be used')
  let missing = 0
  const policies = await severally(catalogue.resources.values(), (resource) =>
    check(
      'pomerium.policy',
      async () => {
        const state = states?.find(({ resourceId }) => resourceId === resource.id)
        const examined = await examinePolicy(policyApi, resource, state)
        if (!examined.exists) missing += 1
        return examined.findings
      },
      { subject: resource.id, meaning: refused },
    ),
  )
  const quota = await check(
    'pomerium.quota',
    async () => quotaFinding(await survey.policyQuota(), missing),
    { meaning: refused },
  )
  return [...quota, ...policies]
}

function quotaFinding(quota: Awaited<ReturnType<Survey['policyQuota']>>, missing: number): Finding {
  if (quota === undefined) return skipped('this Pomerium does not tell its quotas')
  const { count, limit } = quota
  const what = `${count} of ${limit} policies`
  return count + missing > limit
    ? failed(
        `${what} are there, and the catalogue needs ${missing} more`,
        'delete policies that nobody needs, take a larger plan, or let resources share a policy',
      )
    : ok(missing === 0 ? what : `${what}; the catalogue needs ${missing} more`)
}

function refused(error: unknown): Finding {
  return error instanceof PolicyApiError
    ? failed(...apart(error.message, AGAIN))
    : failed(reasonOf(error), AGAIN)
}
