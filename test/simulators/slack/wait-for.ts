import { describeCall } from './describe-call.ts'
import type { Workspace } from './workspace.ts'

const CALLS_SHOWN = 15

/**
 * The first truthy value of the predicate, tried now and after each change of the workspace. Rejects
 * when the predicate throws, or after the timeout with the latest calls in the message.
 */
export function waitFor<T>(
  workspace: Workspace,
  predicate: () => T,
  timeoutMs: number,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  type Found = Exclude<T, false | null | undefined | 0 | ''>
  return new Promise<Found>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      stop()
      settle()
    }
    const attempt = (): void => {
      try {
        const value = predicate()
        if (value) finish(() => resolve(value as Found))
      } catch (error) {
        finish(() => reject(error))
      }
    }
    const timer = setTimeout(() => {
      const calls = workspace.calls.slice(-CALLS_SHOWN).map(describeCall)
      const notices = [...workspace.notices].flatMap(([who, all]) =>
        all.slice(-3).map((notice) => `${who}: ${notice.about}: ${notice.problem}`),
      )
      const dump = [...calls, ...notices].map((line) => `\n  ${line}`).join('')
      const message = `wait for ${predicate.toString()}: not within ${timeoutMs} ms; latest calls:`
      finish(() => reject(new Error(`${message}${dump || '\n  none'}`)))
    }, timeoutMs)
    const stop = workspace.onChange(attempt)
    attempt()
  })
}
