import { diffCatalogues, formatChange } from '../catalogue/diff.ts'
import { catalogueJsonSchema } from '../catalogue/json-schema.ts'
import { askable } from '../domain/resource.ts'
import { explainCatalogue } from './catalogue-explain.ts'
import { readCatalogue, usualFile } from './catalogue-file.ts'
import { checkRego } from './catalogue-rego.ts'
import type { CliCommand, CliResult } from './command.ts'
import { wordsIn } from './words.ts'

/** What can be said of catalogue files without starting anything. */
export const catalogueCommand: CliCommand = {
  usage: [
    'catalogue check [file] — every mistake in the file and in its compiled Rego policy, and what is risky; the file of CATALOGUE unless named',
    'catalogue diff <old> <new> — what changes, and whether it widens rights',
    'catalogue explain --who ana@example.com --resource grafana-prod[:level] --for 2h [--reason text] [--groups S0A,S0B] [--user U0ANA] [--standing member|guest|outsider] [--beneficiary vic@partner.example] [--from 2026-03-02T09:00Z] [--file catalogue.yaml] — may they ask, who answers, which rule is written',
    'catalogue schema — the JSON Schema of the file, for editors',
  ],
  run([verb, ...words]) {
    if (verb === 'explain') return explainCatalogue(words)
    const parsed = wordsIn(words, {})
    if (!parsed.ok) return parsed.usage
    const [first, second, ...rest] = parsed.positionals
    if (rest.length > 0) return { type: 'usage' }
    if (verb === 'check' && second === undefined) return check(first ?? usualFile())
    if (verb === 'schema' && first === undefined) return schema()
    if (verb === 'diff' && first !== undefined && second !== undefined) return diff(first, second)
    return { type: 'usage' }
  },
}

async function check(file: string): Promise<CliResult> {
  const read = readCatalogue(file)
  if (!read.ok) return { type: 'failed', text: read.text }
  const { catalogue } = read
  const rego = await checkRego(catalogue, file)
  const warnings = [...read.warnings, ...(rego.warnings ?? [])]
  if (rego.problem !== undefined)
    return { type: 'failed', text: [`${file}: ${rego.problem}`, ...warnings].join('\n') }
  const { resources, revision } = catalogue
  const levels = askable(catalogue).filter(({ level }) => level !== undefined).length
  const counts = [
    `${resources.size} resource(s)`,
    ...(levels === 0 ? [] : [`${levels} level(s)`]),
    ...(warnings.length === 0 ? [] : [`${warnings.length} warning(s)`]),
  ]
  const verdict = `${file} is in order: ${counts.join(', ')}, revision ${revision}`
  return { type: 'ok', text: [...warnings, verdict].join('\n') }
}

function diff(oldFile: string, newFile: string): CliResult {
  const [before, after] = [readCatalogue(oldFile), readCatalogue(newFile)]
  if (!before.ok) return { type: 'failed', text: before.text }
  if (!after.ok) return { type: 'failed', text: after.text }
  const changes = diffCatalogues(before.catalogue, after.catalogue)
  if (changes.length === 0) return { type: 'ok', text: 'nothing changes but comments and spelling' }
  const wider = changes.filter(({ effect }) => effect === 'wider').length
  const verdict = wider === 0 ? 'no right is widened' : `rights are widened in ${wider} way(s)`
  return { type: 'ok', text: [...changes.map(formatChange), verdict].join('\n') }
}

function schema(): CliResult {
  return { type: 'ok', text: JSON.stringify(catalogueJsonSchema(), undefined, 2) }
}
