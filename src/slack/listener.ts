import type { WebClient } from '@slack/web-api'
import type { Log } from '../app/ports.ts'
import type { UseCases } from '../app/use-cases.ts'
import type { RequestId, SlackUserId } from '../domain/ids.ts'
import type { AnswerByUrl } from './answers.ts'
import type { Message } from './wording-blocks.ts'
import { section } from './wording-blocks.ts'

/** What every listener works with. */
export interface ListenerDeps {
  readonly useCases: UseCases
  readonly client: WebClient
  readonly answer: AnswerByUrl
  readonly log: Log
  /** A new short word by which somebody's complaint is found in the log. */
  readonly errorId: () => string
}

/** The same, whose lines in the log name the request that somebody acts on. */
export function aboutRequest(deps: ListenerDeps, requestId: RequestId): ListenerDeps {
  const { log } = deps
  return {
    ...deps,
    log: {
      debug: (fields, message) => log.debug({ requestId, ...fields }, message),
      info: (fields, message) => log.info({ requestId, ...fields }, message),
      warn: (fields, message) => log.warn({ requestId, ...fields }, message),
      error: (fields, message) => log.error({ requestId, ...fields }, message),
    },
  }
}

/** Tells the one who acted; never throws. */
export type Say = (message: Message) => Promise<void>

/**
 * Does what follows an acknowledgement, when Slack can no longer be told of an error: whatever is
 * thrown goes to the log, and its id to the one who acted.
 */
export async function afterAck(
  { log, errorId }: ListenerDeps,
  act: { readonly what: string; readonly actor: SlackUserId; readonly say: Say },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const id = errorId()
    log.error({ err: error, errorId: id, actor: act.actor, what: act.what }, 'an act broke off')
    await act.say(
      sentence(
        `The request could not be completed, nothing is certain: check \`/jit mine\`. Error \`${id}\``,
      ),
    )
  }
}

/** A message of one paragraph of mrkdwn. */
export function sentence(mrkdwn: string): Message {
  return { text: mrkdwn, blocks: [section('answer', mrkdwn)] }
}
