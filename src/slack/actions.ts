import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import type { MessagePlace, RequestView } from '../app/ports.ts'
import type { Act, Outcome } from '../app/use-cases.ts'
import { formatDuration } from '../domain/duration.ts'
import type { RequestId, SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { resourceRef } from '../domain/resource.ts'
import type { AnswerForm } from './answer-modal.ts'
import { openAnswerForm } from './answer-modal.ts'
import {
  AGAIN_ACTION,
  APPROVE_ACTION,
  DENY_ACTION,
  END_ACTION,
  EXTEND_ACTION,
  JUSTIFIED_ACTION,
  NOT_JUSTIFIED_ACTION,
  OPEN_PAGE_ACTION,
  SHORTEN_ACTION,
} from './card.ts'
import { DENIAL } from './deny-form.ts'
import { CANCEL_ACTION } from './direct.ts'
import { openExtendForm } from './extend-modal.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { aboutRequest, afterAck, sentence } from './listener.ts'
import type { RequestDraft } from './request-draft.ts'
import { openRequestForm } from './request-modal.ts'
import { OBJECTION } from './review-form.ts'
import { APPROVAL } from './shorten-form.ts'
import { tell } from './tell.ts'
import { refusalText } from './wording.ts'

interface Click extends Act {
  readonly id: RequestId
  /** The card that was used. */
  readonly clicked?: MessagePlace
}

type OnClick = (deps: ListenerDeps, click: Click, say: Say, triggerId: string) => Promise<void>

/** Answers the buttons; a refusal is told privately, success shows on the card. */
export function listenToActions(app: App, deps: ListenerDeps): void {
  const { useCases } = deps
  const works: Readonly<Record<AnsweredAction, OnClick>> = {
    [APPROVE_ACTION]: decide((click) => useCases.approveRequest(click)),
    [END_ACTION]: decide((click) => useCases.endGrant(click)),
    [CANCEL_ACTION]: decide(({ actor, via, id }) => useCases.cancelRequest({ actor, via, id })),
    [JUSTIFIED_ACTION]: decide((click) => useCases.reviewGrant({ ...click, verdict: 'justified' })),
    [DENY_ACTION]: opens(DENIAL),
    // The browser has opened the page already.
    [OPEN_PAGE_ACTION]: () => Promise.resolve(),
    [SHORTEN_ACTION]: opens(APPROVAL),
    [NOT_JUSTIFIED_ACTION]: opens(OBJECTION),
    [EXTEND_ACTION]: (deps, { actor, id }, say, triggerId) =>
      openExtendForm(deps, { actor, triggerId, id, say }),
    [AGAIN_ACTION]: (deps, { actor, id }, say, triggerId) =>
      openRequestForm(deps, { actor, triggerId, say }, 'access', () =>
        earlierRequest(deps, actor, id),
      ),
  }
  for (const actionId of ANSWERED_ACTIONS) onClick(app, deps, actionId, works[actionId])
}

/** Action ids that {@link listenToActions} answers. */
export const ANSWERED_ACTIONS = [
  APPROVE_ACTION,
  SHORTEN_ACTION,
  OPEN_PAGE_ACTION,
  DENY_ACTION,
  END_ACTION,
  EXTEND_ACTION,
  JUSTIFIED_ACTION,
  NOT_JUSTIFIED_ACTION,
  CANCEL_ACTION,
  AGAIN_ACTION,
] as const

type AnsweredAction = (typeof ANSWERED_ACTIONS)[number]

function decide(act: (click: Click) => Promise<Outcome<RequestView>>): OnClick {
  return async (_deps, click, say) => {
    const outcome = await act(click)
    if (!outcome.ok) await say(sentence(refusalText(outcome.refusal)))
  }
}

function opens<Answer>(form: AnswerForm<Answer>): OnClick {
  return (deps, click, say, triggerId) => openAnswerForm(deps, form, { ...click, triggerId, say })
}

/** What a request of somebody's own asked for; nothing when it is not among theirs, whoever else's it may be. */
async function earlierRequest(
  { useCases }: ListenerDeps,
  actor: SlackUserId,
  id: RequestId,
): Promise<RequestDraft> {
  const own = await useCases.requestsOf(actor)
  const request = own.ok ? own.value.find((view) => view.request.id === id)?.request : undefined
  if (request === undefined) return { values: {}, problems: {} }
  const { beneficiary, durationSeconds, reason } = request
  return {
    values: {
      resource: resourceRef(request),
      duration: formatDuration(durationSeconds),
      reason,
      ...(beneficiary === undefined ? {} : { beneficiary }),
    },
    problems: {},
  }
}

function onClick(app: App, all: ListenerDeps, actionId: string, work: OnClick): void {
  const constraints = { type: 'block_actions' as const, action_id: actionId }
  app.action<BlockAction<ButtonAction>>(constraints, async ({ ack, body, action }) => {
    await ack()
    const actor = body.user.id as SlackUserId
    const id = parseRequestId(action.value ?? '')
    const deps = id === undefined ? all : aboutRequest(all, id)
    const clicked = cardOf(body)
    const place = body.channel === undefined ? {} : { channel: body.channel.id as SlackChannelId }
    const say: Say = async (message) => {
      if (!(await deps.answer(body.response_url, message, deps.log)))
        await tell(deps, { actor, ...place }, message)
    }
    await afterAck(deps, { what: actionId, actor, say }, async () => {
      if (id === undefined) {
        deps.log.warn({ actor, actionId }, 'a button carried no request id')
        return say(sentence(refusalText({ code: 'no-such-request' })))
      }
      const click = { actor, via: 'button' as const, id }
      return work(deps, clicked === undefined ? click : { ...click, clicked }, say, body.trigger_id)
    })
  })
}

/** Where the card is that was clicked; direct and ephemeral messages are no cards. */
function cardOf({ channel, message, container }: BlockAction): MessagePlace | undefined {
  if (channel === undefined || message === undefined) return undefined
  if (container['is_ephemeral'] === true || !/^[CG]\w+$/.test(channel.id)) return undefined
  return { channel: channel.id as SlackChannelId, ts: message.ts }
}
