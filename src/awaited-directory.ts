import type { Directory } from './app/ports.ts'
import { DirectoryUnavailable } from './app/ports.ts'
import type { WorkspaceDirectory } from './slack/directory.ts'

/** A directory that cannot be asked until Slack has been reached. */
export interface AwaitedDirectory extends Directory {
  arrive(directory: WorkspaceDirectory): void
}

export function awaitedDirectory(): AwaitedDirectory {
  let arrived: Directory | undefined
  const ask = async <T>(question: (directory: Directory) => Promise<T>): Promise<T> => {
    if (arrived !== undefined) return question(arrived)
    throw new DirectoryUnavailable('Slack has not been reached yet', { isOutage: true })
  }
  return {
    arrive(directory) {
      arrived = directory
    },
    member: (userId) => ask((directory) => directory.member(userId)),
    memberByEmail: (email) => ask((directory) => directory.memberByEmail(email)),
    groupMembers: (groupId) => ask((directory) => directory.groupMembers(groupId)),
  }
}
