import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'

/** An identity from its four columns. */
export function identity(
  teamId: SlackTeamId,
  userId: SlackUserId,
  email: string,
  subject: string | null,
): Identity {
  return { teamId, userId, email, ...(subject === null || subject === '' ? {} : { subject }) }
}

/** An identity from its four columns, when it is there. */
export function identityOrNone(
  teamId: SlackTeamId | null,
  userId: SlackUserId | null,
  email: string | null,
  subject: string | null,
): Identity | undefined {
  if (teamId === null || userId === null || email === null) return undefined
  return identity(teamId, userId, email, subject)
}

/** A column that the constraints promise; throws a TypeError when it is empty. */
export function required<T>(value: T | null | undefined, column: string): T {
  if (value === null || value === undefined) throw new TypeError(`column ${column} is empty`)
  return value
}
