import type { App } from '@slack/bolt'
import type { Outcome } from '../app/use-cases.ts'
import type { SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { countCharacters } from '../domain/text.ts'
import type { CommandLine } from './command-line.ts'
import { parseCommandLine } from './command-line.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { afterAck, sentence } from './listener.ts'
import { mineList, pendingList, resourcesList } from './lists.ts'
import { code } from './mrkdwn.ts'
import { openRequestForm } from './request-modal.ts'
import { tell } from './tell.ts'
import { refusalText } from './wording.ts'
import type { Message } from './wording-blocks.ts'
import { section } from './wording-blocks.ts'
import { approvedText, askedText, cancelledText, deniedText, endedText } from './wording-done.ts'
import { helpText, usageText } from './wording-help.ts'

const LINE_MAX = 4_000
const TOO_LONG = `That is too long: write ${LINE_MAX} characters or fewer.`
const LINE_SHOWN_MAX = 2_900

interface Typed {
  readonly actor: SlackUserId
  readonly text: string
  readonly triggerId: string
  readonly say: Say
}

/** Answers the slash command, whatever name it has in Slack. */
export function listenToCommands(app: App, deps: ListenerDeps): void {
  app.command(/^\//, async ({ command, ack }) => {
    const text = command.text ?? ''
    const ackWith = (mrkdwn: string) => ack({ response_type: 'ephemeral', ...sentence(mrkdwn) })
    if (text.length > LINE_MAX) return ackWith(TOO_LONG)
    const line = parseCommandLine(text)
    if (line.type === 'help') return ackWith(helpText())
    if (line.type === 'usage') return ackWith(usageText(line.problem))
    await ack()
    const actor = command.user_id as SlackUserId
    const channel = command.channel_id as SlackChannelId
    const say: Say = async (message) => {
      if (!(await deps.answer(command.response_url, message)))
        await tell(deps, { actor, channel }, message)
    }
    const typed = { actor, text, triggerId: command.trigger_id, say }
    return afterAck(deps, { what: `command ${line.type}`, actor, say }, () =>
      act(deps, line, typed),
    )
  })
}

type Wish = Exclude<CommandLine, { readonly type: 'help' | 'usage' }>

async function act(deps: ListenerDeps, line: Wish, typed: Typed): Promise<void> {
  const { useCases } = deps
  const { actor, say, text, triggerId } = typed
  const by = { actor, via: 'command' as const }
  const words = 'note' in line ? line.note : 'reason' in line ? line.reason : undefined
  if (line.type !== 'request' && countCharacters(words ?? '') > REASON_MAX_LENGTH) {
    const refusal = { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH } as const
    return say(withTypedLine(refusalText(refusal), text))
  }
  switch (line.type) {
    case 'form':
      return openRequestForm(deps, { actor, triggerId, say, typed: text }, line)
    case 'request': {
      const { resource, durationSeconds, reason } = line
      const idempotencyKey = `command:${triggerId}`
      const asked = { ...by, resource, durationSeconds, reason, idempotencyKey }
      const outcome = await useCases.requestAccess(asked)
      return say(
        outcome.ok
          ? sentence(askedText(outcome.value))
          : withTypedLine(refusalText(outcome.refusal), text),
      )
    }
    case 'approve': {
      const { id, note } = line
      const noted = note === undefined ? {} : { note }
      return say(answerTo(await useCases.approveRequest({ ...by, id, ...noted }), approvedText))
    }
    case 'deny': {
      const { id, reason } = line
      return say(answerTo(await useCases.denyRequest({ ...by, id, reason }), deniedText, text))
    }
    case 'cancel':
      return say(answerTo(await useCases.cancelRequest({ ...by, id: line.id }), cancelledText))
    case 'end': {
      const { id, reason } = line
      const reasoned = reason === undefined ? {} : { reason }
      return say(answerTo(await useCases.endGrant({ ...by, id, ...reasoned }), endedText))
    }
    case 'mine':
      return say(listOf(await useCases.requestsOf(actor), mineList))
    case 'pending':
      return say(listOf(await useCases.requestsWaitingFor(actor), pendingList))
    case 'resources':
      return say(listOf(await useCases.resourcesFor(actor), resourcesList))
    default:
      return line satisfies never
  }
}

function answerTo<T>(outcome: Outcome<T>, done: (value: T) => string, typedLine?: string): Message {
  if (outcome.ok) return sentence(done(outcome.value))
  const text = refusalText(outcome.refusal)
  return typedLine === undefined ? sentence(text) : withTypedLine(text, typedLine)
}

function listOf<T>(outcome: Outcome<T>, list: (value: T) => Message): Message {
  return outcome.ok ? list(outcome.value) : sentence(refusalText(outcome.refusal))
}

/** A refusal with what was typed, to be corrected and sent again. */
export function withTypedLine(text: string, typedLine: string): Message {
  const line = code(`/jit ${typedLine}`, LINE_SHOWN_MAX)
  return { text, blocks: [section('answer', text), section('typed', `You typed: ${line}`)] }
}
