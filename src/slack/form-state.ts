import { z } from 'zod'

/** What a field of a form holds, as it came. */
export interface FieldState {
  readonly actionId: string
  /** What was typed, or the value of the option that was chosen; an empty field is an empty string. */
  readonly text: string
  /** What a date-time picker holds. */
  readonly at?: Date
}

/** The fields of a submitted form by their block. */
export type FormState = ReadonlyMap<string, FieldState>

const TYPED_MAX = 3_000
const FIELDS_MAX = 20
/** Ten digits, as Slack's date-time picker gives them. */
const INSTANT_MAX = 9_999_999_999

const elementState = z.object({
  value: z.string().max(TYPED_MAX).nullish(),
  selected_option: z.object({ value: z.string().max(TYPED_MAX) }).nullish(),
  selected_date_time: z.int().min(0).max(INSTANT_MAX).nullish(),
})
const id = z.string().max(255)
const formState = z
  .record(id, z.record(id, elementState))
  .refine((blocks) => Object.keys(blocks).length <= FIELDS_MAX, 'too many fields')

export type ReadForm<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

/** The fields of a form from `view.state.values`; each block has one. */
export function readForm(stateValues: unknown): ReadForm<FormState> {
  const parsed = formState.safeParse(stateValues)
  if (!parsed.success)
    return { ok: false, problem: `read a form: ${z.prettifyError(parsed.error)}` }
  const fields = Object.entries(parsed.data).flatMap(([blockId, elements]) =>
    Object.entries(elements)
      .slice(0, 1)
      .map(([actionId, element]): [string, FieldState] => {
        const { value, selected_option: option, selected_date_time: seconds } = element
        const text = value ?? option?.value ?? ''
        const at = typeof seconds !== 'number' ? {} : { at: new Date(seconds * 1_000) }
        return [blockId, { actionId, text, ...at }]
      }),
  )
  return { ok: true, value: new Map(fields) }
}

/** What a field holds, as a text; empty when the form does not have it. */
export function textIn(state: FormState, blockId: string): string {
  return state.get(blockId)?.text ?? ''
}
