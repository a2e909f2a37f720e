import type { AuditFilter } from './audit-cases.ts'

type FilterName = 'from' | 'to' | 'person' | 'resource' | 'action' | 'request'

/** A filter as the fields of the audit page have it; parsed, it is the same filter again. */
export function typedFilter(filter: AuditFilter): Readonly<Partial<Record<FilterName, string>>> {
  const { from, to, person, resourceId, requestId, action } = filter
  return {
    ...(from && { from: shortest(from) }),
    ...(to && { to: shortest(to) }),
    ...(person && { person: 'userId' in person ? person.userId : person.email }),
    ...(resourceId && { resource: resourceId }),
    ...(action && { action }),
    ...(requestId && { request: requestId }),
  }
}

/** The address of a page of the trail. */
export function auditPath(filter: AuditFilter, before?: number): string {
  const fields = Object.entries(typedFilter(filter))
  const all: [string, string][] =
    before === undefined ? fields : [...fields, ['before', String(before)]]
  return all.length === 0 ? '/audit' : `/audit?${String(new URLSearchParams(all))}`
}

/** An instant as the browser's own field takes it, in UTC: `2026-11-20T14:05`. */
function shortest(at: Date): string {
  return at
    .toISOString()
    .slice(0, -1)
    .replace(/(?::00)?\.000$/, '')
}
