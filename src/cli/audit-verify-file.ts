import { createReadStream } from 'node:fs'
import { formatHead } from '../trail/heads.ts'
import type { FileVerified } from '../trail/verify-file.ts'
import { FileForged, verifyFile } from '../trail/verify-file.ts'
import type { Head } from '../trail/verify.ts'
import type { CliResult } from './command.ts'

/** More than any line of ours. */
const LINE_MAX = 8 * 2 ** 20

/** Checks an export; fails with 1 when it is not as it was exported, and 2 when it cannot be read. */
export async function verifyExport(path: string, heads: readonly Head[]): Promise<CliResult> {
  try {
    const verified = await verifyFile(linesOf(path), heads)
    return { type: 'ok', text: sentencesOf(verified).join('\n') }
  } catch (error) {
    if (error instanceof FileForged)
      return { type: 'failed', text: `NOT AS EXPORTED\n${error.message}` }
    const why = error instanceof Error ? error.message : String(error)
    return { type: 'failed', text: `${path} cannot be read: ${why}`, exitCode: 2 }
  }
}

function sentencesOf(verified: FileVerified): readonly string[] {
  const { events, leftOut, withheld, first, head, isRooted, vouched } = verified
  return [
    `as exported: ${events} events between ${first} and ${head.seq}, and the digests of ${leftOut} that were left out`,
    ...(withheld === 0 ? [] : [`${withheld} personal parts are not in it: erased, or taken out`]),
    ...(isRooted ? [] : [`it begins with a hash that is trusted, that of event ${first - 1}`]),
    vouched === 0
      ? `its head is ${formatHead(head)}; give --head with a published one to know that it is of the real trail`
      : `heads from outside vouch for all up to event ${vouched}; its head is ${formatHead(head)}`,
  ]
}

/** Lines without their ends; a line that is too long, or one without an end, is as it is. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_MAX) throw new FileForged('a line is longer than any of an export')
    for (const line of lines) yield line.replace(/\r$/, '')
  }
  if (rest !== '') yield rest
}
