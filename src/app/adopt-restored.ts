import { decide } from '../domain/decide.ts'
import type { Approved } from '../domain/request.ts'
import type { RecordedAct } from './record.ts'
import { recordChange } from './record.ts'
import type { Transaction } from './store.ts'

/**
 * Goes on with a database that was restored from a back-up: ends all access that it takes for open, since somebody may
 * have taken it away after the back-up, and has every policy compared. Returns the requests whose access ends; none when
 * it was adopted before, for the heads of another host.
 */
export async function adoptRestored(
  tx: Transaction,
  act: RecordedAct,
  details: {
    /** The last event that a head from outside vouches for. */
    readonly seq: number
    /** The last event that is known to be lost. */
    readonly lost: number
    readonly operator: string
  },
): Promise<readonly Approved[]> {
  const action = 'audit.restore_adopted'
  const [adopted] = await tx.audit.newest({ action }, Number.MAX_SAFE_INTEGER, 1)
  if (adopted !== undefined && adopted.seq > details.seq) return []
  const holding = await tx.requests.holding('all', Number.MAX_SAFE_INTEGER)
  const ended: Approved[] = []
  for (const request of await tx.requests.lockAll(holding.map(({ id }) => id))) {
    const decision = decide(request, { type: 'disqualify', at: tx.now, why: 'restored' })
    if (!decision.ok || request.status !== 'approved') continue
    await recordChange(tx, request, decision, act)
    ended.push(request)
  }
  const policies = await tx.policies.all()
  await tx.work.markAll(policies.map(({ resourceId: subject }) => ({ kind: 'policy', subject })))
  tx.audit.append({
    ...act,
    action,
    alert: true,
    details: { ...details, ended: ended.length },
  })
  return ended
}
