import type { App, ViewSubmitAction } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { MessagePlace, RequestView } from '../app/ports.ts'
import type { Act, Outcome, UseCases } from '../app/use-cases.ts'
import type { RequestId, SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { loadingForm } from './form-parts.ts'
import type { FormState } from './form-state.ts'
import { readForm } from './form-state.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { aboutRequest, afterAck, sentence } from './listener.ts'
import { openModal, showInModal } from './modal.ts'
import { code } from './mrkdwn.ts'
import { notUnderstood } from './submission.ts'
import { tell } from './tell.ts'
import { refusalText } from './wording.ts'

const LINE_SHOWN_MAX = 2_000

/** A form in which somebody answers a request: it closes at once, and the card shows what came of it. */
export interface AnswerForm<Answer> {
  readonly callbackId: string
  /** For the log. */
  readonly what: string
  /** The block of a field that it always has. */
  readonly field: string
  /** The requests that the form may show, those that wait for the actor. */
  waiting(useCases: UseCases, actor: SlackUserId): Promise<Outcome<readonly RequestView[]>>
  /** `view` is absent when the request is not among the waiting ones; the decision judges that, not the form. */
  form(id: RequestId, view: RequestView | undefined): ModalView
  /** What was entered, or what is wrong with which field. */
  read(
    state: FormState,
  ):
    | { readonly ok: true; readonly answer: Answer }
    | { readonly ok: false; readonly errors: Record<string, string> }
  act(useCases: UseCases, by: AnswerTo, answer: Answer): Promise<Outcome<RequestView>>
  /** The same as a command; without an answer, as a pattern. */
  line(id: RequestId, answer?: Answer): string
}

export interface AnswerTo extends Act {
  readonly id: RequestId
  /** The card that was used. */
  readonly clicked?: MessagePlace
}

/** Opens the form at once, and shows the request in it as soon as it is known. */
export async function openAnswerForm<Answer>(
  deps: ListenerDeps,
  kind: AnswerForm<Answer>,
  from: {
    readonly actor: SlackUserId
    readonly triggerId: string
    readonly id: RequestId
    readonly clicked?: MessagePlace
    readonly say: Say
  },
): Promise<void> {
  const { actor, triggerId, id, clicked, say } = from
  const failed = () =>
    say(
      sentence(`The form did not open: try again, or type ${code(kind.line(id), LINE_SHOWN_MAX)}.`),
    )
  const viewId = await openModal(deps, triggerId, loadingForm())
  if (viewId === undefined) return failed()
  const waiting = await kind.waiting(deps.useCases, actor).catch((error: unknown) => {
    // The form works without the picture of the request.
    deps.log.warn({ err: error, actor }, 'the waiting requests could not be read')
    return undefined
  })
  const views = waiting?.ok === true ? waiting.value : []
  const view = views.find(({ request }) => request.id === id)
  const filled = { ...kind.form(id, view), private_metadata: metadata(id, clicked) }
  if ((await showInModal(deps, viewId, filled)) === 'failed') await failed()
}

/** Answers the submission of the form. */
export function listenToAnswerForm<Answer>(
  app: App,
  all: ListenerDeps,
  kind: AnswerForm<Answer>,
): void {
  app.view<ViewSubmitAction>(
    { callback_id: kind.callbackId, type: 'view_submission' },
    async (args) => {
      const { ack, body, view } = args
      const answered = parseMetadata(view.private_metadata)
      const state = readForm(view.state.values)
      if (answered === undefined || !state.ok) {
        const problem = state.ok
          ? 'the metadata of a form is not the id of a request'
          : state.problem
        return notUnderstood(all, args, kind.field, problem)
      }
      const read = kind.read(state.value)
      if (!read.ok) return ack({ response_action: 'errors', errors: read.errors })
      await ack()
      const actor = body.user.id as SlackUserId
      const { id, clicked } = answered
      const deps = aboutRequest(all, id)
      const place = clicked === undefined ? {} : { channel: clicked.channel }
      const say: Say = (message) => tell(deps, { actor, ...place }, message)
      return afterAck(deps, { what: kind.what, actor, say }, async () => {
        const outcome = await kind.act(
          deps.useCases,
          { actor, via: 'modal', ...answered },
          read.answer,
        )
        if (outcome.ok) return
        const line = code(kind.line(id, read.answer), LINE_SHOWN_MAX)
        await say(sentence(`${refusalText(outcome.refusal)}\nYou wrote: ${line}`))
      })
    },
  )
}

function metadata(id: RequestId, clicked: MessagePlace | undefined): string {
  return clicked === undefined ? id : `${id} ${clicked.channel} ${clicked.ts}`
}

function parseMetadata(
  text: string,
): { readonly id: RequestId; readonly clicked?: MessagePlace } | undefined {
  const match = /^(\w{8})(?: ([CG]\w{1,30}) (\d{1,20}\.\d{1,20}))?$/.exec(text)
  const [, typed = '', channel, ts] = match ?? []
  const id = parseRequestId(typed)
  if (id === undefined) return undefined
  if (channel === undefined || ts === undefined) return { id }
  return { id, clicked: { channel: channel as SlackChannelId, ts } }
}
