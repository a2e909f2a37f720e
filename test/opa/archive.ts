/** An entry of {@link tarOf}; a regular file unless told. */
export interface Entry {
  readonly name: string
  readonly content?: string | Buffer
  readonly type?: string
  readonly prefix?: string
}

/** A tar archive as `opa build` writes it, with the two empty blocks at its end. */
export function tarOf(...entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.map(blocks), Buffer.alloc(1_024)])
}

function blocks({ name, content = '', type = '0', prefix = '' }: Entry): Buffer {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\u000000', 257)
  header.write(prefix, 345, 155)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}
