import type { SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import type { Notice, Outcome } from '../app/use-cases.ts'
import type { SlackUserId } from '../domain/ids.ts'
import { noticeModal } from './form-parts.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { afterAck, sentence } from './listener.ts'
import { showAfterSubmission } from './modal.ts'
import { tell } from './tell.ts'
import { askedText } from './wording-done.ts'
import type { FieldProblem } from '../words/field-problem.ts'
import { fieldProblem } from '../words/field-problem.ts'
import { refusalText } from './wording.ts'

type SubmissionArgs = SlackViewMiddlewareArgs<ViewSubmitAction>

/** A wish as a form sends it. */
export interface SentForm {
  /** For the log. */
  readonly what: string
  readonly title: string
  /** What is shown until the outcome is known. */
  readonly meanwhile: string
  act(by: {
    readonly actor: SlackUserId
    readonly idempotencyKey: string
  }): Promise<Outcome<RequestView> & { readonly notice?: Notice }>
  /** The form again, with a problem on its field; `undefined` when that cannot be had. */
  again(problem: FieldProblem, actor: SlackUserId): Promise<ModalView | undefined>
  /** What was entered, to be corrected and sent as a command; mrkdwn. */
  readonly entered: string
}

/** Acknowledges a form and shows in it what became of the wish: done, what to correct, or why not. */
export async function sendForm(
  deps: ListenerDeps,
  { ack, body, view }: SubmissionArgs,
  form: SentForm,
): Promise<void> {
  const { what, title } = form
  // The hash changes with every version of the view, so it tells submissions apart and repeats alike.
  const submission = `${view.id}:${view.hash}`
  const waiting = noticeModal(title, form.meanwhile)
  await ack({ response_action: 'update', view: { ...waiting, external_id: submission } })

  const actor = body.user.id as SlackUserId
  const ids = { externalId: submission, viewId: view.id }
  const show = (next: ModalView) => showAfterSubmission(deps, ids, next)
  const say: Say = async (message) => {
    const shown = await show(noticeModal(title, message.text))
    if (shown !== 'shown') await tell(deps, { actor }, message)
  }
  return afterAck(deps, { what, actor, say }, async () => {
    const outcome = await form.act({ actor, idempotencyKey: `modal:${submission}` })
    if (outcome.ok) {
      // A form that was closed meanwhile needs no answer: the direct message comes anyway.
      await show(noticeModal(title, askedText(outcome.value, outcome.notice)))
      return
    }
    const problem = fieldProblem(outcome.refusal)
    const again = problem === undefined ? undefined : await form.again(problem, actor)
    if (again !== undefined && (await show(again)) === 'shown') return
    await say(sentence(`${refusalText(outcome.refusal)}\n${form.entered}`))
  })
}

/** Says on a field that the form was not understood. */
export function notUnderstood(
  { log }: ListenerDeps,
  { ack }: SubmissionArgs,
  blockId: string,
  problem: string,
): Promise<void> {
  log.warn({ problem }, 'a form was not understood')
  const errors = { [blockId]: 'Close the form and try again.' }
  return ack({ response_action: 'errors', errors })
}
