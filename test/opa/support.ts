import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RegoAnswer, RegoQuestion } from '../../src/app/rego-policy.ts'

export const PATH = 'jit/decision'
/** A decision document with nothing but what it must have. */
export const NEEDS_APPROVAL = { v: 1, effect: 'needs_approval' }

export const question: RegoQuestion = { stage: 'request', input: { v: 1, b: 'x', a: [1] } }
/** The same in canonical form, and its SHA-256. */
export const QUESTION_TEXT = '{"a":[1],"b":"x","v":1}'
export const QUESTION_HASH = 'b5776571fce812badbb3189c3ff5356131114c510ceae86b7b6bc627b9289af5'

/** What an answer comes to in two words. */
export function gist(answer: RegoAnswer): string {
  return answer.type === 'decision' ? answer.decision.effect : `${answer.cause}: ${answer.detail}`
}

/** A clock that moves by so many milliseconds each time that it is read. */
export function tickingClock(stepMs: number): () => number {
  let ms = 0
  return () => (ms += stepMs)
}

/** The example policy of `rego/`, compiled; see the README beside it. */
export const bundleFile = fileURLToPath(new URL('fixtures/bundle.tar.gz', import.meta.url))

/** Runs with a directory of its own that has these files in it. */
export async function withFiles<T>(
  files: Readonly<Record<string, string | Buffer>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'rego-'))
  try {
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), content)
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}
