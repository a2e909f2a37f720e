import type { ApproveCommand, AskCommand, CancelCommand, DenyCommand } from './decide-answer.ts'
import { approve, ask, cancel, deny } from './decide-answer.ts'
import type { EndCommand } from './decide-end.ts'
import { confirmActive, confirmEnded, end, tick } from './decide-end.ts'
import type { AccessRequest } from './request.ts'
import type { Decision } from './transition.ts'
import { refuse } from './transition.ts'

export type { Decision, Transition } from './transition.ts'

/** What somebody, or time, wants of a request. People and resources are as they are at `at`. */
export type Command =
  | AskCommand
  | ApproveCommand
  | DenyCommand
  | CancelCommand
  | EndCommand
  | { readonly type: 'confirm-active'; readonly at: Date }
  | { readonly type: 'confirm-ended'; readonly at: Date }
  | { readonly type: 'tick'; readonly at: Date }

/** What a command makes of a request (`undefined` before it exists): the next state and its event, or a refusal. */
export function decide(request: AccessRequest | undefined, command: Command): Decision {
  if (command.type === 'request')
    return request === undefined ? ask(command) : refuse({ code: 'already-pending' })
  if (request === undefined) return refuse({ code: 'no-such-request' })
  switch (command.type) {
    case 'approve':
      return approve(request, command)
    case 'deny':
      return deny(request, command)
    case 'cancel':
      return cancel(request, command)
    case 'end':
      return end(request, command)
    case 'confirm-active':
      return confirmActive(request, command.at)
    case 'confirm-ended':
      return confirmEnded(request, command.at)
    case 'tick':
      return tick(request, command.at)
    default:
      return command satisfies never
  }
}
