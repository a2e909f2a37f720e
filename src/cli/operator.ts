import { userInfo } from 'node:os'

/** What is done from a terminal, as the audit trail has it. */
export const BY_OPERATOR = { actor: { kind: 'bot' }, via: 'cli' } as const

/** Who the operating system says is at the terminal, as an event tells it. */
export function operator(): { readonly operator: string } {
  try {
    return { operator: userInfo().username }
  } catch {
    // A container may run as a user without an entry in its /etc/passwd.
    return { operator: `uid ${process.getuid?.() ?? 'unknown'}` }
  }
}
