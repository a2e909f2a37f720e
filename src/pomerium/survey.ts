import { z } from 'zod'
import { createClient, valueOf, type ClientOptions } from './client.ts'
import { createHttp } from './http.ts'
import { clusterSchema, settingsSchema } from './schema.ts'
import { createSession } from './session.ts'

export interface SurveyOptions extends ClientOptions {
  readonly organizationId: string
  readonly clusterId: string
  readonly timeoutMs: number
}

export type NamespaceRole = 'viewer' | 'manager' | 'admin'

/** What Pomerium says of the cluster and of the API user; nothing is written. Every method throws PolicyApiError. */
export interface Survey extends AsyncDisposable {
  /** Exchanges the API user token for an ID token, and lets go of that. */
  exchangeToken(): Promise<void>
  /** `undefined` when it is not there, or not for this API user to see. */
  cluster(): Promise<
    { readonly namespaceId: string; readonly hasFailingHealthChecks?: boolean } | undefined
  >
  /** The API user's role in a namespace; `undefined` when it has none, or one that is not known here. */
  role(namespaceId: string): Promise<NamespaceRole | undefined>
  autoApplies(): Promise<boolean>
  /** How many policies the organization has and may have; `undefined` where Pomerium does not say. */
  policyQuota(): Promise<{ readonly count: number; readonly limit: number } | undefined>
}

const surveyedCluster = clusterSchema.extend({ hasFailingHealthChecks: z.boolean().optional() })
const namespaces = z.array(z.object({ id: z.string(), role: z.string() }))
const policyNumber = z.object({ policies: z.int() })
const quotas = z.object({ counts: policyNumber, limits: policyNumber })
const roles: readonly NamespaceRole[] = ['viewer', 'manager', 'admin']

/** Source: the REST API of Pomerium Zero, https://www.pomerium.com/docs/internals/management-api-zero */
export function createSurvey(options: SurveyOptions): Survey {
  const { organizationId, clusterId, apiUserToken, baseUrl, now, timeoutMs } = options
  const client = createClient(options)
  const http = createHttp({ baseUrl, now, timeoutMs })
  const organization = ['organizations', organizationId]
  return {
    async exchangeToken() {
      await createSession({ http, apiUserToken, now }).idToken()
    },
    async cluster() {
      const answer = await client.ask({
        method: 'GET',
        write: false,
        what: `cluster ${clusterId}`,
        path: [...organization, 'clusters', clusterId],
        schema: surveyedCluster,
      })
      // The permission check runs before the existence check.
      if (!answer.ok && (answer.status === 403 || answer.status === 404)) return undefined
      const { namespaceId, hasFailingHealthChecks } = valueOf(answer)
      return {
        namespaceId,
        ...(hasFailingHealthChecks === undefined ? {} : { hasFailingHealthChecks }),
      }
    },
    async role(namespaceId) {
      const listed = await client.get({
        what: 'namespaces',
        path: [...organization, 'namespaces'],
        schema: namespaces,
      })
      const role = listed.find(({ id }) => id === namespaceId)?.role
      return roles.find((known) => known === role)
    },
    async autoApplies() {
      const path = [...organization, 'clusters', clusterId, 'settings']
      const what = `settings of cluster ${clusterId}`
      return (await client.get({ what, path, schema: settingsSchema })).autoApplyChangesets
    },
    async policyQuota() {
      const answer = await client.ask({
        method: 'GET',
        write: false,
        what: 'quotas',
        path: [...organization, 'quotas'],
        schema: quotas,
      })
      // Servers of before 2026-08 do not have it.
      if (!answer.ok && answer.status === 404) return undefined
      const { counts, limits } = valueOf(answer)
      return { count: counts.policies, limit: limits.policies }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([client[Symbol.asyncDispose](), http[Symbol.asyncDispose]()])
    },
  }
}
