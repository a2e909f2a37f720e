import { setTimeout as delay } from 'node:timers/promises'

/** What goes wrong with a request. */
export type FaultEffect =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly message?: string
      /** Seconds, or a moment that is sent as an HTTP date. */
      readonly retryAfter?: number | Date
    }
  /** Slow before the request is applied, or after it, on the way back. */
  | { readonly kind: 'latency'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** Stops until `release()`, before the request is applied or after it. */
  | { readonly kind: 'hold'; readonly when?: 'before' | 'after' }
  /** Neither applied nor answered. */
  | { readonly kind: 'hang' }
  /** The connection breaks and nothing was applied. */
  | { readonly kind: 'reset' }
  /** The connection breaks after the request was applied. */
  | { readonly kind: 'apply-then-reset' }
  /** Applied only by `landLateWrites()`; the caller gets a 504 now, or never an answer. */
  | { readonly kind: 'apply-late'; readonly answer: 'never' | 504 }
  /** Applied; the JSON of the answer ends in the middle. */
  | { readonly kind: 'truncated' }
  /** Applied; the connection breaks in the middle of the announced body. */
  | { readonly kind: 'cut-off' }
  /** Not applied; a page from something in between, with status 200. */
  | { readonly kind: 'html' }
  /** Applied; the answer is JSON of 10 MB. */
  | { readonly kind: 'huge' }
  /** Applied; the right answer says that it is plain text. */
  | { readonly kind: 'wrong-type' }

export interface Fault {
  /** Any, when absent. */
  readonly method?: string
  /**
   * A path below `/api/v0/organizations/{id}` (or `/token`, `/organizations`), with `*` for one step, such as
   * `/policies/*`; or an expression tried on the whole path. Any, when absent.
   */
  readonly path?: string | RegExp
  /** How many requests it meets; default 1. */
  readonly count?: number
  readonly effect: FaultEffect
}

export interface FaultHandle {
  /** Requests met so far. */
  readonly hits: number
  /** Lets the requests of a `hold` go on, those to come included. */
  release(): void
  remove(): void
}

interface Rule {
  readonly fault: Fault
  left: number
  hits: number
  readonly released: Promise<void>
}

/** What a request meets: waits on its way in and out, and at most one effect that decides about its answer. */
export interface Encounter {
  wait(when: 'before' | 'after'): Promise<void>
  readonly effect: Exclude<FaultEffect, { kind: 'latency' | 'hold' }> | undefined
}

export interface Faults {
  add(fault: Fault): FaultHandle
  /** Removes every fault and releases every request that is held. */
  clear(): void
  /** Takes what the next request meets; oldest rule first. */
  meet(method: string, path: string): Encounter
}

/** No faults at first. `onHit` is called whenever a request meets one; waits end when `signal` aborts. */
export function createFaults(onHit: () => void, signal: AbortSignal): Faults {
  const rules = new Set<Rule>()
  const holds = new Set<() => void>()
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

  const take = (rule: Rule): void => {
    rule.hits += 1
    rule.left -= 1
    if (rule.left <= 0) rules.delete(rule)
    onHit()
  }

  return {
    add(fault) {
      const gate = Promise.withResolvers<void>()
      const release = (): void => {
        holds.delete(release)
        gate.resolve()
      }
      if (fault.effect.kind === 'hold') holds.add(release)
      const handle: FaultHandle = {
        get hits() {
          return rule.hits
        },
        release,
        remove() {
          rules.delete(rule)
          release()
        },
      }
      const released = Promise.race([gate.promise, stopped])
      const rule: Rule = { fault, left: fault.count ?? 1, hits: 0, released }
      rules.add(rule)
      return handle
    },
    clear() {
      rules.clear()
      for (const release of holds) release()
    },
    meet(method, path) {
      const waits: { when: 'before' | 'after'; run: () => Promise<void> }[] = []
      let effect: Encounter['effect']
      for (const rule of rules) {
        if (effect || !isMet(rule.fault, method, path)) continue
        take(rule)
        const found = rule.fault.effect
        if (found.kind === 'latency') {
          waits.push({ when: found.when ?? 'before', run: () => pause(found.ms, signal) })
        } else if (found.kind === 'hold') {
          waits.push({ when: found.when ?? 'before', run: () => rule.released })
        } else {
          effect = found
        }
      }
      return {
        effect,
        async wait(when) {
          for (const wait of waits) if (wait.when === when) await wait.run()
        },
      }
    },
  }
}

/** Waits `ms` milliseconds, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined)
}

function isMet({ method, path }: Fault, actualMethod: string, actualPath: string): boolean {
  if (method !== undefined && method !== actualMethod) return false
  if (path === undefined) return true
  if (path instanceof RegExp) return path.test(actualPath)
  const steps = actualPath.replace(/^\/organizations\/[^/]+(?=\/)/, '').split('/')
  const wanted = path.split('/')
  return (
    wanted.length === steps.length &&
    wanted.every((step, index) => step === '*' || step === steps[index])
  )
}
