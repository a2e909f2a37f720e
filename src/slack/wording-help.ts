import type { UsageProblem } from './command-line.ts'
import { AUDIT_LONGEST_SECONDS } from './audit-words.ts'
import { code, duration } from './mrkdwn.ts'
import { durationProblemText } from '../words/field-problem.ts'

const USAGES: readonly (readonly [usage: string, meaning: string])[] = [
  ['/jit', 'ask for access in a form'],
  ['/jit request <resource>[:level] <duration> <reason>', 'ask for access in one line'],
  [
    '/jit break-glass <resource>[:level] <duration> <reason>',
    'break-glass access, reviewed afterwards',
  ],
  ['/jit mine', 'your requests and your access'],
  ['/jit extend <id> <duration> [reason]', 'make access of yours last longer'],
  ['/jit end <id> [reason]', 'end access before its time is over'],
  ['/jit cancel <id>', 'cancel a request of yours'],
  ['/jit pending', 'requests that wait for your answer'],
  ['/jit approve <id> [note]', 'approve a request'],
  ['/jit shorten <id> <duration> [note]', 'approve it for a shorter time'],
  ['/jit deny <id> <reason>', 'deny a request'],
  ['/jit reviews', 'break-glass access that waits for your review'],
  ['/jit review <id> justified [note]', 'say that break-glass access was justified'],
  ['/jit review <id> not-justified <note>', 'say that it was not'],
  ['/jit resources', 'what you may ask for'],
  ['/jit link', 'link your Slack account to your Pomerium identity'],
  ['/jit audit [@user|address|resource|id] [7d]', 'what is on record, for auditors'],
  ['/jit help', 'this list'],
]

const MORE = [
  `A request may start later, with ${code('from 14:00', 50)}, ${code('from tomorrow 9:00', 50)} or ${code('from 2026-11-23 09:00', 50)} behind its duration.`,
  `A sponsor asks for somebody who is not in Slack with ${code('for user@partner.example', 50)} before it.`,
]

/** All commands with what they do, as mrkdwn. */
export function helpText(): string {
  const lines = USAGES.map(([usage, meaning]) => `${code(usage, 100)} – ${meaning}`)
  return ['Ask for access that ends by itself:', ...lines, ...MORE].join('\n')
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
    case 'bad-duration':
      return `${problem.problem === 'missing' ? 'The time is missing.' : durationProblemText(problem.problem)} ${usageOf(problem.command)}`
    case 'missing-verdict':
      return `Say whether the access was justified. ${usageOf(problem.command)}`
    case 'missing-reason':
      return `A reason is missing. ${usageOf(problem.command)}`
    case 'audit-word':
      return `${code(problem.word, 75) || 'This'} is neither a person, a resource nor the id of a request. ${usageOf('audit')}`
    case 'audit-mention':
      return `Slack did not say whom ${code(problem.word, 75)} means: choose the person from the list that Slack shows while you type, or give their e-mail address. ${usageOf('audit')}`
    case 'audit-several':
      return `Give one person, resource or request, and one time. ${usageOf('audit')}`
    case 'audit-window':
      return problem.problem === 'too-long'
        ? `So far back is too much for an answer in Slack: write ${duration(AUDIT_LONGEST_SECONDS)} or less. ${usageOf('audit')}`
        : `${durationProblemText(problem.problem)} ${usageOf('audit')}`
    default:
      return problem satisfies never
  }
}

function usageOf(command: string): string {
  const usages = USAGES.filter(([text]) => text.split(' ')[1] === command)
  const shown = usages.map(([text]) => code(text, 100)).join(' or ')
  return shown === '' ? 'See `/jit help`.' : `Type ${shown}.`
}
