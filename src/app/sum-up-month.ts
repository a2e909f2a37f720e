import type { Deps } from './deps.ts'
import { BY_BOT } from './record.ts'

/** Resources that a summary names one by one. */
export const NAMED_RESOURCES = 10

/** What a time held, for whoever reviews access. */
export interface MonthNumbers {
  /** Access that was opened, by resource; the most first. */
  readonly byResource: readonly (readonly [resource: string, grants: number])[]
  /** Of it, by a rule and without an approver. */
  readonly automatic: number
  /** Of it, in an emergency. */
  readonly breakGlass: number
  /** Emergency access, of whatever time, that nobody has reviewed yet. */
  readonly unreviewed: number
  readonly denied: number
  readonly drift: number
  readonly foreign: number
  readonly blocked: number
}

/** Puts on record what the last month held, and has it posted: once over all replicas, and none that nothing is known of. */
export async function sumUpMonth({ store }: Pick<Deps, 'store'>): Promise<void> {
  const action = 'audit.month_summed_up'
  await store.transaction(async (tx) => {
    const { month, from, to } = monthBefore(tx.now)
    const isToldIn = async () => {
      const [last] = await tx.audit.newest({ action }, Number.MAX_SAFE_INTEGER, 1)
      const told = last?.details['month']
      return typeof told === 'string' && told >= month
    }
    // Most of the time nobody needs to wait for anybody.
    if (await isToldIn()) return
    await tx.audit.lockAlerts(action)
    if (await isToldIn()) return
    const known = await tx.audit.newest({ to }, Number.MAX_SAFE_INTEGER, 1)
    if (known.length === 0) return
    const { byResource, ...numbers } = await tx.audit.numbersBetween(from, to)
    const sum = (of: MonthNumbers['byResource']) => of.reduce((all, [, count]) => all + count, 0)
    const details = {
      month,
      ...numbers,
      grants: sum(byResource),
      byResource: byResource.slice(0, NAMED_RESOURCES),
      others: sum(byResource.slice(NAMED_RESOURCES)),
    }
    tx.audit.append({ ...BY_BOT, action, alert: true, details })
  })
}

/** The last month that is over, in UTC: its name such as `2026-02`, its first instant and that of the next. */
export function monthBefore(now: Date): {
  readonly month: string
  readonly from: Date
  readonly to: Date
} {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
  const from = new Date(Date.UTC(year, month - 1))
  return { month: from.toISOString().slice(0, 7), from, to: new Date(Date.UTC(year, month)) }
}
