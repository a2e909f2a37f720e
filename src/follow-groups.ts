import type { SlackGroupId } from './domain/ids.ts'
import type { Catalogue } from './domain/resource.ts'
import { groupsOf } from './domain/rules.ts'
import type { Log } from './app/ports.ts'
import { GROUP_FRESH_MS } from './slack/directory.ts'

/** When members that any replica had looked up before a change are gone by no more. */
export const LOOK_AGAIN_MS = GROUP_FRESH_MS + 1_000

export interface GroupFollower {
  /** Slack says that a group is different. */
  changed(group: SlackGroupId): Promise<void>
  stop(): void
}

/**
 * Has everybody looked at again when a group changed that the catalogue names: at once, and once more after the last
 * change, since another replica may have judged by members that it had looked up before.
 */
export function followGroups(deps: {
  readonly catalogue: () => Catalogue
  /** What was looked up before is not gone by any longer, here. */
  readonly forget: () => void
  readonly mark: () => Promise<void>
  readonly log: Log
}): GroupFollower {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const markAgain = (): void => {
    deps.mark().catch((error: unknown) => {
      deps.log.error({ err: error }, 'a change in the workspace was not followed a second time')
    })
  }
  return {
    async changed(group) {
      if (!groupsOf(deps.catalogue()).has(group)) return
      deps.forget()
      clearTimeout(timer)
      if (!isStopped) timer = setTimeout(markAgain, LOOK_AGAIN_MS).unref()
      await deps.mark()
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
