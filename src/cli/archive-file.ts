import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { TrailExport } from '../app/audit-export.ts'
import type { ArchiveFile, ArchiveRun } from '../postgres/archive-trail.ts'
import { exportText } from '../trail/export-formats.ts'
import { verifyFile } from '../trail/verify-file.ts'
import { linesOf } from './audit-verify-file.ts'

/** Where the file of a run goes: named by its trail, month and events, so that no two are alike. */
export function archiveName(directory: string, { logId, month, first, last }: ArchiveRun): string {
  return join(directory, `audit-${logId.slice(0, 8)}-${month}-${first}-${last}.jsonl`)
}

/**
 * Writes a run of the chain to a new file, has it on the disk, and verifies it as it can be read there. Throws and leaves no
 * file when that fails, or leaves the one that is there already.
 */
export async function writeArchive(path: string, taken: TrailExport): Promise<ArchiveFile> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw hasCode(error, 'EEXIST')
      ? new Error(
          `${path} is there already, while its events are in the database too: it is of a run that was stopped; move it away and run the same again`,
        )
      : error
  })
  try {
    await pipeline(exportText(taken, 'jsonl'), file.createWriteStream({ flush: true }))
    await syncDirectory(dirname(path))
    const { events, withheld, leftOut, head } = await verifyFile(linesOf(path), [taken.after])
    if (leftOut > 0 || head.seq !== taken.last)
      throw new Error(`${path} does not hold what was to be archived: run the same again`)
    const sha256 = await sha256Of(path)
    return { name: basename(path), sha256, events, erased: withheld, head }
  } catch (error) {
    await removeArchive(path)
    throw error
  }
}

/** Removes a file whose events are still in the database. */
export async function removeArchive(path: string): Promise<void> {
  await rm(path, { force: true })
}

/** So that a file of this name is still there after the machine lost its power. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path)
  await directory.sync()
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
