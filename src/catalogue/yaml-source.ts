import type { Document, YAMLError } from 'yaml'
import { LineCounter, parseDocument } from 'yaml'
import type { Path } from './problem.ts'
import { survey } from './yaml-survey.ts'

/** How often one anchor may be used; each use is walked again. */
const ALIASES_MAX = 1_000
const SYNTAX_PROBLEMS_MAX = 20

export interface Position {
  readonly line: number
  readonly column: number
}
export interface Located extends Position {
  readonly message: string
}
export interface YamlSource {
  /** `undefined` when the problems leave nothing to read. */
  readonly value: unknown
  /** What the YAML itself has wrong: syntax, duplicate keys, tags, aliases. */
  readonly problems: readonly Located[]
  /** Where a value is, or its key; where it would belong when it is missing. */
  readonly positionOf: (path: Path, part: 'key' | 'value') => Position
}

/** One YAML 1.2 document as plain values, with the place of each. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Told apart here, because the parser misplaces a key that follows an empty value.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'error',
  })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const syntax = document.errors
  const { offsetOf, duplicates, deadAliases } = survey(document)
  const problems: Located[] = [
    ...oncePerLine(syntax.map((error) => ({ ...at(error.pos[0]), message: syntaxMessage(error) }))),
    ...duplicates.map(({ offset, message }) => ({ ...at(offset), message })),
    ...document.warnings.map((warning) => ({
      ...at(warning.pos[0]),
      message: `has a tag or directive that is not read (${warning.message}); remove it`,
    })),
    ...versionProblems(document),
    ...(syntax.length > 0 ? [] : deadAliases).map(({ offset, message }) => ({
      ...at(offset),
      message,
    })),
  ]
  const positionOf: YamlSource['positionOf'] = (path, part) => at(offsetOf(path, part))
  if (syntax.length + deadAliases.length > 0) return { value: undefined, problems, positionOf }
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }), problems, positionOf }
  } catch (error) {
    // The only one left: ReferenceError, "Excessive alias count".
    const why = error instanceof Error ? error.message : String(error)
    const message = `cannot be read (${why}); use one anchor at most ${ALIASES_MAX} times`
    return { value: undefined, problems: [...problems, { ...at(0), message }], positionOf }
  }
}

function syntaxMessage({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'has a second document; keep one and remove ---'
  if (code === 'RESOURCE_EXHAUSTION') return 'is nested too deeply; write it flatter'
  return `is not valid YAML: ${message}; correct it here`
}

function versionProblems(document: Document.Parsed): Located[] {
  const { explicit, version } = document.directives.yaml
  if (explicit !== true || version === '1.2') return []
  return [{ line: 1, column: 1, message: `asks for YAML ${version}; remove the %YAML directive` }]
}

function oncePerLine(problems: readonly Located[]): readonly Located[] {
  const byLine = new Map<number, Located>()
  for (const problem of problems) if (!byLine.has(problem.line)) byLine.set(problem.line, problem)
  return [...byLine.values()].slice(0, SYNTAX_PROBLEMS_MAX)
}
