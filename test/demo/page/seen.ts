import type { Message } from '../../simulators/slack/workspace.ts'

/** What each person has seen of each conversation. */
export interface Seen {
  mark(as: string, messages: readonly Message[]): void
  unread(as: string, messages: readonly Message[]): number
}

/** Nobody has seen anything. */
export function createSeen(): Seen {
  const latest = new Map<string, string>()
  const keyOf = (as: string, message: Message): string => `${as} ${message.channel}`
  return {
    mark(as, messages) {
      const newest = messages.at(-1)
      if (newest !== undefined) latest.set(keyOf(as, newest), newest.ts)
    },
    unread: (as, messages) =>
      messages.filter((message) => message.ts > (latest.get(keyOf(as, message)) ?? '')).length,
  }
}
