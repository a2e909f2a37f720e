import { createHash, randomBytes } from 'node:crypto'
import type { Assertion } from '../../src/app/assertion.ts'
import type { Deps } from '../../src/app/deps.ts'
import { issueLinkCode } from '../../src/app/link-code.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import { requestIdFrom } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import { nextId } from '../postgres/support.ts'
import { aCatalogue } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import type { TestDirectory } from './directory.ts'

export const ORIGIN = 'https://jit.example.com'

/** What the use cases need to link people of a workspace. */
export function linkingDeps(
  { store }: TestDatabase,
  directory: TestDirectory,
  facts: { readonly isLinkNeeded?: boolean; readonly catalogue?: Catalogue } = {},
): Deps {
  const catalogue = facts.catalogue ?? aCatalogue()
  return {
    store,
    directory,
    catalogue: () => catalogue,
    rego: () => undefined,
    steady: () => 0,
    newRequestId: nextId,
    pages: {
      origin: ORIGIN,
      isLinkNeeded: facts.isLinkNeeded ?? false,
      newLinkCode: () => requestIdFrom(randomBytes(5)),
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
    },
    log: silentLog,
  }
}

/** Who Pomerium says is at the door: the identity provider's account of a person, unless told otherwise. */
export function assertionOf(person: Person, facts: Partial<Assertion> = {}): Assertion {
  return {
    subject: `sub-${person.userId}`,
    email: person.email,
    issuedAt: new Date('2026-03-02T09:00:00Z'),
    ...facts,
  }
}

/** A code that a person was given in Slack. */
export async function codeFor(deps: Deps, { userId }: Person): Promise<string> {
  const issued = await issueLinkCode(deps, { actor: userId, via: 'command' })
  if (!issued.ok) throw new Error(`no code: ${issued.refusal.code}`)
  return issued.value.code
}

/** Everything that was put on record about identities, oldest first. */
export async function onRecord({ pool }: TestDatabase): Promise<readonly RecordedAboutIdentity[]> {
  const { rows } = await pool.query<RecordedAboutIdentity>(
    `select action, via, actor_user_id as actor, actor_email as email, actor_subject as subject, alert, details
     from audit_event where action like 'identity.%' and action <> 'identity.pinned' order by seq`,
  )
  return rows
}

interface RecordedAboutIdentity {
  readonly action: AuditAction
  readonly via: string
  readonly actor: string | null
  readonly email: string | null
  readonly subject: string | null
  readonly alert: boolean
  readonly details: Readonly<Record<string, unknown>>
}
