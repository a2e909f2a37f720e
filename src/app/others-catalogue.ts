import type { Deps } from './deps.ts'

/** When a catalogue in force that is not this replica's has been so for that long, and so many tries were in vain, nobody goes by it. */
const NOBODYS_MS = 3 * 60_000
const NOBODYS_TRIES = 4

/**
 * Tells whether people are to be judged by a catalogue that this replica does not have. One in force that no replica
 * goes by any more, such as that of a process that died, would keep everybody's access as it is: after a while, and
 * after tries that nobody else took over, this replica's own is gone by. `attempts`: tries in vain so far.
 */
export function othersCatalogue({
  store,
  catalogue,
  steady,
  log,
}: Pick<Deps, 'store' | 'catalogue' | 'steady' | 'log'>): (attempts: number) => Promise<boolean> {
  let seen: { readonly pair: string; readonly sinceMs: number; isTold: boolean } | undefined
  return async (attempts: number): Promise<boolean> => {
    const inForce = await store.statement((db) => db.catalogues.inForce())
    const { revision } = catalogue()
    if (inForce === revision) {
      seen = undefined
      return false
    }
    const pair = `${inForce} ${revision}`
    if (seen?.pair !== pair) seen = { pair, sinceMs: steady(), isTold: false }
    if (attempts < NOBODYS_TRIES || steady() - seen.sinceMs < NOBODYS_MS) return true
    if (!seen.isTold)
      log.error(
        { inForce, own: revision },
        'no replica goes by the catalogue in force: judged by the own one',
      )
    seen.isTold = true
    return false
  }
}
