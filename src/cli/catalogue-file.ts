import { readFileSync } from 'node:fs'
import type { LoadedCatalogue } from '../catalogue/load.ts'
import { loadCatalogue } from '../catalogue/load.ts'
import { formatProblem, formatWarning } from '../catalogue/problem.ts'
import { readEnvironment, readSetting } from '../config.ts'
import type { Catalogue } from '../domain/resource.ts'

export type ReadCatalogue =
  | {
      readonly ok: true
      readonly catalogue: Catalogue
      /** As printed. */
      readonly warnings: readonly string[]
    }
  | { readonly ok: false; readonly text: string }

/** The catalogue in a file, or all that is wrong with it. */
export function readCatalogue(file: string): ReadCatalogue {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    return { ok: false, text: `${file} cannot be read (${code})` }
  }
  const loaded: LoadedCatalogue = loadCatalogue(text, file)
  const warnings = loaded.warnings.map(formatWarning)
  if (loaded.ok) return { ok: true, catalogue: loaded.catalogue, warnings }
  return { ok: false, text: [...loaded.problems.map(formatProblem), ...warnings].join('\n') }
}

/** The file that CATALOGUE names, ./catalogue.yaml when it is not set. */
export function usualFile(): string {
  const read = readSetting('CATALOGUE', readEnvironment(), (path) => readFileSync(path, 'utf8'))
  return read.ok ? read.value : './catalogue.yaml'
}
