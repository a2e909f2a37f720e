import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { acceptWebSocket, type WebSocketPeer } from './websocket.ts'
import { FrameError, Opcode, frame, readFrame } from './websocket-frame.ts'

const LIMIT = 1_000_000

/** A frame as a client sends it. */
function masked(opcode: number, payload: Buffer, isLast = true): Buffer {
  const plainFrame = frame(opcode, payload)
  const header = plainFrame.subarray(0, plainFrame.length - payload.length)
  header[0] = (isLast ? 0x80 : 0) | opcode
  header[1] = (header[1] ?? 0) | 0x80
  const mask = Buffer.from([1, 2, 3, 250])
  const body = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([header, mask, body])
}

interface Line extends AsyncDisposable {
  readonly client: Socket
  readonly texts: string[]
  readonly peer: Promise<WebSocketPeer>
  /** Bytes from the server once there are so many. */
  read(count: number): Promise<Buffer>
  /** The next text the server hears. */
  heard(): Promise<string>
}

async function line(): Promise<Line> {
  const texts: string[] = []
  const waiting: ((text: string) => void)[] = []
  const accepted = Promise.withResolvers<WebSocketPeer>()
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    const peer = acceptWebSocket(request, socket, head, {
      onText(text) {
        texts.push(text)
        waiting.shift()?.(text)
      },
      onClose: () => undefined,
    })
    if (peer) accepted.resolve(peer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
  let arrived: Buffer = Buffer.alloc(0)
  client.on('data', (chunk: Buffer) => {
    arrived = Buffer.concat([arrived, chunk])
  })
  const read = async (count: number): Promise<Buffer> => {
    while (arrived.length < count) await once(client, 'data')
    const bytes = arrived.subarray(0, count)
    arrived = arrived.subarray(count)
    return bytes
  }
  client.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const hello = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  // The key and its answer are the example of RFC 6455 section 1.3.
  const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
  assert.equal((await read((hello + accept).length)).toString(), hello + accept)
  return {
    client,
    texts,
    peer: accepted.promise,
    read,
    heard: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('acceptWebSocket', () => {
  it('joins fragments around a ping, byte by byte', async () => {
    await using on = await line()
    const heard = on.heard()
    const bytes = Buffer.concat([
      masked(Opcode.text, Buffer.from('grü'), false),
      masked(Opcode.ping, Buffer.from('?')),
      masked(Opcode.continuation, Buffer.from('ße'), true),
    ])
    for (const byte of bytes) on.client.write(Buffer.from([byte]))
    assert.equal(await heard, 'grüße')
    assert.deepEqual(await on.read(3), frame(Opcode.pong, Buffer.from('?')))
  })

  it('sends texts of every length', async () => {
    await using on = await line()
    const peer = await on.peer
    for (const length of [0, 125, 126, 65_535, 65_536]) {
      const text = 'x'.repeat(length)
      peer.send(text)
      const expected = frame(Opcode.text, Buffer.from(text))
      assert.deepEqual(await on.read(expected.length), expected)
    }
  })

  it('answers a close with the same code and ends', async () => {
    await using on = await line()
    const code = Buffer.from([0x03, 0xe8])
    on.client.write(masked(Opcode.close, code))
    assert.deepEqual(await on.read(4), frame(Opcode.close, code))
    await once(on.client, 'end')
  })

  const breaches: readonly [why: string, bytes: Buffer, code: number][] = [
    ['an unmasked frame', frame(Opcode.text, Buffer.from('x')), 1002],
    ['a binary message', masked(Opcode.binary, Buffer.from('x')), 1003],
    ['a continuation of nothing', masked(Opcode.continuation, Buffer.from('x')), 1002],
    ['bytes that are not UTF-8', masked(Opcode.text, Buffer.from([0xff])), 1007],
  ]
  for (const [why, bytes, code] of breaches) {
    it(`closes on ${why}`, async () => {
      await using on = await line()
      on.client.write(bytes)
      const answer = await on.read(4)
      assert.deepEqual([answer[0], answer.readUInt16BE(2)], [0x88, code])
      assert.deepEqual(on.texts, [])
    })
  }
})

describe('readFrame', () => {
  it('waits for the whole frame', () => {
    const bytes = masked(Opcode.text, Buffer.alloc(70_000, 'x'))
    assert.equal(readFrame(bytes.subarray(0, bytes.length - 1), LIMIT), undefined)
    assert.deepEqual(readFrame(bytes, LIMIT), {
      opcode: Opcode.text,
      isLast: true,
      payload: Buffer.alloc(70_000, 'x'),
      size: bytes.length,
    })
  })

  it('refuses frames that are too big, reserved or fragmented controls', () => {
    const refusedWith = (bytes: Buffer, code: number): void => {
      assert.throws(
        () => readFrame(bytes, 10),
        (thrown) => thrown instanceof FrameError && thrown.code === code,
      )
    }
    refusedWith(masked(Opcode.text, Buffer.alloc(11)), 1009)
    refusedWith(masked(Opcode.ping, Buffer.alloc(1), false), 1002)
    refusedWith(masked(3, Buffer.alloc(1)), 1002)
    const reserved = masked(Opcode.text, Buffer.alloc(1))
    reserved[0] = 0xc1
    refusedWith(reserved, 1002)
  })
})
