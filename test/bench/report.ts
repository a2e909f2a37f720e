import { cpus, totalmem } from 'node:os'

/** The value below which a share of the sorted values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** `p50 / p99` of milliseconds, in milliseconds. */
export function spread(values: readonly number[]): string {
  return `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`
}

/** `p50 / p99` of milliseconds, in microseconds. */
export function spreadMicros(values: readonly number[]): string {
  const micros = (share: number) => (percentile(values, share) * 1_000).toFixed(1)
  return `p50 ${micros(0.5)} µs, p99 ${micros(0.99)} µs`
}

/** Lines of what was measured, beside its goal. */
export class Report {
  heading(): void {
    const [cpu] = cpus()
    console.log(
      `${cpus().length} × ${cpu?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}; ` +
        'the load, the simulators, Postgres and the bot share these cores\n',
    )
  }

  line(what: string, measured: string, goal = ''): void {
    console.log(`${what.padEnd(46)} ${measured.padEnd(44)} ${goal}`)
  }
}
