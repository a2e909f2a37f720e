import type { KnownBlock, ModalView } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { leftToExtend } from '../domain/decide-ask.ts'
import type { RequestId } from '../domain/ids.ts'
import { durationInput, form, problemBlock, wordsInput } from './form-parts.ts'
import { duration, time } from './mrkdwn.ts'
import type { FieldTexts } from './request-form.ts'
import { context, section } from './wording-blocks.ts'
import { resourceName } from './wording-state.ts'

export const EXTEND_CALLBACK = 'jit:extend'
export const EXTEND_TITLE = 'Extend access'

export interface ExtendFormModel {
  /** The request whose access is to last longer. */
  readonly id: RequestId
  /** The same, when it is among the asker's own. */
  readonly view: RequestView | undefined
  readonly values: { readonly duration?: string; readonly reason?: string }
  readonly problems: FieldTexts
}

/** The modal that asks how much longer and why; the reason is the one of the access unless another was typed. */
export function extendForm({ id, view, values, problems }: ExtendFormModel): ModalView {
  const request = view?.request
  const blocks: KnownBlock[] = [
    ...(view === undefined ? [] : standing(view)),
    durationInput({ label: 'How much longer', hint: most(view), value: values.duration }),
    ...problemBlock('duration', problems.duration),
    wordsInput({
      blockId: 'reason',
      label: 'Reason',
      ...(view?.resource?.reason.hint === undefined ? {} : { hint: view.resource.reason.hint }),
      placeholder: 'Why you still need it; the approvers read this',
      value: values.reason ?? request?.reason,
    }),
    ...problemBlock('reason', problems.reason),
    context('id', `Request \`${id}\``),
  ]
  return form({
    callbackId: EXTEND_CALLBACK,
    title: EXTEND_TITLE,
    submit: 'Ask to extend',
    blocks,
    metadata: id,
  })
}

function standing(view: RequestView): KnownBlock[] {
  const { request } = view
  if (request.status !== 'approved') return []
  const { endsAt } = request.grant
  return [section('access', `Access to ${resourceName(view)} ends ${time(endsAt)}.`)]
}

function most(view: RequestView | undefined): string {
  const { request, resource } = view ?? {}
  if (request?.status !== 'approved' || resource?.extension === undefined)
    return 'For example 30m or 1h30m; it counts from the end of the access.'
  const seconds = Math.min(resource.extension.maxSeconds, leftToExtend(request, resource))
  return `At most ${duration(seconds)}; it counts from the end of the access.`
}
