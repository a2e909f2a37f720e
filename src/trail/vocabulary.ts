import type { AuditAction } from '../domain/event.ts'
import { auditKinds } from './vocabulary-audit.ts'
import { grantKinds } from './vocabulary-grants.ts'
import { peopleKinds } from './vocabulary-people.ts'
import { refusedKinds } from './vocabulary-refused.ts'
import { requestKinds } from './vocabulary-requests.ts'
import { ruleKinds } from './vocabulary-rules.ts'
import type { EventKind } from './vocabulary-terms.ts'

/** Every kind of event that the trail can hold. Whoever adds an action to the domain says here what it means. */
export const VOCABULARY: Readonly<Record<AuditAction, EventKind>> = {
  ...requestKinds,
  ...grantKinds,
  ...refusedKinds,
  ...peopleKinds,
  ...ruleKinds,
  ...auditKinds,
}
