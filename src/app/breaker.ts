const FAILURES_TO_OPEN = 5
const OPEN_MS = 30_000
/** What takes access away may probe so often. */
const URGENT_MS = 5_000

/** Keeps calls away from a host that fails: opens after five failures in a row, then lets one probe at a time through. */
export class Breaker {
  readonly #now: () => number
  #failures = 0
  #failedAt = 0
  #openUntil = 0
  /** As the host itself asked. */
  #askedUntil = 0
  #isProbing = false

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether the host has failed again and again, and has not answered since. */
  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN
  }

  /** Milliseconds to stay away, or 0 when a call may go out; a caller that gets 0 must report how it went. */
  enter(isUrgent = false): number {
    const probeAt = isUrgent ? this.#failedAt + URGENT_MS : Infinity
    const wait = Math.max(this.#askedUntil, Math.min(this.#openUntil, probeAt)) - this.#now()
    if (wait > 0) return wait
    if (this.#failures < FAILURES_TO_OPEN) return 0
    if (this.#isProbing) return OPEN_MS / 10
    this.#isProbing = true
    return 0
  }

  succeeded(): void {
    this.#failures = 0
    this.#isProbing = false
  }

  /** The call told nothing about the host. */
  left(): void {
    this.#isProbing = false
  }

  /** `retryAfterMs`: the host itself asked everybody to stay away. */
  failed(retryAfterMs = 0): void {
    this.#failures += 1
    this.#isProbing = false
    this.#failedAt = this.#now()
    if (retryAfterMs > 0)
      this.#askedUntil = Math.max(this.#askedUntil, this.#failedAt + retryAfterMs)
    const openMs =
      this.#failures >= FAILURES_TO_OPEN ? Math.max(OPEN_MS, retryAfterMs) : retryAfterMs
    // A later answer of an earlier call never shortens the wait.
    if (openMs > 0) this.#openUntil = Math.max(this.#openUntil, this.#now() + openMs)
  }
}
