import { createLocalJWKSet, jwtVerify } from 'jose'
import { createAssertionVerifier } from '../../src/web/assertion.ts'
import { keysAt } from '../../src/web/key-set-remote.ts'
import { createSigner } from '../simulators/pomerium/assertions.ts'
import { silentLog } from '../support/log.ts'
import { sends, startKeyServer } from '../web/assertion-key-server.ts'
import type { Report } from './report.ts'

const ROUNDS = 10_000
const WARM_UP = 1_000
const HEADER = 'x-pomerium-jwt-assertion'
const host = 'jit.example.com'

/** How many assertions are verified in a second, beside what jose's signature and times alone cost, and what the keys cost. */
export async function measureAssertions(report: Report): Promise<void> {
  const now = Date.now
  const signer = createSigner({ now })
  const token = signer.mint({ host, subject: '00u-alex', email: 'alex@example.com' })
  await using keys = await startKeyServer(sends(() => signer.jwks()))
  const verify = createAssertionVerifier({
    keySet: keysAt({ url: keys.url }, { now }),
    origin: `https://${host}`,
    now,
    log: silentLog,
  })
  const findKey = createLocalJWKSet({
    keys: signer.jwks().keys.map(({ kty = '', ...key }) => ({ kty, ...key })),
  })

  const bare = await perSecond(async () => jwtVerify(token, findKey))
  const ours = await perSecond(async () => {
    const verified = await verify({ headersDistinct: { [HEADER]: [token] } })
    if (!verified.ok) throw new Error(`refused: ${verified.why}`)
  })
  report.line('verify an assertion, one after the other', `${ours.toFixed(0)} a second`)
  report.line('  bare jose with a key at hand', `${bare.toFixed(0)} a second`)
  report.line(`  fetches of the key set for ${ROUNDS + WARM_UP}`, String(keys.fetches), '1')
}

async function perSecond(act: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < WARM_UP; n += 1) await act()
  const startedAt = performance.now()
  for (let n = 0; n < ROUNDS; n += 1) await act()
  return (ROUNDS * 1_000) / (performance.now() - startedAt)
}
