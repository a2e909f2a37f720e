import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { createAssertionVerifier } from '../../src/web/assertion.ts'
import { keysAt } from '../../src/web/key-set-remote.ts'
import { silentLog } from '../support/log.ts'
import { corpus } from './assertion-corpus.ts'
import { ALEX, HEADER, HOST, NOW, ORIGIN, cluster, keySet } from './assertion-tokens.ts'

const now = () => NOW
const alex = { subject: ALEX.subject, email: ALEX.email, issuedAt: new Date(NOW) }

function verifierFor(origin: string) {
  return createAssertionVerifier({
    keySet: keysAt({ keySet }, { now }),
    origin,
    now,
    log: silentLog,
  })
}

const verify = verifierFor(ORIGIN)

describe('createAssertionVerifier', () => {
  for (const { name, token, expected } of corpus)
    it(`${expected === 'accepted' ? 'accepts' : 'refuses'} ${name}`, async () => {
      const verified = await verify({ headersDistinct: { [HEADER]: [token] } })
      assert.deepEqual(
        verified.ok ? 'accepted' : verified,
        expected === 'accepted' ? expected : { ok: false, status: 401, why: expected },
      )
    })

  it('tells who it is exactly as Pomerium has it, and when the assertion was made', async () => {
    const issuedAt = new Date(NOW - 10_000)
    const token = cluster.mint({ ...ALEX, claims: { iat: issuedAt.getTime() / 1000, user: 'kim' } })
    assert.deepEqual(await verify({ headersDistinct: { [HEADER]: [token] } }), {
      ok: true,
      assertion: { subject: '00u-alex', email: 'Alex@example.com', issuedAt },
    })
  })

  it('takes the host from the origin alone, without port', async () => {
    const token = cluster.mint({ ...ALEX, host: '127.0.0.1' })
    const headersDistinct = { [HEADER]: [token] }
    assert.equal((await verifierFor('http://127.0.0.1:8443')({ headersDistinct })).ok, true)
    assert.equal((await verifierFor('http://127.0.0.2:8443')({ headersDistinct })).ok, false)
  })
})

describe('createAssertionVerifier, behind an HTTP server', () => {
  let seen = 0
  const server = createServer((request, response) => {
    seen += 1
    void verify(request).then((verified) => response.end(JSON.stringify(verified)))
  })
  const good = cluster.mint(ALEX)

  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  after(() => server.close())

  async function ask(headers: Readonly<Record<string, string | string[]>>): Promise<unknown> {
    const { port } = server.address() as AddressInfo
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    request({ host: '127.0.0.1', port, headers, agent: false }, (response) => {
      if (response.statusCode === 200) json(response).then(resolve, reject)
      else resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
    return promise
  }

  const accepted = JSON.parse(JSON.stringify({ ok: true, assertion: alex })) as object
  const refused = (why: string) => ({ ok: false, status: 401, why })

  it('reads the header in any case and without the spaces around it', async () => {
    assert.deepEqual(await ask({ 'X-Pomerium-Jwt-Assertion': `  ${good}\t` }), accepted)
  })

  it('refuses a header that is given twice, even twice the same', async () => {
    const other = cluster.mint({ ...ALEX, subject: 'kim' })
    assert.deepEqual(await ask({ [HEADER]: [good, good] }), refused('repeated'))
    assert.deepEqual(await ask({ [HEADER]: [good, other] }), refused('repeated'))
    assert.deepEqual(await ask({ [HEADER]: ['', good] }), refused('repeated'))
  })

  it('refuses a request without the header, or with nothing in it', async () => {
    assert.deepEqual(await ask({}), refused('absent'))
    assert.deepEqual(await ask({ [HEADER]: '' }), refused('malformed'))
    assert.deepEqual(await ask({ [HEADER]: ' ' }), refused('malformed'))
  })

  it('believes no other header', async () => {
    const headers = {
      authorization: `Bearer ${good}`,
      cookie: `_pomerium=${good}; ${HEADER}=${good}`,
      'x-pomerium-authorization': good,
      'x-pomerium-jwt-assertion-for': good,
      'x-pomerium-claim-email': ALEX.email,
      'x-forwarded-for': '127.0.0.1',
      x_pomerium_jwt_assertion: good,
    }
    assert.deepEqual(await ask(headers), refused('absent'))
    const other = cluster.mint({ ...ALEX, host: `other.${HOST}` })
    assert.deepEqual(await ask({ ...headers, [HEADER]: other }), refused('iss'))
  })

  it('never sees a header of a megabyte', async () => {
    const before = seen
    // The server hangs up while the header still comes, so its 431 may be lost on the way.
    const answer = await ask({ [HEADER]: 'a'.repeat(1_048_576) }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    )
    assert.ok([431, 'ECONNRESET', 'EPIPE'].includes(answer as number | string), String(answer))
    assert.equal(seen, before)
  })
})
