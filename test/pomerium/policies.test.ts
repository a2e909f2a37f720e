import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { markLine } from '../../src/pomerium/mark.ts'
import {
  authorized,
  connect,
  failure,
  livePolicy,
  startLoopback,
  wirePolicy,
  type Handler,
  type Seen,
} from './support.ts'

type Routes = Readonly<Record<string, Handler>>

/** A server with the cluster `clu` of namespace `nsp`, and what `routes` adds under "METHOD /path-below-the-organization". */
function server(routes: Routes): Handler {
  return authorized((seen, response) => {
    const path = new URL(seen.url, 'http://x').pathname.replace('/api/v0/organizations/org', '')
    const route = routes[`${seen.method} ${path}`]
    if (route !== undefined) return route(seen, response)
    if (path === '/clusters/clu') return { json: { id: 'clu', namespaceId: 'nsp' } }
    return { status: 404, json: { error: 'no matching operation was found' } }
  })
}

async function open(routes: Routes) {
  const loopback = await startLoopback(server(routes))
  const api = connect(loopback)
  return {
    api,
    /** The calls below the organization, without those of the token. */
    calls: () =>
      loopback.calls
        .filter(({ url }) => url !== '/api/v0/token')
        .map(({ method, url }) => `${method} ${url.replace('/api/v0/organizations/org', '')}`),
    bodies: () => loopback.calls.filter(isWrite).map(({ body }) => body),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await loopback[Symbol.asyncDispose]()
    },
  }
}

const isWrite = ({ method, url }: Seen) => method !== 'GET' && url !== '/api/v0/token'
const gone: Handler = () => ({ status: 403, json: { error: 'viewer user required' } })
const text = {
  name: 'jit-grafana',
  description: 'about',
  explanation: 'why',
  remediation: 'how',
  ppl: [],
}

describe('read', () => {
  it('gives the policy as it is stored', async () => {
    const ppl = [{ allow: { and: [{ email: 'a@example.com' }] } }]
    await using world = await open({
      'GET /policies/pol_1': () => ({
        json: wirePolicy({ ppl, originatorId: 'terraform', enforced: true, later: { x: 1 } }),
      }),
    })
    assert.deepEqual(
      await world.api.read('pol_1'),
      livePolicy({ ppl, originatorId: 'terraform', enforced: true }),
    )
    assert.deepEqual(world.calls(), ['GET /policies/pol_1'])
  })

  it('reads absent text in all its forms as empty', async () => {
    await using world = await open({
      'GET /policies/pol_1': () => ({
        json: wirePolicy({
          description: null,
          explanation: 'null',
          remediation: undefined,
          originatorId: null,
          routes: null,
        }),
      }),
    })
    const { routes: _routes, ...rest } = livePolicy({
      description: '',
      explanation: '',
      remediation: '',
    })
    assert.deepEqual(await world.api.read('pol_1'), rest, 'of routes it says nothing')
  })

  it('gives nothing for a 404', async () => {
    await using world = await open({})
    assert.equal(await world.api.read('pol_1'), undefined)
  })

  it('gives nothing for a 403 when the namespace lists without the policy', async () => {
    await using world = await open({
      'GET /policies/pol_1': gone,
      'GET /policies': ({ url }) => ({
        json: url.includes('offset=0') ? [wirePolicy({ id: 'pol_2' })] : [],
      }),
    })
    assert.equal(await world.api.read('pol_1'), undefined)
  })

  it('is forbidden when the namespace lists the policy', async () => {
    await using world = await open({
      'GET /policies/pol_1': gone,
      'GET /policies': () => ({ json: [wirePolicy()] }),
    })
    assert.deepEqual(await failure(world.api.read('pol_1')), {
      code: 'forbidden',
      retryable: false,
      ambiguous: false,
      retryAfterMs: undefined,
      message: 'GET policy pol_1: 403 after 0 ms: viewer user required',
    })
  })

  it('is forbidden when the namespace may not be listed', async () => {
    for (const path of ['GET /policies', 'GET /clusters/clu']) {
      await using world = await open({ 'GET /policies/pol_1': gone, [path]: gone })
      const { code, message } = await failure(world.api.read('pol_1'))
      assert.deepEqual(
        [code, message],
        ['forbidden', 'GET policy pol_1: 403 after 0 ms: viewer user required'],
      )
    }
  })

  it('does not take a policy for gone while the list cannot be had', async () => {
    await using world = await open({
      'GET /policies/pol_1': gone,
      'GET /policies': () => ({ status: 503, text: '' }),
    })
    assert.equal((await failure(world.api.read('pol_1'))).code, 'unavailable')
  })

  it('refuses an answer that is not the policy', async () => {
    const { ppl: _, ...withoutPpl } = wirePolicy()
    const answers = [
      wirePolicy({ id: 'pol_2' }),
      wirePolicy({ enforced: 'false' }),
      withoutPpl,
      [wirePolicy()],
    ]
    for (const json of answers) {
      await using world = await open({ 'GET /policies/pol_1': () => ({ json }) })
      const { code, ambiguous } = await failure(world.api.read('pol_1'))
      assert.deepEqual([code, ambiguous], ['invalid-answer', false])
    }
  })

  it('refuses a policy over 1 MB', async () => {
    await using world = await open({
      'GET /policies/pol_1': () => ({ json: wirePolicy({ description: 'x'.repeat(1024 * 1024) }) }),
    })
    assert.equal((await failure(world.api.read('pol_1'))).code, 'invalid-answer')
  })
})

describe('findByName', () => {
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, n) => wirePolicy({ id: `pol_${n}`, name: `p${n}` }))
  /** A list that pages as asked, with at most `cap` entries. */
  const paged =
    (all: readonly unknown[], cap: number): Handler =>
    ({ url }) => {
      const { searchParams } = new URL(url, 'http://x')
      const offset = Number(searchParams.get('offset'))
      const limit = Math.min(Number(searchParams.get('limit')), cap)
      return { json: all.slice(offset, offset + limit) }
    }

  it('walks the pages of the namespace of the cluster', async () => {
    await using world = await open({ 'GET /policies': paged(numbered(250), 1000) })
    assert.equal((await world.api.findByName('p249'))?.id, 'pol_249')
    assert.deepEqual(world.calls(), [
      'GET /clusters/clu',
      'GET /policies?namespaceId=nsp&limit=100&offset=0',
      'GET /policies?namespaceId=nsp&limit=100&offset=100',
      'GET /policies?namespaceId=nsp&limit=100&offset=200',
    ])
  })

  it('finds a policy behind a page that the server cut shorter than asked', async () => {
    await using world = await open({ 'GET /policies': paged(numbered(120), 50) })
    assert.equal((await world.api.findByName('p119'))?.id, 'pol_119')
  })

  it('ends on a server that does not page', async () => {
    for (const count of [3, 100, 250]) {
      await using world = await open({ 'GET /policies': () => ({ json: numbered(count) }) })
      assert.equal(await world.api.findByName('absent'), undefined)
      assert.equal((await world.api.findByName(`p${count - 1}`))?.id, `pol_${count - 1}`)
    }
  })

  it('ends on a server whose list never does', async () => {
    let served = 0
    await using world = await open({
      'GET /policies': () => {
        served += 1
        return { json: [wirePolicy({ id: `pol_${served}`, name: 'other' })] }
      },
    })
    const { code, retryable } = await failure(world.api.findByName('absent'))
    assert.deepEqual([code, retryable, served], ['invalid-answer', false, 100])
  })

  it('takes the exact name only, and only in the namespace of the cluster', async () => {
    const all = [
      wirePolicy({ id: 'a', name: 'JIT-grafana' }),
      wirePolicy({ id: 'b', name: 'jit-grafana ' }),
      wirePolicy({ id: 'c', namespaceId: 'parent' }),
      wirePolicy({ id: 'd' }),
    ]
    await using world = await open({ 'GET /policies': paged(all, 100) })
    assert.deepEqual(await world.api.findByName('jit-grafana'), livePolicy({ id: 'd' }))
  })

  it('is not stopped by another policy that it cannot read', async () => {
    const all = [{ id: 'odd', name: null }, { id: 'odd-2', name: 'odd', ppl: 1 }, wirePolicy()]
    await using world = await open({ 'GET /policies': paged(all, 100) })
    assert.deepEqual(await world.api.findByName('jit-grafana'), livePolicy())
    assert.equal((await failure(world.api.findByName('odd'))).code, 'invalid-answer')
  })

  it('asks for the cluster once, and again after a failure', async () => {
    let asked = 0
    await using world = await open({
      'GET /clusters/clu': () => {
        asked += 1
        return asked === 1
          ? { status: 502, text: 'bad gateway' }
          : { json: { id: 'clu', namespaceId: 'nsp' } }
      },
      'GET /policies': () => ({ json: [] }),
    })
    assert.equal((await failure(world.api.findByName('x'))).code, 'unavailable')
    await Promise.all([world.api.findByName('x'), world.api.findByName('y')])
    await world.api.findByName('z')
    assert.equal(asked, 2)
  })
})

describe('create', () => {
  it('makes a policy that is enforced on no route and carries the mark twice', async () => {
    const stored = { originatorId: 'pomerium-jit', description: `about\n\n${markLine}` }
    await using world = await open({
      'POST /policies': () => ({ status: 201, json: wirePolicy(stored) }),
    })
    assert.deepEqual(await world.api.create(text), livePolicy(stored))
    assert.deepEqual(world.bodies(), [
      {
        ...text,
        description: `about\n\n${markLine}`,
        enforced: false,
        namespaceId: 'nsp',
        originatorId: 'pomerium-jit',
      },
    ])
  })

  it('leaves originatorId out for a server that does not know it, from then on', async () => {
    const json = wirePolicy({ description: markLine })
    await using world = await open({
      'POST /policies': ({ body }) =>
        typeof body === 'object' && body !== null && 'originatorId' in body
          ? { status: 400, json: { error: `${'-'.repeat(300)} "originatorId" is unsupported` } }
          : { status: 201, json },
    })
    await world.api.create(text)
    await world.api.create(text)
    const sent = world.bodies().map((body) => Object.keys(body as object).includes('originatorId'))
    assert.deepEqual(sent, [true, false, false])
  })

  it('does not repeat a create that was refused for another reason', async () => {
    await using world = await open({
      'POST /policies': () => ({ status: 400, json: { error: 'invalid ppl: unknown criterion' } }),
    })
    const { code, retryable, message } = await failure(world.api.create(text))
    assert.deepEqual(
      [code, retryable, message],
      [
        'rejected',
        false,
        'POST policy "jit-grafana": 400 after 0 ms: invalid ppl: unknown criterion',
      ],
    )
    assert.equal(world.bodies().length, 1)
  })

  const refusals: readonly [number, string, string][] = [
    [409, 'name taken', 'conflict'],
    [400, 'a policy with that name already exists', 'conflict'],
    [422, 'duplicate name', 'conflict'],
    [409, 'quota exceeded: policies are limited to 5', 'rejected'],
    [403, 'quota exceeded: policies are limited to 5', 'rejected'],
    [403, 'manager user required', 'forbidden'],
    [422, 'invalid', 'rejected'],
    [500, 'duplicate key', 'unavailable'],
    [429, 'quota', 'rate-limited'],
  ]
  for (const [status, error, code] of refusals) {
    it(`calls ${status} "${error}" ${code}`, async () => {
      await using world = await open({ 'POST /policies': () => ({ status, json: { error } }) })
      assert.equal((await failure(world.api.create(text))).code, code)
    })
  }
})

describe('replaceRules', () => {
  const ppl = [{ allow: { and: [{ email: { is: 'a@example.com' } }] } }]

  it('replaces the rules and carries everything else over', async () => {
    const current = livePolicy({ originatorId: 'terraform', enforced: true })
    await using world = await open({
      'PUT /policies/pol_1': ({ body }) => ({ json: wirePolicy(body as Record<string, unknown>) }),
    })
    assert.deepEqual(await world.api.replaceRules(current, ppl), { ...current, ppl })
    const { id: _id, routes: _routes, ...properties } = current
    assert.deepEqual(world.bodies(), [{ ...properties, ppl }])
    assert.deepEqual(world.calls(), ['PUT /policies/pol_1'])
  })

  it('gives what Pomerium says it stored, not what was sent', async () => {
    await using world = await open({
      'PUT /policies/pol_1': () => ({ json: wirePolicy({ ppl: {} }) }),
    })
    assert.deepEqual(await world.api.replaceRules(livePolicy(), ppl), livePolicy({ ppl: {} }))
  })

  it('writes without originatorId when the server does not take it', async () => {
    await using world = await open({
      'PUT /policies/pol_1': ({ body }) =>
        Object.hasOwn(body as object, 'originatorId')
          ? { status: 400, text: 'unknown field originatorId' }
          : { json: wirePolicy() },
    })
    await world.api.replaceRules(livePolicy({ originatorId: 'pomerium-jit' }), ppl)
    assert.equal(world.bodies().length, 2)
  })

  it('leaves open whether a write happened that got no usable answer', async () => {
    const answers: Handler[] = [
      () => ({ status: 504, text: '' }),
      () => ({ json: wirePolicy({ id: 'pol_2' }) }),
      () => ({ text: '' }),
      (_, response) => {
        response.socket?.resetAndDestroy()
        return undefined
      },
    ]
    for (const answer of answers) {
      await using world = await open({ 'PUT /policies/pol_1': answer })
      const { ambiguous, retryable } = await failure(world.api.replaceRules(livePolicy(), ppl))
      assert.deepEqual([ambiguous, retryable], [true, true])
      assert.equal(world.bodies().length, 1, 'a write is never repeated here')
    }
  })
})

describe('isOurs', () => {
  it('knows the mark in either place, and nothing that only looks like it', async () => {
    await using api = connect({ baseUrl: 'http://127.0.0.1:9' })
    const judge = (over: Parameters<typeof livePolicy>[0]) => api.isOurs(livePolicy(over))
    assert.deepEqual(
      [
        judge({ originatorId: 'pomerium-jit' }),
        judge({ description: `about\n\n${markLine}` }),
        judge({ description: `${markLine} \r\nadded by hand` }),
        judge({}),
        judge({ originatorId: 'pomerium-jit-2' }),
        judge({ description: `not ${markLine}` }),
        judge({ explanation: markLine, name: 'pomerium-jit' }),
      ],
      [true, true, true, false, false, false, false],
    )
  })
})
