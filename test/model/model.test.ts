import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Told } from './run.ts'
import { tellStories } from './run.ts'

const LONGEST = 24
/** Told every time, and one more that is another each time. */
const SEEDS = [11, 23]
const SHRINK_MS = 25_000

it('keeps every promise whatever people do and whatever fails', { timeout: 110_000 }, async () => {
  const told: Told[] = []
  const fresh = Date.now() % 1_000_000
  const failed = await Promise.all(
    [...SEEDS, fresh].map((seed) =>
      tellStories({
        seed,
        stories: 1,
        longest: LONGEST,
        shrinkMs: SHRINK_MS,
        onStory: (story) => void told.push(story),
      }),
    ),
  )
  const violations = failed.flatMap((violation) =>
    violation === undefined
      ? []
      : [
          `${violation.text}\nAgain: npm run test:faults -- --seed ${violation.seed} --longest ${LONGEST} --path '${violation.path}'`,
        ],
  )
  assert.deepEqual(violations, [], violations.join('\n\n'))
  assert.equal(told.length, SEEDS.length + 1)
})
