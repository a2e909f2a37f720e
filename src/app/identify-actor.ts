import type { SlackGroupId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Assertion } from './assertion.ts'
import type { Deps } from './deps.ts'
import { identify } from './identify.ts'
import type { Identified } from './identify.ts'
import { isSameAddress } from './same-address.ts'
import type { Act } from './use-cases.ts'

/**
 * Like {@link identify}, for somebody who acts. On a page they must be the one whom Pomerium vouches for at this moment
 * too, whoever they were when the page was opened; there they have the subject of the assertion, linked or not, so that
 * one Pomerium identity is one human being whatever its address.
 */
export async function identifyActor(
  deps: Pick<Deps, 'directory' | 'store' | 'catalogue' | 'pages'>,
  { actor, assertion }: Pick<Act, 'actor' | 'assertion'>,
  groups: ReadonlySet<SlackGroupId>,
): Promise<Identified> {
  const found = await identify(deps, actor, groups)
  if (!found.ok || assertion === undefined) return found
  const refusal = doorProblem(deps, found, assertion)
  if (refusal !== undefined) return { ok: false, refusal }
  return { ...found, person: { ...found.person, subject: assertion.subject } }
}

/** Why a Slack user is not the one at the door: by their link, else by their address where no link is needed. */
export function doorProblem(
  { pages }: Pick<Deps, 'pages'>,
  { person, link }: Extract<Identified, { ok: true }>,
  { subject, email }: Assertion,
): Refusal | undefined {
  if (link !== undefined) {
    if (link.subject !== subject) return { code: 'linked-to-another' }
    return link.email === email ? undefined : { code: 'link-outdated' }
  }
  if (pages?.isLinkNeeded !== false) return { code: 'link-needed' }
  return isSameAddress(person.email, email) ? undefined : { code: 'not-a-member', why: 'unknown' }
}
