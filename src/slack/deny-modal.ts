import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { MessagePlace } from '../app/ports.ts'
import type { RequestId, SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'
import { DENY_CALLBACK, denyForm, parseDenyForm } from './deny-form.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { afterAck, sentence } from './listener.ts'
import { openModal, showInModal } from './modal.ts'
import { code } from './mrkdwn.ts'
import { loadingForm } from './request-form.ts'
import { tell } from './tell.ts'
import { fieldProblem, refusalText } from './wording.ts'
import { context, plain } from './wording-blocks.ts'

const REASON_SHOWN_MAX = 2_000

/** Opens the form that asks why a request is denied at once, and shows the request in it as soon as it is known. */
export async function openDenyForm(
  deps: ListenerDeps,
  from: {
    readonly actor: SlackUserId
    readonly triggerId: string
    readonly id: RequestId
    readonly clicked?: MessagePlace
    readonly say: Say
  },
): Promise<void> {
  const { actor, triggerId, id, clicked, say } = from
  const viewId = await openModal(deps, triggerId, loadingForm())
  if (viewId === undefined)
    return say(sentence(`The form did not open: try again, or type \`/jit deny ${id} reason\`.`))
  const waiting = await deps.useCases.requestsWaitingFor(actor).catch((error: unknown) => {
    // The form works without the picture of the request.
    deps.log.warn({ err: error, actor }, 'the waiting requests could not be read')
    return undefined
  })
  const views = waiting?.ok === true ? waiting.value : []
  const view = views.find(({ request }) => request.id === id)
  const form = view === undefined ? bareDenyForm(id) : denyForm(view)
  const filled = { ...form, private_metadata: metadata(id, clicked) }
  if ((await showInModal(deps, viewId, filled)) === 'failed')
    await say(sentence(`The form did not open: type \`/jit deny ${id} reason\` instead.`))
}

/** Answers the submission of the form that asks why a request is denied. */
export function listenToDenyForm(app: App, deps: ListenerDeps): void {
  app.view({ callback_id: DENY_CALLBACK, type: 'view_submission' }, async ({ ack, body, view }) => {
    const { id: privateMetadata, clicked } = parseMetadata(view.private_metadata)
    const form = parseDenyForm({ ...view, private_metadata: privateMetadata })
    if (!form.ok) {
      deps.log.warn({ problem: form.problem }, 'a form was not understood')
      return ack({ response_action: 'errors', errors: { reason: 'Close the form and try again.' } })
    }
    const reason = cleanText(form.reason, { multiline: true })
    if (reason === '') {
      const text = fieldProblem({ code: 'reason-too-short', minLength: 1 })?.text ?? ''
      return ack({ response_action: 'errors', errors: { reason: text } })
    }
    await ack()
    const actor = body.user.id as SlackUserId
    const place = clicked === undefined ? {} : { channel: clicked.channel }
    const say: Say = (message) => tell(deps, { actor, ...place }, message)
    return afterAck(deps, { what: 'denial form submitted', actor, say }, async () => {
      const outcome = await deps.useCases.denyRequest({
        actor,
        via: 'modal',
        id: form.id,
        reason,
        ...(clicked === undefined ? {} : { clicked }),
      })
      if (outcome.ok) return
      const wrote = `You wrote: ${code(reason, REASON_SHOWN_MAX)}`
      await say(sentence(`${refusalText(outcome.refusal)}\n${wrote}`))
    })
  })
}

/** The form for a request that is not among the asker's waiting ones; the decision judges that, not the form. */
function bareDenyForm(id: RequestId): ModalView {
  return {
    type: 'modal',
    callback_id: DENY_CALLBACK,
    title: plain('Deny request', 24),
    submit: plain('Deny', 24),
    close: plain('Cancel', 24),
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Reason of the denial', 75),
        element: {
          type: 'plain_text_input',
          action_id: 'reason',
          multiline: true,
          min_length: 1,
          max_length: 1_000,
        },
      },
      context('id', `Request \`${id}\``),
    ],
  }
}

function metadata(id: RequestId, clicked: MessagePlace | undefined): string {
  return clicked === undefined ? id : `${id} ${clicked.channel} ${clicked.ts}`
}

function parseMetadata(text: string): { readonly id: string; readonly clicked?: MessagePlace } {
  const match = /^(\w+) ([CG]\w+) (\d+\.\d+)$/.exec(text)
  const [, id, channel, ts] = match ?? []
  if (id === undefined || channel === undefined || ts === undefined) return { id: text }
  return { id, clicked: { channel: channel as SlackChannelId, ts } }
}
