import type { App } from '@slack/bolt'
import type { RequestView } from '../app/ports.ts'
import type { Notice, Outcome } from '../app/use-cases.ts'
import type { SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { countCharacters } from '../domain/text.ts'
import type { CommandLine } from './command-line.ts'
import { parseCommandLine } from './command-line.ts'
import { auditAnswer } from './audit-answer.ts'
import { openExtendForm } from './extend-modal.ts'
import { linkCodeMessage } from './link-words.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { aboutRequest, afterAck, sentence } from './listener.ts'
import { mineList, pendingList, resourceList, reviewList } from './lists.ts'
import { code } from './mrkdwn.ts'
import { refusedDraft } from './request-draft.ts'
import { openRequestForm } from './request-modal.ts'
import { tell } from './tell.ts'
import { typedText } from './typed-text.ts'
import { refusalText } from './wording.ts'
import type { Message } from './wording-blocks.ts'
import { section } from './wording-blocks.ts'
import {
  approvedText,
  askedText,
  cancelledText,
  deniedText,
  endedText,
  reviewedText,
} from './wording-done.ts'
import { fieldProblem } from '../words/field-problem.ts'
import { helpText, usageText } from './wording-help.ts'

const LINE_MAX = 4_000
const TOO_LONG = `That is too long: write ${LINE_MAX} characters or fewer.`
const LINE_SHOWN_MAX = 2_900

interface Typed {
  readonly actor: SlackUserId
  readonly text: string
  readonly triggerId: string
  readonly say: Say
  /** Like `say`, where nothing of it may stay: not even in the direct conversation. */
  readonly whisper: Say
}

/** Answers the slash command, whatever name it has in Slack. */
export function listenToCommands(app: App, all: ListenerDeps): void {
  app.command(/^\//, async ({ command, ack }) => {
    const text = command.text ?? ''
    const ackWith = (mrkdwn: string) => ack({ response_type: 'ephemeral', ...sentence(mrkdwn) })
    if (text.length > LINE_MAX) return ackWith(TOO_LONG)
    const line = parseCommandLine(text)
    if (line.type === 'help') return ackWith(helpText())
    if (line.type === 'usage')
      return ack({ response_type: 'ephemeral', ...withTypedLine(usageText(line.problem), text) })
    await ack()
    const deps = 'id' in line ? aboutRequest(all, line.id) : all
    const actor = command.user_id as SlackUserId
    const channel = command.channel_id as SlackChannelId
    const say: Say = async (message) => {
      if (!(await deps.answer(command.response_url, message, deps.log)))
        await tell(deps, { actor, channel }, message)
    }
    const whisper: Say = async (message) => {
      if (!(await deps.answer(command.response_url, message, deps.log)))
        await tell(deps, { actor, channel, leavesNothing: true }, message)
    }
    const typed = { actor, text, triggerId: command.trigger_id, say, whisper }
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
  const idempotencyKey = `command:${triggerId}`
  const from = { actor, triggerId, say, typed: text }
  if (countCharacters(answerWords(line)) > REASON_MAX_LENGTH) {
    const refusal = { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH } as const
    return say(withTypedLine(refusalText(refusal), text))
  }
  switch (line.type) {
    case 'form':
      return openRequestForm(deps, from, 'access', () => line)
    case 'break-glass':
      return openRequestForm(deps, from, 'break-glass', () => line)
    case 'request': {
      const { type: _, ...wish } = line
      const outcome = await useCases.requestAccess({ ...by, ...wish, idempotencyKey })
      const refused = outcome.ok ? undefined : fieldProblem(outcome.refusal)
      const told = say(asked(outcome, text))
      if (refused === undefined) return told
      const draft = refusedDraft(wish, refused)
      await Promise.all([
        told,
        openRequestForm(deps, { ...from, isTold: true }, 'access', () => draft),
      ])
      return
    }
    case 'extend-form':
      return openExtendForm(
        deps,
        { actor, triggerId, id: line.id, say: (said) => say(withTypedLine(said.text, text)) },
        line,
      )
    case 'extend': {
      const { type: _, ...wish } = line
      const outcome = await useCases.extendGrant({ ...by, ...wish, idempotencyKey })
      return say(asked(outcome, text))
    }
    case 'approve': {
      const { type: _, ...approval } = line
      const outcome = await useCases.approveRequest({ ...by, ...approval })
      return say(answerTo(outcome, approvedText, text))
    }
    case 'shorten': {
      const { type: _, ...approval } = line
      const outcome = await useCases.approveRequest({ ...by, ...approval })
      return say(answerTo(outcome, approvedText, text))
    }
    case 'deny': {
      const { id, reason } = line
      return say(answerTo(await useCases.denyRequest({ ...by, id, reason }), deniedText, text))
    }
    case 'review': {
      const { type: _, ...review } = line
      const outcome = await useCases.reviewGrant({ ...by, ...review })
      return say(answerTo(outcome, reviewedText(review.verdict), text))
    }
    case 'cancel':
      return say(
        answerTo(await useCases.cancelRequest({ ...by, id: line.id }), cancelledText, text),
      )
    case 'end': {
      const { type: _, ...end } = line
      return say(answerTo(await useCases.endGrant({ ...by, ...end }), endedText, text))
    }
    case 'mine':
      return say(listOf(await useCases.requestsOf(actor), mineList))
    case 'pending':
      return say(listOf(await useCases.requestsWaitingFor(actor), pendingList))
    case 'reviews':
      return say(listOf(await useCases.reviewsWaitingFor(actor), reviewList))
    case 'resources':
      return say(listOf(await useCases.offersFor(actor), resourceList))
    case 'audit': {
      const { about, seconds } = line
      const window = seconds === undefined ? {} : { seconds }
      return say(listOf(await useCases.auditDigest({ ...by, about, ...window }), auditAnswer))
    }
    case 'link': {
      const issued = await useCases.issueLinkCode(by)
      return issued.ok
        ? typed.whisper(linkCodeMessage(issued.value))
        : say(sentence(refusalText(issued.refusal)))
    }
    default:
      return line satisfies never
  }
}

/** The words of an answer to a request; those of a wish are judged with it. */
function answerWords(line: Wish): string {
  switch (line.type) {
    case 'approve':
    case 'shorten':
    case 'review':
      return line.note ?? ''
    case 'deny':
    case 'end':
      return line.reason ?? ''
    case 'form':
    case 'break-glass':
    case 'request':
    case 'extend-form':
    case 'extend':
    case 'cancel':
    case 'mine':
    case 'pending':
    case 'reviews':
    case 'resources':
    case 'link':
    case 'audit':
      return ''
    default:
      return line satisfies never
  }
}

function asked(
  outcome: Outcome<RequestView> & { readonly notice?: Notice },
  typedLine: string,
): Message {
  return outcome.ok
    ? sentence(askedText(outcome.value, outcome.notice))
    : withTypedLine(refusalText(outcome.refusal), typedLine)
}

function answerTo<T>(outcome: Outcome<T>, done: (value: T) => string, typedLine: string): Message {
  return outcome.ok
    ? sentence(done(outcome.value))
    : withTypedLine(refusalText(outcome.refusal), typedLine)
}

function listOf<T>(outcome: Outcome<T>, list: (value: T) => Message): Message {
  return outcome.ok ? list(outcome.value) : sentence(refusalText(outcome.refusal))
}

/** A refusal with what was typed, to be corrected and sent again. */
export function withTypedLine(text: string, typedLine: string): Message {
  const line = code(`/jit ${typedText(typedLine)}`, LINE_SHOWN_MAX)
  return { text, blocks: [section('answer', text), section('typed', `You typed: ${line}`)] }
}
