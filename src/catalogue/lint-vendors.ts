import { domainOf } from '../domain/rules.ts'
import type { Finding, Scope } from './finding.ts'
import { PUBLIC_MAIL, isBroad } from './lint-people.ts'
import { given } from './terms.ts'

/** What is wrong or risky about letting people of other organisations in. */
export function vendorFindings(scope: Scope): readonly Finding[] {
  const { terms, clash } = scope
  const vendors = given(terms.vendors)
  if (vendors === undefined) return []
  const findings = [...ownPeople(scope), ...mailProviders(scope)]
  const warning = { severity: 'warning' } as const
  if (isBroad(vendors.sponsors))
    findings.push(
      clash(
        ['vendors', 'sponsors'],
        'lets everyone vouch for people of other organisations; name groups, users or emails instead',
        warning,
      ),
    )
  if ((terms.auto_approve ?? []).length > 0 || given(terms.self_activation) !== undefined)
    findings.push(
      clash(
        ['vendors'],
        'is for people whose requests always need an approver: auto_approve and self_activation never apply to them',
        { ...warning, onKey: true },
      ),
    )
  return findings
}

/** They ask for themselves: whoever could name their own second address would answer for themselves. */
function ownPeople({ terms, at, draft }: Scope): Finding[] {
  const { emails = [], domains = [] } = given(terms.vendors)?.people ?? {}
  const ours = draft.file.domains ?? []
  const message = 'is one of yours, and your people ask for themselves; remove it'
  return [
    ...emails.flatMap((email, index) =>
      ours.includes(domainOf(email))
        ? [{ path: at(['vendors', 'people', 'emails', index]), message }]
        : [],
    ),
    ...domains.flatMap((domain, index) =>
      ours.includes(domain) ? [{ path: at(['vendors', 'people', 'domains', index]), message }] : [],
    ),
  ]
}

function mailProviders({ terms, at }: Scope): readonly Finding[] {
  const { domains = [] } = given(terms.vendors)?.people ?? {}
  return domains.flatMap((domain, index): readonly Finding[] =>
    PUBLIC_MAIL.has(domain)
      ? [
          {
            path: at(['vendors', 'people', 'domains', index]),
            message: `lets anybody in who gets a mailbox at ${domain}; name their addresses in emails instead`,
            severity: 'warning',
          },
        ]
      : [],
  )
}
