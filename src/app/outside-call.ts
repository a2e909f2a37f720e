/** One call to somebody outside, as numbers know it: from few words, and nothing of what was sent or answered. */
export interface OutsideCall {
  /** E.g. `chat.postMessage`, or `GET policies`. */
  readonly method: string
  /** `ok`, an HTTP status, or a word for what went wrong. */
  readonly status: string
  readonly seconds: number
}

/** Told of every call that is over; must not throw. */
export type OnCall = (call: OutsideCall) => void

/** Makes a call and tells how it went: by what `statusOf` says of the answer, and `failureOf` of what was thrown. */
export async function observed<T>(
  onCall: OnCall | undefined,
  method: string,
  call: () => Promise<T>,
  status: {
    readonly of: (answer: T) => string
    readonly ofFailure: (error: unknown) => string
  },
): Promise<T> {
  if (onCall === undefined) return call()
  const startedAt = performance.now()
  const told = (status: string) =>
    onCall({ method, status, seconds: (performance.now() - startedAt) / 1_000 })
  try {
    const answer = await call()
    told(status.of(answer))
    return answer
  } catch (error) {
    told(status.ofFailure(error))
    throw error
  }
}

const TOLD_APART = new Set([
  200, 201, 202, 204, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504,
])

/** An HTTP status as a label: those that mean something here, and `2xx` and so on for the rest. */
export function statusLabel(status: number): string {
  if (TOLD_APART.has(status)) return String(status)
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other'
}
