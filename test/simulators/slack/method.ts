import type { Json } from './json.ts'
import { Refusal, refuseWith } from './refusal.ts'
import type { Triggers } from './triggers.ts'
import type { Workspace } from './workspace.ts'

/** What the methods of the Web API work on. */
export interface Backend {
  readonly workspace: Workspace
  readonly triggers: Triggers
  /** A fresh address for one Socket Mode connection. */
  socketUrl(): string
}

export interface Method {
  readonly token: 'bot' | 'app'
  /** Scopes that must all be granted. */
  readonly scopes: readonly string[]
  /** How many calls Slack takes within a minute; no limit unless told. https://docs.slack.dev/apis/web-api/rate-limits */
  readonly perMinute?: number
  /** The fields of the answer beside `ok`. Throws `Refusal`. */
  call(backend: Backend, args: Json): Json
}

/** Throws `not_authed`, `invalid_auth`, `not_allowed_token_type` or `missing_scope`. */
export function authorize(workspace: Workspace, method: Method, token: string | undefined): void {
  if (token === undefined || token === '') throw new Refusal('not_authed')
  if (token !== workspace.botToken && token !== workspace.appToken) {
    throw new Refusal('invalid_auth')
  }
  const expected = method.token === 'bot' ? workspace.botToken : workspace.appToken
  if (token !== expected) throw new Refusal('not_allowed_token_type')
  requireScopes(workspace, method.scopes)
}

/** Throws `missing_scope` with what is needed and what is provided. */
export function requireScopes(workspace: Workspace, needed: readonly string[]): void {
  if (needed.every((scope) => workspace.scopes.has(scope))) return
  throw new Refusal('missing_scope', {
    needed: needed.join(','),
    provided: [...workspace.scopes].join(','),
  })
}

/** The string argument. Throws `invalid_arguments` when it is missing. */
export function required(args: Json, name: string): string {
  const value = args[name]
  if (typeof value === 'string' && value !== '') return value
  throw refuseWith('invalid_arguments', [`missing required field: ${name}`])
}
