import assert from 'node:assert/strict'
import type { Sample } from './promql.ts'
import { matches, samplesOf } from './promql.ts'

/** Reads `/metrics` of the bot that began to serve them last. */
export async function scrape(logged: readonly string[]): Promise<string> {
  const line = logged.findLast((each) => each.includes('"msg":"metrics"'))
  const port = /"port":(\d+)/.exec(line ?? '')?.[1] ?? assert.fail('nobody serves metrics')
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  assert.equal(answer.status, 200)
  return answer.text()
}

/** The one sample of a metric with these labels. */
export function valueOf(
  page: string,
  metric: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const matchers = Object.entries(labels).map(
    ([label, value]) => ({ label, operator: '=', value }) as const,
  )
  const found: readonly Sample[] = samplesOf(page).filter(
    (sample) => sample.metric === metric && matches(sample, matchers),
  )
  assert.equal(found.length, 1, `${metric} ${JSON.stringify(labels)}`)
  return found[0]?.value ?? Number.NaN
}
