import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { Log } from '../../src/app/ports.ts'
import type { Head } from '../../src/domain/chained-event.ts'
import { publishHead } from '../../src/app/publish-head.ts'
import type { HeadsKept, WatchDeps } from '../../src/app/watch-trail.ts'
import { TrailWatch } from '../../src/app/watch-trail.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import { createTrailVerifier } from '../../src/postgres/trail-verifier.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDatabase, commit } from '../postgres/support.ts'

const DAY = 86_400
const { signal } = new AbortController()

/** What whoever has the database does first, and last so that nobody sees it. */
const SWITCHED_OFF = 'alter table audit_event disable trigger all'
const SWITCHED_ON = `
  alter table audit_event enable trigger all;
  alter table audit_event enable always trigger audit_event_append_only;
  alter table audit_event enable always trigger audit_event_no_truncate;
  alter table audit_event enable always trigger audit_event_not_archived;
  alter table audit_event enable always trigger zz_chain_audit_event`
/** The last event says something else, and its hash fits. */
const REWRITTEN = `
  do $$
  declare event audit_event;
  begin
    select * into event from audit_event order by seq desc limit 1;
    event.public_details := '{"policy":"other"}';
    event := seal_audit_event(event, (select hash from audit_event where seq = event.seq - 1));
    update audit_event set (public_details, personal_salt, personal_digest, hash)
      = (event.public_details, event.personal_salt, event.personal_digest, event.hash) where seq = event.seq;
  end $$`

let template: TestDatabase
let database: TestDatabase
before(async () => {
  template = await aDatabase()
  for (let n = 0; n < 5; n += 1) await append(template, 'policy.written', { error: 'it was so' })
})
afterAll(() => template[Symbol.asyncDispose]())

async function append({ store }: TestDatabase, action: AuditAction, details = {}): Promise<void> {
  await store.transaction(async (tx) => {
    tx.audit.append({ action, actor: { kind: 'bot' }, via: 'bot', alert: false, details })
  })
}

/** A file of heads in memory, which is there or is not. */
function fileOf(heads: Head[] = []): HeadsKept & { heads: Head[]; isThere: boolean } {
  return {
    heads,
    isThere: true,
    async read() {
      if (!this.isThere) throw new Error('EIO: i/o error')
      return [...heads]
    },
    async keep(head) {
      if (!this.isThere) throw new Error('EIO: i/o error')
      heads.push(head)
    },
  }
}

/** One process that watches the trail. */
function aWatch(more: Partial<WatchDeps> = {}) {
  const looks: object[] = []
  const clock = { ms: 0 }
  const log: Log = { ...silentLog, info: (fields) => void looks.push(fields) }
  const { store, db } = database
  const verifier = createTrailVerifier(db)
  const steady = () => clock.ms
  return { watch: new TrailWatch({ store, log, steady, verifier, ...more }), looks, clock }
}

async function told(action: AuditAction): Promise<readonly unknown[]> {
  const found = await database.store.statement((db) =>
    db.audit.newest({ action }, Number.MAX_SAFE_INTEGER, 100),
  )
  return found.toReversed().map(({ alert, details }) => ({ ...details, alert }))
}

const attack = (...statements: string[]) =>
  commit(database, SWITCHED_OFF, ...statements, SWITCHED_ON)

describe('TrailWatch', () => {
  beforeEach(async (t) => {
    database = await template.copy()
    if ('after' in t) t.after(() => database[Symbol.asyncDispose]())
  })

  it('walks the whole trail first, then what is new, and the whole again after a day', async () => {
    const { watch, looks, clock } = aWatch()
    const events = () => looks.map((fields) => 'events' in fields && fields.events)
    const last = () => watch.last
    assert.equal(last(), undefined)
    await watch.look(signal)
    await append(database, 'policy.written')
    await watch.look(signal)
    clock.ms += DAY * 1_000
    await watch.look(signal)
    assert.deepEqual(events(), [5, 2, 6])
    assert.equal(last()?.verified?.seq, 6)
    assert.deepEqual(last()?.problems, [])
  })

  it('finds after a day at most that an old event was edited, and tells of it once a day', async () => {
    const { watch, clock } = aWatch()
    await watch.look(signal)
    await attack(`update audit_event set action = 'policy.created' where seq = 2`)
    assert.ok(await watch.look(signal), 'what is new is as recorded')
    clock.ms += DAY * 1_000
    assert.ok(!(await watch.look(signal)))
    assert.ok(!(await watch.look(signal)))
    const [event, ...others] = await told('audit.chain_broken')
    assert.deepEqual(others, [])
    assert.deepEqual(event, {
      alert: true,
      why: 'events',
      seq: 2,
      problem:
        'its hash is not that of its content after event 1: it was changed, or what is before it',
    })
    await database.clock.advance(DAY + 1)
    await watch.look(signal)
    assert.equal((await told('audit.chain_broken')).length, 2)
  })

  it('finds by what it saw itself that the trail was written anew, and goes on to say so', async () => {
    const { watch } = aWatch()
    await watch.look(signal)
    const verified = watch.last?.verified
    await attack(REWRITTEN)
    for (let hour = 0; hour < 2; hour += 1) {
      assert.ok(!(await watch.look(signal)))
      assert.match(watch.last?.problems.join() ?? '', /^event 5: .* the trail was written anew$/)
      assert.deepEqual(watch.last?.verified, verified)
    }
    assert.ok(await aWatch().watch.look(signal), 'whoever knows no head from before cannot see it')
  })

  it('finds by what it saw itself that the end was cut off, also when all was', async () => {
    for (const kept of [3, 0]) {
      const { watch } = aWatch()
      await watch.look(signal)
      await attack(`delete from audit_event where seq > ${kept}`)
      assert.ok(!(await watch.look(signal)))
      assert.match(
        watch.last?.problems.join() ?? '',
        kept === 0
          ? /^there is no event before \d+$/
          : /^event 4: it is missing: event 5 was published, and the trail ends at 3$/,
      )
      assert.deepEqual((await told('audit.chain_broken')).length, 1)
    }
  })

  it('finds that what the trail begins with, or what it is read through, is gone', async () => {
    const { watch } = aWatch()
    await watch.look(signal)
    await commit(database, 'drop view audit.chained_event')
    assert.ok(!(await watch.look(signal)))
    assert.match(watch.last?.problems.join() ?? '', /audit\.chained_event.* does not exist/)
    const [event] = await told('audit.chain_broken')
    assert.ok(typeof event === 'object' && event !== null && 'why' in event)
    assert.equal(event.why, 'guards')
  })

  it('tells of guards that are off beside events that are wrong', async () => {
    const { watch } = aWatch()
    await watch.look(signal)
    await commit(
      database,
      'alter table audit_event disable trigger audit_event_append_only',
      `update audit_event set action = 'policy.created' where seq = 5`,
    )
    assert.ok(!(await watch.look(signal)))
    await commit(database, SWITCHED_ON)
    await watch.look(signal)
    const whys = (await told('audit.chain_broken')).map((event) => (event as { why: string }).why)
    assert.deepEqual(whys.sort(), ['events', 'guards'])
  })

  it('finds with kept heads what happened while nobody looked, and adds none of a wrong trail', async () => {
    const file = fileOf()
    await aWatch({ headsKept: file }).watch.look(signal)
    assert.deepEqual(
      file.heads.map(({ seq }) => seq),
      [5],
    )
    await attack(REWRITTEN)
    const { watch } = aWatch({ headsKept: file })
    assert.ok(!(await watch.look(signal)))
    assert.ok(!(await watch.look(signal)))
    assert.equal(file.heads.length, 1)
    assert.equal(watch.last?.verified, undefined)
  })

  it('verifies, and says once, when heads cannot be kept', async () => {
    const file = fileOf()
    file.isThere = false
    const { watch } = aWatch({ headsKept: file })
    assert.ok(await watch.look(signal))
    assert.ok(await watch.look(signal))
    assert.deepEqual(await told('audit.heads_not_kept'), [{ alert: true, error: 'EIO: i/o error' }])
    file.isThere = true
    await watch.look(signal)
    assert.equal(file.heads.length, 1)
  })

  it('is not misled by an erasure that is recorded during its walk', async () => {
    let queries = 0
    const db = database.db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        queries += 1
        // By now the walk knows where to begin, and of all erasures until now.
        if (queries === 2)
          await attack(
            'update audit_event set personal_salt = null, personal_details = null where seq = 2',
            SWITCHED_ON,
            `insert into audit_event (action, via, actor_kind, public_details)
             values ('audit.erased', 'cli', 'bot', '{"pseudonym":"erased-1","seqs":[[2,2]]}')`,
          )
        return result
      },
    })
    assert.ok(await aWatch({ verifier: createTrailVerifier(db) }).watch.look(signal))
    assert.ok(queries > 6, 'it walked twice')
  })

  it('takes one look after the other', async () => {
    const { watch, looks } = aWatch()
    await Promise.all([watch.look(signal), watch.look(signal)])
    assert.deepEqual(
      looks.map((fields) => 'isWhole' in fields && fields.isWhole),
      [true, false],
    )
  })

  it('ends early when the bot stops', async () => {
    const stopping = new AbortController()
    stopping.abort()
    await assert.rejects(aWatch().watch.look(stopping.signal), { name: 'AbortError' })
  })
})

describe('publishHead', () => {
  beforeEach(async (t) => {
    database = await template.copy()
    if ('after' in t) t.after(() => database[Symbol.asyncDispose]())
  })

  const publish = (when: 'start' | 'daily', { watch }: ReturnType<typeof aWatch>) =>
    publishHead({ store: database.store, watch }, when, signal)

  it('publishes once over several replicas that start, and once a day', async () => {
    const replicas = [aWatch(), aWatch(), aWatch()]
    const all = (when: 'start' | 'daily') =>
      Promise.all(replicas.map((replica) => publish(when, replica)))
    await all('start')
    await all('daily')
    const [head, ...others] = await told('audit.head_published')
    assert.deepEqual(others, [])
    assert.ok(typeof head === 'object' && head !== null && 'seq' in head && 'hash' in head)
    assert.equal(head.seq, 5)
    for (let hour = 1; hour <= 48; hour += 1) {
      await database.clock.advance(DAY / 24)
      if (hour % 8 === 0) await all('daily')
    }
    assert.equal((await told('audit.head_published')).length, 3)
  })

  it('publishes at a start when the last head is not of the last hour', async () => {
    await publish('start', aWatch())
    await publish('start', aWatch())
    assert.equal((await told('audit.head_published')).length, 1)
    await database.clock.advance(DAY / 24 + 1)
    await publish('start', aWatch())
    assert.equal((await told('audit.head_published')).length, 2)
  })

  it('keeps the head that it published', async () => {
    const file = fileOf()
    await publish('start', aWatch({ headsKept: file }))
    assert.deepEqual(
      file.heads.map(({ seq }) => seq),
      [5, 6],
    )
  })

  it('publishes no head of a trail that is not as it was recorded', async () => {
    await attack('delete from audit_event where seq = 3')
    await publish('start', aWatch())
    assert.deepEqual(await told('audit.head_published'), [])
    assert.equal((await told('audit.chain_broken')).length, 1)
  })
})
