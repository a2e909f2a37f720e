import type { Client } from './client.ts'
import { activitiesSchema, type Activity } from './schema.ts'
import { soleUser } from './staged.ts'

export interface BotUser {
  /** Remembers a write of this process, by Pomerium's own time stamp. */
  noteWrite(policyId: string, atMs: number): void
  /** When this process wrote the policy last, by Pomerium's time stamp; absent when it did not. */
  wroteAt(policyId: string): number | undefined
  /**
   * The Pomerium user behind the API user token, judged by the staged edits of a policy of ours; `undefined` when that
   * cannot be told. Never a guess: an edit that only a person made must not pass for the bot's.
   */
  find(policyId: string, edits: readonly Activity[]): Promise<string | undefined>
}

const rememberedWrites = 1_000
const sameWriteMs = 1_000

/** The API has no call that says who one is, so the bot knows itself by its work. */
export function createBotUser(deps: {
  readonly client: Client
  readonly organizationId: string
  readonly isMarkedPolicy: (policyId: string) => Promise<boolean>
}): BotUser {
  const writes = new Map<string, number>()
  /** From a write of this process; it holds as long as the API user token, which is as long as the process. */
  let proven: string | undefined
  /** From the making of a policy, perhaps by an earlier API user; a proof overrules it. */
  let supposed: string | undefined

  /** The maker of a policy with the bot's mark: how a process that has not written yet knows itself. */
  async function maker(policyId: string): Promise<string | undefined> {
    const [marked, log] = await Promise.all([
      deps.isMarkedPolicy(policyId),
      deps.client.get({
        what: `activity of policy ${policyId}`,
        path: ['organizations', deps.organizationId, 'activityLogs'],
        query: { activityType: 'create', entityType: 'policy', entityId: policyId },
        schema: activitiesSchema,
      }),
    ])
    if (!marked) return undefined
    const making = log.filter(
      ({ activityType, entity }) => activityType === 'create' && entity.id === policyId,
    )
    return soleUser(making)
  }

  return {
    noteWrite(policyId, atMs) {
      writes.delete(policyId)
      writes.set(policyId, atMs)
      const [oldest] = writes.keys()
      if (writes.size > rememberedWrites && oldest !== undefined) writes.delete(oldest)
    },
    wroteAt: (policyId) => writes.get(policyId),
    async find(policyId, edits) {
      const wroteAt = writes.get(policyId)
      const isOwnWrite = ({ createdAt }: Activity) =>
        wroteAt !== undefined && Math.abs(createdAt - wroteAt) <= sameWriteMs
      // When our own write is among edits that all are one user's, that user is the bot.
      if (edits.some(isOwnWrite)) proven ??= soleUser(edits)
      if (proven !== undefined) return proven
      supposed ??= await maker(policyId)
      return supposed
    },
  }
}
