import { readFileSync } from 'node:fs'
import type { Registry } from 'prom-client'
import { Gauge, collectDefaultMetrics } from 'prom-client'
import type { Ready } from './http/health.ts'
import type { Degraded, Reason } from './readiness.ts'
import { DEGRADED, REASONS } from './readiness.ts'

/** Connections of the pool, and who waits for one. */
export interface PoolUse {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: { readonly max?: number }
}

/** What one process knows of itself. */
export interface ProcessState {
  readonly ready: Ready<Reason, Degraded>
  /** How far the database's clock is ahead of this machine's; absent when it did not answer. */
  readonly skewSeconds: number | undefined
  readonly pool: PoolUse
}

/** Tells Node's numbers, its event loop's lag among them, and which build this is. */
export function tellBuild(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'jit_build_info',
    help: 'Always 1; the labels tell which version this is.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: version(), node: process.version }, 1)
}

/** Tells of the process what is given. */
export function tellProcess(registry: Registry): (state: ProcessState) => void {
  const registers = [registry]
  const ready = new Gauge({
    name: 'jit_ready',
    help: 'Whether /readyz says that it is ready.',
    registers,
  })
  const reasons = new Gauge({
    name: 'jit_not_ready',
    help: 'Whether this is a reason why it is not ready.',
    labelNames: ['reason'],
    registers,
  })
  const degraded = new Gauge({
    name: 'jit_degraded',
    help: 'Whether this is out of reach.',
    labelNames: ['part'],
    registers,
  })
  const skew = new Gauge({
    name: 'jit_database_clock_skew_seconds',
    help: 'How far the clock of the database is ahead of the clock of this machine.',
    registers,
  })
  const connections = new Gauge({
    name: 'jit_database_pool_connections',
    help: 'Connections to the database, by what they do.',
    labelNames: ['state'],
    registers,
  })
  const most = new Gauge({
    name: 'jit_database_pool_connections_max',
    help: 'Connections to the database that there may be.',
    registers,
  })
  const waiting = new Gauge({
    name: 'jit_database_pool_waiting',
    help: 'How many wait for a connection to the database.',
    registers,
  })
  return (state) => {
    const { pool } = state
    ready.set(state.ready.ok ? 1 : 0)
    for (const reason of REASONS)
      reasons.set({ reason }, state.ready.reasons.includes(reason) ? 1 : 0)
    for (const part of DEGRADED)
      degraded.set({ part }, state.ready.degraded?.includes(part) === true ? 1 : 0)
    skew.set(state.skewSeconds ?? Number.NaN)
    connections.set({ state: 'idle' }, pool.idleCount)
    connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
    most.set(pool.options.max ?? Number.NaN)
    waiting.set(pool.waitingCount)
  }
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
