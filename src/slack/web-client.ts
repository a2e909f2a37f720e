import type { Logger } from '@slack/bolt'
import { WebClient, type WebClientOptions } from '@slack/web-api'
import { Agent, fetch } from 'undici'
import type { OnCall } from '../app/outside-call.ts'
import { observed } from '../app/outside-call.ts'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import { callStatus, failureText, isPassingCode, slackFailure } from './failure.ts'

const CALL_TIMEOUT_MS = 5_000
const ANSWER_MAX_BYTES = 4 * 1024 * 1024

export interface SlackAddress {
  /** Base address of the Web API; ends with a slash. */
  readonly apiUrl: string
  readonly logger: Logger
}

/** Who the bot is, as Slack says. */
export interface SlackIdentity {
  readonly teamId: SlackTeamId
  readonly enterpriseId?: string
  /** Absent when Slack would not say. */
  readonly appId?: string
  readonly botUserId: SlackUserId
  readonly botId: string
}

/** The bot cannot start with this token; the message ends with the remedy. */
export class SlackIdentityError extends Error {
  override readonly name = 'SlackIdentityError'
  /** Whether it may pass by itself, such as an outage. */
  readonly isPassing: boolean

  constructor(message: string, facts: { readonly isPassing: boolean; readonly cause?: unknown }) {
    super(message, { cause: facts.cause })
    this.isPassing = facts.isPassing
  }
}

/**
 * Options of every Web API client: one attempt of at most five seconds, rate limits reported at
 * once. Whoever needs a call to land repeats it from stored work, because the client repeats
 * `chat.postMessage` too and would post twice.
 */
export function webClientOptions({ apiUrl, logger }: SlackAddress): WebClientOptions {
  const dispatcher = new Agent({ maxResponseSize: ANSWER_MAX_BYTES })
  return {
    slackApiUrl: apiUrl,
    logger: withoutDebug(logger),
    timeout: CALL_TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    fetch: (url, init) => fetch(url, { ...(init as Parameters<typeof fetch>[1]), dispatcher }),
  }
}

/** The client that every call of the bot goes through. */
export function createWebClient(
  options: SlackAddress & { readonly botToken: string; readonly onCall?: OnCall | undefined },
): WebClient {
  const { onCall } = options
  class ObservedClient extends WebClient {
    // Every method of the client comes through here.
    override apiCall(...call: Parameters<WebClient['apiCall']>) {
      return observed(onCall, call[0], () => super.apiCall(...call), STATUS)
    }
  }
  return new ObservedClient(options.botToken, webClientOptions(options))
}

const STATUS = {
  of: () => 'ok',
  ofFailure: (error: unknown) => callStatus(slackFailure(error)),
}

/** Slack's libraries write whole bodies, with what people typed, at the debug level: that level is cut off. */
export function withoutDebug(logger: Logger): Logger {
  return {
    debug: () => {},
    info: (...parts) => logger.info(...parts),
    warn: (...parts) => logger.warn(...parts),
    error: (...parts) => logger.error(...parts),
    setLevel: () => {},
    getLevel: () => logger.getLevel(),
    setName: () => {},
  }
}

/** Who the token belongs to. Throws {@link SlackIdentityError}, whose message names the remedy. */
export async function slackIdentity(client: WebClient): Promise<SlackIdentity> {
  const answer = await client.auth.test().catch((error: unknown) => {
    const failure = slackFailure(error)
    const code = failure.kind === 'platform' ? failure.code : failure.kind
    const remedy = REMEDIES[code] ?? 'check that Slack can be reached and start again'
    const isPassing = failure.kind !== 'platform' || isPassingCode(failure.code)
    const message = `auth.test: ${failureText(failure)}; ${remedy}`
    throw new SlackIdentityError(message, { isPassing, cause: error })
  })
  const { team_id: teamId, user_id: botUserId, bot_id: botId, enterprise_id: enterpriseId } = answer
  if (teamId === undefined || botUserId === undefined || botId === undefined)
    throw new SlackIdentityError(
      'auth.test: no workspace or no bot in the answer; SLACK_BOT_TOKEN must be the Bot User OAuth Token, which starts with xoxb-',
      { isPassing: false },
    )
  const appId = answer.app_id ?? (await appIdOf(client, botUserId))
  return {
    teamId: teamId as SlackTeamId,
    ...(enterpriseId === undefined || enterpriseId === '' ? {} : { enterpriseId }),
    ...(appId === undefined ? {} : { appId }),
    botUserId: botUserId as SlackUserId,
    botId,
  }
}

async function appIdOf(client: WebClient, botUserId: string): Promise<string | undefined> {
  try {
    const { user } = await client.users.info({ user: botUserId })
    return user?.profile?.api_app_id
  } catch {
    // The app id is a second check behind the signature; the bot works without it.
    return undefined
  }
}

const RENEW_TOKEN =
  'reinstall the app and copy the Bot User OAuth Token from OAuth & Permissions into SLACK_BOT_TOKEN'

const REMEDIES: { readonly [code: string]: string } = {
  invalid_auth: RENEW_TOKEN,
  not_authed: RENEW_TOKEN,
  token_expired: RENEW_TOKEN,
  token_revoked: RENEW_TOKEN,
  account_inactive: RENEW_TOKEN,
  not_allowed_token_type:
    'SLACK_BOT_TOKEN must be the Bot User OAuth Token, which starts with xoxb-',
  team_access_not_granted: 'ask an administrator to approve the app for this workspace',
  org_login_required: 'the workspace is being moved; start again later',
  'rate-limited': 'start again later',
}
