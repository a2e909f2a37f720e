import type { PolicyActivity } from '../app/policy-api.ts'
import type { BotUser } from './bot-user.ts'
import type { Client } from './client.ts'
import { pages } from './pages.ts'
import { activityLogSchema, type LoggedActivity } from './schema.ts'

/** The entries of one write are at most so far apart. */
const SAME_WRITE_MS = 1_000
/** So much more is read, so that what surrounds a write of the bot is all there to judge by. */
const MARGIN_MS = 10_000

export interface ActivityLog {
  /** As PolicyApi.activity. */
  activity(
    policyIds: ReadonlySet<string>,
    since: Date,
  ): Promise<readonly PolicyActivity[] | undefined>
}

/** What the organization's log says of policies. Source: GET …/activityLogs of the Zero API. */
export function createActivityLog(deps: {
  readonly client: Client
  readonly organizationId: string
  readonly namespaceId: () => Promise<string>
  readonly botUser: Pick<BotUser, 'find' | 'wroteAt'>
}): ActivityLog {
  const { client, organizationId, botUser } = deps

  async function read(fromMs: number): Promise<readonly LoggedActivity[]> {
    const namespaceId = await deps.namespaceId()
    const what = 'activity of policies'
    const found: LoggedActivity[] = []
    let previous = Number.POSITIVE_INFINITY
    let isFalling = true
    const walk = pages(what, (window) =>
      client.get({
        what,
        path: ['organizations', organizationId, 'activityLogs'],
        query: { entityType: 'policy', namespaceId, ...window },
        schema: activityLogSchema,
        maxBytes: 16 * 1024 * 1024,
      }),
    )
    // The order is not documented: only what is seen to begin with the newest may be left before its end.
    for await (const entry of walk) {
      if (entry.createdAt > previous) isFalling = false
      if (entry.createdAt >= fromMs) found.push(entry)
      else if (isFalling && entry.createdAt < previous && previous !== Number.POSITIVE_INFINITY)
        break
      previous = entry.createdAt
    }
    return found.sort((a, b) => a.createdAt - b.createdAt)
  }

  return {
    async activity(policyIds, since) {
      const fromMs = since.getTime() - MARGIN_MS
      const log = (await read(fromMs)).filter(({ entity }) => policyIds.has(entity.id))
      const told: PolicyActivity[] = []
      for (const [policyId, entries] of Map.groupBy(log, ({ entity }) => entity.id)) {
        const wroteAt = botUser.wroteAt(policyId)
        const isNear = ({ createdAt }: LoggedActivity) =>
          wroteAt !== undefined && Math.abs(createdAt - wroteAt) <= SAME_WRITE_MS
        const isAllThere = wroteAt !== undefined && wroteAt - SAME_WRITE_MS >= fromMs
        const bot = await botUser.find(policyId, isAllThere ? entries.filter(isNear) : [])
        if (bot === undefined) return undefined
        for (const { id, activityType, createdAt, user } of entries)
          if (createdAt >= since.getTime())
            told.push({
              id,
              policyId,
              change: activityType,
              who: user?.email || user?.displayName || user?.id || 'nobody named',
              at: new Date(createdAt),
              isOwn: user?.id === bot,
            })
      }
      return told.sort((a, b) => a.at.getTime() - b.at.getTime())
    },
  }
}
