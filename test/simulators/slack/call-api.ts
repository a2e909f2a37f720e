import assert from 'node:assert/strict'
import { isJson, type Json } from './json.ts'
import type { SlackSimulator } from './simulator.ts'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** The answer of one call with JSON arguments. */
export async function call(
  slack: SlackSimulator,
  method: string,
  args: object,
  token = slack.botToken,
): Promise<Reply> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(args),
  })
  const body: unknown = await response.json()
  assert.ok(isJson(body))
  return { status: response.status, headers: response.headers, body }
}

/** The error of one call, `none` when it went well. */
export const error = async (
  slack: SlackSimulator,
  method: string,
  args: object,
  token?: string,
): Promise<unknown> => {
  const { status, body } = await call(slack, method, args, token)
  assert.equal(status, 200)
  return body['ok'] === true ? 'none' : body['error']
}
