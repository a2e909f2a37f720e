import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { SlackGroupId } from '../src/domain/ids.ts'
import { LOOK_AGAIN_MS, followGroups } from '../src/follow-groups.ts'
import { GROUP_FRESH_MS } from '../src/slack/directory.ts'
import { ENGINEERS, aCatalogue } from './support/build.ts'
import { silentLog } from './support/log.ts'

/** What is done because of groups that changed, with a clock that the test sets. */
function following({ mock }: TestContext, mark: () => Promise<void> = () => Promise.resolve()) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const done: string[] = []
  const errors: object[] = []
  const follower = followGroups({
    catalogue: aCatalogue,
    forget: () => void done.push('forget'),
    mark() {
      done.push('mark')
      return mark()
    },
    log: { ...silentLog, error: (fields) => void errors.push(fields) },
  })
  return { follower, done, errors, passes: (ms: number) => mock.timers.tick(ms) }
}

describe('followGroups', () => {
  it('has everybody looked at at once, and again when no replica can have the members of before', async (t) => {
    const { follower, done, passes } = following(t)
    await follower.changed(ENGINEERS)
    assert.deepEqual(done, ['forget', 'mark'])
    passes(LOOK_AGAIN_MS - 1)
    assert.deepEqual(done, ['forget', 'mark'])
    passes(1)
    assert.deepEqual(done, ['forget', 'mark', 'mark'])
    assert.ok(LOOK_AGAIN_MS > GROUP_FRESH_MS)
    passes(10 * LOOK_AGAIN_MS)
    assert.equal(done.length, 3)
  })

  it('looks again once after several changes, counted from the last', async (t) => {
    const { follower, done, passes } = following(t)
    await follower.changed(ENGINEERS)
    passes(30_000)
    await follower.changed(ENGINEERS)
    passes(LOOK_AGAIN_MS - 1)
    assert.deepEqual(done, ['forget', 'mark', 'forget', 'mark'])
    passes(1)
    assert.equal(done.length, 5)
  })

  it('does nothing for a group that the catalogue does not name', async (t) => {
    const { follower, done, passes } = following(t)
    await follower.changed('S0CHOIR' as SlackGroupId)
    passes(LOOK_AGAIN_MS)
    assert.deepEqual(done, [])
  })

  it('looks again where the first time failed, and logs when the second fails too', async (t) => {
    const away = () => Promise.reject(new Error('the database is away'))
    const { follower, done, errors, passes } = following(t, away)
    await assert.rejects(follower.changed(ENGINEERS), /the database is away/)
    passes(LOOK_AGAIN_MS)
    await Promise.resolve()
    assert.deepEqual(done, ['forget', 'mark', 'mark'])
    assert.equal(errors.length, 1)
  })

  it('does nothing more after the stop', async (t) => {
    const { follower, done, passes } = following(t)
    await follower.changed(ENGINEERS)
    follower.stop()
    passes(LOOK_AGAIN_MS)
    await follower.changed(ENGINEERS)
    passes(LOOK_AGAIN_MS)
    assert.deepEqual(done, ['forget', 'mark', 'forget', 'mark'])
  })
})
