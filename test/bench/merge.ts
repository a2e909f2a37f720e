import { canonicalJson } from '../../src/domain/canonical.ts'
import { mergeRules } from '../../src/domain/ppl-merge.ts'
import { grantRule } from '../../src/domain/ppl-rule.ts'
import type { Report } from './report.ts'
import { spread } from './report.ts'

const GRANTS = 5_000
const RUNS = 50

/** Merging and rendering one policy with 5,000 live grants, one more than before. */
export function measureMerge(report: Report): void {
  const rules = Array.from({ length: GRANTS }, (_, n) =>
    grantRule({
      email: `person${n}@example.com`,
      endsAt: new Date(Date.UTC(2030, 0, 1) + n * 1_000),
      constraints: [],
    }),
  )
  const times = Array.from({ length: RUNS }, () => {
    const startedAt = performance.now()
    const { next } = mergeRules({
      live: rules.slice(1),
      lastWritten: rules.slice(1),
      desired: rules,
    })
    JSON.stringify(next)
    return performance.now() - startedAt
  })
  report.line(`merge and render ${GRANTS} rules`, spread(times), '< 20 ms')
  report.line('  size of the policy', `${(canonicalJson(rules).length / 1024).toFixed(0)} kB`)
}
