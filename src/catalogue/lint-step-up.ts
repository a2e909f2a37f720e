import type { Finding, Scope } from './finding.ts'
import { given } from './terms.ts'

/** What is easily overlooked about access that a Slack account alone does not open. */
export function stepUpFindings({ terms, clash, resource }: Scope): readonly Finding[] {
  if (given(terms.step_up) === undefined) return []
  const warn = (key: string, message: string) =>
    clash([key], message, { severity: 'warning', onKey: true })
  return [
    ...((terms.auto_approve ?? []).length === 0 ? [] : [warn('auto_approve', PEOPLE_DECIDE)]),
    ...(given(terms.self_activation) === undefined ? [] : [warn('self_activation', PEOPLE_DECIDE)]),
    ...(resource.rego_may_approve === true ? [warn('rego_may_approve', PEOPLE_DECIDE)] : []),
    ...(given(terms.break_glass) === undefined ? [] : [warn('break_glass', NOT_FROM_SLACK)]),
  ]
}

const PEOPLE_DECIDE =
  'works on the page behind Pomerium only, for people with a linked identity, because of step_up; what is asked in Slack waits for approvers'
const NOT_FROM_SLACK =
  'works on the page behind Pomerium only, for people with a linked identity, because of step_up; from Slack an emergency is refused'
