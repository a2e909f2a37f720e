import type { Registry } from 'prom-client'
import { Histogram } from 'prom-client'
import type { OnCall } from './app/outside-call.ts'

/** Counts and times the calls to somebody outside. */
export function countCalls(registry: Registry, whom: 'slack' | 'pomerium'): OnCall {
  const duration = new Histogram({
    name: `jit_${whom}_call_duration_seconds`,
    help: `Calls to ${whom === 'slack' ? 'Slack' : 'Pomerium'}, by what was called and how it was answered.`,
    labelNames: ['method', 'status'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers: [registry],
  })
  return ({ method, status, seconds }) => duration.observe({ method, status }, seconds)
}
