import type { ResourceId } from '../domain/ids.ts'
import { createStore } from '../postgres/store.ts'
import type { CliCommand, CliResult } from './command.ts'
import { BY_OPERATOR, operator } from './operator.ts'
import { withDatabase } from './database.ts'

/** An operator's word on which Pomerium policy belongs to a resource. */
export const policyCommand: CliCommand = {
  usage: [
    'policy adopt <resource> <policy-id> — use this policy of Pomerium, its own rules are kept',
    'policy forget <resource> — let go of the policy, so that the next run makes or finds one by name',
    'policy list — what is known of each policy',
  ],
  run([verb, resource, policyId, ...rest]) {
    if (rest.length > 0) return { type: 'usage' }
    if (verb === 'list' && resource === undefined) return list()
    if (resource === undefined) return { type: 'usage' }
    if (verb === 'adopt' && policyId !== undefined) return assign(resource as ResourceId, policyId)
    if (verb === 'forget' && policyId === undefined)
      return assign(resource as ResourceId, undefined)
    return { type: 'usage' }
  },
}

function assign(resource: ResourceId, policyId: string | undefined): Promise<CliResult> {
  return withDatabase((db) =>
    createStore(db).transaction(async (tx) => {
      const known = await tx.policies.find(resource)
      if (known === undefined)
        return {
          type: 'failed',
          text: `no policy is known for ${resource}; start the bot once with it in the catalogue`,
        }
      const isGone = known.blockedReason?.includes('is gone from Pomerium') === true
      if (known.policyId !== undefined && known.written.length > 0 && !isGone)
        return {
          type: 'failed',
          text: `${resource} still has rules in policy ${known.policyId}; end the access first`,
        }
      const was = known.policyId
      await tx.policies.assign(resource, known.policyName, policyId)
      tx.audit.append({
        action: policyId === undefined ? 'policy.forgotten' : 'policy.adopted',
        ...BY_OPERATOR,
        resourceId: resource,
        alert: false,
        details: {
          policy: known.policyName,
          was: was ?? null,
          policyId: policyId ?? null,
          ...operator(),
        },
      })
      await tx.work.mark('policy', resource)
      return {
        type: 'ok',
        text:
          policyId === undefined
            ? `${resource}: policy forgotten`
            : `${resource}: policy ${policyId} adopted`,
      }
    }),
  )
}

function list(): Promise<CliResult> {
  return withDatabase((db) =>
    createStore(db).transaction(async (tx) => {
      const states = await tx.policies.all()
      const lines = states.map((state) =>
        [
          state.resourceId,
          state.policyName,
          state.policyId ?? 'no policy yet',
          `${state.written.length} rule(s)`,
          state.blockedReason === undefined
            ? `verified ${state.verifiedAt?.toISOString() ?? 'never'}`
            : `BLOCKED: ${state.blockedReason}`,
        ].join('  '),
      )
      return { type: 'ok', text: lines.length === 0 ? 'no policy is known yet' : lines.join('\n') }
    }),
  )
}
