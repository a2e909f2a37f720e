import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import type { MessagePlace, RequestView } from '../app/ports.ts'
import type { Act, Outcome } from '../app/use-cases.ts'
import type { RequestId, SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { APPROVE_ACTION, DENY_ACTION, END_ACTION } from './card.ts'
import { openDenyForm } from './deny-modal.ts'
import { CANCEL_ACTION } from './direct.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { afterAck, sentence } from './listener.ts'
import { tell } from './tell.ts'
import { refusalText } from './wording.ts'

interface Click extends Act {
  readonly id: RequestId
  /** The card that was used. */
  readonly clicked?: MessagePlace
}

/** Answers the buttons; a refusal is told privately, success shows on the card. */
export function listenToActions(app: App, deps: ListenerDeps): void {
  const { useCases } = deps
  const decide = (actionId: string, act: (click: Click) => Promise<Outcome<RequestView>>) =>
    onClick(app, deps, actionId, async (click, say) => {
      const outcome = await act(click)
      if (!outcome.ok) await say(sentence(refusalText(outcome.refusal)))
    })
  decide(APPROVE_ACTION, (click) => useCases.approveRequest(click))
  decide(END_ACTION, (click) => useCases.endGrant(click))
  decide(CANCEL_ACTION, ({ actor, via, id }) => useCases.cancelRequest({ actor, via, id }))
  onClick(app, deps, DENY_ACTION, (click, say, triggerId) =>
    openDenyForm(deps, { ...click, triggerId, say }),
  )
}

/** Action ids that {@link listenToActions} answers. */
export const ANSWERED_ACTIONS = [APPROVE_ACTION, DENY_ACTION, END_ACTION, CANCEL_ACTION] as const

function onClick(
  app: App,
  deps: ListenerDeps,
  actionId: string,
  work: (click: Click, say: Say, triggerId: string) => Promise<void>,
): void {
  const constraints = { type: 'block_actions' as const, action_id: actionId }
  app.action<BlockAction<ButtonAction>>(constraints, async ({ ack, body, action }) => {
    await ack()
    const actor = body.user.id as SlackUserId
    const clicked = cardOf(body)
    const place = body.channel === undefined ? {} : { channel: body.channel.id as SlackChannelId }
    const say: Say = async (message) => {
      if (!(await deps.answer(body.response_url, message)))
        await tell(deps, { actor, ...place }, message)
    }
    await afterAck(deps, { what: actionId, actor, say }, async () => {
      const id = parseRequestId(action.value ?? '')
      if (id === undefined) {
        deps.log.warn({ actor, actionId }, 'a button carried no request id')
        return say(sentence(refusalText({ code: 'no-such-request' })))
      }
      const click = { actor, via: 'button' as const, id }
      return work(clicked === undefined ? click : { ...click, clicked }, say, body.trigger_id)
    })
  })
}

/** Where the card is that was clicked; direct and ephemeral messages are no cards. */
function cardOf({ channel, message, container }: BlockAction): MessagePlace | undefined {
  if (channel === undefined || message === undefined) return undefined
  if (container['is_ephemeral'] === true || !/^[CG]\w+$/.test(channel.id)) return undefined
  return { channel: channel.id as SlackChannelId, ts: message.ts }
}
