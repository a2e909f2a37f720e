import type { RecordedEvent } from '../app/ports.ts'
import type { Json } from '../domain/ppl.ts'
import { code, inline, time, userMention } from './mrkdwn.ts'
import { noticeMessage } from './notices.ts'
import type { Message } from './wording-blocks.ts'
import { context, facts, header, preformatted, quote, section } from './wording-blocks.ts'
import { actorName, detailLines, EVENT_WORDS, instantOf } from './wording-event.ts'

const FALLBACK_WORDS_MAX = 500
const ADDRESS_MAX = 320

/** The message for the audit channel: what happened, to what, by whom, and what has to be done about it. */
export function alertMessage(event: RecordedEvent): Message {
  if (event.action === 'request.break_glass') return emergencyMessage(event)
  const notice = noticeMessage(event)
  if (notice !== undefined) return { ...notice, blocks: [...notice.blocks, smallPrint(event)] }
  const { what, remedy } = EVENT_WORDS[event.action]
  const todo = remedy ?? 'Check that this was meant to happen.'
  const details = detailLines(event.details)
  const about = aboutOf(event, 'By')
  return {
    text: `${what}: ${about.map(([, value]) => value).join(', ')}. ${todo}`,
    blocks: [
      header(`what-${event.seq}`, `🚨 ${what}`),
      facts(`about-${event.seq}`, about),
      section(`todo-${event.seq}`, todo),
      ...(details === '' ? [] : [preformatted(`details-${event.seq}`, details)]),
      smallPrint(event),
    ],
  }
}

/** Somebody let themselves in: loud, and with everything that a reviewer needs. */
function emergencyMessage(event: RecordedEvent): Message {
  const { what, remedy = '' } = EVENT_WORDS[event.action]
  const endsAt = instantOf(event.details['endsAt'])
  const dueAt = instantOf(event.details['reviewDueAt'])
  const { reason } = event.details
  const words = typeof reason === 'string' ? reason : ''
  const about = aboutOf(event, 'Opened by')
  if (endsAt !== undefined) about.push(['Ends by itself', time(endsAt)])
  if (dueAt !== undefined) about.push(['Review due', time(dueAt)])
  const until = endsAt === undefined ? '' : `, to end ${time(endsAt)}`
  const due = dueAt === undefined ? '' : `; review due ${time(dueAt)}`
  return {
    text: `${what}: ${actorName(event.actor)}, ${refOf(event)}${until}${due}: ${inline(words, FALLBACK_WORDS_MAX)}`,
    blocks: [
      header(`what-${event.seq}`, '🚨 BREAK-GLASS ACCESS OPENED'),
      facts(`about-${event.seq}`, about),
      quote(`reason-${event.seq}`, words, { label: 'Reason' }),
      section(`todo-${event.seq}`, remedy),
      smallPrint(event),
    ],
  }
}

function aboutOf(event: RecordedEvent, by: string): (readonly [string, string])[] {
  const about: (readonly [string, string])[] = [[by, actorName(event.actor)]]
  about.push(...linkFacts(event))
  if (event.resourceId !== undefined) about.push(['Resource', refOf(event)])
  if (event.requestId !== undefined) about.push(['Request', code(event.requestId, 75)])
  return about
}

/** Whom an event about linking concerns: those who are in Slack by their mentions, and both addresses. */
function linkFacts({ action, details }: RecordedEvent): readonly (readonly [string, string])[] {
  if (action !== 'identity.link_refused' && action !== 'identity.relinked') return []
  const fact = (name: string, value: Json | undefined, show: (text: string) => string) =>
    typeof value === 'string' && value !== '' ? [[name, show(value)] as const] : []
  const address = (text: string) => code(text, ADDRESS_MAX)
  return [
    ...fact('Slack account', details['user'], userMention),
    ...fact('Address in Slack', details['slackAddress'], address),
    ...fact('Address in Pomerium', details['pomeriumAddress'], address),
    ...fact('Linked to', details['linkedTo'], userMention),
  ]
}

/** The resource with its level where the event tells it, as people write it. */
function refOf({ resourceId, details }: RecordedEvent): string {
  const { level } = details
  return code(`${resourceId ?? ''}${typeof level === 'string' ? `:${level}` : ''}`, 75)
}

/** With the head of the trail as it was then: kept in Slack, it vouches for this event and all before it. */
function smallPrint({ seq, hash, action, at }: RecordedEvent) {
  const event = `Audit event ${seq}, ${code(action, 75)}, ${time(at)}`
  return context(`event-${seq}`, `${event}\nHead ${code(`${seq}:${hash}`, 90)}`)
}
