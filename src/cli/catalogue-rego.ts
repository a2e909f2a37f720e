import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readEnvironment, readSetting } from '../config.ts'
import type { Catalogue } from '../domain/resource.ts'
import { openRego } from '../opa/open-rego.ts'

export interface RegoCheck {
  /** Why the bot would not start with it. */
  readonly problem?: string
  readonly warnings?: readonly string[]
}

/** Opens the compiled Rego policy of a catalogue file, where it has one; an OPA server is not asked. */
export async function checkRego({ rego }: Catalogue, file: string): Promise<RegoCheck> {
  if (rego === undefined) return {}
  if (rego.bundle === undefined) return checkServer(file)
  const around = { directory: dirname(file), now: () => performance.now() }
  const opened = await openRego(rego, around)
  if (!opened.ok) return { problem: opened.problem }
  await opened.rego[Symbol.asyncDispose]()
  return {}
}

/** What the bot runs with may be set elsewhere. */
function checkServer(file: string): RegoCheck {
  const read = readSetting('OPA_URL', readEnvironment(), (path) => readFileSync(path, 'utf8'))
  if (!read.ok) return { problem: read.mistakes.join('; ') }
  if (read.value !== undefined) return {}
  const message =
    'rego has no bundle and OPA_URL is not set here; without either the bot does not start'
  return { warnings: [`${file}: warning: ${message}`] }
}
