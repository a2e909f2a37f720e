import type { DurationProblem } from '../domain/duration.ts'
import type { NotAMember, Refusal } from '../domain/refusal.ts'
import type { AccessRequest } from '../domain/request.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { code, duration, enumerate, escapeMrkdwn, inline, time, userMention } from './mrkdwn.ts'

const HINT_MAX = 300

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
    case 'duration-too-long':
    case 'reason-too-short':
    case 'reason-too-long':
    case 'reason-mismatch':
      return escapeMrkdwn(askText(refusal))
    case 'already-pending':
      return 'A request of yours for this resource is waiting already: wait for its answer, or cancel it first.'
    case 'no-such-request':
      return 'There is no request with this id that you may see: `/jit mine` and `/jit pending` show the ids.'
    case 'resource-gone':
      return 'This resource has left the catalogue, so its requests cannot be decided: ask an operator whether another one takes its place.'
    case 'own-request':
      return 'You cannot answer your own request: ask one of the other people named on its card.'
    case 'not-an-approver':
      return 'You may not answer this request: its card names the people who may.'
    case 'approved-by-you-already':
      return 'Your approval counts already: the rest must come from other people.'
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
      return 'There is no access to end here: a waiting request can be cancelled or denied.'
    case 'already-over':
      return `This access was over ${time(refusal.grant.state === 'ended' || refusal.grant.state === 'never-active' ? refusal.grant.endedAt : refusal.grant.endsAt)}: nothing is left to end.`
    case 'already-ending':
      return `${userMention(refusal.endedBy.userId)} ended this access already: it may still work until Pomerium confirms, and its card will say so.`
    case 'nothing-due':
      return 'This request changed in the meantime, so nothing was done: look at its card and try again.'
    default:
      return refusal satisfies never
  }
}

/** The field of the request form that a refusal is about, and what to write there, as plain text. */
export function fieldProblem(
  refusal: Refusal,
): { readonly field: 'resource' | 'duration' | 'reason'; readonly text: string } | undefined {
  const { code } = refusal
  if (code === 'no-such-resource')
    return { field: 'resource', text: 'You may not ask for this resource: choose another one.' }
  if (code === 'already-pending')
    return {
      field: 'resource',
      text: 'A request of yours for this resource is waiting already: choose another one, or wait.',
    }
  if (code === 'duration-too-long') return { field: 'duration', text: askText(refusal) }
  if (code === 'reason-too-short' || code === 'reason-too-long' || code === 'reason-mismatch')
    return { field: 'reason', text: askText(refusal) }
  return undefined
}

/** What is wrong with a missing or typed duration, as plain text. */
export function durationProblemText(problem: DurationProblem | 'missing'): string {
  switch (problem) {
    case 'missing':
      return 'Say how long you need it, e.g. 30m, 1h30m or 2d.'
    case 'malformed':
      return 'Write whole minutes, hours or days, e.g. 30m, 1h30m or 2d.'
    case 'zero':
      return 'Ask for one minute or more.'
    case 'too-long':
      return 'Ask for 30 days or less.'
    default:
      return problem satisfies never
  }
}

type AskRefusal = Refusal & {
  readonly code: 'duration-too-long' | 'reason-too-short' | 'reason-too-long' | 'reason-mismatch'
}

function askText(refusal: AskRefusal): string {
  switch (refusal.code) {
    case 'duration-too-long':
      return `This is too long: ask for ${duration(refusal.maxSeconds)} or less.`
    case 'reason-too-short':
      return `The reason is too short: write ${refusal.minLength === 1 ? 'one character' : `${refusal.minLength} characters`} or more.${hintText(refusal.hint)}`
    case 'reason-too-long':
      return `The reason is too long: write ${refusal.maxLength} characters or fewer.`
    case 'reason-mismatch':
      return `The reason lacks something that this resource asks for.${hintText(refusal.hint) || ' Ask an approver what it has to name.'}`
    default:
      return refusal satisfies never
  }
}

function hintText(hint: string | undefined): string {
  const words = cutText(cleanText(hint ?? '', { multiline: false }), HINT_MAX)
  if (words === '') return ''
  return /[.…?]$/.test(words) ? ` ${words}` : ` ${words}.`
}

function memberText(why: NotAMember): string {
  switch (why) {
    case 'unknown':
      return 'Slack does not know this account: use a full account of this workspace.'
    case 'deactivated':
      return 'This Slack account is deactivated: use an active account of this workspace.'
    case 'guest':
      return 'Guests cannot ask for access or answer: ask a full member of this workspace.'
    case 'bot':
      return 'Bots cannot ask for access or answer: use your own account.'
    case 'external':
      return 'Only members of this workspace can ask for access or answer: ask one of them.'
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
    case 'approved': {
      const last = request.approvals.at(-1)
      const who = last === undefined ? 'Somebody' : userMention(last.by.userId)
      return `${who} approved this request already: to take the access away, end it.`
    }
    case 'denied':
      return `${userMention(request.deniedBy.userId)} denied this request already: the requester has to ask again.`
    case 'cancelled':
      return 'The requester cancelled this request: there is nothing to answer.'
    case 'lapsed':
      return 'This request lapsed without enough approvals: the requester has to ask again.'
    default:
      return request satisfies never
  }
}
