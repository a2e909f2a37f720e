import type { App } from '@slack/bolt'
import type { Log } from '../app/ports.ts'
import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'

/** Events that the app must be subscribed to, each with its reason. */
export const WORKSPACE_EVENTS = {
  user_change: 'end the access of people who are deactivated or become guests, within seconds',
  subteam_updated: 'the same for people who leave a user group',
  subteam_members_changed: 'the same, where only the members changed',
} as const

export interface WorkspaceChanges {
  /** Somebody's account is different: perhaps deactivated, a guest's, or with another address. */
  readonly personChanged: (userId: SlackUserId) => Promise<void> | void
  /** Members of a user group are different, or the group was disabled. */
  readonly groupsChanged: (groupId: SlackGroupId) => Promise<void> | void
  readonly log: Log
}

/**
 * Listens to changes of people and groups, so that nothing waits for the next look. Bolt has acknowledged an event
 * before a listener hears of it, so that a failure is logged and the next regular look makes up for it. Slack tells
 * of every new status and picture too, and of each change more than once.
 */
export function registerWorkspaceEvents(
  app: App,
  { personChanged, groupsChanged, log }: WorkspaceChanges,
): void {
  const attempt = async (type: string, work: () => Promise<void> | void): Promise<void> => {
    try {
      await work()
    } catch (error) {
      log.error({ err: error, event: type }, 'a change in the workspace was not followed')
    }
  }
  app.event('user_change', ({ event: { type, user } }) =>
    attempt(type, async () => {
      for (const id of idsOf(user)) await personChanged(id)
    }),
  )
  const groupChanged = (type: string, id: unknown): Promise<void> =>
    attempt(type, async () => {
      if (typeof id === 'string' && id !== '') await groupsChanged(id as SlackGroupId)
    })
  app.event('subteam_updated', ({ event }) =>
    // Whatever the types say, what comes in is somebody else's.
    groupChanged(event.type, (event.subteam as { readonly id?: unknown } | undefined)?.id),
  )
  app.event('subteam_members_changed', ({ event }) => groupChanged(event.type, event.subteam_id))
}

interface ChangedUser {
  readonly id?: unknown
  readonly enterprise_user?: { readonly id?: unknown }
}

/** A member of an organisation has an id there and an id in the workspace. */
function idsOf(user: ChangedUser | undefined): ReadonlySet<SlackUserId> {
  const ids = [user?.id, user?.enterprise_user?.id]
  return new Set(ids.filter((id) => typeof id === 'string' && id !== '') as SlackUserId[])
}
