import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { describe, it } from 'node:test'

const TESTS = new URL('../', import.meta.url)

/** The faults, each with a number that the titles of its tests name. */
const FAULTS: ReadonlyMap<number, string> = new Map([
  [1, 'killed after the commit of an approval, before anybody is woken'],
  [2, 'killed with a lease, before the write'],
  [3, 'killed after the write was sent, before its answer'],
  [4, 'killed after the answer, before that is stored'],
  [5, 'killed between the commit and the message in Slack'],
  [6, 'killed inside a transaction'],
  [7, 'killed again and again under load'],
  [8, 'two start and migrate at once'],
  [9, 'told to stop during a write and a click'],
  [10, 'Postgres restarts under load'],
  [11, 'Postgres is killed under load'],
  [12, 'Postgres is down for long'],
  [13, 'Postgres takes connections and never answers'],
  [14, 'the answer to a commit is lost'],
  [15, 'no connection is left in the pool'],
  [16, 'a deadlock, or a serialization failure'],
  [17, 'the database is read-only, or its disk is full'],
  [18, 'Pomerium answers 503, or 429 with a time to wait'],
  [19, 'Pomerium applies a write and breaks the connection'],
  [20, 'Pomerium applies an old write late'],
  [21, 'Pomerium is down through approval and end'],
  [22, 'Pomerium’s token expires or is refused'],
  [23, 'a policy of ours is deleted'],
  [24, 'Pomerium rejects our document'],
  [25, 'Pomerium answers rubbish'],
  [26, 'somebody edits our policy: our rules, their own, or enforced'],
  [27, 'two writers of one policy, one of them older'],
  [28, 'change sets: not applied by themselves, failing, or with edits of others'],
  [29, 'Slack delivers the same several times'],
  [30, 'two people, or one twice, answer at the same moment'],
  [31, 'Slack limits, fails, or loses an answer'],
  [32, 'the message, the channel or the bot’s place in it is gone'],
  [33, 'clicks on old cards'],
  [34, 'Slack hangs when a form is to open'],
  [35, 'OPA is down, slow, or answers rubbish'],
  [36, 'OPA changes its mind between the wish, the click and the grant'],
  [37, 'the bot’s clock is wrong, or jumps'],
  [38, 'the cluster’s clock is wrong'],
  [39, 'leap days, summer time, far years, durations at their limits'],
  [40, 'the key set is down, rotated, or empty'],
  [41, 'an approver or a holder loses what made them eligible'],
  [42, 'the event loop stands still'],
  [43, 'no memory or no file descriptor is left'],
  [44, 'the database is restored from a back-up'],
])

/** The rows that a title names, as `(F1–F5)` or `(F18, F19)`. */
function rowsIn(title: string): readonly number[] {
  const named = /\((F\d[^)]*)\)/.exec(title)?.[1] ?? ''
  return [...named.matchAll(/F(\d+)(?:–F(\d+))?/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  )
}

/** The rows that the titles of tests in a file name. */
function rowsOf(source: string): readonly number[] {
  const titles = source.matchAll(/\bit\(\s*(['"`])((?:\\.|(?!\1)[^])*)\1\s*,/g)
  return [...titles].flatMap(([, , title = '']) => rowsIn(title))
}

describe('the fault matrix', () => {
  it('has a test for each row, which names it', async () => {
    const files = (await readdir(TESTS, { recursive: true })).filter(
      // This one has titles for examples.
      (path) => path.endsWith('.test.ts') && !import.meta.url.endsWith(path),
    )
    const sources = await Promise.all(files.map((path) => readFile(new URL(path, TESTS), 'utf8')))
    const shown = new Set(sources.flatMap(rowsOf))
    const missing = [...FAULTS].filter(([row]) => !shown.has(row))
    assert.deepEqual(missing, [])
    assert.deepEqual(
      [...shown].filter((row) => !FAULTS.has(row)),
      [],
      'there are no such rows',
    )
  })

  it('takes a row for shown by titles alone', () => {
    assert.deepEqual(rowsOf(`// it (F1)\nit('does (F2–F4, F7)', () => {})`), [2, 3, 4, 7])
    assert.deepEqual(rowsOf('it(`does ${what} (F8)`, { timeout: 1 }, () => {})'), [8])
    assert.deepEqual(rowsOf(`it.skip('does (F9)', () => {})\nit('says F10', () => {})`), [])
  })
})
