import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { SlackChannelId } from '../domain/ids.ts'
import type { Catalogue, PeopleSet, ReasonRule, Resource } from '../domain/resource.ts'
import type { Draft, Finding } from './lint.ts'
import { DEFAULT_SECONDS, DEFAULT_MAX_SECONDS, lint } from './lint.ts'
import type { CatalogueProblem, Path } from './problem.ts'
import { formatPath } from './problem.ts'
import type { FileEntry, PeopleEntry, ResourceEntry } from './schema.ts'
import { fileSchema, resourceSchema } from './schema.ts'
import type { Located } from './yaml-source.ts'
import { readYaml } from './yaml-source.ts'

const FILE_MAX_BYTES = 1_000_000
const PROBLEMS_MAX = 200

export type LoadedCatalogue =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly problems: readonly CatalogueProblem[] }

/**
 * The catalogue that a YAML text describes, or every problem in it in the order of the lines (the
 * first 200). `file` is the name that problems carry.
 */
export function loadCatalogue(text: string, file: string): LoadedCatalogue {
  const bytes = Buffer.byteLength(text)
  if (bytes > FILE_MAX_BYTES)
    return {
      ok: false,
      problems: [
        {
          file,
          line: 1,
          path: '',
          message: `has ${bytes} bytes; keep it under ${FILE_MAX_BYTES}`,
        },
      ],
    }
  const source = readYaml(text)
  const { draft, findings, entries } = read(source.value)
  const placed = [...findings, ...lint(draft)].map(({ path, message, onKey }) => ({
    ...source.positionOf(path, onKey === true ? 'key' : 'value'),
    path: formatPath(path),
    message,
  }))
  const problems = [
    ...source.problems.map((problem) => ({ ...problem, path: '' })),
    // Without a readable document there is nothing that the other checks could know.
    ...(source.value === undefined && source.problems.length > 0 ? [] : placed),
  ]
  if (problems.length > 0 || entries === undefined)
    return { ok: false, problems: inOrder(problems).map((problem) => ({ file, ...problem })) }
  const revision = createHash('sha256').update(text).digest('hex')
  return { ok: true, catalogue: catalogueOf(revision, entries) }
}

interface Entries {
  readonly file: FileEntry
  readonly resources: readonly ResourceEntry[]
}
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

function field(value: unknown, name: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string | number, unknown>)[name]
}

function findingsOf(base: Path, error: z.ZodError | undefined): readonly Finding[] {
  return (error?.issues ?? []).flatMap((issue): readonly Finding[] => {
    const path = [
      ...base,
      ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
    ]
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    const messages = issue.message.split('\n')
    return issue.keys.map((key, i) => ({
      path: [...path, key],
      message: messages[i] ?? '',
      onKey: true,
    }))
  })
}

function inOrder(
  problems: readonly (Located & { readonly path: string })[],
): readonly (Located & { readonly path: string })[] {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
  const places = new Set<string>()
  // A shared anchor would repeat its problems at every use.
  const distinct = sorted.filter(({ line, column, message }) => {
    const place = `${line}:${column} ${message}`
    return !places.has(place) && places.add(place)
  })
  return distinct.slice(0, PROBLEMS_MAX)
}

function catalogueOf(revision: string, { file, resources }: Entries): Catalogue {
  const auditChannel = file.audit_channel
  return {
    revision,
    admins: peopleSet(file.admins),
    domains: [...new Set(file.domains)],
    ...(auditChannel === undefined ? {} : { auditChannel }),
    resources: new Map(resources.map((entry) => [entry.id, resourceOf(entry, file.channel)])),
  }
}

function resourceOf(entry: ResourceEntry, sharedChannel: SlackChannelId | undefined): Resource {
  const { id, title, url, policy, risk, approvals, constraints, duration, lapse } = entry
  const channel = entry.channel ?? sharedChannel
  // The linter has refused the resource before.
  if (channel === undefined) throw new TypeError(`resource ${id} has no channel`)
  const maxSeconds = duration.max ?? DEFAULT_MAX_SECONDS
  const defaultSeconds = duration.default ?? Math.min(DEFAULT_SECONDS, maxSeconds)
  return {
    id,
    title,
    ...(url === undefined ? {} : { url }),
    policy,
    risk,
    channel,
    requesters: peopleSet(entry.requesters),
    approvers: peopleSet(entry.approvers),
    approvals,
    duration: { defaultSeconds, maxSeconds },
    reason: reasonRule(entry.reason),
    constraints,
    lapseSeconds: lapse,
  }
}

function reasonRule({ min, pattern, hint }: ResourceEntry['reason']): ReasonRule {
  return {
    minLength: min,
    ...(pattern === undefined ? {} : { pattern }),
    ...(hint === undefined ? {} : { hint }),
  }
}

function peopleSet(entry: PeopleEntry = {}): PeopleSet {
  const { groups = [], users = [], emails = [], domains = [], everyone = false } = entry
  return {
    groups: [...new Set(groups)],
    users: [...new Set(users)],
    emails: [...new Set(emails)],
    domains: [...new Set(domains)],
    everyone,
  }
}
