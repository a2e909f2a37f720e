import type { LoadedPolicy } from '@open-policy-agent/opa-wasm'
import type { RegoPolicy } from '../app/rego-policy.ts'
import type { Evaluation } from './answer.ts'
import { answerBy } from './answer.ts'
import { BundleProblem, readBundle } from './bundle.ts'
import { compilePolicy, exactly, instantiate, lineOf, memoryBytes } from './module.ts'

export interface CompiledRego extends RegoPolicy {
  /** WebAssembly memory that the last evaluation had, in bytes. */
  memoryBytes(): number
}

/**
 * The Rego policy in a `policy.wasm` or `bundle.tar.gz`, evaluated in this process: it has no clock, no network and at
 * most 64 MB, and the same question always has the same answer. `path` is its entrypoint, e.g. `jit/decision`; `now` a
 * clock in milliseconds that never goes back, for the record. Throws BundleProblem when the file cannot be used.
 */
export async function loadCompiledRego(
  file: string,
  path: string,
  { now }: { readonly now: () => number },
): Promise<CompiledRego> {
  const { wasm, data, revision, hash } = await readBundle(file)
  const module = await compilePolicy(wasm, data, path).catch((error: unknown) => {
    if (!(error instanceof BundleProblem)) throw error
    throw new BundleProblem(`${file} cannot be used: ${error.message}`, { cause: error })
  })
  const facts = {
    bundleHash: hash,
    ...(revision === undefined ? {} : { bundleRevision: revision }),
  }
  let instance: Promise<LoadedPolicy> | undefined
  let taken = 0

  async function evaluate(inputText: string): Promise<Evaluation> {
    instance ??= instantiate(module, data)
    const used = instance
    try {
      const policy = await used
      const results: unknown = policy.evaluate(exactly(Buffer.from(inputText)), path)
      taken = memoryBytes(policy)
      return { ...resultOf(results), facts }
    } catch (error) {
      // What a broken evaluation leaves behind in the memory is not relied on.
      if (instance === used) instance = undefined
      const detail = `the compiled policy failed: ${lineOf(error)}`
      return { ok: false, cause: 'error', detail, facts }
    }
  }

  return { ask: (question) => answerBy('wasm', now, question, evaluate), memoryBytes: () => taken }
}

/** A result set has one result, or none when the rule is undefined. */
function resultOf(results: unknown): Evaluation {
  if (!Array.isArray(results) || results.length > 1)
    return { ok: false, cause: 'invalid', detail: 'the compiled policy gave more than one result' }
  const [first]: unknown[] = results
  if (first === undefined) return { ok: true, document: undefined }
  const isResult = typeof first === 'object' && first !== null && 'result' in first
  return isResult
    ? { ok: true, document: first.result }
    : { ok: false, cause: 'invalid', detail: 'the compiled policy gave a result without a value' }
}
