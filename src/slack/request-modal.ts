import type { App } from '@slack/bolt'
import type { SlackUserId } from '../domain/ids.ts'
import { parseDuration } from '../domain/duration.ts'
import type { Resource } from '../domain/resource.ts'
import { cleanText } from '../domain/text.ts'
import type { RequestGaps, RequestWords } from './command-line.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { afterAck, sentence } from './listener.ts'
import { openModal, showAfterSubmission, showInModal } from './modal.ts'
import { code } from './mrkdwn.ts'
import {
  loadingForm,
  noticeModal,
  parseRequestForm,
  REQUEST_CALLBACK,
  requestForm,
} from './request-form.ts'
import { tell } from './tell.ts'
import { durationProblemText, fieldProblem, refusalText } from './wording.ts'
import { askedText } from './wording-done.ts'

const TITLE = 'Request access'
const LINE_SHOWN_MAX = 2_000

type Field = 'resource' | 'duration' | 'reason'
type FieldTexts = { readonly [field in Field]?: string }

/** Opens the form that asks for access at once, and fills it in as soon as its contents are known. */
export async function openRequestForm(
  deps: ListenerDeps,
  from: {
    readonly actor: SlackUserId
    readonly triggerId: string
    readonly say: Say
    readonly typed: string
  },
  draft: { readonly values: RequestWords; readonly problems: RequestGaps },
): Promise<void> {
  const viewId = await openModal(deps, from.triggerId, loadingForm())
  if (viewId === undefined) return from.say(sentence(notOpened(from.typed)))
  const say: Say = async ({ text }) => {
    const shown = await showInModal(deps, viewId, noticeModal(TITLE, text))
    if (shown !== 'shown') await from.say(sentence(text))
  }
  await afterAck(deps, { what: 'request form', actor: from.actor, say }, async () => {
    const offered = await deps.useCases.resourcesFor(from.actor)
    if (!offered.ok) return say(sentence(refusalText(offered.refusal)))
    const problems = draftProblems(draft, offered.value)
    const form = requestForm({ resources: offered.value, values: draft.values, problems })
    if ((await showInModal(deps, viewId, form)) === 'failed')
      await from.say(sentence(notOpened(from.typed)))
  })
}

/** Answers the submission of the form that asks for access. */
export function listenToRequestForm(app: App, deps: ListenerDeps): void {
  app.view({ callback_id: REQUEST_CALLBACK, type: 'view_submission' }, async (args) => {
    const { ack, body, view } = args
    const form = parseRequestForm(view.state.values)
    if (!form.ok) {
      deps.log.warn({ problem: form.problem }, 'a form was not understood')
      return ack({ response_action: 'errors', errors: { reason: 'Close the form and try again.' } })
    }
    const values = {
      resource: form.values.resource,
      duration: cleanText(form.values.duration, { multiline: false }),
      reason: cleanText(form.values.reason, { multiline: true }),
    }
    const { resource, reason } = values
    const duration = parseDuration(values.duration)
    const errors: Record<string, string> = {
      ...(resource === '' ? { resource: 'Choose a resource.' } : {}),
      ...(duration.ok ? {} : { duration: durationProblemText(duration.problem) }),
      ...(reason === '' ? { reason: missingReasonText() } : {}),
    }
    if (!duration.ok || Object.keys(errors).length > 0)
      return ack({ response_action: 'errors', errors })

    // The hash changes with every version of the view, so it tells submissions apart and repeats alike.
    const submission = `${view.id}:${view.hash}`
    const asking = noticeModal(TITLE, 'Asking… You may close this: a direct message follows.')
    await ack({ response_action: 'update', view: { ...asking, external_id: submission } })

    const actor = body.user.id as SlackUserId
    const ids = { externalId: submission, viewId: view.id }
    const say: Say = async (message) => {
      const notice = noticeModal(TITLE, message.text)
      const shown = await showAfterSubmission(deps, ids, notice)
      if (shown !== 'shown') await tell(deps, { actor }, message)
    }
    return afterAck(deps, { what: 'request form submitted', actor, say }, async () => {
      const outcome = await deps.useCases.requestAccess({
        actor,
        via: 'modal',
        resource,
        durationSeconds: duration.seconds,
        reason,
        idempotencyKey: `modal:${submission}`,
      })
      if (outcome.ok) {
        // A form that was closed meanwhile needs no answer: the direct message comes anyway.
        await showAfterSubmission(deps, ids, noticeModal(TITLE, askedText(outcome.value)))
        return
      }
      const problem = fieldProblem(outcome.refusal)
      const offered = problem === undefined ? undefined : await deps.useCases.resourcesFor(actor)
      if (problem !== undefined && offered?.ok === true && offered.value.length > 0) {
        const problems = { [problem.field]: problem.text }
        const again = requestForm({ resources: offered.value, values, problems })
        if ((await showAfterSubmission(deps, ids, again)) === 'shown') return
      }
      await say(sentence(`${refusalText(outcome.refusal)}\n${asLine(values)}`))
    })
  })
}

function notOpened(typed: string): string {
  const line = code(`/jit ${typed}`, LINE_SHOWN_MAX)
  return `The form did not open: try again, or ask in one line, \`/jit request resource duration reason\`. You typed: ${line}`
}

/** The form's contents as a command, to be corrected and sent. */
function asLine({ resource, duration, reason }: { readonly [field in Field]: string }): string {
  return `You wrote: ${code(`/jit request ${resource} ${duration} ${reason}`, LINE_SHOWN_MAX)}`
}

function draftProblems(
  { values, problems }: { readonly values: RequestWords; readonly problems: RequestGaps },
  resources: readonly Resource[],
): FieldTexts {
  const { resource } = values
  const isOffered = resource === undefined || resources.some(({ id }) => id === resource)
  const unknown = isOffered ? undefined : fieldProblem({ code: 'no-such-resource', resource })
  return {
    ...(unknown === undefined ? {} : { resource: unknown.text }),
    ...(problems.duration === undefined
      ? {}
      : {
          duration: durationProblemText(
            problems.duration === 'missing' ? 'malformed' : problems.duration,
          ),
        }),
    ...(problems.reason === undefined ? {} : { reason: missingReasonText() }),
  }
}

function missingReasonText(): string {
  return fieldProblem({ code: 'reason-too-short', minLength: 1 })?.text ?? 'Write a reason.'
}
