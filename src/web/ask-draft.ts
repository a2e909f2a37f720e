import type { Offer, UseCases } from '../app/use-cases.ts'
import { parseDuration } from '../domain/duration.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { askProblems } from '../domain/rules.ts'
import type { Start } from '../domain/start-time.ts'
import { cleanText, cutText } from '../domain/text.ts'
import type { Trouble } from './scene.ts'
import type { FieldName, FieldProblem } from './wording-field.ts'
import { durationProblemText } from '../words/field-problem.ts'
import { fieldProblem } from './wording-field.ts'

type Wish = Omit<
  Parameters<UseCases['requestAccess']>[0],
  'actor' | 'via' | 'assertion' | 'idempotencyKey'
>

export type AskDraft =
  | { readonly ok: true; readonly wish: Wish }
  | { readonly ok: false; readonly problems: readonly [FieldProblem, ...FieldProblem[]] }

const REF_MAX = 200

/** What a form that asks for access wishes, or the fields that cannot be read and what to write there, from the top. */
export function readAsk(form: ReadonlyMap<string, string>, timeZone: string | undefined): AskDraft {
  const line = (name: string) => cleanText(form.get(name) ?? '', { multiline: false })
  const problems: FieldProblem[] = []
  const wrong = (field: FieldName, text: string) => problems.push({ field, text })
  const resource = cutText(line('resource'), REF_MAX)
  if (resource === '') wrong('resource', 'Choose what you need access to.')
  const duration = readDuration(line('duration'))
  if ('problem' in duration) wrong('duration', duration.problem)
  const reason = cleanText(form.get('reason') ?? '', { multiline: true })
  if (reason === '') wrong('reason', 'Say why you need it.')
  const start = readStart(line('start'), timeZone)
  if (start === 'malformed') wrong('start', 'There is no such day or time: choose another.')
  const beneficiary = line('beneficiary')
  if (beneficiary !== '' && !isWritableEmail(beneficiary))
    wrong('beneficiary', 'Write an e-mail address, such as name@partner.example.')
  const [first, ...others] = problems
  if (first !== undefined) return { ok: false, problems: [first, ...others] }
  return {
    ok: true,
    wish: {
      resource,
      durationSeconds: 'seconds' in duration ? duration.seconds : 0,
      reason,
      ...(start === undefined || start === 'malformed' ? {} : { start }),
      ...(beneficiary === '' ? {} : { beneficiary }),
      ...(form.get('emergency') === 'yes' ? { breakGlass: true } : {}),
    },
  }
}

/**
 * Everything that is wrong with a form that came back, one problem a field, from the top: what cannot be read, what was
 * refused, and what the rules of the chosen resource say of the rest.
 */
export function askProblemsIn(
  { typed, field, text }: Trouble,
  offer: Offer | undefined,
  timeZone: string | undefined,
): readonly FieldProblem[] {
  const draft = readAsk(typed, timeZone)
  const duration = readDuration(typed.get('duration') ?? '')
  const wish = {
    kind: typed.get('emergency') === 'yes' ? 'break-glass' : 'standard',
    reason: cleanText(typed.get('reason') ?? '', { multiline: true }),
    durationSeconds: 'seconds' in duration ? duration.seconds : 0,
  } as const
  const known = offer === undefined ? [] : askProblems(offer.resource, wish)
  const all = [
    ...(draft.ok ? [] : draft.problems),
    ...(field === undefined ? [] : [{ field, text }]),
    ...known.flatMap((refusal) => fieldProblem(refusal) ?? []),
  ]
  return FIELDS.flatMap((name) => all.find((problem) => problem.field === name) ?? [])
}

const FIELDS: readonly FieldName[] = ['resource', 'duration', 'reason', 'start', 'beneficiary']

/** Seconds in a typed duration, in parts too (`1h 30m`), or what to write instead. */
export function readDuration(
  text: string,
): { readonly seconds: number } | { readonly problem: string } {
  if (text.trim() === '') return { problem: durationProblemText('missing') }
  const parsed = parseDuration(text.replaceAll(' ', ''))
  return parsed.ok ? { seconds: parsed.seconds } : { problem: durationProblemText(parsed.problem) }
}

/** A start as a browser sends it, on the visitor's clock, or on that of UTC where theirs is not known. */
export function readStart(
  text: string,
  timeZone: string | undefined,
): Start | 'malformed' | undefined {
  if (text === '') return undefined
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::\d\d(?:\.\d{1,3})?)?$/.exec(text)
  const [, date, hour, minute] = match ?? []
  if (date === undefined) return 'malformed'
  if (timeZone !== undefined)
    return { type: 'wall', day: { date }, hour: Number(hour), minute: Number(minute) }
  const at = new Date(`${date}T${hour}:${minute}:00Z`)
  return Number.isNaN(at.getTime()) ? 'malformed' : { type: 'instant', at }
}
