import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fetch } from 'undici'
import { exchange, postToken } from './caller.ts'
import { startPomerium, type PomeriumSimulator } from './start-pomerium.ts'

async function statusWith(sim: PomeriumSimulator, authorization?: string): Promise<number> {
  const headers = authorization === undefined ? {} : { authorization }
  return (await fetch(`${sim.apiUrl}/organizations`, { headers })).status
}

describe('createTokens', () => {
  it('exchanges the API user token for an opaque token and a decimal string', async () => {
    await using sim = await startPomerium({ tokenLifetimeSeconds: 900 })
    const { status, body } = await postToken(sim, { refreshToken: sim.apiUserToken })
    const { idToken, ...rest } = body as { idToken: string }
    assert.deepEqual({ status, rest }, { status: 200, rest: { expiresInSeconds: '900' } })
    assert.match(idToken, /^[\w-]{64}$/)
  })

  it('refuses a wrong body with 400 and a wrong token with 401', async () => {
    await using sim = await startPomerium()
    const bodies = [{}, { refreshToken: 7 }, [], { refreshToken: 'x', extra: 1 }]
    const replies = await Promise.all(bodies.map((body) => postToken(sim, body)))
    assert.deepEqual(
      replies.map(({ status }) => status),
      [400, 400, 400, 400],
    )
    assert.deepEqual(await postToken(sim, { refreshToken: 'wrong' }), {
      status: 401,
      body: { error: 'invalid refresh token' },
    })
  })

  it('takes the schemes Bearer and Pomerium and nothing else', async () => {
    await using sim = await startPomerium()
    const token = await exchange(sim)
    assert.deepEqual(
      await Promise.all([
        statusWith(sim, `Bearer ${token}`),
        statusWith(sim, `Pomerium ${token}`),
        statusWith(sim, token),
        statusWith(sim, `Basic ${token}`),
        statusWith(sim, `Bearer ${sim.apiUserToken}`),
        statusWith(sim),
      ]),
      [200, 200, 401, 401, 401, 401],
    )
  })

  it('lets a token in until its lifetime has passed, and not at that moment', async () => {
    let nowMs = Date.UTC(2026, 0, 1)
    await using sim = await startPomerium({
      tokenLifetimeSeconds: 60,
      now: () => new Date(nowMs),
    })
    const authorization = `Bearer ${await exchange(sim)}`
    nowMs += 59_999
    assert.equal(await statusWith(sim, authorization), 200)
    nowMs += 1
    assert.equal(await statusWith(sim, authorization), 401)
  })

  it('keeps several tokens good at once until they are revoked', async () => {
    await using sim = await startPomerium()
    const tokens = [await exchange(sim), await exchange(sim)]
    const statuses = () => Promise.all(tokens.map((token) => statusWith(sim, `Bearer ${token}`)))
    assert.deepEqual(await statuses(), [200, 200])
    sim.revokeIdTokens()
    assert.deepEqual(await statuses(), [401, 401])
    assert.equal(sim.counters.tokenExchanges, 2)
  })
})
