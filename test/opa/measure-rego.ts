import type { RegoQuestion } from '../../src/app/rego-policy.ts'
import type { CompiledRego } from '../../src/opa/wasm.ts'

export interface RegoMeasure {
  /** Of one question, hash and decision document included. */
  readonly medianMs: number
  readonly p99Ms: number
  /** WebAssembly memory that the questions after the warm-up took and kept. */
  readonly grownBytes: number
  /** How often each effect, or cause of silence, came. */
  readonly gists: Readonly<Record<string, number>>
}

/** Puts question after question to a compiled policy; `now` is a clock in milliseconds that never goes back. */
export async function measureRego(
  rego: CompiledRego,
  question: (n: number) => RegoQuestion,
  options: { readonly warmUp: number; readonly rounds: number; readonly now: () => number },
): Promise<RegoMeasure> {
  const { warmUp, rounds, now } = options
  for (let n = 0; n < warmUp; n += 1) await rego.ask(question(n))
  const before = rego.memoryBytes()
  const times: number[] = []
  const gists: Record<string, number> = {}
  for (let n = 0; n < rounds; n += 1) {
    const asked = question(n)
    const startedAt = now()
    const answer = await rego.ask(asked)
    times.push(now() - startedAt)
    const gist = answer.type === 'decision' ? answer.decision.effect : answer.cause
    gists[gist] = (gists[gist] ?? 0) + 1
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? NaN
  return {
    medianMs: at(0.5),
    p99Ms: at(0.99),
    grownBytes: rego.memoryBytes() - before,
    gists,
  }
}
