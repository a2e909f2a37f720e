import type { Offer, Start } from '../app/use-cases.ts'
import type { DurationProblem } from '../domain/duration.ts'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import { askProblems } from '../domain/rules.ts'
import { refOf } from '../domain/resource.ts'
import type { FieldTexts, RequestEntries, RequestFormValues } from './request-form.ts'
import type { RequestMode } from './request-offers.ts'
import { isFor, offerFor } from './request-offers.ts'
import type { RequestGaps, RequestWish } from './request-words.ts'
import { isAddress } from './request-words.ts'
import { parseStart, startText } from './start-words.ts'
import type { FieldProblem } from '../words/field-problem.ts'
import { addressProblemText, missingReasonText, startProblemText } from './wording-field.ts'
import { durationProblemText, fieldProblem } from '../words/field-problem.ts'

/** A request before it is complete. */
export interface RequestDraft {
  readonly values: RequestFormValues
  readonly problems: RequestGaps
  /** What a decision objected to already. */
  readonly refused?: FieldProblem
}

/** A request that was refused, to be corrected. */
export function refusedDraft(wish: RequestWish, refused: FieldProblem): RequestDraft {
  const { resource, durationSeconds, reason, start, beneficiary } = wish
  return {
    values: {
      resource,
      duration: formatDuration(durationSeconds),
      reason,
      ...(start === undefined
        ? {}
        : { start: start.type === 'instant' ? start.at : startText(start) }),
      ...(beneficiary === undefined ? {} : { beneficiary }),
    },
    problems: {},
    refused,
  }
}

/** What to say beside the fields of a form that opens with a draft. */
export function draftProblems(
  mode: RequestMode,
  { values, problems, refused }: RequestDraft,
  offers: readonly Offer[],
): FieldTexts {
  const { resource, start } = values
  const unknown = resource === undefined ? undefined : resourceProblem(mode, resource, offers)
  return {
    ...(unknown === undefined ? termProblems(mode, values, offers) : { resource: unknown }),
    ...(problems.beneficiary === undefined
      ? {}
      : { beneficiary: addressProblemText(problems.beneficiary) }),
    ...(problems.duration === undefined
      ? {}
      : { duration: durationProblemText(problems.duration) }),
    ...(problems.start === undefined ? {} : { start: startProblemText(String(start ?? '')) }),
    ...(problems.reason === undefined ? {} : { reason: missingReasonText() }),
    ...(refused === undefined ? {} : { [refused.field]: refused.text }),
  }
}

function resourceProblem(
  mode: RequestMode,
  resource: string,
  offers: readonly Offer[],
): string | undefined {
  const named = offers.filter((offer) => refOf(offer.resource) === resource)
  if (named.some((offer) => isFor(mode, offer))) return undefined
  const levels = offers.flatMap(({ resource: { id, level } }) =>
    id === resource && level !== undefined ? [level.id] : [],
  )
  if (levels.length > 0) return fieldProblem({ code: 'level-needed', levels })?.text
  return mode === 'break-glass' && named.length > 0
    ? fieldProblem({ code: 'no-break-glass' })?.text
    : fieldProblem({ code: 'no-such-resource', resource })?.text
}

/** What the resource objects to in what was typed; the decision looks again. */
function termProblems(
  mode: RequestMode,
  values: RequestFormValues,
  offers: readonly Offer[],
): FieldTexts {
  const mine = offers.filter((offer) => isFor(mode, offer))
  const offer = offerFor(mine, values.resource)
  const duration = parseDuration(values.duration ?? '')
  if (offer === undefined) return {}
  const kind = mode === 'break-glass' ? 'break-glass' : 'standard'
  const durationSeconds = duration.ok ? duration.seconds : 0
  const ask = { durationSeconds, reason: values.reason ?? '', kind } as const
  const problems = askProblems(offer.resource, ask).map((each) => fieldProblem(each))
  const isTyped = { duration: duration.ok, reason: values.reason !== undefined }
  return Object.fromEntries(
    problems.flatMap((problem) =>
      (problem?.field === 'duration' && isTyped.duration) ||
      (problem?.field === 'reason' && isTyped.reason)
        ? [[problem.field, problem.text]]
        : [],
    ),
  )
}

/** What somebody entered into the form as a wish, or what is wrong with its fields. */
export function wishOf(
  entries: RequestEntries,
):
  | { readonly ok: true; readonly value: RequestWish }
  | { readonly ok: false; readonly problems: Record<string, string> } {
  const { resource, reason, beneficiary, start } = entries
  const duration = parseDuration(entries.duration)
  const from = startOf(start)
  const problems: Record<string, string> = {
    ...(resource === '' ? { resource: 'Choose a resource.' } : {}),
    ...(beneficiary === '' || isAddress(beneficiary)
      ? {}
      : { beneficiary: addressProblemText('malformed') }),
    ...(duration.ok ? {} : { duration: durationGap(entries.duration, duration.problem) }),
    ...(from === 'malformed' ? { start: startProblemText(String(start)) } : {}),
    ...(reason === '' ? { reason: missingReasonText() } : {}),
  }
  if (!duration.ok || from === 'malformed' || Object.keys(problems).length > 0)
    return { ok: false, problems }
  return {
    ok: true,
    value: {
      resource,
      durationSeconds: duration.seconds,
      reason,
      ...(from === undefined ? {} : { start: from }),
      ...(beneficiary === '' ? {} : { beneficiary }),
    },
  }
}

function durationGap(typed: string, problem: DurationProblem): string {
  return durationProblemText(typed === '' ? 'missing' : problem)
}

function startOf(start: string | Date | undefined): Start | undefined | 'malformed' {
  if (start === undefined) return undefined
  return start instanceof Date ? { type: 'instant', at: start } : (parseStart(start) ?? 'malformed')
}
