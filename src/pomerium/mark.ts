import type { LivePolicy } from '../app/policy-api.ts'

/** The bot's name in `originatorId`. */
export const originatorId = 'pomerium-jit'
/** The same mark as a line of `description`, for servers without `originatorId`. */
export const markLine = 'managed-by: pomerium-jit'

/** A description that ends with the mark line. */
export function withMark(description: string): string {
  if (hasMarkLine(description)) return description
  return description === '' ? markLine : `${description.trimEnd()}\n\n${markLine}`
}

/** Whether a policy carries the bot's mark in either place. */
export function isMarked(policy: Pick<LivePolicy, 'originatorId' | 'description'>): boolean {
  return policy.originatorId === originatorId || hasMarkLine(policy.description)
}

function hasMarkLine(description: string): boolean {
  return description.split('\n').some((line) => line.trim() === markLine)
}
