import { createReadStream } from 'node:fs'
import type { Head } from '../domain/chained-event.ts'
import { formatHead } from '../domain/chained-event.ts'
import type { FileVerified } from '../trail/verify-file.ts'
import { FileForged, verifyFile } from '../trail/verify-file.ts'
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
  const { events, leftOut, withheld, filter, after, head, isRooted, vouched } = verified
  const asked = Object.entries(filter).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [
    `as exported: ${events} events, and the digests of ${leftOut} that were left out; its head is ${formatHead(head)}`,
    ...(asked.length === 0 && leftOut === 0
      ? []
      : [
          `it says that it was asked for ${asked.join(', ') || 'everything'}; that no event that fits is among those left out is its maker's word`,
        ]),
    ...(withheld === 0
      ? []
      : [
          `who acted, or what is personal, is missing in ${withheld} of them: erased, or taken out`,
        ]),
    ...(isRooted ? [] : [`what is before it is not in it: ${formatHead(after)} is trusted`]),
    vouched === 0
      ? 'no head from outside is among its events: that it was written anew, or its end cut off, would not show'
      : `heads from outside vouch for all up to event ${vouched}`,
  ]
}

/** Lines without their ends; a line that is too long, or one without an end, is as it is. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  // Strict, so that no byte can take the place of a character that stands for unreadable ones.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decoded = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw new FileForged('there are bytes in it that are no UTF-8')
    }
  }
  for await (const chunk of createReadStream(path)) {
    const lines = (rest + decoded(chunk as Buffer)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_MAX) throw new FileForged('a line is longer than any of an export')
    for (const line of lines) yield line.replace(/\r$/, '')
  }
  rest += decoded()
  if (rest !== '') yield rest
}
