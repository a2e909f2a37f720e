import type { App, BlockAction, StaticSelectAction, ViewSubmitAction } from '@slack/bolt'
import type { SlackUserId } from '../domain/ids.ts'
import { loadingForm, noticeModal } from './form-parts.ts'
import type { ListenerDeps, Say } from './listener.ts'
import { afterAck, sentence } from './listener.ts'
import { openModal, showInModal } from './modal.ts'
import { code, time } from './mrkdwn.ts'
import type { RequestDraft } from './request-draft.ts'
import { draftProblems, wishOf } from './request-draft.ts'
import { RESOURCE_ACTION } from './request-fields.ts'
import type { RequestEntries } from './request-form.ts'
import { readRequestForm, REQUEST_CALLBACKS, REQUEST_TITLES, requestForm } from './request-form.ts'
import type { RequestMode } from './request-offers.ts'
import { isFor, offerFor, presetFor } from './request-offers.ts'
import { notUnderstood, sendForm } from './submission.ts'
import { typedText } from './typed-text.ts'
import { refusalText } from './wording.ts'

const LINE_SHOWN_MAX = 2_000
const MODES = ['access', 'break-glass'] as const
const COMMANDS = { access: 'request', 'break-glass': 'break-glass' } as const

/** Opens the form that asks for access at once, and fills it in as soon as its contents are known. */
export async function openRequestForm(
  deps: ListenerDeps,
  from: {
    readonly actor: SlackUserId
    readonly triggerId: string
    readonly say: Say
    /** The command that was typed, if one was. */
    readonly typed?: string
    /** Whether they read already what the form is for, so that they need not hear that it did not open. */
    readonly isTold?: boolean
  },
  mode: RequestMode,
  draftOf: () => RequestDraft | Promise<RequestDraft>,
): Promise<void> {
  const { actor } = from
  const viewId = await openModal(deps, from.triggerId, loadingForm())
  const failed = async () => {
    if (from.isTold !== true) await from.say(sentence(notOpened(mode, from.typed)))
  }
  if (viewId === undefined) return failed()
  const say: Say = async ({ text }) => {
    const shown = await showInModal(deps, viewId, noticeModal(REQUEST_TITLES[mode], text))
    if (shown !== 'shown') await from.say(sentence(text))
  }
  await afterAck(deps, { what: `${mode} form`, actor, say }, async () => {
    const [draft, offered] = await Promise.all([draftOf(), deps.useCases.offersFor(actor)])
    if (!offered.ok) return say(sentence(refusalText(offered.refusal)))
    const offers = offered.value
    const problems = draftProblems(mode, draft, offers)
    const form = requestForm({ mode, offers, values: draft.values, problems })
    if ((await showInModal(deps, viewId, form)) === 'failed') await failed()
  })
}

/** Answers the forms that ask for access: the choice of a resource, and the submission. */
export function listenToRequestForm(app: App, deps: ListenerDeps): void {
  followResource(app, deps)
  for (const mode of MODES)
    app.view<ViewSubmitAction>(
      { callback_id: REQUEST_CALLBACKS[mode], type: 'view_submission' },
      async (args) => {
        const read = readRequestForm(args.view.state.values)
        if (!read.ok) return notUnderstood(deps, args, 'reason', read.problem)
        const entries = read.value
        const wish = wishOf(entries)
        if (!wish.ok) return args.ack({ response_action: 'errors', errors: wish.problems })
        return sendForm(deps, args, {
          what: `${mode} form submitted`,
          title: REQUEST_TITLES[mode],
          meanwhile: `${mode === 'access' ? 'Asking' : 'Opening'}… You may close this: a direct message follows.`,
          entered: asLine(mode, entries),
          act: (by) =>
            deps.useCases.requestAccess({
              ...by,
              ...wish.value,
              via: 'modal',
              ...(mode === 'break-glass' ? { breakGlass: true } : {}),
            }),
          again: async ({ field, text }, actor) => {
            const offered = await deps.useCases.offersFor(actor)
            if (!offered.ok || !offered.value.some((offer) => isFor(mode, offer))) return undefined
            const problems = { [field]: text }
            return requestForm({ mode, offers: offered.value, values: entries, problems })
          },
        })
      },
    )
}

/** Lets the form follow the resource that was chosen in it; what was entered stays. */
function followResource(app: App, deps: ListenerDeps): void {
  const constraints = { type: 'block_actions' as const, action_id: RESOURCE_ACTION }
  app.action<BlockAction<StaticSelectAction>>(constraints, async ({ ack, body }) => {
    await ack()
    const { view } = body
    const mode = MODES.find((each) => REQUEST_CALLBACKS[each] === view?.callback_id)
    if (view === undefined || mode === undefined) return
    const read = readRequestForm(view.state.values)
    if (!read.ok) return deps.log.warn({ problem: read.problem }, 'a form was not understood')
    const entries = read.value
    const offered = await deps.useCases
      .offersFor(body.user.id as SlackUserId)
      .catch((error: unknown) => {
        // The form works as it is; its submission says what is the matter.
        deps.log.warn({ err: error }, 'a form could not follow the resource')
        return undefined
      })
    if (offered?.ok !== true) return
    const offers = offered.value
    const { duration, ...values } = entries
    const proposed = presetFor(mode, offerFor(offers, entries.presetRef))
    const isOwn = duration !== '' && duration !== proposed
    const form = requestForm({
      mode,
      offers,
      values: isOwn ? entries : values,
      problems: {},
    })
    await showInModal(deps, view.id, form, view.hash)
  })
}

function notOpened(mode: RequestMode, typed: string | undefined): string {
  const usage = `\`/jit ${COMMANDS[mode]} resource duration reason\``
  const remedy = mode === 'access' ? `try again, or ask in one line, ${usage}` : 'try again'
  const line =
    typed === undefined ? '' : ` You typed: ${code(`/jit ${typedText(typed)}`, LINE_SHOWN_MAX)}`
  return `The form did not open: ${remedy}.${line}`
}

/** The form's contents as a command, to be corrected and sent. */
function asLine(mode: RequestMode, entries: RequestEntries): string {
  const { resource, beneficiary, duration, start, reason } = entries
  const words = [
    `/jit ${COMMANDS[mode]} ${resource}`,
    ...(beneficiary === '' ? [] : [`for ${beneficiary}`]),
    duration,
    ...(typeof start === 'string' ? [`from ${start}`] : []),
    reason,
  ]
  const from = start instanceof Date ? `, to start ${time(start)}` : ''
  return `You wrote: ${code(words.join(' '), LINE_SHOWN_MAX)}${from}`
}
