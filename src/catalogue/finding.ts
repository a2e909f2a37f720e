import type { Path } from './problem.ts'
import type { FileEntry, LevelEntry, ResourceEntry, Terms } from './schema.ts'
import { atLevel } from './terms.ts'

/** Something to say of a place in the file. */
export interface Finding {
  readonly path: Path
  readonly message: string
  /** Whether the key is to blame rather than its value. */
  readonly onKey?: boolean
  /** Accepted, and told. Absent: the file is refused. */
  readonly severity?: 'warning'
}

/** What could be read of a file: fields with mistakes of their own are missing. */
export interface Draft {
  readonly file: Partial<FileEntry>
  readonly resources: readonly Partial<ResourceEntry>[]
  /** Whether the file has something at the path, however wrong. */
  readonly has: (path: Path) => boolean
  /** Whether what it has there is a mapping. */
  readonly isMapping: (path: Path) => boolean
}

/** Something that can be asked for: a resource, or one of its levels with what it inherits. */
export interface Scope {
  readonly draft: Draft
  readonly terms: Terms
  readonly resource: Partial<ResourceEntry>
  readonly path: Path
  /** Where the file says it: at the level, or at the resource. */
  readonly at: (steps: Path) => Path
  /** What is wrong between fields, some of which a level may have inherited. */
  readonly clash: (
    steps: Path,
    message: string,
    how?: Pick<Finding, 'severity' | 'onKey'>,
  ) => Finding
}

/** The resource itself, or each of its levels; the resource alone while its levels cannot be read. */
export function scopesOf(draft: Draft, index: number): readonly Scope[] {
  const resource = draft.resources[index] ?? {}
  const path = ['resources', index]
  const { levels } = resource
  if (levels === undefined) {
    const at = (steps: Path) => [...path, ...steps]
    const clash: Scope['clash'] = (steps, message, how) => ({ path: at(steps), message, ...how })
    return [{ draft, terms: resource, resource, path, at, clash }]
  }
  return levels.map((level, i) => levelScope(draft, resource, path, level, i))
}

function levelScope(
  draft: Draft,
  resource: Partial<ResourceEntry>,
  resourcePath: Path,
  level: LevelEntry,
  index: number,
): Scope {
  const path = [...resourcePath, 'levels', index]
  const isOwn = (steps: Path) => draft.has([...path, ...steps])
  const at = (steps: Path) => [...(isOwn(steps) ? path : resourcePath), ...steps]
  return {
    draft,
    terms: atLevel(resource, level),
    resource,
    path,
    at,
    clash: (steps, message, how) => ({
      path: at(steps),
      message: isOwn(steps) ? message : `${message} (level ${level.id} inherits this)`,
      ...how,
    }),
  }
}
