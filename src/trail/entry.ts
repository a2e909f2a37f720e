import { hash } from 'node:crypto'
import type { ChainedEvent } from '../domain/chained-event.ts'

/** Who acted, as the opening of an actor has them. */
export interface ActorFacts {
  readonly email?: string | undefined
  readonly source?: string | undefined
  readonly subject?: string | undefined
  readonly team?: string | undefined
  readonly user?: string | undefined
}

/** The canonical JSON (RFC 8785) that an event's hash is made of; the same as audit_entry in the database. */
export function entryText(event: ChainedEvent): string {
  const { actor, personal } = event
  return (
    `{"action":${JSON.stringify(event.action)}` +
    `,"actor":"${actor === undefined ? 'bot' : actor.digest}"` +
    `,"alert":${event.alert},"at":"${event.at}"` +
    member('by', event.recordedBy) +
    `,"details":${event.publicDetails}` +
    (personal === undefined ? '' : `,"personal":"${personal.digest}"`) +
    member('request', event.requestId) +
    member('resource', event.resourceId) +
    `,"seq":${event.seq},"v":${event.schemaVersion}` +
    (event.requestVersion === undefined ? '' : `,"version":${event.requestVersion}`) +
    `,"via":${JSON.stringify(event.via)}}`
  )
}

/** The opening of an actor. */
export function actorOpening(salt: string, who: ActorFacts): string {
  const members =
    member('email', who.email) +
    member('source', who.source) +
    member('subject', who.subject) +
    member('team', who.team) +
    member('user', who.user)
  return `["${salt}",{${members.slice(1)}}]`
}

/** The opening of personal details, which are canonical JSON. */
export function personalOpening(salt: string, details: string): string {
  return `["${salt}",${details}]`
}

/** SHA-256 of UTF-8 text, in hex. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}

/** The hash of an event whose entry has this digest, after the event with that hash; all in hex. */
export function nextHash(previous: string, digest: string): string {
  return hash('sha256', Buffer.from(previous + digest, 'hex'), 'hex')
}

/** What stands for the hash before the first event of a trail. */
export function genesisOf(logId: string): string {
  return digestOf(`pomerium-jit audit chain 1\n${logId}`)
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}
