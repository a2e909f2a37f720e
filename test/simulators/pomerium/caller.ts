import { fetch, type Response } from 'undici'
import type { PolicyProperties } from './model.ts'
import type { PomeriumSimulator } from './start-pomerium.ts'

export interface Reply {
  readonly status: number
  readonly body: unknown
}

/** Calls the API below `/organizations/{id}` as the bot's API user would; the body is sent as JSON. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  options?: { readonly signal?: AbortSignal },
) => Promise<Reply>

/** A caller with a fresh ID token. */
export async function signIn(sim: PomeriumSimulator): Promise<Call> {
  const idToken = await exchange(sim)
  return async (method, path, body, options = {}) => {
    const response = await fetch(`${sim.apiUrl}/organizations/${sim.organizationId}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${idToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...options,
    })
    return read(response)
  }
}

/** A fresh ID token. */
export async function exchange(sim: PomeriumSimulator): Promise<string> {
  const { body } = await postToken(sim, { refreshToken: sim.apiUserToken })
  return (body as { idToken: string }).idToken
}

/** The answer of `POST /token` to any body. */
export async function postToken(sim: PomeriumSimulator, body: unknown): Promise<Reply> {
  return read(
    await fetch(`${sim.apiUrl}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
}

async function read(response: Response): Promise<Reply> {
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

/** A complete body for a policy of the cluster's namespace. */
export function policyBody(
  sim: PomeriumSimulator,
  properties: Partial<PolicyProperties> = {},
): PolicyProperties {
  return {
    description: 'Managed by the bot',
    enforced: false,
    explanation: 'No grant',
    name: 'jit-grafana',
    namespaceId: sim.namespaceId,
    ppl: [],
    remediation: 'Ask in Slack',
    ...properties,
  }
}

/** A rule that lets one person in until a moment. */
export const letIn = (email: string, before = '2030-01-01T00:00:00Z') => ({
  allow: { and: [{ email: { is: email } }, { date: { before } }] },
})
