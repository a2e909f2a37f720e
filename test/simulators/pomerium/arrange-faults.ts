import { fetch } from 'undici'
import { exchange, letIn, policyBody, signIn, type Call } from './caller.ts'
import type { FaultEffect } from './faults.ts'
import type { PomeriumSimulator } from './start-pomerium.ts'

export const ppl = [letIn('alex@example.com')]

/** A policy without rules, a signed-in caller, and a write that gives the policy one rule. */
export async function arrange(sim: PomeriumSimulator): Promise<{
  id: string
  call: Call
  put: () => Promise<{ status: number; body: unknown }>
}> {
  const call = await signIn(sim)
  const { id } = sim.create({ name: 'jit' })
  const put = () => call('PUT', `/policies/${id}`, policyBody(sim, { name: 'jit', ppl }))
  return { id, call, put }
}

/** Breaks the next writes to a policy. */
export function onPut(sim: PomeriumSimulator, effect: FaultEffect, count = 1) {
  return sim.faults.add({ method: 'PUT', path: '/policies/*', count, effect })
}

/** The raw answer to a list of the policies. */
export async function rawList(sim: PomeriumSimulator) {
  const headers = { authorization: `Bearer ${await exchange(sim)}` }
  return fetch(
    `${sim.apiUrl}/organizations/${sim.organizationId}/policies?namespaceId=${sim.namespaceId}`,
    { headers },
  )
}

/** Breaks the next list. */
export const onList = (sim: PomeriumSimulator, effect: FaultEffect) =>
  sim.faults.add({ method: 'GET', path: '/policies', effect })
