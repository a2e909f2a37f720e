import { html } from 'hono/html'
import type { AuditFilter } from '../app/audit-cases.ts'
import type { RecordedEvent } from '../app/ports.ts'
import type { Via } from '../domain/event.ts'
import { isNotice } from '../domain/event.ts'
import { foldEmail } from '../domain/person.ts'
import type { Json } from '../domain/ppl.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { auditPath } from './audit-filter.ts'
import { eventWords } from './event-words.ts'
import type { Html } from './layout.ts'
import { actorWords, plain } from './wording.ts'

const NAME_MAX = 100
const VALUE_MAX = 2_000
const VALUES_MAX = 50

/** Where somebody acted; the bot acts nowhere. */
const ORIGINS: Readonly<Record<Via, string>> = {
  command: 'by a command in Slack',
  button: 'with a button in Slack',
  modal: 'in a form in Slack',
  web: 'on a page',
  bot: '',
  reconciler: 'comparing policies',
  cli: 'on the command line',
}

/** One event of the trail in plain words, with everything that is on record of it folded away. */
export function auditEntry(event: RecordedEvent): Html {
  const { seq, at } = event
  return html`<li class="entry" id="event-${seq}">
    <time class="entry-time" datetime="${at.toISOString()}">${secondsOf(at)}</time>
    <div class="entry-body">
      <p class="entry-words">
        ${event.alert && !isNotice(event.action) ? html`<span class="badge bad">Alert</span>` : ''}
        <bdi>${eventWords(event)}</bdi>
      </p>
      <div class="entry-foot">
        <ul class="entry-facts">
          ${factsOf(event).map((fact) => html`<li>${fact}</li>`)}
        </ul>
        <details class="more">
          <summary>Details<span class="hidden"> of event ${seq}</span></summary>
          <dl class="entry-details">
            ${valuesOf(event).map(
              ([name, value]) =>
                html`<dt>${plain(name, NAME_MAX)}</dt>
                  <dd><bdi>${value}</bdi></dd>`,
            )}
          </dl>
        </details>
      </div>
    </div>
  </li>`
}

/** Who, where, on what: each leads to everything of the same kind. */
function factsOf(event: RecordedEvent): readonly (Html | string)[] {
  const { via, resourceId, requestId } = event
  return [
    actorLink(event),
    ORIGINS[via],
    resourceId === undefined ? '' : narrowTo({ resourceId }, resourceId),
    requestId === undefined
      ? ''
      : html`<a href="/requests/${encodeURIComponent(requestId)}"
          >Request ${plain(requestId, NAME_MAX)}</a
        >`,
  ].filter((fact) => fact !== '')
}

/** An instant to the second, in the notation of RFC 3339. */
export function secondsOf(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}Z`
}

function actorLink(event: RecordedEvent): Html | string {
  const { actor } = event
  if (actor.kind === 'bot') return actorWords(actor)
  const { userId, email } = actor.identity
  const person: AuditFilter['person'] = email === '' ? { userId } : { email: foldEmail(email) }
  return narrowTo({ person }, actorWords(actor))
}

function narrowTo(filter: AuditFilter, text: string): Html {
  return html`<a href="${auditPath(filter)}">${plain(text, NAME_MAX)}</a>`
}

function valuesOf(event: RecordedEvent): readonly (readonly [string, string])[] {
  const { seq, at, action, actor, requestVersion, details } = event
  const identity = actor.kind === 'person' ? actor.identity : undefined
  const known = {
    'event number': seq,
    at: at.toISOString(),
    action,
    ...(identity?.userId ? { 'Slack user': identity.userId } : {}),
    ...(identity?.subject === undefined ? {} : { 'Pomerium subject': identity.subject }),
    ...(event.source === undefined ? {} : { 'network address': event.source }),
    ...(requestVersion === undefined ? {} : { 'version of the request': requestVersion }),
  }
  return [...Object.entries(known), ...Object.entries(details).slice(0, VALUES_MAX)].map(
    ([name, value]) => [name, shown(value)] as const,
  )
}

function shown(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return cutText(cleanText(text, { multiline: true }), VALUE_MAX)
}
