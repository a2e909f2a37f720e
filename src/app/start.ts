import type { Refusal } from '../domain/refusal.ts'
import type { Start } from '../domain/start-time.ts'
import { instantOf } from '../domain/start-time.ts'
import type { Deps } from './deps.ts'
import type { Identified } from './identify.ts'

/** The instant that an asker means by a start; both absent when it is at once. */
export async function startOf(
  deps: Pick<Deps, 'store'>,
  start: Start | undefined,
  asker: Identified,
): Promise<{ readonly at?: Date; readonly problem?: Refusal }> {
  if (start === undefined || !asker.ok) return {}
  const now = await deps.store.transaction((tx) => Promise.resolve(tx.now))
  const at = instantOf(start, now, asker.timeZone)
  return at instanceof Date ? { at } : { problem: at }
}
