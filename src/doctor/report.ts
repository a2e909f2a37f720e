import { visible } from '../domain/ppl-text.ts'
import { scrubberOf } from '../log.ts'
import type { Line, Status } from './finding.ts'
import { CHECKS } from './finding.ts'

/** What `jit doctor --json` prints; fields are added, and none is taken away or changed without another version. */
export interface Report {
  readonly version: 1
  /** Whether nothing failed. */
  readonly ok: boolean
  readonly counts: Readonly<Record<Status, number>>
  /** Each check at least once, in the same order every time. */
  readonly checks: readonly Line[]
}

/** The lines in their order, without any of the secrets. */
export function reportOf(lines: readonly Line[], secrets: readonly string[]): Report {
  const scrub = scrubberOf(secrets)
  const checks = lines
    .map((line) => (isOwnText(line) ? line : (JSON.parse(scrub(JSON.stringify(line))) as Line)))
    .toSorted((a, b) => CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check))
  const count = (status: Status) => checks.filter((line) => line.status === status).length
  const counts = {
    ok: count('ok'),
    warning: count('warning'),
    failed: count('failed'),
    skipped: count('skipped'),
  }
  return { version: 1, ok: counts.failed === 0, counts, checks }
}

/** What is said of variables has no value in it, and the shape of an address that would be struck out. */
function isOwnText({ check }: Line): boolean {
  return check === 'environment'
}

/** The report for people: a line for each finding, and how many there are of each status. */
export function reportText({ checks, counts }: Report): string {
  const lines = checks.map((line) => {
    const { check, subject, status, detail } = line
    const what = subject === undefined ? check : `${check} ${subject}`
    const remedy = 'remedy' in line ? `; ${line.remedy}` : ''
    return visible(`${status.padEnd(WIDTH)}  ${what}: ${detail}${remedy}`)
  })
  const sum = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
  return [...lines, sum.join(', ')].join('\n')
}

const WIDTH = 'skipped'.length
