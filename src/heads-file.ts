import { appendFile, open, readFile } from 'node:fs/promises'
import type { HeadsKept } from './app/watch-trail.ts'
import { formatHead } from './domain/chained-event.ts'
import { headsInFile } from './trail/heads.ts'
import { StartError } from './start-error.ts'

/** Heads in a file, a line each: `2026-03-02T09:00:00.250Z 123:5f70bf18…`. Made when it is not there, for its owner alone. */
export function headsFile(path: string): HeadsKept {
  return {
    read: async () => headsInFile(await readFile(path, 'utf8')).heads,
    keep: (head, at) =>
      appendFile(path, `${at.toISOString()} ${formatHead(head)}\n`, { flush: true, mode: 0o600 }),
  }
}

/** Throws StartError when the file can neither be read and added to, nor made. */
export async function requireHeadsFile(path: string): Promise<void> {
  try {
    await (await open(path, 'a+', 0o600)).close()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `AUDIT_HEADS_FILE: ${why}; name a file that the bot may read and add to, or leave it out`,
      { cause: error },
    )
  }
}
