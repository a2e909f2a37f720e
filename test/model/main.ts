import { parseArgs } from 'node:util'
import { globalSetup, globalTeardown } from '../support/global-setup.ts'
import type { Told } from './run.ts'
import { tellStories } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string' },
    path: { type: 'string' },
    longest: { type: 'string', default: '40' },
  },
})

const SHRINK_MS = 300_000
const STORIES_OF_A_SEED = 5

/** Tells stories for so many minutes, or one again; says how it went and leaves 1 when something was violated. */
async function main(): Promise<void> {
  const until = performance.now() + Number(values.minutes) * 60_000
  const longest = Number(values.longest)
  let seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  const told: Told[] = []
  do {
    const violation = await tellStories({
      seed,
      stories: STORIES_OF_A_SEED,
      longest,
      shrinkMs: SHRINK_MS,
      onStory: (story) => void told.push(story),
      ...(values.path === undefined ? {} : { path: values.path }),
    })
    if (violation !== undefined) {
      const { path, text } = violation
      process.stdout.write(`${summary(told)}\nA story that must not be:\n${text}\n`)
      process.stdout.write(
        `Again: npm run test:faults -- --seed ${seed} --longest ${longest} --path '${path}'\n`,
      )
      process.exitCode = 1
      return
    }
    process.stdout.write(`seed ${seed}: ${summary(told)}\n`)
    seed += 1
  } while (values.path === undefined && performance.now() < until)
  process.stdout.write('No violation.\n')
}

function summary(told: readonly Told[]): string {
  const sum = (of: (story: Told) => number) => told.reduce((total, story) => total + of(story), 0)
  const longest = Math.max(0, ...told.map(({ convergence }) => convergence))
  return `${told.length} stories, ${sum(({ commands }) => commands)} commands, ${sum(({ faults }) => faults)} faults, longest convergence ${longest} s`
}

await globalSetup()
try {
  await main()
} finally {
  await globalTeardown()
}
