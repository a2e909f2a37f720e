import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadCatalogue } from './catalogue/load.ts'
import { formatProblem, formatWarning } from './catalogue/problem.ts'
import type { Config } from './config.ts'
import type { Catalogue } from './domain/resource.ts'
import { askable, refOf } from './domain/resource.ts'
import type { Rules } from './foundation.ts'
import type { OpenRego } from './opa/open-rego.ts'
import { openRego } from './opa/open-rego.ts'

export type ReadRules =
  | { readonly ok: true; readonly rules: Rules; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly headline: string; readonly problems: readonly string[] }

/** The catalogue file, and the Rego policy that it asks for, ready to be gone by. */
export async function readRules(
  { cataloguePath, opa, web }: Pick<Config, 'cataloguePath' | 'opa' | 'web'>,
  now: () => number,
): Promise<ReadRules> {
  let source: string
  try {
    source = readFileSync(cataloguePath, 'utf8')
  } catch {
    const remedy = `${cataloguePath}; copy catalogue.example.yaml there or set CATALOGUE`
    return { ok: false, headline: 'The catalogue cannot be read', problems: [remedy] }
  }
  const headline = 'The catalogue has mistakes'
  const loaded = loadCatalogue(source, cataloguePath)
  if (!loaded.ok) return { ok: false, headline, problems: loaded.problems.map(formatProblem) }
  const { catalogue } = loaded
  const unreachable = web === undefined ? stepUpProblems(catalogue) : []
  if (unreachable.length > 0) return { ok: false, headline, problems: unreachable }
  const warnings = loaded.warnings.map(formatWarning)
  const rules = { catalogue, catalogueSource: source }
  if (catalogue.rego === undefined) return { ok: true, rules, warnings }
  const around = { directory: dirname(cataloguePath), now, ...(opa === undefined ? {} : { opa }) }
  const opened = await openRego(catalogue.rego, around)
  if (!opened.ok) return { ok: false, headline, problems: [opened.problem] }
  const rego: OpenRego = opened.rego
  return { ok: true, rules: { ...rules, rego }, warnings }
}

/** What could never be opened, since there are no pages to open it on. */
function stepUpProblems(catalogue: Catalogue): readonly string[] {
  return askable(catalogue)
    .filter(({ needsStepUp }) => needsStepUp)
    .map(
      (resource) =>
        `${refOf(resource)} has step_up and there are no pages; set WEB_ORIGIN and JWKS_ENDPOINT, or leave step_up out`,
    )
}
