import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import { createStore } from '../postgres/store.ts'
import type { CliCommand } from './command.ts'
import { withDatabase } from './database.ts'

/** An operator's word that a person's new e-mail address is right. */
export const identityCommand: CliCommand = {
  usage: [
    'identity forget <team-id> <user-id> — accept the address that Slack has at the next use',
  ],
  run([verb, team, user, ...rest]) {
    if (verb !== 'forget' || team === undefined || user === undefined || rest.length > 0)
      return { type: 'usage' }
    return withDatabase((db) =>
      createStore(db).transaction(async (tx) => {
        const was = await tx.identities.forget(team as SlackTeamId, user as SlackUserId)
        if (was === undefined)
          return { type: 'failed', text: `no address is pinned for user ${user} of team ${team}` }
        await tx.audit.append({
          action: 'identity.forgotten',
          actor: { kind: 'bot' },
          via: 'cli',
          alert: false,
          details: { user, team, was },
        })
        return { type: 'ok', text: `${user}: address forgotten` }
      }),
    )
  },
}
