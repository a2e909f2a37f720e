import type { RecordedEvent } from '../app/ports.ts'
import type { AuditAction } from '../domain/event.ts'
import type { Json } from '../domain/ppl.ts'
import type { Ineligibility } from '../domain/request.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import { timeWords } from './times.ts'
import { actorWords, plain, several, spoken } from './wording.ts'

interface Told extends Pick<RecordedEvent, 'details'> {
  readonly who: string
  /** An instant of the details on the reader's clock, with a word before it; empty when there is none. */
  readonly at: (name: string, before: string) => string
}

const TEXT_MAX = 150
const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** What an event says happened, in one plain sentence; times on the reader's clock, in UTC unless told. */
export function eventWords(event: RecordedEvent, timeZone?: string): string {
  const { details } = event
  const at = (name: string, before: string): string => {
    const value = details[name]
    return typeof value === 'string' && ISO_INSTANT.test(value)
      ? `${before}${timeWords(new Date(value), timeZone)}`
      : ''
  }
  return SENTENCES[event.action]({ details, who: actorWords(event.actor), at })
}

const SENTENCES: Readonly<Record<AuditAction, (told: Told) => string>> = {
  'request.created': ({ who, details }) =>
    `${who} asked for ${spokenOf(details['durationSeconds']) || 'access'}${details['extends'] === undefined ? '' : ' longer'}${about(details['beneficiary'], ' on behalf of ')}.`,
  'request.approval_recorded': ({ who, details }) => `${who} approved${how(details)}.`,
  'request.approved': ({ who, details }) =>
    `${who} approved${how(details)}; Pomerium was yet to confirm.`,
  'request.auto_approved': ({ details }) =>
    `Approved by ${rule(details['rule'])}, without an approver; Pomerium was yet to confirm.`,
  'request.break_glass': ({ who }) =>
    `${who} opened break-glass access without an approval; Pomerium was yet to confirm.`,
  'request.extended': ({ who, details, at }) =>
    `${who} approved the extension${how(details)}${at('endsAt', ', until ')}; Pomerium was yet to confirm.`,
  'request.denied': ({ who }) => `${who} rejected the request.`,
  'request.cancelled': ({ who, details }) => `${who} cancelled the request${because(details)}.`,
  'request.lapsed': () => 'The request lapsed: it was not approved in time.',
  'request.reminded': () => 'Approvers were reminded.',
  'request.escalated': () => 'Escalated to further approvers, because nobody had answered in time.',
  'request.recounted': ({ details }) =>
    `Approvals were counted again: ${numberOf(details['approvals'])} of ${numberOf(details['needed'])} count.`,
  'grant.scheduled': () => 'Pomerium confirmed the rule: access is scheduled.',
  'grant.activated': () => 'Pomerium confirmed the rule: access became active.',
  'grant.extended': ({ who, details, at }) =>
    `${who} extended the access${about(spokenOf(details['seconds']), ' by ')}${at('endsAt', ', until ')}; Pomerium was yet to confirm.`,
  'grant.ending': ({ who, details }) => {
    if (details['cause'] === 'ineligible')
      return `${who} began to end the access${because(details)}.`
    return details['cause'] === 'returned'
      ? `${who} gave the access back.`
      : `${who} ended the access.`
  },
  'grant.ended': ({ details }) =>
    details['cause'] === 'expired'
      ? 'Access ended: its time was over.'
      : 'Pomerium confirmed that the rule is gone: access ended.',
  'grant.end_unconfirmed': ({ details }) =>
    `Pomerium did not confirm the end${about(numbered(details['seconds'], 'second'), ' within ')}.`,
  'grant.never_active': () => 'Pomerium never confirmed the rule; the access is over.',
  'grant.review_reminded': () => 'Approvers were asked for the review again.',
  'grant.review_overdue': () => 'The review became overdue.',
  'grant.reviewed': ({ who, details }) =>
    `${who} found the break-glass access ${details['verdict'] === 'justified' ? 'justified' : 'not justified'}.`,
  'request.create_refused': (told) => refused(told, 'ask for access'),
  'request.approve_refused': (told) => refused(told, 'approve'),
  'request.deny_refused': (told) => refused(told, 'reject the request'),
  'request.cancel_refused': (told) => refused(told, 'cancel the request'),
  'grant.extend_refused': (told) => refused(told, 'extend the access'),
  'grant.end_refused': (told) => refused(told, 'end the access'),
  'grant.review_refused': (told) => refused(told, 'review the access'),
  'identity.pinned': ({ who }) => `${who} was seen for the first time.`,
  'identity.email_changed': ({ who }) => `${who} has another e-mail address in Slack than before.`,
  'identity.forgotten': ({ who }) => `${who} forgot a pinned address.`,
  'identity.linked': ({ who }) => `${who} linked their Slack account to their Pomerium identity.`,
  'identity.relinked': ({ who }) =>
    `${who} linked their Slack account to another Pomerium identity than before.`,
  'identity.unlinked': ({ who }) => `${who} unlinked a Slack account from its Pomerium identity.`,
  'identity.link_refused': (told) => refused(told, 'link a Slack account'),
  'identity.address_allowed': ({ who }) => `${who} allowed an address for linking.`,
  'policy.created': ({ details }) => `Policy ${policy(details)}was created.`,
  'policy.written': ({ details }) => `Policy ${policy(details)}was written.`,
  'policy.blocked': ({ details }) =>
    `Policy ${policy(details)}is blocked${about(details['reason'], ': ')}.`,
  'policy.unblocked': ({ details }) => `Policy ${policy(details)}is free again.`,
  'policy.failing': ({ details }) => `A policy keeps failing${about(details['error'], ': ')}.`,
  'policy.adopted': ({ who, details }) =>
    `${who} adopted policy ${policy(details)}.`.replace(' .', '.'),
  'policy.forgotten': ({ who, details }) =>
    `${who} forgot policy ${policy(details)}.`.replace(' .', '.'),
  'policy.drift_repaired': ({ details }) => `Drift of policy ${policy(details)}was repaired.`,
  'policy.foreign_rules': ({ details }) => `Policy ${policy(details)}holds foreign rules.`,
  'policy.foreign_removed': ({ details }) =>
    `Foreign rules were taken out of policy ${policy(details)}`.trimEnd() + '.',
  'policy.rule_returned': ({ details }) =>
    `Rules of access that is over came back in policy ${policy(details)}`.trimEnd() + '.',
  'policy.settings_changed': ({ details }) => `Policy ${policy(details)}was edited in Pomerium.`,
  'policy.detached': ({ details }) => `Policy ${policy(details)}has no route.`,
  'policy.attached': ({ details }) => `Policy ${policy(details)}has a route again.`,
  'policy.changed_outside': ({ details }) =>
    `Policy ${policy(details)}was changed in Pomerium${about(details['who'], ' by ')}.`,
  'catalogue.accepted': ({ who, details }) =>
    `${who} accepted a catalogue${about(numbered(details['resources'], 'resource'), ' of ')}.`,
  'catalogue.rejected': ({ who }) => `${who} rejected a catalogue.`,
  'rego.decided': ({ details }) => `The Rego policy answered${about(details['stage'], ', for ')}.`,
  'rego.no_decision': ({ details }) =>
    `The Rego policy gave no decision${about(details['stage'], ', for ')}.`,
  'message.rerouted': () => 'A message went to the fallback channel.',
  'audit.head_published': () => 'The head of the audit trail was posted to the audit channel.',
  'audit.chain_broken': () => 'The audit trail was found to be not as it was recorded.',
  'audit.trail_behind': () =>
    'The database was found to be older than what it has done; nothing was written to Pomerium.',
  'audit.restore_adopted': ({ who }) =>
    `${who} adopted a database that was restored from a back-up.`,
  'audit.heads_not_kept': () => 'Heads of the audit trail could not be kept in their file.',
  'audit.month_summed_up': ({ details }) =>
    `Access was summed up${about(details['month'], ' for ')}.`,
  'audit.stream_begun': () => 'The audit trail was streamed to another destination from here on.',
  'audit.stream_failing': ({ details }) =>
    `The audit trail did not reach the SIEM${about(details['error'], ': ')}.`,
  'audit.erased': ({ details }) =>
    `A person was erased${about(details['pseudonym'], ': they are ')}.`,
  'audit.archived': ({ details }) =>
    `The oldest audit events went to an archive${about(details['file'], ': ')}.`,
  'audit.hold_placed': ({ details }) => `Legal hold${about(details['id'], ' ')} was placed.`,
  'audit.hold_released': ({ details }) => `Legal hold${about(details['id'], ' ')} was released.`,
  'audit.read': ({ who }) => `${who} read the audit trail.`,
  'audit.exported': ({ who, details }) =>
    `${who} exported the audit trail${about(details['format'], ' as ')}.`,
  'audit.read_refused': (told) => refused(told, 'read the audit trail'),
}

function refused({ who, details }: Told, wish: string): string {
  return `${who} tried to ${wish}, which was refused${about(details['refusal'], ': ').replaceAll('-', ' ')}.`
}

/** For which stage, as which approval of how many, and for how long, where there is something to tell. */
function how(details: RecordedEvent['details']): string {
  const { approvals, needed, shortened, stage } = details
  const tally =
    typeof approvals === 'number' && typeof needed === 'number' && needed > 1
      ? ` (${approvals} of ${needed})`
      : ''
  const shorter = typeof shortened === 'number' ? `, shortened to ${spoken(shortened)}` : ''
  return `${about(stage, ' for ')}${tally}${shorter}`
}

function rule(name: Json | undefined): string {
  return name === 'rego' ? 'the Rego policy' : `rule ${textOf(name)} of the catalogue`
}

function because({ why }: RecordedEvent['details']): string {
  return typeof why === 'string' && Object.hasOwn(ineligibleWords, why)
    ? `, because ${ineligibleWords[why as Ineligibility]}`
    : ''
}

function policy({ policy: name }: RecordedEvent['details']): string {
  const text = textOf(name)
  return text === '' ? '' : `${text} `
}

function about(value: Json | undefined, before: string): string {
  const text = textOf(value)
  return text === '' ? '' : `${before}${text}`
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? plain(value, TEXT_MAX) : ''
}

function spokenOf(value: Json | undefined): string {
  return typeof value === 'number' ? spoken(value) : ''
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}

function numbered(value: Json | undefined, noun: string): string {
  return typeof value === 'number' ? several(value, noun) : ''
}
