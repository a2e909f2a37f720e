import type { AuditDigest, AuditFilter, AuditSubject } from './audit-cases.ts'
import { WINDOWS_MAX } from './audit-cases.ts'
import { auditPath } from './audit-path.ts'
import { namesOf } from './audit-export.ts'
import { readerOf, refused } from './audit-reader.ts'
import type { Deps } from './deps.ts'
import type { Act, Outcome } from './use-cases.ts'

/** Events that a digest shows. */
const EVENTS_SHOWN = 10
/** So many events of a digest are counted. */
export const EVENTS_COUNTED = 1_000

const DAY_SECONDS = 86_400

/** The trail in short; see {@link UseCases.auditDigest}. */
export async function auditDigest(
  deps: Deps,
  input: Act & { readonly about: AuditSubject; readonly seconds?: number },
): Promise<Outcome<AuditDigest>> {
  const reader = await readerOf(deps, input)
  const about = readSubject(deps, input.about)
  const seconds = input.seconds ?? usualSeconds(about)
  return deps.store.transaction(async (tx) => {
    const filter = {
      ...about,
      ...(seconds !== undefined && { from: minuteBefore(tx.now, seconds) }),
    }
    const asked = namesOf(filter)
    if (!reader.ok) return refused(tx, reader, asked)
    const { act, age } = reader
    tx.audit.append({ ...act, action: 'audit.read', alert: false, details: { ...asked, ...age } })
    const found = await tx.audit.newest(filter, Number.MAX_SAFE_INTEGER, EVENTS_COUNTED + 1)
    const counted = found.slice(0, EVENTS_COUNTED)
    const windows = await tx.audit.windows(filter, WINDOWS_MAX)
    const value = {
      filter,
      at: tx.now,
      events: counted.slice(0, EVENTS_SHOWN),
      families: tally(counted.map(({ action }) => action.split('.')[0] ?? action)),
      counted: counted.length,
      isCountedOut: found.length <= EVENTS_COUNTED,
      // Few are open at once: what somebody may do now comes before what is over.
      windows: windows.toSorted((a, b) => Number(a.isOver) - Number(b.isOver)),
      ...(deps.pages && { page: `${deps.pages.origin}${auditPath(filter)}` }),
    }
    return { ok: true, value }
  })
}

/** What a word means that may be the name of a resource and the id of a request: what the catalogue has. */
function readSubject({ catalogue }: Deps, about: AuditSubject): AuditSubject {
  const { requestId, ...withoutRequest } = about
  const { resourceId, ...withoutResource } = about
  if (resourceId === undefined || requestId === undefined) return about
  return catalogue().resources.has(resourceId) ? withoutRequest : withoutResource
}

/** How far to look back unless told: a request is shown from its beginning. */
function usualSeconds({ person, resourceId, requestId }: AuditFilter): number | undefined {
  if (requestId !== undefined) return undefined
  return person === undefined && resourceId === undefined ? DAY_SECONDS : 7 * DAY_SECONDS
}

/** So many seconds before an instant, at the beginning of that minute. */
function minuteBefore(at: Date, seconds: number): Date {
  return new Date(Math.floor(at.getTime() / 60_000 - seconds / 60) * 60_000)
}

/** How often each word is there, the most frequent first. */
function tally(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return new Map([...counts].sort(([, a], [, b]) => b - a))
}
