import type { AnyMiddlewareArgs, Middleware } from '@slack/bolt'
import type { Log } from '../app/ports.ts'
import type { SlackIdentity } from './web-client.ts'

/**
 * Keeps payloads of other apps and workspaces from every listener; they are acknowledged, logged and
 * dropped. The workspace of a click or of a form is the actor's own, which the directory judges, so
 * that a partner from a shared channel gets an answer and the attempt is recorded.
 */
export function refuseForeign(identity: SlackIdentity, log: Log): Middleware<AnyMiddlewareArgs> {
  return async (args) => {
    const foreign = foreignPart(args.body as unknown as Payload, identity)
    if (foreign === undefined) return args.next()
    log.warn({ foreign }, 'a payload of another workspace or app was dropped')
    if ('ack' in args && typeof args.ack === 'function') await args.ack()
  }
}

interface Payload {
  readonly api_app_id?: unknown
  readonly command?: unknown
  readonly event?: unknown
  readonly team_id?: unknown
  readonly enterprise_id?: unknown
  readonly view?: { readonly app_installed_team_id?: unknown } | null
}

function foreignPart(payload: Payload, identity: SlackIdentity): string | undefined {
  const differs = (value: unknown, ours: string | undefined) =>
    ours !== undefined && typeof value === 'string' && value !== '' && value !== ours
  if (identity.appId !== undefined && payload.api_app_id !== identity.appId) return 'api_app_id'
  if (payload.command !== undefined || payload.event !== undefined) {
    if (payload.team_id !== identity.teamId) return 'team_id'
    if (differs(payload.enterprise_id, identity.enterpriseId)) return 'enterprise_id'
  }
  if (differs(payload.view?.app_installed_team_id, identity.teamId))
    return 'view.app_installed_team_id'
  return undefined
}
