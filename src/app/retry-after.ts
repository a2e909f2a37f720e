const LONGEST_WAIT_MS = 10 * 60_000

/** Milliseconds of a Retry-After header (seconds or HTTP date), 0 to 10 minutes. Source: RFC 9110 §10.2.3. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? ''
  if (value === '') return undefined
  // A date begins with its weekday; Date.parse alone would read "-5" as a year.
  const dateMs = /^[a-z]/i.test(value) ? Date.parse(value) : NaN
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : dateMs - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS)
}
