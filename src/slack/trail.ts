import type { KnownBlock } from '@slack/types'
import type { RecordedEvent, RequestView } from '../app/ports.ts'
import type { Actor, AuditAction, ChangeAction } from '../domain/event.ts'
import type { Json } from '../domain/ppl.ts'
import type { AccessRequest } from '../domain/request.ts'
import { code, duration, inline, time, userMention } from './mrkdwn.ts'
import { EVENT_WORDS, detailLines } from './wording-event.ts'
import type { Message } from './wording-blocks.ts'
import { context, facts, header, preformatted, quote, section } from './wording-blocks.ts'
import { resourceTitle } from './wording-state.ts'

const FALLBACK_WORDS_MAX = 500
const WITH_WORDS = new Set<AuditAction>([
  'request.approval_recorded',
  'request.approved',
  'request.denied',
  'grant.ending',
])

/** The line for the thread that says what changed, with the words that somebody gave for it. */
export function trailLine(event: RecordedEvent, view: RequestView): Message {
  const words = wordsOf(event)
  const said = sentence(event, view)
  const line = words === undefined ? said : said.replace(/\.$/, ':')
  const blocks: KnownBlock[] = [section(`line-${event.seq}`, line)]
  if (words === undefined) return { text: line, blocks }
  return {
    text: `${line} ${inline(words, FALLBACK_WORDS_MAX)}`,
    blocks: [...blocks, quote(`words-${event.seq}`, words)],
  }
}

/** The message for the audit channel: what happened, to what, by whom, and what has to be done about it. */
export function alertMessage(event: RecordedEvent): Message {
  const { what, remedy } = EVENT_WORDS[event.action]
  const todo = remedy ?? 'Check that this was meant to happen.'
  const details = detailLines(event.details)
  const block = (name: string) => `${name}-${event.seq}`
  const about: [string, string][] = [['By', actorName(event.actor)]]
  if (event.resourceId !== undefined) about.push(['Resource', code(event.resourceId, 75)])
  if (event.requestId !== undefined) about.push(['Request', code(event.requestId, 75)])
  return {
    text: `${what}: ${about.map(([, value]) => value).join(', ')}. ${todo}`,
    blocks: [
      header(block('what'), `🚨 ${what}`),
      facts(block('about'), about),
      section(block('todo'), todo),
      ...(details === '' ? [] : [preformatted(block('details'), details)]),
      context(
        block('event'),
        `Audit event ${event.seq}, ${code(event.action, 75)}, ${time(event.at)}`,
      ),
    ],
  }
}

type Line = (event: RecordedEvent, view: RequestView) => string

const LINES: Readonly<Record<ChangeAction, Line>> = {
  'request.created': (_event, view) =>
    `${userMention(view.request.requester.userId)} asked for ${resourceTitle(view)} for ${duration(view.request.durationSeconds)}.`,
  'request.approval_recorded': (event) => `${actorName(event.actor)} approved${tally(event)}.`,
  'request.approved': (event) =>
    `${actorName(event.actor)} approved${tally(event)}; Pomerium has not confirmed the rule yet.`,
  'request.denied': (event) => `${actorName(event.actor)} denied the request.`,
  'request.cancelled': (event) => `${actorName(event.actor)} cancelled the request.`,
  'request.lapsed': () => 'The request lapsed: it was not approved in time.',
  'grant.activated': (_event, { request }) =>
    request.status === 'approved'
      ? `Access is active until ${time(request.grant.endsAt)}.`
      : 'Access is active.',
  'grant.ending': (event) => {
    const how = event.details['cause'] === 'returned' ? 'gave the access back' : 'ended the access'
    return `${actorName(event.actor)} ${how}; it may still work until Pomerium confirms.`
  },
  'grant.ended': (event, { request }) =>
    event.details['cause'] === 'expired'
      ? 'Access ended: its time was over.'
      : `Access ended${endedBy(request)}.`,
  'grant.never_active': () => 'Pomerium never confirmed the rule. The access is over now.',
}

function sentence(event: RecordedEvent, view: RequestView): string {
  const { action } = event
  return isChange(action) ? LINES[action](event, view) : `${EVENT_WORDS[action].what}.`
}

function isChange(action: AuditAction): action is ChangeAction {
  return Object.hasOwn(LINES, action)
}

/** Words that somebody wrote for this act; the request's own reason stands on the card. */
function wordsOf({ action, details }: RecordedEvent): string | undefined {
  if (!WITH_WORDS.has(action)) return undefined
  const words = details['reason'] ?? details['note']
  return typeof words === 'string' && words.trim() !== '' ? words : undefined
}

function tally({ details }: RecordedEvent): string {
  const approvals = count(details['approvals'])
  const needed = count(details['needed'])
  return approvals === undefined || needed === undefined || needed < 2
    ? ''
    : ` (${approvals} of ${needed})`
}

function count(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function actorName(actor: Actor): string {
  return actor.kind === 'person' ? userMention(actor.identity.userId) : 'The bot'
}

function endedBy(request: AccessRequest): string {
  if (request.status !== 'approved' || !('endedBy' in request.grant)) return ''
  const by = request.grant.endedBy
  return by === undefined ? '' : ` by ${userMention(by.userId)}`
}
