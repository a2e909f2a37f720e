import type { NotAMember, Refusal } from '../domain/refusal.ts'
import type { AccessRequest } from '../domain/request.ts'
import { timeWords } from './times.ts'
import { allOf, person, plain } from './wording.ts'
import { fieldProblem } from './wording-field.ts'

const REASONS_MAX = 5

/** Why a wish was not carried out and what to do about it on a page; times on the visitor's clock. */
export function refusalText(refusal: Refusal, timeZone?: string): string {
  switch (refusal.code) {
    case 'not-a-member':
      return memberText(refusal.why)
    case 'email-domain':
      return `Your Slack e-mail address is not one of ours (${allOf(refusal.domains)}): change it to your work address and try again.`
    case 'email-changed':
      return 'Your e-mail address in Slack is not the one that you are known by here: ask an operator to confirm the change, then try again.'
    case 'directory-unavailable':
      return 'Slack did not say who belongs where, so nothing was decided: try again in a minute.'
    case 'too-many-open-requests':
      return `You have as many requests waiting as one person may (${refusal.most}): wait for an answer, or cancel one of them.`
    case 'too-many-grants':
      return `You hold, or wait for, as much access at a time as one person may (${refusal.most}): end some, or cancel a request, then try again.`
    case 'too-many-requests':
      return `You asked as often as one person may in an hour (${refusal.most}): try again later.`
    case 'rego-denied':
      return `The organisation's policy does not allow this${policyReasons(refusal.reasons)}: change what it objects to, or ask an operator.`
    case 'rego-silent':
      return 'The organisation’s policy gave no answer, so nothing was decided, and the operators were told: try again in a minute.'
    case 'busy':
      return 'This changed again and again while it was being decided, so nothing was done: try again.'
    case 'no-such-request':
      return 'There is no request with this id that you may see.'
    case 'resource-gone':
      return 'This resource has left the catalogue, so its requests cannot be decided: ask an operator whether another one takes its place.'
    case 'own-request':
      return 'You cannot answer your own request: somebody else has to.'
    case 'not-an-approver':
      return 'You may not answer this request: ask one of the approvers of the resource.'
    case 'rego-other-approvers':
      return refusal.groups.length === 0
        ? 'The organisation’s policy accepts no approver here: ask an operator.'
        : 'The organisation’s policy wants an approver from another group here: ask one of the other approvers.'
    case 'approved-without-step-up':
      return 'You approved this before it had to be approved on its page, so that your approval does not count, and nobody approves twice: somebody else has to.'
    case 'approved-by-you-already':
      return 'Your approval counts already: the rest must come from other people.'
    case 'stage-not-open': {
      const stage = plain(refusal.stage, 75)
      const which = stage === '' ? '' : ` (“${stage}”)`
      return `The stage that waits for an approval${which} is not yours: its approvers have to answer first.`
    }
    case 'requester-not-eligible':
      return 'The requester may not ask for this resource any more, so nobody can approve it: reject it, or let it lapse.'
    case 'already-decided':
      return `Nothing was done, because this request waits no more: ${decided(refusal.request, timeZone)}`
    case 'request-lapsed':
      return 'This request lapsed before your answer: the requester has to ask again.'
    case 'not-your-request':
      return 'Only the person who asked can cancel a request: if you may answer it, reject it instead.'
    case 'not-yours-to-end':
      return 'Only the holder, an approver of the resource or an administrator can end this access: ask one of them.'
    case 'not-started':
      return 'There is no access behind this request: while it waits it can be cancelled or rejected.'
    case 'already-over': {
      const { grant } = refusal
      const at = 'endedAt' in grant ? grant.endedAt : grant.endsAt
      return `This access was over ${timeWords(at, timeZone)}: nothing is left to end or to extend.`
    }
    case 'already-ending':
      return `${person(refusal.endedBy)} ended this access already: it may still work until Pomerium confirms, and the page of the request will say so.`
    case 'not-yours-to-extend':
      return 'Only the person who asked for this access can extend it: ask for access of your own.'
    case 'not-extendable':
      return 'This access cannot be extended: ask for new access when it has ended.'
    case 'extended-too-often':
      return `This access was extended ${refusal.times === 1 ? 'once' : `${refusal.times} times`}, as often as it may be: ask for new access when it has ended.`
    case 'nothing-to-review':
      return 'There is nothing to review here: only break-glass access is reviewed.'
    case 'already-reviewed':
      return `${person(refusal.by)} reviewed this access already: nothing is left to say.`
    case 'nothing-due':
      return 'This request changed in the meantime, so nothing was done: look at it again.'
    case 'link-needed':
      return 'Link your Slack account to who you are here first: type /jit link in Slack, and enter the code that it gives you on the link page.'
    case 'link-outdated':
      return 'Your e-mail address here is another one than when you linked your Slack account: unlink on the link page, then link again.'
    case 'linked-to-another':
      return 'The Slack account with your address is linked to another identity: link it to this one with a code from /jit link, or ask an operator.'
    case 'link-email-differs':
      return 'Slack has another e-mail address for the account of this code than you have here, so nothing was linked: correct it in Slack, or ask an operator to allow the address, then get a new code.'
    case 'link-subject-taken':
      return 'You are linked to another Slack account already: unlink first, or get a code from that account’s own /jit link.'
    case 'not-linked':
      return 'You are not linked to a Slack account, so there is nothing to unlink.'
    case 'no-pages':
      return 'This bot has no pages here: use it in Slack.'
    case 'step-up-needed':
      return 'This is opened by a linked identity only: link your Slack account on the link page, then do it here again.'
    case 'not-an-auditor':
      return 'Only auditors and administrators may read the audit trail: ask an administrator.'
    case 'no-such-resource':
    case 'level-needed':
    case 'already-pending':
    case 'no-break-glass':
    case 'not-enough-approvers':
    case 'beneficiary-not-listed':
    case 'duration-too-long':
    case 'extension-too-long':
    case 'duration-not-offered':
    case 'not-shorter':
    case 'beyond-maximum':
    case 'start-not-offered':
    case 'start-in-past':
    case 'start-too-far':
    case 'start-unreadable':
    case 'time-zone-unknown':
    case 'reason-too-short':
    case 'reason-too-long':
    case 'reason-mismatch':
    case 'link-code-wrong':
      return fieldProblem(refusal)?.text ?? ''
    default:
      return refusal satisfies never
  }
}

/** How a request came to its answer, so that whoever was slower knows whose it was. */
function decided(request: AccessRequest, timeZone: string | undefined): string {
  switch (request.status) {
    case 'pending':
      return 'it changed in the meantime.'
    case 'denied':
      return `${person(request.deniedBy)} rejected it ${timeWords(request.deniedAt, timeZone)}.`
    case 'cancelled':
      return `it was cancelled ${timeWords(request.cancelledAt, timeZone)}.`
    case 'lapsed':
      return `it lapsed ${timeWords(request.lapsedAt, timeZone)}.`
    case 'extended':
    case 'approved': {
      const last = request.approvals.at(-1)
      return last === undefined
        ? 'it was approved by a rule of the catalogue.'
        : `${person(last.by)} approved it ${timeWords(last.at, timeZone)}.`
    }
    default:
      return request satisfies never
  }
}

function policyReasons(reasons: readonly string[]): string {
  const words = reasons
    .slice(0, REASONS_MAX)
    .map((reason) => plain(reason, 200).replace(/\.$/, ''))
    .filter((reason) => reason !== '')
  return words.length === 0 ? '' : ` (${words.join('; ')})`
}

function memberText(why: NotAMember): string {
  switch (why) {
    case 'unknown':
      return 'Slack knows nobody with your e-mail address: use the address that you have here in Slack too, or link your Slack account on the link page.'
    case 'deactivated':
      return 'Your Slack account is deactivated: ask an administrator of the workspace.'
    case 'guest':
      return 'Guests can ask for what names them only, and answer nothing: ask a full member of the workspace.'
    case 'bot':
      return 'Bots cannot ask for access or answer: use your own account.'
    case 'external':
      return 'Only people of our Slack workspace can ask for access or answer: ask one of them.'
    case 'invited':
      return 'Your Slack account has not joined the workspace yet: accept the invitation, then try again.'
    case 'no-email':
      return 'Your Slack profile shows no e-mail address: add your work address there, then try again.'
    default:
      return why satisfies never
  }
}
