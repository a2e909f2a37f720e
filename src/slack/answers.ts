import { Agent, fetch } from 'undici'
import type { OnCall } from '../app/outside-call.ts'
import { observed, statusLabel } from '../app/outside-call.ts'
import type { Log } from '../app/ports.ts'
import { networkReason } from './failure.ts'
import type { Message } from './wording-blocks.ts'

const TIMEOUT_MS = 5_000
const SLACK_HOST = 'hooks.slack.com'

/** Whether the message was handed over; a failure goes to the log, the given one or its own, and is never thrown. */
export type AnswerByUrl = (
  responseUrl: unknown,
  message: Message,
  log?: Pick<Log, 'warn'>,
) => Promise<boolean>

/**
 * Answers that only the asker sees, posted to the `response_url` of their command or click. The
 * address is a secret that lets its holder post as the bot: it is neither logged nor kept, and
 * nothing but Slack's host (or the loopback origin of `apiUrl`) is ever called.
 */
export function createAnswers(options: {
  readonly apiUrl: string
  readonly log: Log
  readonly onCall?: OnCall | undefined
}): AnswerByUrl {
  const { apiUrl, onCall } = options
  const dispatcher = new Agent({ maxResponseSize: 64 * 1024 })
  return async (responseUrl, message, log = options.log) => {
    const url = trustedUrl(responseUrl, apiUrl)
    if (url === undefined) {
      log.warn({}, 'a private answer was not sent: its address is not one of Slack')
      return false
    }
    try {
      const post = () =>
        fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            response_type: 'ephemeral',
            replace_original: false,
            ...message,
          }),
          redirect: 'error',
          signal: AbortSignal.timeout(TIMEOUT_MS),
          dispatcher,
        })
      const answer = await observed(onCall, 'response_url', post, STATUS)
      await answer.body?.cancel()
      if (!answer.ok) log.warn({ status: answer.status }, 'a private answer was not accepted')
      return answer.ok
    } catch (error) {
      // A lost sentence must not undo what was done, and the error may quote the address.
      log.warn({ reason: networkReason(error) }, 'a private answer was not sent')
      return false
    }
  }
}

const STATUS = {
  of: (answer: { readonly ok: boolean; readonly status: number }) =>
    answer.ok ? 'ok' : statusLabel(answer.status),
  ofFailure: () => 'no-answer',
}

function trustedUrl(responseUrl: unknown, apiUrl: string): URL | undefined {
  const url = typeof responseUrl === 'string' ? URL.parse(responseUrl) : null
  if (url === null || url.username !== '' || url.password !== '') return undefined
  if (url.protocol === 'https:' && url.host === SLACK_HOST) return url
  const api = new URL(apiUrl)
  return isLoopback(api.hostname) && url.origin === api.origin ? url : undefined
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}
