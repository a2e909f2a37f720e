import type { Actor, AuditAction } from '../domain/event.ts'
import type { Json } from '../domain/ppl.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { inline, userMention } from './mrkdwn.ts'

const ADDRESS_MAX = 320
const ENTRIES_MAX = 20
const VALUE_MAX = 400
const DETAILS_MAX = 2_500
const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** What each kind of event says happened, and what an operator has to do when it asks for attention. */
export const EVENT_WORDS: Readonly<Record<AuditAction, { what: string; remedy?: string }>> = {
  'request.created': { what: 'Access was asked for' },
  'request.approval_recorded': { what: 'An approval was recorded' },
  'request.approved': { what: 'A request was approved' },
  'request.auto_approved': { what: 'A request was approved by a rule' },
  'request.break_glass': {
    what: 'Break-glass access was opened',
    remedy:
      'Nobody approved it. Its card asks the approvers whether it was justified: end the access there if it was not.',
  },
  'request.extended': { what: 'An extension was approved' },
  'request.denied': { what: 'A request was denied' },
  'request.cancelled': { what: 'A request was cancelled' },
  'request.lapsed': { what: 'A request lapsed' },
  'request.reminded': { what: 'Approvers were reminded' },
  'request.escalated': { what: 'A request was escalated' },
  'request.recounted': { what: 'Approvals were counted again' },
  'grant.scheduled': { what: 'Access was scheduled' },
  'grant.activated': { what: 'Access became active' },
  'grant.extended': { what: 'Access is being extended' },
  'grant.ending': { what: 'Access is being ended' },
  'grant.ended': { what: 'Access ended' },
  'grant.end_unconfirmed': {
    what: 'Ended access is still open',
    remedy:
      'It was taken away more than a minute ago, and Pomerium has not confirmed that its rule is gone: take the rule out in Pomerium by hand. The bot keeps trying.',
  },
  'grant.never_active': {
    what: 'Access was never confirmed',
    remedy:
      'Pomerium did not confirm the rule before its time was over: check that its API answers and that its policy is not blocked.',
  },
  'grant.review_reminded': { what: 'Approvers were asked for a review again' },
  'grant.review_overdue': {
    what: 'A review is overdue',
    remedy:
      'Break-glass access waits for the word of an approver, on its card or in its thread: find one who says whether it was justified.',
  },
  'grant.reviewed': { what: 'Break-glass access was reviewed' },
  'request.create_refused': { what: 'A request was refused' },
  'request.approve_refused': { what: 'An approval was refused' },
  'request.deny_refused': { what: 'A denial was refused' },
  'request.cancel_refused': { what: 'A cancellation was refused' },
  'grant.extend_refused': { what: 'An extension was refused' },
  'grant.end_refused': { what: 'Ending access was refused' },
  'grant.review_refused': { what: 'A review was refused' },
  'identity.pinned': { what: 'A person was seen for the first time' },
  'identity.email_changed': {
    what: 'An e-mail address changed',
    remedy:
      'This person can neither ask nor approve until the change is settled: find out whether it is genuine, and if it is, run `jit identity forget`.',
  },
  'identity.forgotten': { what: 'A pinned address was forgotten' },
  'identity.linked': { what: 'A Slack account was linked to a Pomerium identity' },
  'identity.relinked': {
    what: 'A Slack account was linked anew',
    remedy:
      'From now on its access is for the Pomerium identity below, and no longer for the one that it was linked to: ask them whether that was meant, and if it was not, run `jit identity unlink`.',
  },
  'identity.unlinked': { what: 'A link to a Pomerium identity was taken away' },
  'identity.link_refused': {
    what: 'Linking was refused',
    remedy:
      'Somebody entered the code of a Slack account that does not look like theirs: find out from both whether they are one person. If they are, `jit identity allow` lets their address in, or `jit identity unlink` frees the identity that is taken; if not, the code came into wrong hands, or they were talked into entering it.',
  },
  'identity.address_allowed': { what: 'An address of Pomerium was allowed for a Slack account' },
  'policy.created': {
    what: 'A policy was created',
    remedy: 'Attach it to the routes that it is to guard; until then it opens nothing.',
  },
  'policy.written': { what: 'A policy was written' },
  'policy.blocked': {
    what: 'A policy is blocked',
    remedy:
      'New access to this resource waits until the cause below is gone; access that is already open still ends on time by its own rule.',
  },
  'policy.failing': {
    what: 'A policy keeps failing',
    remedy:
      'Check that Pomerium answers; the bot keeps trying. New access and early ends of this resource wait, access ends on time by its own rule.',
  },
  'policy.unblocked': {
    what: 'A policy is free again',
    remedy: 'Nothing is left to do: waiting changes are being written.',
  },
  'policy.adopted': { what: 'A policy was adopted' },
  'policy.forgotten': { what: 'A policy was forgotten' },
  'policy.drift_repaired': {
    what: 'Drift was repaired',
    remedy:
      'Somebody or something else changed rules of this bot: find out who in Pomerium, and end access in Slack instead.',
  },
  'policy.foreign_rules': {
    what: 'A policy holds foreign rules',
    remedy:
      'This bot did not write them and leaves them alone: check in Pomerium whether they belong there.',
  },
  'policy.foreign_removed': {
    what: 'Rules of others were removed',
    remedy:
      'The catalogue has foreign_rules: remove for this resource. If somebody needs that access, let them ask for it, or keep such rules in a policy of their own.',
  },
  'policy.rule_returned': {
    what: 'Access that was over came back',
    remedy:
      'A rule that this bot had taken out stood in the policy again, and is taken out again: somebody put it there, or a write of before landed late. Find out from Pomerium’s log which, and whether it was used.',
  },
  'policy.settings_changed': {
    what: 'A policy was edited',
    remedy:
      'Somebody changed its name or texts in Pomerium; they stay so. See that people who are turned away still read how to ask.',
  },
  'policy.detached': {
    what: 'A policy has no route',
    remedy:
      'Somebody is to have access by it, and it opens nothing: attach it in Pomerium to the routes that it is to guard.',
  },
  'policy.attached': { what: 'A policy has a route again' },
  'policy.changed_outside': { what: 'Somebody changed a policy in Pomerium' },
  'catalogue.accepted': { what: 'A catalogue was accepted' },
  'catalogue.rejected': {
    what: 'A catalogue was rejected',
    remedy:
      'The catalogue before it stays in force: correct what is named below, check it with `jit catalogue check`, and load it again.',
  },
  'rego.decided': { what: 'The Rego policy decided' },
  'rego.no_decision': {
    what: 'The Rego policy gave no decision',
    remedy:
      'It neither approves nor denies anything like this, and what needs its word waits: find out from the cause below why it did not answer.',
  },
  'message.rerouted': {
    what: 'A message went to the fallback channel',
    remedy:
      'The channel named below as `from` did not take it: invite the bot there, or correct the channel in the catalogue.',
  },
  'audit.head_published': {
    what: 'Head of the audit trail',
    remedy:
      'Kept here, outside the database, the head below vouches for every event up to it: `jit audit verify --head …` checks that.',
  },
  'audit.chain_broken': {
    what: 'The audit trail is not as it was recorded',
    remedy:
      'Somebody changed the database past the bot. Keep it as it is, take a copy, run `jit audit verify` with the heads posted here, and find out who had access to it.',
  },
  'audit.trail_behind': {
    what: 'The database is older than what it has done',
    remedy:
      'It was restored from a back-up, or its end was cut off: the event named below as `kept` is on record outside and missing in it. Nothing is written to Pomerium until then: access in it ends by its date, and none is given or taken away. Restore a newer back-up, or go on with this one by `jit audit adopt --after-restore`.',
  },
  'audit.restore_adopted': {
    what: 'A restored database was adopted',
    remedy:
      'What was recorded after the event named below as `seq`, up to `lost` at least, is gone; a SIEM and this channel may have it. All access that the database took for open was ended, since it may have been taken away meanwhile: people ask again. Rules in Pomerium that it does not know stay until their date, and are told as foreign rules.',
  },
  'audit.heads_not_kept': {
    what: 'Heads of the audit trail cannot be kept',
    remedy:
      'The file that AUDIT_HEADS_FILE names cannot be read or added to: see that it is there, that it is the bot’s, and that its disk has room. The head below, and those in the log, vouch for the trail meanwhile.',
  },
  'audit.month_summed_up': {
    what: 'Access in a month',
    remedy: 'Look through it: is this the access that people need?',
  },
  'audit.stream_begun': { what: 'The audit trail is streamed to another destination' },
  'audit.stream_failing': {
    what: 'The audit trail does not reach the SIEM',
    remedy:
      'Nothing is lost: the bot keeps trying, and goes on from the event below. Mend the cause below; if you changed where the trail goes, check `SIEM_URL` and `SIEM_TOKEN`.',
  },
  'audit.erased': { what: 'A person was erased' },
  'audit.archived': {
    what: 'The oldest audit events went to an archive',
    remedy:
      'They are in the file named below, and no longer in the database: check that this was meant to happen, and keep the file where nobody can change it. `jit audit verify --file …` checks it.',
  },
  'audit.hold_placed': { what: 'A legal hold was placed' },
  'audit.hold_released': { what: 'A legal hold was released' },
  'audit.read': { what: 'The audit trail was read' },
  'audit.exported': { what: 'The audit trail was exported' },
  'audit.read_refused': { what: 'Reading the audit trail was refused' },
}

/** Who acted, in mrkdwn; by the address that Pomerium has where Slack does not know them. */
export function actorName(actor: Actor, maxChars = ADDRESS_MAX): string {
  if (actor.kind === 'bot') return 'The bot'
  const { userId, email } = actor.identity
  return userId === '' ? inline(email, maxChars) : userMention(userId)
}

/** The instant that stands in an event's details as an ISO 8601 text in UTC; `undefined` when there is none. */
export function instantOf(value: Json | undefined): Date | undefined {
  if (typeof value !== 'string' || !ISO_INSTANT.test(value)) return undefined
  const at = new Date(value)
  return at.getTime() >= 0 ? at : undefined
}

/** An event's details as bounded plain lines of `name: value`; empty when there are none. */
export function detailLines(details: { readonly [key: string]: Json }): string {
  const entries = Object.entries(details)
  const lines = entries.slice(0, ENTRIES_MAX).map(([name, value]) => {
    const shown = typeof value === 'string' ? value : JSON.stringify(value)
    return `${oneLine(name, 60)}: ${oneLine(shown, VALUE_MAX)}`
  })
  if (entries.length > ENTRIES_MAX) lines.push(`and ${entries.length - ENTRIES_MAX} more`)
  return cutText(lines.join('\n'), DETAILS_MAX)
}

function oneLine(text: string, maxChars: number): string {
  return cutText(cleanText(text, { multiline: false }), maxChars)
}
