import type { UseCases } from '../app/use-cases.ts'
import { parseDuration } from '../domain/duration.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import type { Start } from '../domain/start-time.ts'
import { cleanText, cutText } from '../domain/text.ts'
import type { FieldName } from './wording-field.ts'
import { durationProblemText } from './wording-field.ts'

type Wish = Omit<
  Parameters<UseCases['requestAccess']>[0],
  'actor' | 'via' | 'assertion' | 'idempotencyKey'
>

export type AskDraft =
  | { readonly ok: true; readonly wish: Wish }
  | { readonly ok: false; readonly field: FieldName; readonly text: string }

const REF_MAX = 200

/** What a form that asks for access wishes, or the first field that cannot be read and what to write there. */
export function readAsk(form: ReadonlyMap<string, string>, timeZone: string | undefined): AskDraft {
  const line = (name: string) => cleanText(form.get(name) ?? '', { multiline: false })
  const wrong = (field: FieldName, text: string): AskDraft => ({ ok: false, field, text })
  const resource = cutText(line('resource'), REF_MAX)
  if (resource === '') return wrong('resource', 'Choose what you need access to.')
  const duration = readDuration(line('duration'))
  if ('problem' in duration) return wrong('duration', duration.problem)
  const reason = cleanText(form.get('reason') ?? '', { multiline: true })
  if (reason === '') return wrong('reason', 'Say why you need it.')
  const start = readStart(line('start'), timeZone)
  if (start === 'malformed') return wrong('start', 'There is no such day or time: choose another.')
  const beneficiary = line('beneficiary')
  if (beneficiary !== '' && !isWritableEmail(beneficiary))
    return wrong('beneficiary', 'Write an e-mail address, such as name@partner.example.')
  return {
    ok: true,
    wish: {
      resource,
      durationSeconds: duration.seconds,
      reason,
      ...(start === undefined ? {} : { start }),
      ...(beneficiary === '' ? {} : { beneficiary }),
      ...(form.get('emergency') === 'yes' ? { breakGlass: true } : {}),
    },
  }
}

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
