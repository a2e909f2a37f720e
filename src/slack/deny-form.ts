import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { RequestView } from '../app/ports.ts'
import type { RequestId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { duration, userMention } from './mrkdwn.ts'
import { context, plain, quote, section } from './wording-blocks.ts'
import { requestName, resourceName } from './wording-state.ts'

export const DENY_CALLBACK = 'jit:deny'

/** What an approver typed into the denial form, as it came. */
export type DenyFormAnswer =
  | { readonly ok: true; readonly id: RequestId; readonly reason: string }
  | { readonly ok: false; readonly problem: string }

/** The modal that asks an approver why they deny a request. */
export function denyForm(view: RequestView): ModalView {
  const { request } = view
  return {
    type: 'modal',
    callback_id: DENY_CALLBACK,
    private_metadata: request.id,
    title: plain('Deny request', 24),
    submit: plain('Deny', 24),
    close: plain('Cancel', 24),
    blocks: [
      section(
        'asked',
        `${userMention(request.requester.userId)} asks for ${resourceName(view)} for ${duration(request.durationSeconds)}.`,
      ),
      quote('why', request.reason),
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Reason of the denial', 75),
        hint: plain('The requester and everybody who sees the card can read it.', 150),
        element: {
          type: 'plain_text_input',
          action_id: 'reason',
          multiline: true,
          min_length: 1,
          max_length: REASON_MAX_LENGTH,
          focus_on_load: true,
        },
      },
      context('id', requestName(request)),
    ],
  }
}

const deniedView = z.object({
  private_metadata: z.string().max(100),
  state: z.object({
    values: z.object({
      reason: z.object({ reason: z.object({ value: z.string().max(3_000).nullish() }) }),
    }),
  }),
})

/** What the denial form holds, from the submitted `view`; an empty field is an empty string. */
export function parseDenyForm(view: unknown): DenyFormAnswer {
  const parsed = deniedView.safeParse(view)
  if (!parsed.success)
    return { ok: false, problem: `read the denial form: ${z.prettifyError(parsed.error)}` }
  const id = parseRequestId(parsed.data.private_metadata)
  if (id === undefined)
    return { ok: false, problem: 'read the denial form: its metadata is not the id of a request' }
  return { ok: true, id, reason: parsed.data.state.values.reason.reason.value ?? '' }
}
