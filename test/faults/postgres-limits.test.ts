import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { House } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import type { Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import type { Tap, TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const UNCERTAIN = /^The request could not be completed, nothing is certain: check `\/jit mine`/
/** More than there are connections in the pool. */
const CLICKS = 14

describe('Postgres', () => {
  let house: House
  let story: Story
  let proxy: TcpProxy
  /** Whether the answer to the next commit of an approval is lost. */
  let losesCommit = false

  const tap = (): Tap => {
    let isApproval = false
    let isLost = false
    return {
      sent(chunk) {
        const text = chunk.toString('latin1')
        isApproval ||= text.includes('request.approved')
        if (losesCommit && isApproval && /\bcommit\b/i.test(text)) isLost = true
        if (/\b(commit|rollback)\b/i.test(text)) isApproval = false
        return true
      },
      answered() {
        if (!isLost) return true
        losesCommit = false
        return false
      },
    }
  }

  before(async () => {
    const town = await startTown()
    const url = new URL(town.database.appUrl)
    proxy = await startTcpProxy(Number(url.port), tap)
    url.port = String(proxy.port)
    house = await startHouse({
      town: { ...town, config: { ...town.config, database: { url: url.href } } },
    })
    story = storyOf(house)
  })
  after(async () => {
    await house[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  const dropConnections = () =>
    house.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and usename <> current_user`,
    )
  /** What was approved is there once, and everybody sees it. */
  const assertOnce = async (id: string) => {
    await story.minutesUntil('active', async () => (await story.request(id)).state === 'active')
    await story.untilCard(id, 'Active')
    const changes = (await story.events(id)).filter((action) => !action.endsWith('_refused'))
    assert.deepEqual(changes, ['request.created', 'request.approved', 'grant.activated'])
    await story.command('kim', `end ${id}`)
    await story.untilState(id, 'ended')
  }

  it('may lose the answer to a commit: nobody is told that it failed, and a second try changes nothing (F14)', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 an answer is lost')
    losesCommit = true
    assert.match(await story.command('kim', `approve ${id}`), UNCERTAIN)
    assert.equal(losesCommit, false)
    assert.equal((await story.request(id)).status, 'approved')
    assert.match(await story.command('kim', `approve ${id}`), /approved this request already/)
    await assertOnce(id)
  })

  it('may have no connection left: clicks are acknowledged, and told after a bounded wait (F15)', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 no connection is left')
    await story.untilIdle()
    const { pool } = house.database
    const holder = await pool.connect()
    await holder.query('begin; lock table request in access exclusive mode')
    const seen = house.slack.ephemerals(house.people.kim).length
    const startedAt = performance.now()
    const card = story.card(id)
    assert.ok(card)
    const acks = await Promise.all(
      Array.from({ length: CLICKS }, () =>
        house.slack.click(house.people.kim, card, 'jit:approve'),
      ),
    )
    for (const { status, problem, elapsedMs } of acks) {
      assert.deepEqual([status, problem], [200, undefined])
      assert.ok(elapsedMs < 1_500, `${elapsedMs} ms`)
    }
    const told = () => house.slack.ephemerals(house.people.kim).slice(seen)
    await house.slack.waitFor(() => told().length > 0)
    assert.ok(performance.now() - startedAt < 8_000)
    for (const each of told()) assert.match(house.slack.visibleText(each), UNCERTAIN)
    await holder.query('rollback')
    holder.release()
    // Whose click was the one that counts sees it on the card.
    await house.slack.waitFor(() => told().length >= CLICKS - 1)
    await story.command('kim', `approve ${id}`)
    await assertOnce(id)
  })

  for (const [what, breaks, mends] of [
    [
      'read-only',
      'alter database NAME set default_transaction_read_only = on',
      'alter database NAME reset default_transaction_read_only',
    ],
    [
      'out of disk space',
      `create function full_disk() returns trigger language plpgsql
         as $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
       create trigger full_disk before insert on approval for each row execute function full_disk()`,
      'drop function full_disk cascade',
    ],
  ] as const)
    it(`may be ${what}: nothing is approved, nobody is told that it was (F17)`, async () => {
      const id = await story.ask('alex', 'grafana-prod 1h INC-3 nothing can be stored')
      await story.untilIdle()
      const { pool, url } = house.database
      const name = new URL(url).pathname.slice(1)
      await pool.query(breaks.replace('NAME', name))
      await dropConnections()
      assert.match(await story.command('kim', `approve ${id}`), UNCERTAIN)
      assert.equal(story.headings(id).at(-1), '⏳ Waiting for approval')
      assert.equal(await story.visit('alex'), 403)
      // The pool of this test has connections from before, which may write.
      await pool.query(mends.replace('NAME', name))
      await dropConnections()
      assert.equal((await story.request(id)).status, 'pending')
      await story.minutesUntil('it can be approved', async () => {
        await story.command('kim', `approve ${id}`)
        return (await story.request(id)).status === 'approved'
      })
      await assertOnce(id)
      await assertInvariants(house)
    })
})
