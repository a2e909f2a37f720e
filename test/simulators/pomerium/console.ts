import { publishChangeset, settleChangesets } from './changesets.ts'
import type { Cloud } from './cloud.ts'
import type { Actor, PolicyProperties, StoredPolicy, StoredRoute } from './model.ts'
import {
  createPolicy,
  deletePolicy,
  parsePolicyProperties,
  propertiesOf,
  replacePolicy,
  requirePolicy,
} from './policies.ts'
import { writeRoute } from './routes.ts'

const ADMINISTRATOR: Actor = {
  id: 'usrAdministratorAdmin00001',
  displayName: 'Ada Administrator',
  email: 'ada@example.com',
}

/** What an administrator does in the web console, and what happens on the cluster's side. Methods throw `ApiProblem`. */
export interface Console {
  /** Stored policies, oldest first. */
  policies(): readonly StoredPolicy[]
  policy(policyId: string): StoredPolicy | undefined
  policyNamed(name: string): StoredPolicy | undefined
  /** Creates a policy by hand; what is not given is empty. */
  create(properties: Partial<PolicyProperties> & { readonly name: string }): StoredPolicy
  /** Edits a policy by hand: `change` alters the properties in place or gives new ones. */
  edit(
    policyId: string,
    change: (properties: PolicyProperties) => PolicyProperties | void,
  ): StoredPolicy
  /** Detaches a policy from its routes and deletes it. */
  remove(policyId: string): void
  /**
   * Attaches a policy to a route, which is made when no route has that name. Published by itself, without what else
   * is staged, unless `stage` is set.
   */
  attach(
    policyId: string,
    route: {
      readonly routeName: string
      readonly host: string
      readonly prefix?: string
      readonly stage?: boolean
    },
  ): StoredRoute
  /** Takes a policy off its routes. */
  detach(policyId: string): void
  setAutoApply(on: boolean): void
  setHoldChangesets(on: boolean): void
  /** Ends every changeset that is `applying`; gives their number. */
  settleChangesets(): number
  /** Applies the pending changeset as an administrator; `false` when there is none. */
  applyPending(): boolean
  /** The next changeset to be published goes `failed`. */
  failNextChangeset(failureMessage?: string): void
  /** An offline cluster goes on enforcing what it has; back online it catches up. */
  setClusterOnline(online: boolean): void
}

/** The console over a simulated organization. */
export function createConsole(cloud: Cloud): Console {
  const by = ADMINISTRATOR
  const attachedTo = (policyId: string): StoredRoute[] =>
    [...cloud.routes.values()].filter(({ policyIds }) => policyIds.includes(policyId))
  const applyPending = (): boolean => {
    const pending = cloud.changesets.findLast(({ status }) => status === 'pending')
    if (pending) publishChangeset(cloud, pending, by)
    return pending !== undefined
  }

  const detach = (policyId: string): void => {
    for (const route of attachedTo(policyId)) {
      const policyIds = route.policyIds.filter((id) => id !== policyId)
      writeRoute(cloud, { ...route.properties, policyIds }, by, route.id)
    }
  }

  return {
    policies: () => [...cloud.policies.values()],
    policy: (policyId) => cloud.policies.get(policyId),
    policyNamed: (name) => [...cloud.policies.values()].find((one) => one.name === name),
    create: (properties) =>
      createPolicy(
        cloud,
        parsePolicyProperties(cloud, {
          description: '',
          enforced: false,
          explanation: '',
          namespaceId: cloud.settings.namespaceId,
          ppl: [],
          remediation: '',
          ...properties,
        }),
        by,
      ),
    edit(policyId, change) {
      const properties = propertiesOf(requirePolicy(cloud, policyId))
      const changed = change(properties) ?? properties
      return replacePolicy(cloud, policyId, parsePolicyProperties(cloud, changed), by)
    },
    detach,
    remove(policyId) {
      detach(policyId)
      deletePolicy(cloud, policyId, by)
    },
    attach(policyId, { routeName, host, prefix, stage = false }) {
      const { namespaceId } = requirePolicy(cloud, policyId)
      const existing = [...cloud.routes.values()].find(({ name }) => name === routeName)
      const policyIds = [...new Set([...(existing?.policyIds ?? []), policyId])]
      return writeRoute(
        cloud,
        {
          namespaceId,
          name: routeName,
          to: ['http://upstream.internal'],
          showErrorDetails: true,
          ...existing?.properties,
          from: `https://${host}`,
          ...(prefix === undefined ? {} : { prefix }),
          policyIds,
        },
        by,
        existing?.id,
        { publishAlone: !stage },
      )
    },
    setAutoApply(on) {
      cloud.autoApply = on
      if (on) applyPending()
      cloud.signal.emit()
    },
    setHoldChangesets(on) {
      cloud.holdChangesets = on
    },
    settleChangesets: () => settleChangesets(cloud),
    applyPending,
    failNextChangeset(failureMessage = 'failed to build bundle') {
      cloud.failures.push(failureMessage)
    },
    setClusterOnline(online) {
      cloud.clusterOnline = online
      if (online) cloud.enforced = cloud.published
      cloud.signal.emit()
    },
  }
}
