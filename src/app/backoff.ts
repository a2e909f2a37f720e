const BASE_MS = 1_000
const CAP_MS = 60_000

/**
 * Milliseconds to wait after a number of failures in a row: capped exponential with full jitter, or what the server
 * asked for when that is longer. Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempts: number,
  random: () => number,
  {
    retryAfterMs = 0,
    capMs = CAP_MS,
  }: { readonly retryAfterMs?: number | undefined; readonly capMs?: number | undefined } = {},
): number {
  const ceiling = Math.min(capMs, BASE_MS * 2 ** Math.min(attempts, 10))
  return Math.max(Math.ceil(random() * ceiling), retryAfterMs)
}
