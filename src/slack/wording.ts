import type { Notice } from '../app/use-cases.ts'
import type { NotAMember, Refusal } from '../domain/refusal.ts'
import type { AccessRequest } from '../domain/request.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import {
  code,
  duration,
  enumerate,
  escapeMrkdwn,
  groupMention,
  inline,
  link,
  time,
  userMention,
} from './mrkdwn.ts'
import { fieldProblem } from '../words/field-problem.ts'

const REASONS_MAX = 5

/** Why a wish was not carried out and what to do about it, as mrkdwn. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.code) {
    case 'not-a-member':
      return memberText(refusal.why)
    case 'email-domain': {
      const domains = enumerate(refusal.domains.map((domain) => inline(domain, 100)))
      return `Your Slack e-mail address is not one of ours (${domains}): change it to your work address and try again.`
    }
    case 'email-changed':
      return 'Your e-mail address is not the one that this bot knows you by: ask an operator to confirm the change, then try again.'
    case 'directory-unavailable':
      return 'Slack did not say who belongs where, so nothing was decided: try again in a minute.'
    case 'no-such-resource':
      return `There is no resource ${code(refusal.resource, 75) || 'without a name'} that you may ask for: \`/jit resources\` lists those that there are.`
    case 'level-needed': {
      const levels = enumerate(refusal.levels.map((level) => code(level, 60)))
      return `This resource is asked for at a level (${levels}): write one behind the name, as in ${code(`${refusal.resource ?? 'resource'}:${refusal.levels[0] ?? 'level'}`, 140)}.`
    }
    case 'no-break-glass':
      return 'There is no break-glass access to this resource for you: ask for access with `/jit request`.'
    case 'beneficiary-not-listed':
      return `You may not ask for ${code(refusal.beneficiary, 200) || 'this person'} here: check the address and the resource, or ask an operator to list them.`
    case 'time-zone-unknown':
      return 'Slack does not tell your time zone: choose the start in the form that `/jit` opens, or set the zone in Slack.'
    case 'not-enough-approvers':
    case 'duration-too-long':
    case 'duration-not-offered':
    case 'not-shorter':
    case 'extension-too-long':
    case 'beyond-maximum':
    case 'start-not-offered':
    case 'start-in-past':
    case 'start-unreadable':
    case 'start-too-far':
    case 'reason-too-short':
    case 'reason-too-long':
    case 'reason-mismatch':
      return escapeMrkdwn(fieldProblem(refusal)?.text ?? '')
    case 'already-pending':
      return 'A request of yours for this resource is waiting already: wait for its answer, or cancel it first.'
    case 'too-many-open-requests':
      return `You have as many requests waiting as one person may (${refusal.most}): wait for an answer, or cancel one that \`/jit mine\` shows.`
    case 'too-many-grants':
      return `You hold, or wait for, as much access at a time as one person may (${refusal.most}): end some, or cancel a request, that \`/jit mine\` shows, then try again.`
    case 'too-many-requests':
      return `You asked as often as one person may in an hour (${refusal.most}): try again later.`
    case 'rego-denied':
      return `The Rego policy does not allow this${policyReasons(refusal.reasons)}: change what it objects to, or ask an operator.`
    case 'rego-silent':
      return 'The Rego policy gave no answer, so nothing was decided, and the operators were told: try again in a minute.'
    case 'busy':
      return 'This changed again and again while it was being decided, so nothing was done: try again.'
    case 'no-such-request':
      return 'There is no request with this id that you may see: `/jit mine` and `/jit pending` show the ids.'
    case 'resource-gone':
      return 'This resource has left the catalogue, so its requests cannot be decided: ask an operator whether another one takes its place.'
    case 'own-request':
      return 'You cannot answer your own request: ask one of the other people named on its card.'
    case 'not-an-approver':
      return 'You may not answer this request: its card names the people who may.'
    case 'rego-other-approvers': {
      const groups = enumerate(refusal.groups.map(groupMention))
      return groups === ''
        ? `The organisation's policy accepts no approver here: ask an operator.`
        : `The organisation's policy wants an approver from ${groups} here: ask one of them.`
    }
    case 'approved-by-you-already':
      return 'Your approval counts already: the rest must come from other people.'
    case 'approved-without-step-up':
      return 'You approved this before it had to be approved on its page, so that your approval does not count, and nobody approves twice: somebody else has to.'
    case 'stage-not-open': {
      const stage = inline(refusal.stage, 75)
      return stage === ''
        ? 'The stage that waits for an approval is not yours: its approvers are named on the card.'
        : `The stage that waits for an approval is “${stage}”, which is not yours: its approvers are named on the card.`
    }
    case 'requester-not-eligible':
      return 'The requester may not ask for this resource any more, so nobody can approve it: deny it, or let it lapse.'
    case 'already-decided':
      return decidedText(refusal.request)
    case 'request-lapsed':
      return 'This request lapsed before your answer: the requester has to ask again.'
    case 'not-your-request':
      return 'Only the person who asked can cancel a request: if you may answer it, deny it instead.'
    case 'not-yours-to-end':
      return 'Only the holder, an approver of the resource or an administrator can end this access: ask one of them.'
    case 'not-started':
      return 'There is no access behind this request: one that waits can be cancelled or denied.'
    case 'already-over':
      return `This access was over ${time(refusal.grant.state === 'ended' || refusal.grant.state === 'never-active' ? refusal.grant.endedAt : refusal.grant.endsAt)}: nothing is left to end or to extend.`
    case 'already-ending':
      return `${userMention(refusal.endedBy.userId)} ended this access already: it may still work until Pomerium confirms, and its card will say so.`
    case 'not-yours-to-extend':
      return 'Only the person who asked for this access can extend it: ask for access of your own with `/jit request`.'
    case 'not-extendable':
      return 'This access cannot be extended: ask for new access with `/jit request`.'
    case 'extended-too-often':
      return `This access was extended ${refusal.times === 1 ? 'once' : `${refusal.times} times`}, as often as it may be: ask for new access when it has ended.`
    case 'nothing-to-review':
      return 'There is nothing to review here: only break-glass access is reviewed, and `/jit reviews` lists what waits for you.'
    case 'already-reviewed':
      return `${userMention(refusal.by.userId)} reviewed this access already: nothing is left to say.`
    case 'link-needed':
      return 'Your Slack account is not linked to your Pomerium identity yet: type `/jit link`, then try again.'
    case 'link-outdated':
      return 'Pomerium has another e-mail address for you than when you linked: type `/jit link` to link again.'
    case 'linked-to-another':
      return 'The Slack account with your e-mail address is linked to another Pomerium identity: ask an operator to find out why.'
    case 'link-code-wrong':
      return 'This code is not, or no longer, a good one: type `/jit link` for another.'
    case 'link-email-differs':
      return 'Slack and Pomerium have different e-mail addresses for you, so nothing was linked: ask an operator to allow the one that Pomerium has.'
    case 'link-subject-taken':
      return 'Your Pomerium identity is linked to another Slack account: unlink that one first, or ask an operator to.'
    case 'not-linked':
      return 'Nothing is linked to your Pomerium identity: there is nothing to take away.'
    case 'no-pages':
      return 'There are no pages behind Pomerium here, so nothing is linked: ask an operator whether that is meant.'
    case 'not-an-auditor':
      return 'Only auditors and administrators may read the audit trail: ask one of them.'
    case 'step-up-needed':
      return refusal.page === undefined
        ? 'A Slack account alone cannot open this, and there are no pages behind Pomerium here: ask an operator to set them up.'
        : `A Slack account alone cannot open this: link yours to your Pomerium identity with \`/jit link\`, once, and decide on ${link(refusal.page, 'the page behind Pomerium')}.`
    case 'nothing-due':
      return 'This request changed in the meantime, so nothing was done: look at its card and try again.'
    default:
      return refusal satisfies never
  }
}

/** What somebody should know beside the answer that what they did was done, as mrkdwn. */
export function noticeText(notice: Notice): string {
  switch (notice.code) {
    case 'rego-silent':
      return 'The Rego policy gave no answer, so people decide; the operators were told.'
    case 'automatic-limit-reached':
      return `People decide this time: you had as many automatic approvals as one person may within ${duration(notice.seconds)} (${notice.count}).`
    case 'taken-away-lately':
      return 'People decide this time: your access to this resource was ended by somebody, or denied, within the last 24h.'
    default:
      return notice satisfies never
  }
}

function policyReasons(reasons: readonly string[]): string {
  const words = reasons
    .slice(0, REASONS_MAX)
    .map((reason) => inline(reason, 200).replace(/\.$/, ''))
    .filter((reason) => reason !== '')
  return words.length === 0 ? '' : ` (${words.join('; ')})`
}

function memberText(why: NotAMember): string {
  switch (why) {
    case 'unknown':
      return 'Slack does not know this account: use a full account of this workspace.'
    case 'deactivated':
      return 'This Slack account is deactivated: use an active account of this workspace.'
    case 'guest':
      return 'Guests can ask for what names them only, and answer nothing: ask a full member of this workspace.'
    case 'bot':
      return 'Bots cannot ask for access or answer: use your own account.'
    case 'external':
      return 'Only people of this workspace can ask for access or answer: ask one of them.'
    case 'invited':
      return 'This account has not joined the workspace yet: accept its invitation, then try again.'
    case 'no-email':
      return 'Your Slack profile shows no e-mail address: add your work address, then try again.'
    default:
      return why satisfies never
  }
}

function decidedText(request: AccessRequest): string {
  switch (request.status) {
    case 'pending':
      return 'This request changed in the meantime: look at its card and try again.'
    case 'approved':
    case 'extended': {
      const last = request.approvals.at(-1)
      const isPeoples = last !== undefined && request.automatic === undefined
      const who = isPeoples ? userMention(last.by.userId) : 'A rule of the catalogue'
      const done =
        request.kind === 'break-glass'
          ? 'This break-glass access is open'
          : `${who} approved this request`
      return `${done} already: to take the access away, end it.`
    }
    case 'denied':
      return `${userMention(request.deniedBy.userId)} denied this request already: the requester has to ask again.`
    case 'cancelled':
      return request.why === undefined
        ? 'The requester cancelled this request: there is nothing to answer.'
        : `This request was cancelled, because ${ineligibleWords[request.why]}: there is nothing to answer.`
    case 'lapsed':
      return 'This request lapsed without enough approvals: the requester has to ask again.'
    default:
      return request satisfies never
  }
}
