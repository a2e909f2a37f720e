/** What goes wrong with a call; `applied` means that Slack does the work and loses the answer. */
export type Fault =
  | { readonly kind: 'http'; readonly status: number; readonly applied?: boolean }
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'hang'; readonly applied?: boolean }
  | { readonly kind: 'reset'; readonly applied?: boolean }
  | { readonly kind: 'slow'; readonly delayMs: number }

/** A call that is stopped before it takes effect. */
export interface Hold {
  /** Resolves when the call has arrived. */
  readonly reached: Promise<void>
  release(): void
}

export interface Faults {
  isOut: boolean
  /** Meets the next `times` calls of the method; `*` is every method. */
  plan(method: string, fault: Fault, times: number): void
  /** Stops the next call of the method until it is released. */
  hold(method: string): Hold
  take(method: string): Fault | undefined
  /** Resolves when no hold stops this call. */
  pass(method: string): Promise<void>
  /** Forgets every planned fault and releases every hold. */
  clear(): void
}

/** The planned faults of a workspace, met in the order they were planned. */
export function createFaults(): Faults {
  let planned: { method: string; fault: Fault; left: number }[] = []
  let holds: { method: string; arrive: () => void; gate: Promise<void>; release: () => void }[] = []
  const matches = (pattern: string, method: string): boolean =>
    pattern === '*' || pattern === method
  return {
    isOut: false,
    plan(method, fault, times) {
      planned.push({ method, fault, left: times })
    },
    hold(method) {
      const reached = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      holds.push({ method, arrive: reached.resolve, gate: gate.promise, release: gate.resolve })
      return { reached: reached.promise, release: gate.resolve }
    },
    take(method) {
      const next = planned.find((each) => matches(each.method, method))
      if (!next) return undefined
      next.left -= 1
      planned = planned.filter((each) => each.left > 0)
      return next.fault
    },
    async pass(method) {
      const hold = holds.find((each) => matches(each.method, method))
      if (!hold) return
      holds = holds.filter((each) => each !== hold)
      hold.arrive()
      await hold.gate
    },
    clear() {
      planned = []
      for (const hold of holds) hold.release()
      holds = []
    },
  }
}

/** The fault in a few words, for the log of calls. */
export function describeFault(fault: Fault): string {
  const applied = 'applied' in fault && fault.applied ? ' after applying' : ''
  switch (fault.kind) {
    case 'http':
      return `HTTP ${fault.status}${applied}`
    case 'rate-limited':
      return `HTTP 429, retry after ${fault.retryAfterSeconds} s`
    case 'error':
      return fault.error
    case 'slow':
      return `slow by ${fault.delayMs} ms`
    case 'hang':
    case 'reset':
      return `${fault.kind}${applied}`
    default:
      return fault satisfies never
  }
}
