import type { ModalView } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import type { RequestId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'
import { askedBlocks } from './answer-blocks.ts'
import type { AnswerForm } from './answer-modal.ts'
import { form, wordsInput } from './form-parts.ts'
import { textIn } from './form-state.ts'
import { context } from './wording-blocks.ts'
import { missingReasonText } from './wording-field.ts'

/** Asks a reviewer why break-glass access was not justified. */
export const OBJECTION: AnswerForm<string> = {
  callbackId: 'jit:not-justified',
  what: 'review form submitted',
  field: 'note',
  waiting: (useCases, actor) => useCases.reviewsWaitingFor(actor),
  form: reviewForm,
  read(state) {
    const note = cleanText(textIn(state, 'note'), { multiline: true })
    return note === ''
      ? { ok: false, errors: { note: missingReasonText() } }
      : { ok: true, answer: note }
  },
  act: (useCases, by, note) => useCases.reviewGrant({ ...by, verdict: 'not-justified', note }),
  line: (id, note = 'note') => `/jit review ${id} not-justified ${note}`,
}

function reviewForm(id: RequestId, view: RequestView | undefined): ModalView {
  return form({
    callbackId: OBJECTION.callbackId,
    title: 'Not justified',
    submit: 'Record the review',
    metadata: id,
    blocks: [
      ...askedBlocks(view),
      wordsInput({
        blockId: 'note',
        label: 'Why it was not justified',
        hint: 'The holder and everybody who sees the card can read it. This does not end the access.',
        isFocused: true,
      }),
      context('id', `Request \`${id}\``),
    ],
  })
}
