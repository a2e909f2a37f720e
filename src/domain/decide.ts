import type { AutoApproveCommand, BreakGlassCommand } from './decide-alone.ts'
import { autoApprove, breakGlass } from './decide-alone.ts'
import type { ApproveCommand, CancelCommand, DenyCommand } from './decide-answer.ts'
import { approve, cancel, deny } from './decide-answer.ts'
import type { AskCommand, AskExtensionCommand } from './decide-ask.ts'
import { ask, askExtension } from './decide-ask.ts'
import type { ConfirmActiveCommand, DisqualifyCommand, EndCommand } from './decide-end.ts'
import { confirmActive, confirmEnded, disqualify, end } from './decide-end.ts'
import type { RecountCommand } from './decide-recount.ts'
import { recount } from './decide-recount.ts'
import type { ReviewCommand } from './decide-review.ts'
import { review } from './decide-review.ts'
import { tick } from './decide-time.ts'
import type { AccessRequest } from './request.ts'
import type { Decision } from './transition.ts'
import { refuse } from './transition.ts'

export type { Decision, Transition } from './transition.ts'

/** What somebody, or time, wants of a request. People and resources are as they are at `at`. */
export type Command =
  | AskCommand
  | AskExtensionCommand
  | AutoApproveCommand
  | BreakGlassCommand
  | ApproveCommand
  | DenyCommand
  | CancelCommand
  | RecountCommand
  | EndCommand
  | DisqualifyCommand
  | ReviewCommand
  | ConfirmActiveCommand
  | { readonly type: 'confirm-ended'; readonly at: Date }
  | { readonly type: 'tick'; readonly at: Date }

/** What a command makes of a request (`undefined` before it exists): the next state and its event, or a refusal. */
export function decide(request: AccessRequest | undefined, command: Command): Decision {
  if (command.type === 'request' || command.type === 'request-extension') {
    if (request !== undefined) return refuse({ code: 'already-pending' })
    return command.type === 'request' ? ask(command) : askExtension(command)
  }
  if (request === undefined) return refuse({ code: 'no-such-request' })
  switch (command.type) {
    case 'approve':
      return approve(request, command)
    case 'auto-approve':
      return autoApprove(request, command)
    case 'break-glass':
      return breakGlass(request, command)
    case 'deny':
      return deny(request, command)
    case 'cancel':
      return cancel(request, command)
    case 'recount':
      return recount(request, command)
    case 'end':
      return end(request, command)
    case 'disqualify':
      return disqualify(request, command)
    case 'review':
      return review(request, command)
    case 'confirm-active':
      return confirmActive(request, command)
    case 'confirm-ended':
      return confirmEnded(request, command.at)
    case 'tick':
      return tick(request, command.at)
    default:
      return command satisfies never
  }
}
