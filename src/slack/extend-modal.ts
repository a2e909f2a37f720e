import type { App, ViewSubmitAction } from '@slack/bolt'
import type { RequestView } from '../app/ports.ts'
import { parseDuration } from '../domain/duration.ts'
import type { RequestId, SlackUserId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'
import { EXTEND_CALLBACK, EXTEND_TITLE, extendForm } from './extend-form.ts'
import { loadingForm, noticeModal } from './form-parts.ts'
import { readForm, textIn } from './form-state.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { aboutRequest, afterAck, sentence } from './listener.ts'
import { openModal, showInModal } from './modal.ts'
import { code } from './mrkdwn.ts'
import type { RequestGaps, RequestWords } from './request-words.ts'
import { notUnderstood, sendForm } from './submission.ts'
import { missingReasonText } from './wording-field.ts'
import { durationProblemText } from '../words/field-problem.ts'
import { refusalText } from './wording.ts'

const LINE_SHOWN_MAX = 2_000

/** What is filled into the form when it opens. */
export interface ExtendDraft {
  readonly values: Pick<RequestWords, 'duration' | 'reason'>
  readonly problems: Pick<RequestGaps, 'duration'>
}

/** Opens the form that asks for a later end at once, and shows the access in it as soon as it is known. */
export async function openExtendForm(
  deps: ListenerDeps,
  from: {
    readonly actor: SlackUserId
    readonly triggerId: string
    readonly id: RequestId
    readonly say: Say
  },
  draft: ExtendDraft = { values: {}, problems: {} },
): Promise<void> {
  const { actor, id } = from
  const viewId = await openModal(deps, from.triggerId, loadingForm())
  const failed = () =>
    from.say(
      sentence(`The form did not open: try again, or type \`/jit extend ${id} duration reason\`.`),
    )
  if (viewId === undefined) return failed()
  const say: Say = async ({ text }) => {
    const shown = await showInModal(deps, viewId, noticeModal(EXTEND_TITLE, text))
    if (shown !== 'shown') await from.say(sentence(text))
  }
  await afterAck(deps, { what: 'extension form', actor, say }, async () => {
    const own = await deps.useCases.requestsOf(actor)
    if (!own.ok) return say(sentence(refusalText(own.refusal)))
    const { duration } = draft.problems
    const problems = duration === undefined ? {} : { duration: durationProblemText(duration) }
    const form = extendForm({ id, view: viewOf(own.value, id), values: draft.values, problems })
    if ((await showInModal(deps, viewId, form)) === 'failed') await failed()
  })
}

/** Answers the submission of the form that asks for a later end. */
export function listenToExtendForm(app: App, all: ListenerDeps): void {
  app.view<ViewSubmitAction>(
    { callback_id: EXTEND_CALLBACK, type: 'view_submission' },
    async (args) => {
      const read = readForm(args.view.state.values)
      const id = parseRequestId(args.view.private_metadata)
      if (!read.ok || id === undefined) {
        const problem = read.ok ? 'the metadata of a form is not the id of a request' : read.problem
        return notUnderstood(all, args, 'reason', problem)
      }
      const deps = aboutRequest(all, id)
      const values = {
        duration: cleanText(textIn(read.value, 'duration'), { multiline: false }),
        reason: cleanText(textIn(read.value, 'reason'), { multiline: true }),
      }
      const { reason } = values
      const duration = parseDuration(values.duration)
      const errors = {
        ...(duration.ok ? {} : { duration: durationProblemText(duration.problem) }),
        ...(reason === '' ? { reason: missingReasonText() } : {}),
      }
      if (!duration.ok || reason === '') return args.ack({ response_action: 'errors', errors })
      const line = `/jit extend ${id} ${values.duration} ${reason}`
      return sendForm(deps, args, {
        what: 'extension form submitted',
        title: EXTEND_TITLE,
        meanwhile: 'Asking… You may close this: a direct message follows.',
        entered: `You wrote: ${code(line, LINE_SHOWN_MAX)}`,
        act: (by) =>
          deps.useCases.extendGrant({
            ...by,
            via: 'modal',
            id,
            durationSeconds: duration.seconds,
            reason,
          }),
        again: async ({ field, text }, actor) => {
          if (field !== 'duration' && field !== 'reason') return undefined
          const own = await deps.useCases.requestsOf(actor)
          const view = own.ok ? viewOf(own.value, id) : undefined
          return extendForm({ id, view, values, problems: { [field]: text } })
        },
      })
    },
  )
}

function viewOf(views: readonly RequestView[], id: RequestId): RequestView | undefined {
  return views.find(({ request }) => request.id === id)
}
