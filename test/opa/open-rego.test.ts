import assert from 'node:assert/strict'
import { basename, dirname } from 'node:path'
import { describe, it } from 'node:test'
import { openRego } from '../../src/opa/open-rego.ts'
import { selfSigned } from '../simulators/opa/certificate.ts'
import { startOpa } from '../simulators/opa/start-opa.ts'
import { bundleFile, gist, NEEDS_APPROVAL, PATH, question, tickingClock } from './support.ts'

const settings = { path: PATH, shareReason: false }
const around = { directory: dirname(bundleFile), now: tickingClock(1) }

describe('openRego', () => {
  it('loads the compiled file beside the catalogue, whether there is an OPA or not', async () => {
    const opa = { url: 'http://opa.invalid' }
    const opened = await openRego({ ...settings, bundle: basename(bundleFile) }, { ...around, opa })
    assert.ok(opened.ok)
    await using rego = opened.rego
    const answer = await rego.ask({ stage: 'request', input: { v: 1 } })
    assert.deepEqual([answer.trace.engine, gist(answer)], ['wasm', 'needs_approval'])
  })

  it('asks the OPA when there is no compiled file', async () => {
    const tls = selfSigned()
    await using sim = await startOpa({ tls, token: 'token-1' })
    sim.define(PATH, () => NEEDS_APPROVAL)
    const opa = { url: sim.url, token: 'token-1', ca: tls.cert }
    const opened = await openRego(settings, { ...around, opa })
    assert.ok(opened.ok)
    await using rego = opened.rego
    const answer = await rego.ask(question)
    assert.deepEqual([answer.trace.engine, gist(answer)], ['opa', 'needs_approval'])
  })

  it('says what is missing or wrong, and nothing of the certificate', async () => {
    const problem = async (...args: Parameters<typeof openRego>) => {
      const opened = await openRego(...args)
      return opened.ok ? undefined : opened.problem
    }
    assert.equal(
      await problem(settings, around),
      'rego has no bundle and there is no OPA_URL; give one of the two, or leave rego out',
    )
    const nonsense = '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n'
    for (const ca of ['', 'text', nonsense, selfSigned().cert + nonsense])
      assert.equal(
        await problem(settings, { ...around, opa: { url: 'https://opa.invalid', ca } }),
        'OPA_CA has a certificate that cannot be read, or none; it must be PEM',
      )
    assert.equal(
      await problem({ ...settings, bundle: '/nowhere/policy.wasm' }, around),
      'rego.bundle: /nowhere/policy.wasm is not there',
    )
    assert.equal(
      await problem({ ...settings, path: 'jit/other', bundle: bundleFile }, around),
      `rego.bundle: ${bundleFile} cannot be used: it has no entrypoint jit/other, only jit/decision; build it with "opa build -t wasm -e jit/other"`,
    )
  })
})
