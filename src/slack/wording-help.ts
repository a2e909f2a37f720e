import type { UsageProblem } from './command-line.ts'
import { code } from './mrkdwn.ts'

const USAGES: readonly (readonly [usage: string, meaning: string])[] = [
  ['/jit', 'ask for access in a form'],
  ['/jit request <resource> <duration> <reason>', 'ask for access in one line'],
  ['/jit mine', 'your requests and your access'],
  ['/jit pending', 'requests that wait for your answer'],
  ['/jit approve <id> [note]', 'approve a request'],
  ['/jit deny <id> <reason>', 'deny a request'],
  ['/jit cancel <id>', 'cancel a request of yours'],
  ['/jit end <id> [reason]', 'end access before its time is over'],
  ['/jit resources', 'what you may ask for'],
  ['/jit help', 'this list'],
]

/** All commands with what they do, as mrkdwn. */
export function helpText(): string {
  const lines = USAGES.map(([usage, meaning]) => `${code(usage, 100)} – ${meaning}`)
  return ['Ask for access that ends by itself:', ...lines].join('\n')
}

/** What was wrong with a typed command and how to type it, as mrkdwn. */
export function usageText(problem: UsageProblem): string {
  switch (problem.code) {
    case 'unknown-command':
      return `There is no command ${code(problem.command, 75) || 'without a name'}.\n${helpText()}`
    case 'missing-id':
      return `The id of the request is missing. ${usageOf(problem.command)}`
    case 'malformed-id':
      return `${code(problem.id, 75) || 'This'} is not the id of a request: ids have eight letters and digits. ${usageOf(problem.command)}`
    case 'missing-reason':
      return `A reason is missing. ${usageOf(problem.command)}`
    default:
      return problem satisfies never
  }
}

function usageOf(command: string): string {
  const usage = USAGES.find(([text]) => text.split(' ')[1] === command)
  return usage === undefined ? 'See `/jit help`.' : `Type ${code(usage[0], 100)}.`
}
