import { cleanText, cutText } from '../domain/text.ts'
import { fieldProblem } from '../words/field-problem.ts'
import type { AddressProblem } from './request-words.ts'
import { parseStart } from './start-words.ts'

/** That a reason, or a note that is needed, is missing. */
export function missingReasonText(): string {
  return fieldProblem({ code: 'reason-too-short', minLength: 1 })?.text ?? 'Write a reason.'
}

/** What is wrong with a typed start, as plain text. */
export function startProblemText(typed: string): string {
  const words = cutText(cleanText(typed, { multiline: false }), 60)
  if (parseStart(words) !== undefined)
    return `“${words}” reads like a start: choose it here, or leave it out to start with the answer.`
  return `“${words}” is not a start: write 14:00, tomorrow 9:00 or 2026-11-23 09:00 on your clock, or leave it out to start with the answer.`
}

/** What is wrong with the person for whom something is asked, as plain text. */
export function addressProblemText(problem: AddressProblem): string {
  switch (problem) {
    case 'malformed':
      return 'Write an e-mail address such as user@partner.example, or leave it out to ask for yourself.'
    case 'in-slack':
      return 'Whoever is in Slack asks for themselves; for anybody else, write their e-mail address.'
    default:
      return problem satisfies never
  }
}
