import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readBundle } from '../../src/opa/bundle.ts'
import { loadCompiledRego } from '../../src/opa/wasm.ts'
import {
  bundleFile,
  gist,
  PATH,
  question,
  QUESTION_HASH,
  tickingClock,
  withFiles,
} from './support.ts'
import { measureRego } from './measure-rego.ts'
import type { TinyModule } from './tiny-module.ts'
import { tinyModule } from './tiny-module.ts'

const document = (value: unknown) => ({ gives: JSON.stringify([{ result: value }]) })

/** The compiled policy of a file, with others beside it. */
function load(wasm: Buffer, beside: Readonly<Record<string, string>> = {}, path = PATH) {
  return withFiles({ 'policy.wasm': wasm, ...beside }, (directory) =>
    loadCompiledRego(join(directory, 'policy.wasm'), path, { now: tickingClock(3) }),
  )
}

/** Why a file cannot be used, without its place. */
async function problem(wasm: Buffer, beside: Readonly<Record<string, string>> = {}) {
  try {
    await load(wasm, beside)
  } catch (error) {
    if (error instanceof Error && error.name === 'BundleProblem')
      return error.message.replace(/\S*policy\.wasm/, 'FILE')
    throw error
  }
  throw new Error('it loaded')
}

/** What the compiled example has in it. */
async function example() {
  const { wasm, data } = await readBundle(bundleFile)
  assert.ok(data !== undefined)
  return { wasm, data: data.toString() }
}

const tiny = (options: Partial<TinyModule> = {}) =>
  tinyModule({ evaluation: document({ v: 1, effect: 'allow' }), ...options })

async function answerOf(evaluation: TinyModule['evaluation']) {
  const rego = await load(tinyModule({ evaluation }))
  return rego.ask(question)
}

describe('loadCompiledRego', () => {
  it('answers with the decision of the entrypoint, and tells which file that was', async () => {
    const wasm = tiny()
    const rego = await load(wasm)
    assert.deepEqual(await rego.ask(question), {
      type: 'decision',
      decision: { effect: 'allow', reasons: [], narrowing: { constraints: [] } },
      trace: {
        engine: 'wasm',
        inputHash: QUESTION_HASH,
        latencyMs: 3,
        bundleHash: createHash('sha256').update(wasm).digest('hex'),
      },
    })
  })

  it('decides nothing when the rule is undefined', async () => {
    assert.equal(
      gist(await answerOf({ gives: '[]' })),
      'undefined: the policy defines no decision for this input',
    )
  })

  it('decides nothing on what is not one usable document', async () => {
    const sets = ['{}', 'null', '[1]', '[{}]', '[{"result":1},{"result":2}]', '[null]']
    for (const gives of sets) assert.match(gist(await answerOf({ gives })), /^invalid: /, gives)
    for (const value of [true, null, { v: 2, effect: 'allow' }, { v: 1, effect: 'maybe' }])
      assert.match(gist(await answerOf(document(value))), /^invalid: the decision document/)
  })

  it('decides nothing when the evaluation fails, and is ready for the next question', async () => {
    const failed = 'error: the compiled policy failed: '
    const abort = await load(tinyModule({ evaluation: 'abort' }))
    for (let times = 0; times < 2; times += 1)
      assert.equal(gist(await abort.ask(question)), `${failed}the policy gave up`)
    assert.equal(gist(await answerOf('trap')), `${failed}unreachable`)
    assert.match(gist(await answerOf({ gives: 'no JSON' })), new RegExp(`^${failed}Unexpected`))
  })

  it('is not given more than 64 MB', async () => {
    assert.equal(
      gist(await answerOf('take all memory')),
      'error: the compiled policy failed: unreachable',
    )
    // The text, and the value that is made of it.
    const data = JSON.stringify({ text: 'x'.repeat(33_500_000) })
    const { wasm } = await example()
    assert.match(
      await problem(wasm, { 'data.json': data }),
      /^FILE cannot be used: it does not load/,
    )
  })

  it('refuses a file that is no compiled policy, and says what to do', async () => {
    assert.equal(
      await problem(Buffer.from('package jit')),
      'FILE is neither WebAssembly nor a bundle; build it with "opa build -t wasm -e <path>"',
    )
    assert.match(
      await problem(Buffer.from('\0asm-and-nonsense')),
      /^FILE cannot be used: its WebAssembly is not valid: /,
    )
    assert.equal(
      await problem(tiny({ without: ['opa_eval', 'builtins'] })),
      'FILE cannot be used: its WebAssembly is no Rego policy, it lacks builtins, opa_eval',
    )
    assert.equal(
      await problem(tiny({ abi: 2 })),
      'FILE cannot be used: it does not load: unsupported ABI version 2',
    )
    assert.equal(
      await problem(tiny({ entrypoints: '{"a/b":0,"c":1}' })),
      'FILE cannot be used: it has no entrypoint jit/decision, only a/b, c; build it with "opa build -t wasm -e jit/decision"',
    )
  })

  it('refuses a policy that wants a clock, the network or secrets', async () => {
    const builtins = JSON.stringify({
      'time.now_ns': 0,
      'http.send': 1,
      'time.clock': 2,
      sprintf: 3,
    })
    assert.equal(
      await problem(tiny({ builtins })),
      'FILE cannot be used: it calls time.now_ns, http.send, which a compiled policy cannot; the time is in input.now, and an OPA server has the rest',
    )
  })

  it('takes the data.json beside a policy.wasm, and refuses one that is no object', async () => {
    const { wasm, data } = await example()
    const rego = await load(wasm, { 'data.json': data })
    assert.equal(gist(await rego.ask({ stage: 'request', input: { v: 1 } })), 'needs_approval')
    const empty = await load(wasm)
    assert.match(gist(await empty.ask({ stage: 'request', input: { v: 1 } })), /^undefined: /)
    for (const text of ['[]', 'null', '{"a":', ''])
      assert.equal(
        await problem(wasm, { 'data.json': text }),
        'the data.json of FILE is not a JSON object',
      )
  })

  it('keeps nothing of one question for the next', async () => {
    const rego = await loadCompiledRego(bundleFile, PATH, { now: tickingClock(1) })
    const input = (n: number) => ({
      v: 1,
      now: { epoch_s: 1_772_442_000 },
      target: { risk: 'high' },
      request: { kind: 'standard', starts_at: null, reason: `INC-${n} ${'é'.repeat(n % 700)}` },
      approver: { email: n % 2 === 0 ? 'sam@example.com' : 'kim@example.com' },
      requester: { email: 'alex@example.com' },
    })
    const measured = await measureRego(rego, (n) => ({ stage: 'approve', input: input(n) }), {
      warmUp: 1_000,
      rounds: 6_000,
      now: () => performance.now(),
    })
    assert.equal(measured.grownBytes, 0)
    assert.deepEqual(measured.gists, { deny: 3_000, needs_approval: 3_000 })
  })
})
