import { z } from 'zod'
import type { AuditFilter } from '../app/audit-cases.ts'
import type { ResourceId, SlackUserId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'

export { auditPath, typedFilter } from '../app/audit-path.ts'

/** What a page of the audit trail is asked for. */
export interface AuditQuestion {
  readonly filter: AuditFilter
  /** Only events with a smaller number. */
  readonly before?: number
}

/** Fields of the filter, in the order of the form. */
export const FILTER_FIELDS = ['from', 'to', 'person', 'resource', 'action', 'request'] as const
export type FilterField = (typeof FILTER_FIELDS)[number]

/** What was typed into the fields. */
export type Typed = Readonly<Partial<Record<FilterField | 'before', string>>>

export type ParsedQuestion =
  | { readonly ok: true; readonly question: AuditQuestion }
  | {
      readonly ok: false
      /** A sentence for each field that is wrong; under `''` what belongs to none. */
      readonly problems: ReadonlyMap<string, string>
      readonly typed: Typed
    }

const DATE_OR_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d{1,3})?))?Z?)?$/
const SLACK_USER = /^[UW][A-Z0-9]{1,20}$/
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,253}$/
const RESOURCE = /^[a-z0-9][a-z0-9-]{0,62}$/
const ACTION = /^[a-z]{1,20}(?:\.[a-z_]{1,40})?$/
const BEFORE = /^[1-9]\d{0,14}$/

function field<T>(parse: (typed: string) => T | undefined, problem: string) {
  return z
    .string()
    .trim()
    .transform((typed, context): T | undefined => {
      // A form sends the fields that were left empty too.
      if (typed === '') return undefined
      const value = parse(typed)
      if (value === undefined) context.addIssue({ code: 'custom', message: problem })
      return value
    })
    .optional()
}

const instantField = field(
  instant,
  'Give a day such as 2026-11-20, or a time such as 2026-11-20T14:05, in UTC.',
)

const QUESTION = z.strictObject({
  from: instantField,
  to: instantField,
  person: field(person, 'Give an e-mail address, or a Slack id such as U012AB3CD.'),
  resource: field(
    (typed) => (RESOURCE.test(typed) ? (typed as ResourceId) : undefined),
    'Give the id of a resource as the catalogue has it, such as grafana-prod.',
  ),
  action: field(
    (typed) => (ACTION.test(typed) ? typed : undefined),
    'Give an action such as request.denied, or what is before its dot.',
  ),
  request: field(parseRequestId, 'Give the eight characters of a request, such as 7K2M9QXZ.'),
  before: field(
    (typed) => (BEFORE.test(typed) ? Number(typed) : undefined),
    'This address has been changed: begin at the first page.',
  ),
})

const ONLY_ONCE = 'Give each field once.'

/** What an address, or a form, asks for. Whatever is not understood is a problem: nothing is left out silently. */
export function parseQuestion(
  given: Iterable<readonly [name: string, value: string]>,
): ParsedQuestion {
  const typed: Record<string, string> = {}
  const problems = new Map<string, string>()
  for (const [name, value] of given) {
    if (Object.hasOwn(typed, name)) problems.set(name, ONLY_ONCE)
    // Not an assignment, which takes `__proto__` for something else.
    Object.defineProperty(typed, name, { value, enumerable: true, configurable: true })
  }
  const { success, data, error } = QUESTION.safeParse(typed)
  for (const { path, message, code } of error?.issues ?? [])
    problems.set(
      String(path[0] ?? ''),
      code === 'unrecognized_keys'
        ? 'This address has parts that are no filter: nothing was looked for.'
        : message,
    )
  if (success && data.from !== undefined && data.to !== undefined && data.from >= data.to)
    problems.set('to', 'Give a time after the one that it begins at.')
  if (!success || problems.size > 0) return { ok: false, problems, typed }
  const { from, to, person, resource, action, request, before } = data
  const filter: AuditFilter = {
    ...(from && { from }),
    ...(to && { to }),
    ...(person && { person }),
    ...(resource && { resourceId: resource }),
    ...(request && { requestId: request }),
    ...(action && { action }),
  }
  return { ok: true, question: { filter, ...(before && { before }) } }
}

function instant(typed: string): Date | undefined {
  const [, day, minute = '00:00', seconds = '00'] = DATE_OR_TIME.exec(typed) ?? []
  if (day === undefined) return undefined
  const at = new Date(`${day}T${minute}:${seconds}Z`)
  // The 31st of a shorter month is taken for a day of the next one.
  const isReal = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(`${day}T${minute}`)
  return isReal ? at : undefined
}

function person(typed: string): AuditFilter['person'] | undefined {
  if (EMAIL.test(typed)) return { email: typed }
  const userId = typed.toUpperCase()
  return SLACK_USER.test(userId) ? { userId: userId as SlackUserId } : undefined
}
