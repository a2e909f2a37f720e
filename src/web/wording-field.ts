import type { DurationProblem } from '../domain/duration.ts'
import type { Refusal } from '../domain/refusal.ts'
import { oneOf, plain, spoken } from './wording.ts'

/** The fields of the forms on the pages that a refusal can be about. */
export type FieldName = 'resource' | 'beneficiary' | 'duration' | 'start' | 'reason' | 'code'

export interface FieldProblem {
  readonly field: FieldName
  /** What to write there instead. */
  readonly text: string
}

const HINT_MAX = 300

/** The field of a form that a refusal is about, with what to write there; `undefined` when it is about none. */
export function fieldProblem(refusal: Refusal): FieldProblem | undefined {
  const about = (field: FieldName, text: string): FieldProblem => ({ field, text })
  switch (refusal.code) {
    case 'no-such-resource':
      return about('resource', 'Choose one of the resources in the list: you may not ask for this.')
    case 'level-needed':
      return about('resource', `Choose a level of this resource: ${oneOf(refusal.levels)}.`)
    case 'already-pending':
      return about(
        'resource',
        'You have asked for this already: wait for the answer, or cancel that request first.',
      )
    case 'no-break-glass':
      return about(
        'resource',
        'You have no break-glass access to this: choose another resource, or ask without the emergency.',
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
        `This resource is not offered for that long: ask for ${oneOf(refusal.choices.map(spoken))}.`,
      )
    case 'not-shorter':
      return about(
        'duration',
        `You can only shorten the ${spoken(refusal.askedSeconds)} that were asked for: name a shorter time, or none to approve it as it is.`,
      )
    case 'beyond-maximum':
      return about('duration', beyondMaximum(refusal.maxSeconds, refusal.leftSeconds))
    case 'start-not-offered':
      return about(
        'start',
        'This access cannot start later: leave the start empty, and it starts with the answer.',
      )
    case 'start-in-past':
      return about('start', 'This start is over: choose a later one, or leave it empty.')
    case 'start-too-far':
      return about(
        'start',
        `This start is too far away: choose one within ${spoken(refusal.maxSeconds)} from now.`,
      )
    case 'start-unreadable':
      return about('start', 'There is no such day or time: choose another start.')
    case 'time-zone-unknown':
      return about(
        'start',
        'Slack does not tell your time zone: set it in Slack, or leave the start empty.',
      )
    case 'reason-too-short':
      return about(
        'reason',
        `The reason is too short: write ${refusal.minLength === 1 ? 'one character' : `${refusal.minLength} characters`} or more.${hint(refusal.hint)}`,
      )
    case 'reason-too-long':
      return about(
        'reason',
        `The reason is too long: write ${refusal.maxLength} characters or fewer.`,
      )
    case 'reason-mismatch':
      return about(
        'reason',
        `The reason lacks something that this resource asks for.${hint(refusal.hint) || ' Ask an approver what it has to name.'}`,
      )
    case 'link-code-wrong':
      return about(
        'code',
        'This code does not work: it was used already, is too old, or was mistyped. Get a new one with /jit link in Slack.',
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

/** What is wrong with a missing or typed duration. */
export function durationProblemText(problem: DurationProblem | 'missing'): string {
  switch (problem) {
    case 'missing':
      return 'Say how long, such as 30m, 1h30m or 2d.'
    case 'malformed':
      return 'Write whole minutes, hours or days, such as 30m, 1h30m or 2d.'
    case 'zero':
      return 'Name one minute or more.'
    case 'too-long':
      return 'Name 30 days or less.'
    default:
      return problem satisfies never
  }
}

function fewApprovers(needed: number, available: number): string {
  const approvals = needed === 1 ? '1 approval' : `${needed} approvals`
  const who =
    available === 0 ? 'nobody' : available === 1 ? 'only one person' : `only ${available} people`
  return `This takes ${approvals} and ${who} could give one, so nothing was asked: ask an operator to name more approvers.`
}

function beyondMaximum(maxSeconds: number, leftSeconds: number): string {
  return leftSeconds < 60
    ? `The access lasts ${spoken(maxSeconds)} already, the most that it may: ask for new access when it has ended.`
    : `The access may last ${spoken(maxSeconds)} in all: ask for ${spoken(leftSeconds)} more or less.`
}

function hint(text: string | undefined): string {
  const words = plain(text ?? '', HINT_MAX)
  if (words === '') return ''
  return /[.…?]$/.test(words) ? ` ${words}` : ` ${words}.`
}
