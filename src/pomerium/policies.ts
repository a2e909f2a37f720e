import {
  PolicyApiError,
  type LivePolicy,
  type PolicyApi,
  type PolicyText,
} from '../app/policy-api.ts'
import { createActivityLog } from './activity-log.ts'
import { createBotUser } from './bot-user.ts'
import { cached } from './cache.ts'
import { createChangeSets } from './change-sets.ts'
import { createClient, valueOf, type Answer, type ClientOptions } from './client.ts'
import { invalidAnswer, type Attempt } from './errors.ts'
import { isMarked, originatorId, withMark } from './mark.ts'
import { pageBytes, pages } from './pages.ts'
import {
  clusterSchema,
  listedPoliciesSchema,
  parseValue,
  policySchema,
  type ListedPolicy,
  type StoredPolicy,
} from './schema.ts'

export interface PolicyApiOptions extends ClientOptions {
  readonly organizationId: string
  readonly clusterId: string
}

type PolicyProperties = Omit<LivePolicy, 'id' | 'routes'>

/**
 * The policies of one Pomerium Zero cluster, by its REST API.
 * Source: https://www.pomerium.com/docs/internals/management-api-zero
 */
export function createPolicyApi(options: PolicyApiOptions): PolicyApi & AsyncDisposable {
  const { organizationId, clusterId, now, log } = options
  const client = createClient(options)
  const organization = ['organizations', organizationId]
  const policies = [...organization, 'policies']
  const namespaceId = cached(
    async () => {
      const path = [...organization, 'clusters', clusterId]
      return (await client.get({ what: `cluster ${clusterId}`, path, schema: clusterSchema }))
        .namespaceId
    },
    { now, ttlMs: Infinity },
  )
  const isMarkedPolicy = async (policyId: string) => {
    const policy = await read(policyId)
    return policy !== undefined && isMarked(policy)
  }
  const botUser = createBotUser({ client, organizationId, isMarkedPolicy })
  const changeSets = createChangeSets({
    client,
    organizationId,
    clusterId,
    now,
    isMarkedPolicy,
    botUser,
  })
  const activityLog = createActivityLog({ client, organizationId, namespaceId, botUser })
  /** Older servers refuse `originatorId`; after the first refusal it is left out. */
  let takesOriginator = true

  async function read(policyId: string): Promise<LivePolicy | undefined> {
    const call = { method: 'GET', what: `policy ${policyId}`, write: false } as const
    const answer = await client.ask({
      ...call,
      path: [...policies, policyId],
      schema: policySchema,
    })
    if (answer.ok) return identified(call, answer.value, policyId).policy
    if (answer.status === 404) return undefined
    if (answer.status !== 403) throw answer.error
    // The permission check runs before the existence check: a deleted policy answers 403 as well.
    if (await isListed(policyId, answer.error)) throw answer.error
    return undefined
  }

  async function isListed(policyId: string, forbidden: PolicyApiError): Promise<boolean> {
    try {
      for await (const { id } of listed()) if (id === policyId) return true
      return false
    } catch (error) {
      throw error instanceof PolicyApiError && error.code === 'forbidden' ? forbidden : error
    }
  }

  async function findByName(name: string): Promise<LivePolicy | undefined> {
    const namespace = await namespaceId()
    for await (const entry of listed()) {
      if (entry.name !== name) continue
      const parsed = parseValue(entry, policySchema)
      if (!parsed.ok) {
        throw invalidAnswer(
          { method: 'GET', what: `policy ${entry.id}`, write: false },
          `listed with ${parsed.why}`,
        )
      }
      if (parsed.value.policy.namespaceId === namespace) return parsed.value.policy
    }
    return undefined
  }

  async function* listed(): AsyncGenerator<ListedPolicy> {
    const namespace = await namespaceId()
    const what = `policies of namespace ${namespace}`
    yield* pages(what, (window) =>
      client.get({
        what,
        path: policies,
        query: { namespaceId: namespace, ...window },
        schema: listedPoliciesSchema,
        maxBytes: pageBytes,
      }),
    )
  }

  async function write(
    call: Attempt & { readonly path: readonly string[] },
    properties: PolicyProperties,
  ): Promise<Answer<StoredPolicy>> {
    const { originatorId: owner, ...known } = properties
    const withOwner = takesOriginator && owner !== undefined
    const answer = await client.ask({
      ...call,
      body: withOwner ? { ...known, originatorId: owner } : known,
      schema: policySchema,
    })
    if (withOwner && !answer.ok && answer.status === 400 && /originatorId/i.test(answer.text)) {
      log?.warn({ what: call.what }, 'Pomerium does not take originatorId, writing without it')
      takesOriginator = false
      return write(call, known)
    }
    if (answer.ok) botUser.noteWrite(answer.value.policy.id, answer.value.updatedAtMs)
    return answer
  }

  return {
    clusterId,
    read,
    findByName,
    async create({ name, description, explanation, remediation, ppl }) {
      const call = { method: 'POST', what: `policy "${name}"`, write: true } as const
      const answer = await write(
        { ...call, path: policies },
        {
          name,
          description: withMark(description),
          explanation,
          remediation,
          ppl,
          enforced: false,
          namespaceId: await namespaceId(),
          originatorId,
        },
      )
      if (!answer.ok) throw creationError(answer)
      return answer.value.policy
    },
    async replaceRules(current, ppl, text) {
      const call = { method: 'PUT', what: `policy ${current.id}`, write: true } as const
      const answer = await write(
        { ...call, path: [...policies, current.id] },
        {
          ...propertiesOf(current),
          ...(text && { ...textOf(text), description: withMark(text.description) }),
          ppl,
        },
      )
      return identified(call, valueOf(answer), current.id).policy
    },
    publish: (policyId) => changeSets.publish(policyId),
    activity: (policyIds, since) => activityLog.activity(policyIds, since),
    isOurs: isMarked,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

function textOf({ explanation, remediation }: Pick<PolicyText, 'explanation' | 'remediation'>) {
  return { explanation, remediation }
}

/** What a full replacement has to carry over. */
function propertiesOf({ id: _id, routes: _routes, ...properties }: LivePolicy): PolicyProperties {
  return properties
}

function identified(call: Attempt, stored: StoredPolicy, policyId: string): StoredPolicy {
  if (stored.policy.id === policyId) return stored
  throw invalidAnswer(call, 'answered with another policy')
}

/** The statuses of a taken name and of a used-up quota are not documented, so the words count as well. */
function creationError({ status, text, error }: Answer<unknown> & { ok: false }): PolicyApiError {
  const facts = { retryable: false, ambiguous: false }
  if (status >= 500 || status === 429) return error
  if (/quota/i.test(text)) {
    return new PolicyApiError(error.message, { ...facts, code: 'rejected' })
  }
  if ((status === 400 || status === 422) && /already (exists|taken|in use)|duplicate/i.test(text)) {
    return new PolicyApiError(error.message, { ...facts, code: 'conflict' })
  }
  return error
}
