import { Refusal } from './refusal.ts'
import type { Workspace } from './workspace.ts'

const LIFETIME_MS = 3_000
const KEPT = 10_000

export interface TriggerOrigin {
  readonly personId: string
  /** The modal the interaction happened in. */
  readonly viewId?: string
}

export interface Triggers {
  /** A trigger id that lives three seconds and opens one modal. */
  issue(origin: TriggerOrigin): string
  /**
   * Uses a trigger up. Throws `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
   * Source: https://docs.slack.dev/surfaces/modals
   */
  exchange(id: unknown): TriggerOrigin
}

/** The trigger ids of a workspace; it remembers the newest 10,000. */
export function createTriggers(workspace: Workspace): Triggers {
  const issued = new Map<string, { origin: TriggerOrigin; at: number; used: boolean }>()
  return {
    issue(origin) {
      const at = workspace.now()
      const id = `${Math.floor(at)}.${workspace.newId('1')}.${workspace.newId('f').toLowerCase()}`
      issued.set(id, { origin, at, used: false })
      const oldest = issued.keys().next().value
      if (issued.size > KEPT && oldest) issued.delete(oldest)
      return id
    },
    exchange(id) {
      const trigger = typeof id === 'string' ? issued.get(id) : undefined
      if (!trigger) throw new Refusal('invalid_trigger_id')
      if (trigger.used) throw new Refusal('exchanged_trigger_id')
      if (workspace.now() - trigger.at > LIFETIME_MS) throw new Refusal('expired_trigger_id')
      trigger.used = true
      return trigger.origin
    },
  }
}
