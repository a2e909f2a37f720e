import type fc from 'fast-check'
import type { Plot } from './plot.ts'
import type { Stage } from './stage.ts'

/** One thing that may happen in a story. */
export type Step = fc.AsyncCommand<Plot, Stage>

/** A step that is told in these words, and after which everything is looked at. */
export function step(
  words: string,
  mayHappen: (plot: Readonly<Plot>) => boolean,
  happen: (plot: Plot, stage: Stage) => Promise<void> | void,
  isFault = false,
): Step {
  return {
    toString: () => words,
    check: mayHappen,
    async run(plot, stage) {
      plot.commands += 1
      if (isFault) plot.faults += 1
      await stage.keepAlive(plot)
      stage.tell(words)
      await happen(plot, stage)
      await stage.check()
    },
  }
}
