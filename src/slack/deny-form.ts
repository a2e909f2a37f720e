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

/** Asks an approver why they deny a request. */
export const DENIAL: AnswerForm<string> = {
  callbackId: 'jit:deny',
  what: 'denial form submitted',
  field: 'reason',
  waiting: (useCases, actor) => useCases.requestsWaitingFor(actor),
  form: denyForm,
  read(state) {
    const reason = cleanText(textIn(state, 'reason'), { multiline: true })
    return reason === ''
      ? { ok: false, errors: { reason: missingReasonText() } }
      : { ok: true, answer: reason }
  },
  act: (useCases, by, reason) => useCases.denyRequest({ ...by, reason }),
  line: (id, reason = 'reason') => `/jit deny ${id} ${reason}`,
}

function denyForm(id: RequestId, view: RequestView | undefined): ModalView {
  return form({
    callbackId: DENIAL.callbackId,
    title: 'Deny request',
    submit: 'Deny',
    metadata: id,
    blocks: [
      ...askedBlocks(view),
      wordsInput({
        blockId: 'reason',
        label: 'Reason of the denial',
        hint: 'The requester and everybody who sees the card can read it.',
        isFocused: true,
      }),
      context('id', `Request \`${id}\``),
    ],
  })
}
