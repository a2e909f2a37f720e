import { groupsOf } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import type { Directory, Log } from './ports.ts'
import { DirectoryUnavailable } from './ports.ts'

/** How often what is remembered is refreshed. */
export const REFRESH_DIRECTORY_MS = 2 * 60_000
/** Slack allows about a hundred look-ups of people a minute, and answers need them. */
const PEOPLE_AT_A_TIME = 30

/**
 * Asks again for the catalogue's groups, for their members and for everybody who acted before, so that nothing
 * remembered gets older than half of what may be gone by in an outage; with more than some 1,800 people at four hours,
 * older. What nobody may go by any more is forgotten. `directory` has to remember what it is asked.
 */
export async function refreshDirectory({
  store,
  catalogue,
  directory,
  log,
}: Pick<Deps, 'store' | 'catalogue' | 'log'> & { readonly directory: Directory }): Promise<void> {
  const { outageSeconds } = catalogue()
  await store.statement((db) => db.directory.forgetOlder(outageSeconds))
  if (outageSeconds === 0) return
  for (const group of groupsOf(catalogue()))
    if (!(await isAsked(() => directory.groupMembers(group), log))) return
  const people = await store.statement((db) =>
    db.directory.peopleToAsk(outageSeconds / 2, PEOPLE_AT_A_TIME),
  )
  for (const person of people) if (!(await isAsked(() => directory.member(person), log))) return
}

/** Whether Slack can be asked; a failure about one subject keeps nobody from asking for the next. */
async function isAsked(ask: () => Promise<unknown>, log: Log): Promise<boolean> {
  try {
    await ask()
    return true
  } catch (error) {
    if (!(error instanceof DirectoryUnavailable)) throw error
    log.debug({ err: error }, 'what Slack said last was not refreshed')
    return !error.isOutage
  }
}
