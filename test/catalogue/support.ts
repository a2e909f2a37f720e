import assert from 'node:assert/strict'
import { stringify } from 'yaml'
import { loadCatalogue } from '../../src/catalogue/load.ts'
import { formatProblem } from '../../src/catalogue/problem.ts'
import type { Catalogue, Resource } from '../../src/domain/resource.ts'

export type Fields = Readonly<Record<string, unknown>>

/** The least that a resource needs. */
export const RESOURCE: Fields = {
  id: 'grafana',
  title: 'Grafana',
  policy: 'jit-grafana',
  requesters: { groups: ['S0ENG'] },
  approvers: { groups: ['S0SRE'] },
}
const TOP: Fields = { domains: ['example.com'], channel: 'C0APPROVALS' }

/** The YAML of a catalogue. */
export function catalogueYaml(resources: readonly unknown[], top: Fields = {}): string {
  return stringify({ ...TOP, ...top, resources }, { aliasDuplicateObjects: false })
}

/** Problems as they are shown. */
export function problemsOf(text: string): readonly string[] {
  const result = loadCatalogue(text, 'c.yaml')
  return result.ok ? [] : result.problems.map(formatProblem)
}

/** Problems without their places. */
export function complaintsOf(text: string): readonly string[] {
  return problemsOf(text).map(withoutPlace)
}

/** Warnings without their places. */
export function warningsOf(text: string): readonly string[] {
  return loadCatalogue(text, 'c.yaml').warnings.map(formatProblem).map(withoutPlace)
}

function withoutPlace(problem: string): string {
  return problem.slice(problem.indexOf(' ') + 1)
}

/** The catalogue of a YAML text that must be in order. */
export function load(text: string, file = 'c.yaml'): Catalogue {
  const result = loadCatalogue(text, file)
  assert.ok(result.ok, problemsOf(text).join('\n'))
  return result.catalogue
}

/** {@link RESOURCE} with other fields, as it is loaded. */
export function loadOne(fields: Fields, top: Fields = {}): Resource {
  const [resource] = load(catalogueYaml([{ ...RESOURCE, ...fields }], top)).resources.values()
  assert.ok(resource !== undefined)
  return resource
}
