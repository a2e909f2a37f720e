import type { ModalView } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import type { RequestId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'
import { askedBlocks } from './answer-blocks.ts'
import type { AnswerForm } from './answer-modal.ts'
import { durationInput, form, wordsInput } from './form-parts.ts'
import { textIn } from './form-state.ts'
import { context } from './wording-blocks.ts'
import { durationProblemText } from '../words/field-problem.ts'

export interface Approval {
  readonly durationSeconds?: number
  readonly note?: string
}

/** Approves with a note, for a shorter time, or both. */
export const APPROVAL: AnswerForm<Approval> = {
  callbackId: 'jit:shorten',
  what: 'approval form submitted',
  field: 'note',
  waiting: (useCases, actor) => useCases.requestsWaitingFor(actor),
  form: shortenForm,
  read(state) {
    const typed = cleanText(textIn(state, 'duration'), { multiline: false })
    const note = cleanText(textIn(state, 'note'), { multiline: true })
    const noted = note === '' ? {} : { note }
    if (typed === '') return { ok: true, answer: noted }
    const parsed = parseDuration(typed)
    return parsed.ok
      ? { ok: true, answer: { durationSeconds: parsed.seconds, ...noted } }
      : { ok: false, errors: { duration: durationProblemText(parsed.problem) } }
  },
  act: (useCases, by, approval) => useCases.approveRequest({ ...by, ...approval }),
  line(id, answer) {
    if (answer === undefined) return `/jit shorten ${id} duration note`
    const { durationSeconds, note } = answer
    const words = note === undefined ? '' : ` ${note}`
    return durationSeconds === undefined
      ? `/jit approve ${id}${words}`
      : `/jit shorten ${id} ${formatDuration(durationSeconds)}${words}`
  },
}

function shortenForm(id: RequestId, view: RequestView | undefined): ModalView {
  const seconds = view?.request.durationSeconds
  const isExtension = view?.request.extends !== undefined
  const choices = isExtension ? [] : (view?.resource?.duration.choices ?? [])
  return form({
    callbackId: APPROVAL.callbackId,
    title: 'Approve with…',
    submit: 'Approve',
    metadata: id,
    blocks: [
      ...askedBlocks(view),
      durationInput({
        label: 'A shorter time',
        hint: 'Empty: as long as was asked for. Of several approvals, the shortest time counts.',
        choices: choices.filter((choice) => seconds !== undefined && choice < seconds),
        placeholder: seconds === undefined ? 'e.g. 30m' : `As asked: ${formatDuration(seconds)}`,
        isOptional: true,
      }),
      wordsInput({
        blockId: 'note',
        label: 'Note',
        hint: 'The requester and everybody who sees the card can read it.',
        isOptional: true,
      }),
      context('id', `Request \`${id}\``),
    ],
  })
}
