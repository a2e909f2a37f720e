export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A breach of the protocol, with the close code it deserves. Source: RFC 6455 section 7.4.1 */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface Frame {
  readonly opcode: number
  readonly isLast: boolean
  readonly payload: Buffer
  /** Bytes it took, header included. */
  readonly size: number
}

/**
 * The first frame of a client's bytes, unmasked, or `undefined` while it is incomplete. Throws
 * `FrameError` on an unmasked, reserved or oversized frame. Source: RFC 6455 section 5.2
 */
export function readFrame(bytes: Buffer, limit: number): Frame | undefined {
  if (bytes.length < 2) return undefined
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)]
  const opcode = first & 0x0f
  const isLast = (first & 0x80) !== 0
  if ((first & 0x70) !== 0) throw new FrameError(1002, 'reserved bits are set')
  if (!Object.values<number>(Opcode).includes(opcode)) throw new FrameError(1002, 'unknown opcode')
  if ((second & 0x80) === 0) throw new FrameError(1002, 'a client must mask its frames')
  const short = second & 0x7f
  if (opcode >= Opcode.close && (short > 125 || !isLast)) {
    throw new FrameError(1002, 'a control frame is short and whole')
  }
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + lengthBytes + 4
  if (bytes.length < start) return undefined
  const length =
    lengthBytes === 0
      ? short
      : lengthBytes === 2
        ? bytes.readUInt16BE(2)
        : Number(bytes.readBigUInt64BE(2))
  if (length > limit) throw new FrameError(1009, 'message too big')
  if (bytes.length < start + length) return undefined
  const mask = bytes.subarray(start - 4, start)
  const payload = Buffer.from(bytes.subarray(start, start + length))
  for (let index = 0; index < length; index += 1) {
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
  }
  return { opcode, isLast, payload, size: start + length }
}

/** A whole unmasked frame, as a server sends it. */
export function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header.writeUInt8(0x80 | opcode, 0)
  if (length < 126) header.writeUInt8(length, 1)
  else if (length < 65_536) {
    header.writeUInt8(126, 1)
    header.writeUInt16BE(length, 2)
  } else {
    header.writeUInt8(127, 1)
    header.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([header, payload])
}
