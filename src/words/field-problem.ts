import type { DurationProblem } from '../domain/duration.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Refusal } from '../domain/refusal.ts'
import { cleanText, cutText } from '../domain/text.ts'

/** The fields in which people say what they ask for. */
export type FieldName = 'resource' | 'beneficiary' | 'duration' | 'start' | 'reason'

export interface FieldProblem {
  readonly field: FieldName
  /** What to write there instead, as plain text. */
  readonly text: string
}

const HINT_MAX = 300
const ANY_OF_MAX = 10

/** The field of a form that a refusal is about; `undefined` when it is about none. */
export function fieldProblem(
  refusal: Refusal,
  spoken: (seconds: number) => string = formatDuration,
): FieldProblem | undefined {
  const about = (field: FieldName, text: string): FieldProblem => ({ field, text })
  switch (refusal.code) {
    case 'no-such-resource':
      return about('resource', 'You may not ask for this resource: choose another one.')
    case 'level-needed':
      return about(
        'resource',
        `This resource is asked for at a level: choose ${anyOf(refusal.levels)}.`,
      )
    case 'already-pending':
      return about(
        'resource',
        'A request of yours for this resource is waiting already: choose another one, or wait.',
      )
    case 'no-break-glass':
      return about(
        'resource',
        'There is no break-glass access to this resource for you: choose another one, or ask for access without the emergency.',
      )
    case 'not-enough-approvers':
      return about('resource', fewApprovers(refusal.needed, refusal.available))
    case 'beneficiary-not-listed':
      return about(
        'beneficiary',
        'You may not ask for this person here: check the address and the resource, or ask an operator to list them.',
      )
    case 'duration-too-long':
    case 'extension-too-long':
      return about('duration', `This is too long: ask for ${spoken(refusal.maxSeconds)} or less.`)
    case 'duration-not-offered':
      return about(
        'duration',
        `This resource is not offered for that long: ask for ${anyOf(refusal.choices.map(spoken))}.`,
      )
    case 'not-shorter':
      return about(
        'duration',
        `What was asked, ${spoken(refusal.askedSeconds)}, can only be shortened: name a shorter time, or none to approve it as it is.`,
      )
    case 'beyond-maximum':
      return about('duration', beyondMaximum(refusal.maxSeconds, refusal.leftSeconds, spoken))
    case 'start-not-offered':
      return about(
        'start',
        'This access cannot start later: leave the start out, and it starts with the answer.',
      )
    case 'start-in-past':
      return about(
        'start',
        'This start is over: choose a later one, or none, to start with the answer.',
      )
    case 'start-too-far':
      return about(
        'start',
        `This start is too far away: choose one within ${spoken(refusal.maxSeconds)} from now.`,
      )
    case 'time-zone-unknown':
      return about(
        'start',
        'Slack does not tell your time zone: set it in Slack, or leave the start out.',
      )
    case 'start-unreadable':
      return about('start', 'There is no such day or time: choose another start.')
    case 'reason-too-short':
      return about(
        'reason',
        `The reason is too short: write ${refusal.minLength === 1 ? 'one character' : `${refusal.minLength} characters`} or more.${hintText(refusal.hint)}`,
      )
    case 'reason-too-long':
      return about(
        'reason',
        `The reason is too long: write ${refusal.maxLength} characters or fewer.`,
      )
    case 'reason-mismatch':
      return about(
        'reason',
        `The reason lacks something that this resource asks for.${hintText(refusal.hint) || ' Ask an approver what it has to name.'}`,
      )
    case 'not-a-member':
    case 'email-domain':
    case 'email-changed':
    case 'directory-unavailable':
    case 'too-many-open-requests':
    case 'too-many-grants':
    case 'too-many-requests':
    case 'rego-denied':
    case 'rego-silent':
    case 'busy':
    case 'no-such-request':
    case 'resource-gone':
    case 'own-request':
    case 'not-an-approver':
    case 'rego-other-approvers':
    case 'approved-by-you-already':
    case 'approved-without-step-up':
    case 'stage-not-open':
    case 'requester-not-eligible':
    case 'already-decided':
    case 'request-lapsed':
    case 'not-your-request':
    case 'not-yours-to-end':
    case 'not-started':
    case 'already-over':
    case 'already-ending':
    case 'not-yours-to-extend':
    case 'not-extendable':
    case 'extended-too-often':
    case 'nothing-to-review':
    case 'already-reviewed':
    case 'nothing-due':
    case 'link-needed':
    case 'link-outdated':
    case 'linked-to-another':
    case 'link-code-wrong':
    case 'link-email-differs':
    case 'link-subject-taken':
    case 'not-linked':
    case 'no-pages':
    case 'step-up-needed':
    case 'not-an-auditor':
      return undefined
    default:
      return refusal satisfies never
  }
}

/** What is wrong with a missing or typed duration, as plain text. */
export function durationProblemText(problem: DurationProblem | 'missing'): string {
  switch (problem) {
    case 'missing':
      return 'Say how long you need it, e.g. 30m, 1h30m or 2d.'
    case 'malformed':
      return 'Write whole minutes, hours or days, e.g. 30m, 1h30m or 2d.'
    case 'zero':
      return 'Ask for one minute or more.'
    case 'too-long':
      return 'Ask for 30 days or less.'
    default:
      return problem satisfies never
  }
}

/** Alternatives as a sentence has them, as plain text: `a`, `a or b`, `a, b or c`. */
function anyOf(names: readonly string[]): string {
  const shown = names
    .slice(0, ANY_OF_MAX)
    .map((name) => cutText(cleanText(name, { multiline: false }), 60))
  const all = names.length > shown.length ? [...shown, 'another one'] : shown
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}

function fewApprovers(needed: number, available: number): string {
  const approvals = needed === 1 ? '1 approval' : `${needed} approvals`
  const who =
    available === 0 ? 'nobody' : available === 1 ? 'only one person' : `only ${available} people`
  return `This takes ${approvals} and ${who} could give one, so nothing was asked: ask an operator to name more approvers.`
}

function beyondMaximum(
  maxSeconds: number,
  leftSeconds: number,
  spoken: (seconds: number) => string,
): string {
  return leftSeconds < 60
    ? `The access lasts ${spoken(maxSeconds)} already, the most that it may: ask for new access when it has ended.`
    : `The access may last ${spoken(maxSeconds)} in all: ask for ${spoken(leftSeconds)} more or less.`
}

function hintText(hint: string | undefined): string {
  const words = cutText(cleanText(hint ?? '', { multiline: false }), HINT_MAX)
  if (words === '') return ''
  return /[.…?]$/.test(words) ? ` ${words}` : ` ${words}.`
}
