import { parseArgs } from 'node:util'
import { globalSetup, globalTeardown } from '../support/global-setup.ts'
import type { Told, Violation } from './run.ts'
import { tellStories } from './run.ts'

const USAGE = `npm run test:faults -- [options]
  --minutes N   how long to tell stories, 20 unless told
  --longest N   steps of a story at most, 80 unless told
  --at-once N   stories at a time, 3 unless told
  --seed S      where to begin
  --path P      the one story of this seed that failed, with its --longest
`
const SHRINK_MS = 300_000
const STORIES_OF_A_SEED = 5

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    longest: { type: 'string', default: '80' },
    'at-once': { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    path: { type: 'string' },
    help: { type: 'boolean' },
  },
})

/** Tells stories for so many minutes, or one again; says how it went, and gives 1 when something was violated. */
async function main(): Promise<number> {
  const until = performance.now() + number('minutes') * 60_000
  const longest = number('longest')
  const told: Told[] = []
  const violations: Violation[] = []
  let next = number('seed')
  const tellOn = async () => {
    do {
      const seed = next
      next += 1
      const violation = await tellStories({
        seed,
        stories: STORIES_OF_A_SEED,
        longest,
        shrinkMs: SHRINK_MS,
        onStory: (story) => void told.push(story),
        ...(values.path === undefined ? {} : { path: values.path }),
      })
      if (violation !== undefined) violations.push(violation)
      else process.stdout.write(`seed ${seed}: ${summary(told, violations)}\n`)
    } while (values.path === undefined && violations.length === 0 && performance.now() < until)
  }
  const lanes = values.path === undefined ? number('at-once') : 1
  await Promise.all(Array.from({ length: lanes }, tellOn))
  for (const { seed, path, text } of violations) {
    process.stdout.write(`\nA story that must not be:\n${text}\n`)
    process.stdout.write(
      `Again: npm run test:faults -- --seed ${seed} --longest ${longest} --path '${path}'\n`,
    )
  }
  process.stdout.write(`\n${summary(told, violations)}\n`)
  return violations.length > 0 ? 1 : 0
}

function number(name: 'minutes' | 'longest' | 'at-once' | 'seed'): number {
  const found = Number(values[name])
  if (Number.isFinite(found) && found >= 0) return found
  process.stderr.write(`--${name} must be a number, not "${values[name]}"\n${USAGE}`)
  return process.exit(2)
}

function summary(told: readonly Told[], violations: readonly Violation[]): string {
  const sum = (of: (story: Told) => number) => told.reduce((total, story) => total + of(story), 0)
  const most = (of: (story: Told) => number) => Math.max(0, ...told.map(of))
  return [
    `${told.length} stories`,
    `${sum(({ commands }) => commands)} commands`,
    `${sum(({ faults }) => faults)} faults`,
    `${sum(({ judged }) => judged)} answers foretold`,
    `longest story ${most(({ commands }) => commands)} commands with ${most(({ faults }) => faults)} faults`,
    `longest convergence ${most(({ convergence }) => convergence)} s`,
    `slowest story ${(most(({ elapsedMs }) => elapsedMs) / 1_000).toFixed(0)} s`,
    `${violations.length} violations`,
  ].join(', ')
}

if (values.help === true) process.stdout.write(USAGE)
else {
  await globalSetup()
  try {
    process.exitCode = await main()
  } finally {
    await globalTeardown()
  }
}
