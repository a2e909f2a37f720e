import { named, visible } from '../domain/ppl-text.ts'

export type Path = readonly (string | number)[]

/** Something wrong at a place in the file. */
export interface CatalogueProblem {
  readonly file: string
  /** Starts at 1. */
  readonly line: number
  /** Starts at 1. */
  readonly column?: number
  /** As people write it, such as `resources[0].duration.max`; empty for the file as a whole. */
  readonly path: string
  /** What is wrong, as the rest of a sentence that starts with the path, and the remedy. */
  readonly message: string
}

/** One line: place, path, what is wrong and the remedy. */
export function formatProblem(problem: CatalogueProblem): string {
  return visible(`${placeOf(problem)} ${sentenceOf(problem)}`)
}

/** Like {@link formatProblem}, for what is accepted. */
export function formatWarning(problem: CatalogueProblem): string {
  return visible(`${placeOf(problem)} warning: ${sentenceOf(problem)}`)
}

function placeOf({ file, line, column }: CatalogueProblem): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`
}

function sentenceOf({ path, message }: CatalogueProblem): string {
  return `${path === '' ? 'the file' : path} ${message}`
}

/** A path as people write it; keys that are not plain words are quoted and cut. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]{1,40}$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${named(step)}]`
  }
  return text
}

/** What to say of a key that nobody reads. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(key.slice(0, 40).toLowerCase(), name) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return near !== undefined && near.distance <= Math.max(1, Math.floor(near.name.length * 0.4))
    ? `is not a known key; did you mean ${near.name}?`
    : `is not a known key; known here are ${known.join(', ')}`
}

/** The number of characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    row = next
  }
  return row[b.length] ?? 0
}
