import { formatDuration } from '../domain/duration.ts'
import type { Actor } from '../domain/event.ts'
import type { Identity } from '../domain/person.ts'
import type { Resource } from '../domain/resource.ts'
import { resourceRef } from '../domain/resource.ts'
import type { RequestView } from '../app/ports.ts'
import { cleanText, cutText } from '../domain/text.ts'

const NAME_MAX = 100
const TITLE_MAX = 75

/** Somebody's words on one line, without what cannot be seen. */
export function plain(text: string, maxChars: number): string {
  return cutText(cleanText(text, { multiline: false }), maxChars)
}

/** People as the pages name them: by address, or by their Slack id when it is not known. */
export function person({ email, userId }: Identity): string {
  return plain(email, NAME_MAX) || plain(userId, NAME_MAX) || 'somebody unknown'
}

export function actorWords(actor: Actor): string {
  return actor.kind === 'person' ? person(actor.identity) : 'The bot'
}

/** Who has the access, or is to have it. */
export function holder({ request }: RequestView): string {
  return request.beneficiary === undefined
    ? person(request.requester)
    : plain(request.beneficiary, NAME_MAX)
}

/** A resource's title and level. */
export function resourceTitle({ title, id, level }: Resource): string {
  const name = plain(title, TITLE_MAX) || plain(id, TITLE_MAX)
  if (level === undefined) return name
  return `${name} – ${plain(level.title, TITLE_MAX) || plain(level.id, TITLE_MAX)}`
}

/** What a request is for: the resource's title and level, or its id when it has left the catalogue. */
export function titleOf({ request, resource }: RequestView): string {
  return resource === undefined ? plain(resourceRef(request), TITLE_MAX) : resourceTitle(resource)
}

/** A duration as people say it: `1 h 30 min`. */
export function spoken(seconds: number): string {
  return formatDuration(seconds)
    .replace(/(\d+)d/, '$1 d ')
    .replace(/(\d+)h/, '$1 h ')
    .replace(/(\d+)m/, '$1 min')
    .trim()
}

/** A number with its noun: `1 approval`, `2 approvals`. */
export function several(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Alternatives as a sentence has them: `a`, `a or b`, `a, b or c`. */
export function oneOf(names: readonly string[], most = 10): string {
  return joined(names, 'or', most)
}

/** Names as a sentence has them: `a`, `a and b`, `a, b and 3 more`. */
export function allOf(names: readonly string[], most = 10): string {
  return joined(names, 'and', most)
}

function joined(names: readonly string[], word: string, most: number): string {
  const shown = names.slice(0, names.length > most ? most - 1 : most).map((name) => plain(name, 75))
  const rest = names.length - shown.length
  const all = rest > 0 ? [...shown, `${rest} more`] : shown
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} ${word} ${all.at(-1)}`
}
