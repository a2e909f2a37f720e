import { Writable } from 'node:stream'
import type { Log } from '../../src/app/ports.ts'

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** A stream that keeps the lines that a log writes to it. */
export function linesOf(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
}
