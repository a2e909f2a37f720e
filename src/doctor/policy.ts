import type { LivePolicy, PolicyApi } from '../app/policy-api.ts'
import { policyText } from '../app/policy-settings.ts'
import type { PolicyState } from '../app/store.ts'
import type { Resource } from '../domain/resource.ts'
import type { Finding } from './finding.ts'
import { apart, failed, ok, warning } from './finding.ts'

export interface ExaminedPolicy {
  readonly exists: boolean
  readonly findings: readonly Finding[]
}

/** Looks the policy of a resource up as the bot does: by the id that it knows, else by its name. Throws PolicyApiError. */
export async function examinePolicy(
  policyApi: Pick<PolicyApi, 'read' | 'findByName' | 'isOurs'>,
  resource: Resource,
  state: PolicyState | undefined,
): Promise<ExaminedPolicy> {
  const { id, policy: name } = resource
  const knownId = state?.policyName === name ? state.policyId : undefined
  const live = await (knownId === undefined ? policyApi.findByName(name) : policyApi.read(knownId))
  if (live === undefined)
    return {
      exists: false,
      findings: [
        knownId === undefined
          ? warning(
              `policy ${name} does not exist yet`,
              'start the bot, which makes it, and attach it to its routes',
            )
          : failed(
              `policy ${name} is gone from Pomerium`,
              `run "npm run jit -- policy forget ${id}" and attach the new one to its routes`,
            ),
      ],
    }
  const isOurs = knownId !== undefined || policyApi.isOurs(live)
  const problems = [
    ...(isOurs ? [] : [strangerOf(resource, live)]),
    ...standing(resource, live),
    ...explained(resource, live),
  ]
  if (problems.length > 0) return { exists: true, findings: problems }
  const { blockedReason } = state ?? {}
  const routes = live.routes === undefined ? 'some' : live.routes.length
  return {
    exists: true,
    findings: [
      blockedReason === undefined
        ? ok(`policy ${name} is the bot’s, and attached to ${routes} route(s)`)
        : failed(
            ...apart(blockedReason, 'see "npm run jit -- policy list" and the log of the bot'),
          ),
    ],
  }
}

function strangerOf({ id, policy: name }: Resource, live: LivePolicy): Finding {
  return failed(
    `Pomerium has a policy named ${name} that this bot did not make`,
    `run "npm run jit -- policy adopt ${id} ${live.id}" or choose another name`,
  )
}

function standing({ policy: name }: Resource, live: LivePolicy): readonly Finding[] {
  return [
    ...(live.enforced
      ? [
          failed(
            `policy ${name} is enforced on every route of its namespace`,
            'turn "enforced" off in Pomerium',
          ),
        ]
      : []),
    ...(live.routes?.length === 0
      ? [
          failed(
            `policy ${name} is attached to no route, so that a grant opens nothing`,
            'attach it to the routes of the resource in Pomerium',
          ),
        ]
      : []),
  ]
}

function explained(resource: Resource, live: LivePolicy): readonly Finding[] {
  const wanted = policyText(resource)
  return (['explanation', 'remediation'] as const)
    .filter((field) => live[field].trim() === '')
    .map((field) =>
      warning(
        `policy ${resource.policy} has no ${field} for Pomerium’s 403 page`,
        `write there: ${wanted[field]}`,
      ),
    )
}
