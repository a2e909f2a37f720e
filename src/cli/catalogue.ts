import { readFileSync } from 'node:fs'
import { loadCatalogue } from '../catalogue/load.ts'
import { formatProblem } from '../catalogue/problem.ts'
import type { CliCommand } from './command.ts'

/** Checks a catalogue file without starting anything. */
export const catalogueCommand: CliCommand = {
  usage: ['catalogue check [file] — every mistake in the file, ./catalogue.yaml unless named'],
  run([verb, file = './catalogue.yaml', ...rest]) {
    if (verb !== 'check' || rest.length > 0) return { type: 'usage' }
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch {
      return { type: 'failed', text: `${file} cannot be read` }
    }
    const loaded = loadCatalogue(text, file)
    if (!loaded.ok) return { type: 'failed', text: loaded.problems.map(formatProblem).join('\n') }
    const { resources, revision } = loaded.catalogue
    return {
      type: 'ok',
      text: `${file} is in order: ${resources.size} resource(s), revision ${revision}`,
    }
  },
}
