import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { createHttp, type HttpCall } from '../../src/pomerium/http.ts'
import { failure, settableClock, startLoopback, type Handler } from './support.ts'

const read: HttpCall = {
  method: 'GET',
  what: 'policy pol_9',
  write: false,
  path: 'x',
  maxBytes: 1000,
}
const write: HttpCall = { ...read, method: 'PUT', write: true, body: '{}' }

function open(baseUrl: string, timeoutMs = 2_000) {
  return createHttp({ baseUrl, now: settableClock().now, timeoutMs })
}

async function outcomes(handle: Handler, timeoutMs?: number) {
  await using loopback = await startLoopback(handle)
  await using http = open(loopback.baseUrl, timeoutMs)
  return await Promise.all([failure(http.send(read)), failure(http.send(write))])
}

describe('createHttp', () => {
  it('sends the token, the type of the body and nothing else of its own', async () => {
    const headers: Record<string, string | undefined>[] = []
    await using loopback = await startLoopback((_, response) => {
      headers.push(response.req.headers as Record<string, string>)
      return { json: 1 }
    })
    await using http = open(`${loopback.baseUrl}/`)
    await http.send({ ...write, idToken: 'id-1' })
    await http.send(read)
    const { host } = new URL(loopback.baseUrl)
    const common = {
      host,
      accept: 'application/json',
      connection: 'keep-alive',
      'user-agent': 'pomerium-jit',
    }
    assert.deepEqual(headers, [
      {
        ...common,
        authorization: 'Bearer id-1',
        'content-type': 'application/json',
        'content-length': '2',
      },
      common,
    ])
    assert.deepEqual(
      loopback.calls.map(({ method, url }) => `${method} ${url}`),
      ['PUT /api/v0/x', 'GET /api/v0/x'],
    )
  })

  it('takes a body of exactly the limit', async () => {
    await using loopback = await startLoopback(() => ({ text: 'x'.repeat(1000) }))
    await using http = open(loopback.baseUrl)
    assert.deepEqual(await http.send(read), {
      status: 200,
      retryAfter: undefined,
      text: 'x'.repeat(1000),
      elapsedMs: 0,
    })
  })

  it('cuts an endless body at the limit and closes the connection', async () => {
    const closed = Promise.withResolvers<undefined>()
    await using loopback = await startLoopback((_, response) => {
      response.on('close', () => closed.resolve(undefined))
      const chunk = Buffer.alloc(700, 'x')
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', pump)
      pump()
      return undefined
    })
    await using http = open(loopback.baseUrl)
    assert.deepEqual(await failure(http.send(write)), {
      code: 'invalid-answer',
      retryable: true,
      ambiguous: true,
      retryAfterMs: undefined,
      message: 'PUT policy pol_9: 200 with a body over 1000 bytes',
    })
    await closed.promise
  })

  it('refuses a body that is not UTF-8', async () => {
    const [onRead] = await outcomes((_, response) => {
      response.end(Buffer.from([0x22, 0xff, 0x22]))
      return undefined
    })
    assert.equal(onRead.code, 'invalid-answer')
    assert.equal(onRead.message, 'GET policy pol_9: 200 with a body that is not UTF-8')
  })

  it('follows no redirect', async () => {
    await using loopback = await startLoopback(() => ({
      status: 302,
      headers: { location: '/elsewhere' },
      text: '',
    }))
    await using http = open(loopback.baseUrl)
    assert.equal((await http.send(read)).status, 302)
    assert.equal(loopback.calls.length, 1)
  })

  it('keeps the status of a refusal whose body is endless or breaks off', async () => {
    await using loopback = await startLoopback((seen, response) => {
      response.writeHead(503, { 'retry-after': '7' })
      response.write('busy ')
      if (seen.method === 'GET') response.write('x'.repeat(10_000))
      else response.write('now', () => response.destroy())
      return undefined
    })
    await using http = open(loopback.baseUrl)
    const [endless, broken] = await Promise.all([http.send(read), http.send(write)])
    assert.deepEqual(endless, { status: 503, retryAfter: '7', text: 'busy', elapsedMs: 0 })
    assert.equal(broken.status, 503)
    assert.equal(broken.text, 'busy now')
  })

  it('gives up when no answer comes in time; a write may have happened', async () => {
    const [onRead, onWrite] = await outcomes(() => undefined, 50)
    assert.deepEqual(
      [onRead.code, onRead.retryable, onRead.ambiguous, onRead.message],
      ['timeout', true, false, 'GET policy pol_9: no answer after 0 ms'],
    )
    assert.deepEqual([onWrite.code, onWrite.retryable, onWrite.ambiguous], ['timeout', true, true])
  })

  it('gives up when the body does not end in time', async () => {
    const [onRead, onWrite] = await outcomes((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
      return undefined
    }, 50)
    assert.deepEqual([onRead.code, onRead.ambiguous], ['timeout', false])
    assert.deepEqual([onWrite.code, onWrite.ambiguous], ['timeout', true])
  })

  it('counts the time of a trickling body as well', async () => {
    const timers: NodeJS.Timeout[] = []
    const [onRead] = await outcomes((_, response) => {
      response.writeHead(200)
      timers.push(setInterval(() => response.write(' '), 10))
      return undefined
    }, 60)
    for (const timer of timers) clearInterval(timer)
    assert.equal(onRead.code, 'timeout')
  })

  it('calls a reset before the answer unavailable; a write may have happened', async () => {
    const [onRead, onWrite] = await outcomes((_, response) => {
      response.socket?.resetAndDestroy()
      return undefined
    })
    assert.deepEqual(
      [onRead.code, onRead.retryable, onRead.ambiguous],
      ['unavailable', true, false],
    )
    assert.deepEqual(
      [onWrite.code, onWrite.retryable, onWrite.ambiguous],
      ['unavailable', true, true],
    )
  })

  it('calls a body that is shorter than announced unavailable', async () => {
    const [onRead, onWrite] = await outcomes((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"id":', () => response.destroy())
      return undefined
    })
    assert.deepEqual([onRead.code, onRead.ambiguous], ['unavailable', false])
    assert.deepEqual([onWrite.code, onWrite.ambiguous], ['unavailable', true])
  })

  it('knows that a refused connection sent nothing', async () => {
    const listener = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => listener.once('listening', resolve))
    const address = listener.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await new Promise((resolve) => listener.close(resolve))
    await using http = open(`http://127.0.0.1:${port}`)
    assert.deepEqual(await failure(http.send(write)), {
      code: 'unavailable',
      retryable: true,
      ambiguous: false,
      retryAfterMs: undefined,
      message: 'PUT policy pol_9: connection failed (ECONNREFUSED) after 0 ms',
    })
  })

  it('sends nothing once it is closed', async () => {
    const http = open('http://127.0.0.1:9')
    await http[Symbol.asyncDispose]()
    const { code, ambiguous } = await failure(http.send(write))
    assert.deepEqual([code, ambiguous], ['unavailable', false])
  })

  it('finishes what is under way when it is closed', async () => {
    const arrived = Promise.withResolvers<undefined>()
    const gate = Promise.withResolvers<undefined>()
    await using loopback = await startLoopback(async () => {
      arrived.resolve(undefined)
      await gate.promise
      return { text: 'done' }
    })
    const http = open(loopback.baseUrl)
    const answer = http.send(write)
    await arrived.promise
    const closing = http[Symbol.asyncDispose]()
    gate.resolve(undefined)
    assert.equal((await answer).text, 'done')
    await closing
  })
})
