import type { AuditAction, AuditEvent } from '../domain/event.ts'

const WITH_WORDS: ReadonlySet<AuditAction> = new Set<AuditAction>([
  'request.created',
  'request.approval_recorded',
  'request.approved',
  'request.extended',
  'request.denied',
  'grant.ending',
  'grant.reviewed',
])

/** Words that somebody wrote for what they did: a reason or a note. */
export function writtenWords({
  action,
  details,
}: Pick<AuditEvent, 'action' | 'details'>): string | undefined {
  if (!WITH_WORDS.has(action)) return undefined
  const words = details['reason'] ?? details['note']
  return typeof words === 'string' && words.trim() !== '' ? words : undefined
}
