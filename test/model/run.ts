import fc from 'fast-check'
import { converge } from './converge.ts'
import { lifting, pomeriumFault, slackFault, slackOutage } from './fault-steps.ts'
import { peopleSteps } from './people-steps.ts'
import type { Plot } from './plot.ts'
import { beginning } from './plot.ts'
import { REPLICAS, Stage } from './stage.ts'
import { cluster, consoleEdit, processes, restarting, settling, time } from './world-steps.ts'

/** Which stories to tell. */
export interface Telling {
  readonly seed: number
  readonly stories: number
  readonly longest: number
  /** Of a story that failed, as it was printed. */
  readonly path?: string
  /** How long to look for a shorter story that fails too. */
  readonly shrinkMs: number
  readonly onStory?: (story: Told) => void
}

/** How one story went. */
export interface Told {
  readonly commands: number
  readonly faults: number
  /** Deeds of which it was known what is to come of them, and that came of them. */
  readonly judged: number
  /** Seconds of the story until nothing was owed any more after everything was well again. */
  readonly convergence: number
  readonly elapsedMs: number
}

/** A story in which something happened that must not, as short as it could be made. */
export interface Violation {
  readonly seed: number
  readonly path: string
  /** The story in plain words, and what was wrong in the end. */
  readonly text: string
}

const everything = [
  ...peopleSteps,
  ...peopleSteps,
  pomeriumFault,
  pomeriumFault,
  slackFault,
  slackOutage,
  lifting,
  lifting,
  lifting,
  lifting,
  consoleEdit,
  consoleEdit,
  cluster,
  cluster,
  processes,
  processes,
  restarting,
  restarting,
  time,
  time,
  time,
  settling,
  settling,
]

/** Tells stories until one fails or all are told; gives the one that failed. */
export async function tellStories(telling: Telling): Promise<Violation | undefined> {
  const { seed, stories, longest, shrinkMs, onStory } = telling
  const [, path, replayPath] = /^([^/]*)\/(.*)$/.exec(telling.path ?? '') ?? []
  let giveUpAt: number | undefined
  let shortest = ''
  const property = fc.asyncProperty(
    fc.commands(everything, {
      maxCommands: longest,
      size: 'max',
      ...(replayPath === undefined ? {} : { replayPath }),
    }),
    async (steps) => {
      if (giveUpAt !== undefined && performance.now() > giveUpAt) return
      try {
        const story = await tell(steps)
        if (giveUpAt === undefined) onStory?.(story)
      } catch (error) {
        giveUpAt ??= performance.now() + shrinkMs
        shortest = error instanceof Error ? error.message : String(error)
        throw error
      }
    },
  )
  const details = await fc.check(property, {
    seed,
    numRuns: stories,
    unbiased: true,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  })
  if (!details.failed) return undefined
  const replay = /replayPath="([^"]*)"/.exec(fc.stringify(details.counterexample))?.[1] ?? ''
  return { seed, path: `${details.counterexamplePath}/${replay}`, text: shortest }
}

async function tell(steps: Iterable<fc.AsyncCommand<Plot, Stage>>): Promise<Told> {
  const startedAt = performance.now()
  await using stage = await Stage.open()
  const plot = beginning(REPLICAS)
  try {
    await fc.asyncModelRun(() => ({ model: plot, real: stage }), steps)
    const convergence = await converge(stage, plot)
    const elapsedMs = performance.now() - startedAt
    return {
      commands: plot.commands,
      faults: plot.faults,
      judged: plot.judged,
      convergence,
      elapsedMs,
    }
  } catch (error) {
    const lines = stage.told.map((line) => `  ${line}`).join('\n')
    throw new Error(`${lines}\n${error instanceof Error ? describe(error) : String(error)}`, {
      cause: error,
    })
  }
}

/** What an error says, and why. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\n${error.cause.message}` : ''
  return `${error.message}${cause}`
}
