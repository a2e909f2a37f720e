import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { Catalogue } from '../domain/resource.ts'
import type { Entries } from './build.ts'
import { buildCatalogue } from './build.ts'
import type { Draft, Finding } from './finding.ts'
import { lint } from './lint.ts'
import type { CatalogueProblem, Path } from './problem.ts'
import { formatPath } from './problem.ts'
import { fileSchema, resourceSchema } from './schema.ts'
import type { Located } from './yaml-source.ts'
import { readYaml } from './yaml-source.ts'

const FILE_MAX_BYTES = 1_000_000
const PROBLEMS_MAX = 200

/** `warnings`: what is allowed, and should be looked at twice. */
export type LoadedCatalogue = { readonly warnings: readonly CatalogueProblem[] } & (
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly problems: readonly CatalogueProblem[] }
)

/**
 * The catalogue that a YAML text describes, or every problem in it; problems and warnings are in the order of the lines,
 * the first 200 of each. `file` is the path that they carry, and from which the path of a Rego bundle goes.
 */
export function loadCatalogue(text: string, file: string): LoadedCatalogue {
  const bytes = Buffer.byteLength(text)
  if (bytes > FILE_MAX_BYTES) {
    const message = `has ${bytes} bytes; keep it under ${FILE_MAX_BYTES}`
    return { ok: false, problems: [{ file, line: 1, path: '', message }], warnings: [] }
  }
  const source = readYaml(text)
  const { draft, findings, entries } = read(source.value)
  // Without a readable document there is nothing that the other checks could know.
  const isReadable = source.value !== undefined || source.problems.length === 0
  const found = isReadable ? [...findings, ...lint(draft)] : []
  const placed = (severity: Finding['severity']) =>
    found
      .filter((finding) => finding.severity === severity)
      .map(({ path, message, onKey }) => ({
        ...source.positionOf(path, onKey === true ? 'key' : 'value'),
        path: formatPath(path),
        message,
      }))
  const inFile = (located: readonly PathLocated[]) =>
    inOrder(located).map((problem) => ({ file, ...problem }))
  const ofYaml = source.problems.map((problem) => ({ ...problem, path: '' }))
  const problems = inFile([...ofYaml, ...placed(undefined)])
  const warnings = inFile(placed('warning'))
  if (problems.length > 0 || entries === undefined) return { ok: false, problems, warnings }
  const revision = createHash('sha256').update(text).digest('hex')
  return { ok: true, catalogue: buildCatalogue(revision, file, entries), warnings }
}

type PathLocated = Located & { readonly path: string }

interface Reading {
  readonly draft: Draft
  readonly findings: readonly Finding[]
  /** Absent when anything is wrong. */
  readonly entries?: Entries
}

function read(value: unknown): Reading {
  const file = fileSchema.safeParse(value)
  const raw = field(value, 'resources')
  const resources = (Array.isArray(raw) ? raw : []).map((entry) => ({
    entry,
    parsed: resourceSchema.safeParse(entry),
  }))
  const findings = [
    ...findingsOf([], file.error),
    ...resources.flatMap(({ parsed }, i) => findingsOf(['resources', i], parsed.error)),
  ]
  const draft: Draft = {
    file: file.data ?? readable(fileSchema, value),
    resources: resources.map(({ entry, parsed }) => parsed.data ?? readable(resourceSchema, entry)),
    has: (path) => path.reduce<unknown>(field, value) !== undefined,
    isMapping: (path) => isMapping(path.reduce<unknown>(field, value)),
  }
  const right = resources.flatMap(({ parsed }) => (parsed.success ? [parsed.data] : []))
  if (!file.success || right.length < resources.length) return { draft, findings }
  return { draft, findings, entries: { file: file.data, resources: right } }
}

/** The fields of a mapping that can be read by themselves. */
function readable<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
): Partial<z.output<z.ZodObject<Shape>>> {
  const fields = Object.entries(schema.shape as unknown as Record<string, z.ZodType>).flatMap(
    ([name, part]) => {
      const parsed = part.safeParse(field(value, name))
      return parsed.success ? [[name, parsed.data] as const] : []
    },
  )
  return Object.fromEntries(fields) as Partial<z.output<z.ZodObject<Shape>>>
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function field(value: unknown, name: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string | number, unknown>)[name]
}

function findingsOf(base: Path, error: z.ZodError | undefined): readonly Finding[] {
  return (error?.issues ?? []).flatMap((issue) => findingsIn(base, issue))
}

function findingsIn(base: Path, issue: z.core.$ZodIssue): readonly Finding[] {
  const path = [
    ...base,
    ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
  ]
  // The other choice is the word off, of which nothing more can be said.
  if (issue.code === 'invalid_union')
    return (issue.errors.at(-1) ?? []).flatMap((inner) => findingsIn(path, inner))
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  const messages = issue.message.split('\n')
  return issue.keys.map((key, i) => ({
    path: [...path, key],
    message: messages[i] ?? '',
    onKey: true,
  }))
}

function inOrder(problems: readonly PathLocated[]): readonly PathLocated[] {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
  const places = new Set<string>()
  // A shared anchor would repeat its problems at every use.
  const distinct = sorted.filter(({ line, column, message }) => {
    const place = `${line}:${column} ${message}`
    return !places.has(place) && places.add(place)
  })
  return distinct.slice(0, PROBLEMS_MAX)
}
