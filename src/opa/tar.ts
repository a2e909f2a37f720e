const BLOCK = 512

/**
 * The regular files of a tar archive (ustar and pax with plain headers), by name without a leading `/` or `./`; the
 * last one of a name. Throws a RangeError when the archive is cut off or damaged.
 * Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function filesInTar(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  let offset = 0
  while (offset + BLOCK <= archive.length) {
    const header = archive.subarray(offset, offset + BLOCK)
    if (header.every((byte) => byte === 0)) return files
    if (octal(header, 148, 8) !== checksum(header))
      throw new RangeError(`the header at byte ${offset} has a wrong checksum`)
    const size = octal(header, 124, 12)
    const start = offset + BLOCK
    if (start + size > archive.length)
      throw new RangeError(`the file at byte ${offset} goes on after the end`)
    const type = header[156]
    // '0', or NUL from before POSIX.
    if (type === 0x30 || type === 0)
      files.set(nameIn(header), archive.subarray(start, start + size))
    offset = start + Math.ceil(size / BLOCK) * BLOCK
  }
  throw new RangeError('the archive has no end')
}

function nameIn(header: Buffer): string {
  const prefix = text(header, 345, 155)
  const name = text(header, 0, 100)
  return (prefix === '' ? name : `${prefix}/${name}`).replace(/^(?:\.?\/)+/, '')
}

/** The sum of all bytes, with spaces in the place of the sum itself. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte
  return sum
}

function octal(header: Buffer, start: number, length: number): number {
  const digits = text(header, start, length).trim()
  if (!/^[0-7]+$/.test(digits)) throw new RangeError('a header has a number that is not octal')
  return Number.parseInt(digits, 8)
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}
