import type { Answer, Operations } from './api.ts'
import type { Cloud } from './cloud.ts'
import type { JsonObject } from './model.ts'
import { roleRequired } from './problem.ts'

const OWNER_ID = 'usrOwnerOwnerOwnerOwner0001'

/** The organization, its cluster and its namespaces. */
export function organizationOperations(cloud: Cloud): Operations {
  const { settings } = cloud
  const ok = (body: Answer['body'] & {}): Answer => ({ status: 200, body })
  const needCluster = (id: string | undefined): void => {
    if (id !== settings.clusterId) throw roleRequired('viewer')
  }

  return {
    'GET /organizations': () => ok([renderOrganization(cloud)]),
    'GET /clusters': () => ok([renderCluster(cloud)]),
    'GET /clusters/:id': ({ ids: [id] }) => {
      needCluster(id)
      return ok(renderCluster(cloud))
    },
    'GET /clusters/:id/settings': ({ ids: [id] }) => {
      needCluster(id)
      return ok(renderSettings(cloud))
    },
    'GET /namespaces': () =>
      ok(
        cloud.namespaces.map((namespace) => ({
          ...namespace,
          createdAt: cloud.createdAt,
          updatedAt: cloud.createdAt,
        })),
      ),
    ...(settings.edition === '2026-08'
      ? {
          'GET /quotas': () =>
            ok({
              counts: quotas(cloud.policies.size, cloud.routes.size, 1),
              limits: quotas(settings.policyLimit, 1_000, 10),
            }),
        }
      : {}),
  }
}

function renderOrganization({ settings, createdAt }: Cloud): JsonObject {
  return {
    createdAt,
    id: settings.organizationId,
    joinedAt: createdAt,
    name: 'Example',
    organizationType: settings.organizationType,
    ownerUserId: OWNER_ID,
    quotas: quotas(settings.policyLimit, 1_000, 10),
    readOnly: false,
    role: 'member',
    updatedAt: createdAt,
  }
}

function renderCluster({ settings, createdAt, clusterOnline }: Cloud): JsonObject {
  return {
    createdAt,
    domain: 'example-cluster-1234',
    fqdn: 'example-cluster-1234.pomerium.app',
    hasFailingHealthChecks: !clusterOnline,
    id: settings.clusterId,
    name: 'main',
    namespaceId: settings.namespaceId,
    updatedAt: createdAt,
  }
}

/** Carries secrets, as the real settings do; none of them may turn up in a log. */
function renderSettings({ settings, createdAt, autoApply }: Cloud): JsonObject {
  return {
    autoApplyChangesets: autoApply,
    authenticateServiceUrl: 'https://authenticate.example-cluster-1234.pomerium.app',
    cookieSecret: 'simulated-secret-cookie',
    createdAt,
    id: settings.clusterId,
    identityProviderClientSecret: 'simulated-secret-identity-provider',
    jwtClaimsHeaders: {},
    passIdentityHeaders: true,
    sharedSecret: 'simulated-secret-shared',
    updatedAt: createdAt,
  }
}

function quotas(policies: number, routes: number, others: number): JsonObject {
  return {
    administrators: others,
    apiUsers: others,
    certificates: others,
    clusters: others,
    customDomains: others,
    policies,
    replicas: others,
    routes,
    serviceAccounts: others,
  }
}
