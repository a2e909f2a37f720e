import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { canonicalJson } from '../../src/domain/canonical.ts'
import type { AuditEvent } from '../../src/domain/event.ts'
import type { ResourceId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { chainBeginning, chainedEvents } from '../../src/postgres/audit-chain.ts'
import type { TrailVerified } from '../../src/postgres/audit-verify.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import type { ChainedEvent } from '../../src/domain/chained-event.ts'
import { digestOf, entryText, genesisOf } from '../../src/trail/entry.ts'
import type { Head } from '../../src/domain/chained-event.ts'
import type { TestDatabase } from '../support/database.ts'
import { alex, anEngineer } from '../support/build.ts'
import { aDatabase, ask, commit } from './support.ts'

/** One of them is that somebody asked. */
const EVENTS = 42

/** What the database's superuser does first, so that nothing stops them. */
const SWITCHED_OFF = `
  alter table audit_event disable trigger all;
  alter table audit_event drop constraint audit_event_actor_sealed, drop constraint audit_event_via_form`
const SWITCHED_ON = `
  alter table audit_event enable always trigger audit_event_append_only;
  alter table audit_event enable always trigger audit_event_no_truncate;
  alter table audit_event enable always trigger audit_event_not_archived;
  alter table audit_event enable always trigger zz_chain_audit_event`

/** Writes the hashes anew from an event on, as the trigger would have. */
const rehashed = (from: number) => `
  do $$
  declare event audit_event; previous bytea;
  begin
    select hash into previous from audit_event where seq < ${from} order by seq desc limit 1;
    previous := coalesce(previous, (select audit_genesis(log_id) from audit_chain));
    for event in select * from audit_event where seq >= ${from} order by seq loop
      event := seal_audit_event(event, previous);
      previous := event.hash;
      update audit_event set (actor_salt, actor_digest, personal_salt, personal_digest, hash)
        = (event.actor_salt, event.actor_digest, event.personal_salt, event.personal_digest, event.hash)
      where seq = event.seq;
    end loop;
  end $$`

async function recordMany({ store }: TestDatabase, events: readonly AuditEvent[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const event of events) tx.audit.append(event)
  })
}

async function allEvents({ db }: TestDatabase): Promise<readonly ChainedEvent[]> {
  const events: ChainedEvent[] = []
  for await (const batch of chainedEvents(db)) events.push(...batch)
  return events
}

const anEvent = (n: number): AuditEvent => ({
  action: n % 3 === 0 ? 'policy.written' : 'request.deny_refused',
  actor:
    n % 3 === 0
      ? { kind: 'bot' }
      : { kind: 'person', identity: anEngineer(`e${n % 5}`, { subject: `sub-${n % 5}` }) },
  via: n % 3 === 0 ? 'bot' : 'button',
  ...(n % 3 === 0 ? {} : { source: '203.0.113.7' }),
  resourceId: `r${n % 4}` as ResourceId,
  alert: false,
  details: { refusal: 'own-request', reason: `INC-${n} "why" it\nwas` },
})

describe('the chain', () => {
  let database: TestDatabase
  before(async () => {
    database = await aDatabase()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  it('begins with what tells this trail from any other', async () => {
    const { rows } = await database.pool.query<{ id: string; genesis: string }>(
      `select log_id as id, encode(audit_genesis(log_id), 'hex') as genesis from audit_chain`,
    )
    const [{ id, genesis } = { id: '', genesis: '' }] = rows
    assert.equal(genesisOf(id), genesis)
    assert.deepEqual(await chainBeginning(database.db), {
      after: { seq: 0, hash: genesis },
      gapsUntil: 0,
      isTrusted: false,
    })
  })

  it('is made of the same canonical text here and in the database, whatever is recorded', async () => {
    const word = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 12 })
      .map((text) => text.replaceAll('\0', '\u{1f525}'))
    const anything = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null))
    const event = fc.record({
      name: fc.constantFrom('reason', 'refusal', 'note', 'seconds', 'unheard of'),
      value: fc.oneof(anything, fc.array(anything), fc.dictionary(word, anything)),
      email: word,
      subject: fc.option(word, { nil: undefined }),
      source: fc.option(word, { nil: undefined }),
      resource: word,
      alert: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 20 }), async (drawn) => {
        const events = drawn.map(
          ({ name, value, email, subject, source, resource, alert }): AuditEvent => ({
            action: 'request.create_refused',
            actor: {
              kind: 'person',
              identity: {
                teamId: 'T0' as SlackTeamId,
                userId: email as SlackUserId,
                email,
                ...(subject === undefined ? {} : { subject }),
              },
            },
            via: 'web',
            ...(source === undefined ? {} : { source }),
            resourceId: resource as ResourceId,
            alert,
            details: { [name]: value },
          }),
        )
        await recordMany(database, events)
        const { rows } = await database.pool.query<{
          entry: string
          actor: string
          personal: string | null
        }>(
          `select audit_entry(event) as entry, audit_actor_opening(event) as actor, audit_personal_opening(event) as personal
           from audit_event event order by seq desc limit $1`,
          [events.length],
        )
        const ours = (await allEvents(database)).slice(-events.length).toReversed()
        assert.deepEqual(
          ours.map((event) => [
            entryText(event),
            event.actor?.opening,
            event.personal?.opening ?? null,
          ]),
          rows.map(({ entry, actor, personal }) => [entry, actor, personal]),
        )
        for (const { entry, actor, personal } of rows)
          for (const text of [entry, actor, personal ?? '[]'])
            assert.equal(canonicalJson(JSON.parse(text)), text)
      }),
      { numRuns: 20 },
    )
    const verified = await verifyTrail(database.db)
    assert.deepEqual([verified.finding, verified.problems], [undefined, []])
  })

  it('has no gaps, though transactions fail and run at once', async () => {
    const { store } = database
    await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        store.transaction(async (tx) => {
          tx.audit.append(anEvent(n))
          tx.audit.append({
            ...anEvent(n),
            ...(n % 5 === 0 ? { action: 'no action' as never } : {}),
          })
          if (n % 7 === 0) throw new Error('on purpose')
        }),
      ),
    )
    const numbers = (await allEvents(database)).map(({ seq }) => seq)
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    )
    assert.equal((await verifyTrail(database.db)).finding, undefined)
  })

  it('lets nobody give number, time, salts or hashes', async () => {
    for (const [column, value] of [
      ['seq', '1'],
      ['at', 'now()'],
      ['recorded_by', `'me'`],
      ['hash', `'\\x00'`],
      ['actor_salt', 'gen_random_uuid()'],
      ['personal_digest', `'\\x00'`],
    ])
      await assert.rejects(
        commit(
          database,
          `insert into audit_event (${column}, action, via, actor_kind) values (${value}, 'x.y', 'bot', 'bot')`,
        ),
        { code: '428C9' },
      )
  })
})

describe('verifyTrail', () => {
  let database: TestDatabase
  let published: Head
  before(async () => {
    database = await aDatabase()
    await ask(database.store, { by: alex })
    await recordMany(
      database,
      Array.from({ length: EVENTS - 1 }, (_, n) => anEvent(n)),
    )
    published = await headOf(20)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function headOf(seq: number): Promise<Head> {
    const event = (await allEvents(database)).find((each) => each.seq === seq)
    assert.ok(event)
    return { seq, hash: event.hash }
  }

  /** What is found while the superuser's statements stand; they are taken back. */
  async function found(...statements: readonly string[]) {
    const results: { readonly alone: TrailVerified; readonly withHead: TrailVerified }[] = []
    const attempt = database.db.transaction().execute(async (tx) => {
      for (const statement of statements) await sql.raw(statement).execute(tx)
      const alone = await verifyTrail(tx)
      results.push({ alone, withHead: await verifyTrail(tx, { heads: [published] }) })
      throw new Error('taken back')
    })
    await assert.rejects(attempt, /^Error: taken back$/)
    const [result] = results
    assert.ok(result)
    return {
      alone: result.alone.finding,
      withHead: result.withHead.finding,
      problems: result.alone.problems,
    }
  }

  /** What is found after the superuser did something to the trail, and put the guards back. */
  const after = (...attack: readonly string[]) => found(SWITCHED_OFF, ...attack, SWITCHED_ON)

  it('finds nothing in what nobody touched, and says how far it is known from outside', async () => {
    const verified = await verifyTrail(database.db, { heads: [published] })
    const last = await headOf(EVENTS)
    assert.deepEqual(verified, {
      events: EVENTS,
      head: last,
      erased: 0,
      headsMet: 1,
      isTrusted: false,
      problems: [],
    })
  })

  it('looks at a part, from a hash that it says it trusts', async () => {
    const verified = await verifyTrail(database.db, { from: 11, to: 30, heads: [published] })
    assert.deepEqual(
      [verified.events, verified.head.seq, verified.headsMet, verified.isTrusted],
      [20, 30, 1, true],
    )
  })

  const edits: readonly (readonly [string, string])[] = [
    ['an action', `action = 'policy.blocked'`],
    ['a time', `at = at - interval '1 second'`],
    ['an origin', `via = 'cli'`],
    ['who wrote it', `recorded_by = 'nobody'`],
    ['a request', `request_id = null, request_version = null, action = 'x.y'`],
    ['a resource', `resource_id = 'other'`],
    ['whether it is an alert', `alert = not alert`],
    ['the version of its schema', `schema_version = 7`],
    ['a public detail', `public_details = '{"refusal":"other"}'`],
    ['a hash', `hash = sha256(hash)`],
    ['the digest of an actor', `actor_digest = sha256(actor_digest)`],
    [
      'a person into the bot',
      `actor_digest = null, actor_kind = 'bot', actor_salt = null, source_address = null,
      actor_user_id = null, actor_team_id = null, actor_email = null, actor_subject = null`,
    ],
  ]
  for (const [what, set] of edits)
    it(`finds that somebody changed ${what}`, async () => {
      const { alone } = await after(`update audit_event set ${set} where seq = 9`)
      assert.equal(alone?.seq, 9)
      assert.match(alone?.problem ?? '', /its hash is not that of its content/)
    })

  const people: readonly (readonly [string, RegExp])[] = [
    [`actor_email = 'mallory@example.com'`, /who acted was changed/],
    [`actor_user_id = 'U0MALLORY'`, /who acted was changed/],
    [`source_address = null`, /who acted was changed/],
    [`personal_details = '{"reason":"other"}'`, /its personal details were changed/],
    [`actor_salt = null`, /who acted was taken away, and no erasure on record says so/],
    [`personal_salt = null, personal_details = null`, /its personal details were taken away/],

    [`via = E'a\\x1fb'`, /control characters where there can be none/],
    [`actor_email = E'a\\x1f\\x1eb'`, /who acted was changed/],
  ]
  for (const [set, problem] of people)
    it(`finds that somebody set ${set}`, async () => {
      const { alone } = await after(`update audit_event set ${set} where seq = 9`)
      assert.equal(alone?.seq, 9)
      assert.match(alone?.problem ?? '', problem)
    })

  it('finds that details for queries are not those on record', async () => {
    const { alone, problems } = await after(
      `alter table audit_event alter column details drop expression`,
      `update audit_event set details = '{"refusal": "other"}' where seq = 9`,
    )
    assert.deepEqual(alone, { seq: 9, problem: 'its details for queries are not those on record' })
    assert.match(problems.join(), /details is no longer generated/)
  })

  const unsealed: readonly (readonly [string, string])[] = [
    ['personal details', `personal_details = '{"refusal":"forged"}'`],
    ['a salt', `personal_salt = gen_random_uuid()`],
  ]
  for (const [what, set] of unsealed)
    it(`finds that somebody gave ${what} to an event that had no personal details`, async () => {
      const { alone } = await found(
        `insert into audit_event (action, via, actor_kind) values ('policy.adopted', 'bot', 'bot')`,
        SWITCHED_OFF,
        `update audit_event set ${set} where seq = ${EVENTS + 1}`,
        SWITCHED_ON,
      )
      assert.equal(alone?.problem, 'it says of people what no digest on record is of')
    })

  it('finds that somebody gave an actor to what the bot did, and another kind to one', async () => {
    const drop = 'alter table audit_event drop constraint audit_event_person_named'
    const dropKind =
      'alter table audit_event drop constraint audit_event_actor_kind_known, drop constraint audit_event_without_source'
    for (const set of [
      `actor_email = 'mallory@example.com', actor_user_id = 'U0MAL' where actor_kind = 'bot'`,
      `source_address = '203.0.113.9' where actor_kind = 'bot'`,
      `actor_kind = 'service' where actor_kind = 'person'`,
    ]) {
      const { alone } = await after(drop, dropKind, `update audit_event set ${set}`)
      assert.equal(alone?.problem, 'it says of people what no digest on record is of', set)
    }
  })

  it('finds events before the beginning', async () => {
    for (const seq of [0, -5]) {
      const { problems } = await after(
        `insert into audit_event (seq, at, action, via, actor_kind, hash) values (${seq}, now(), 'x.y', 'bot', 'bot', '\\x00')`,
      )
      assert.match(problems.join(), new RegExp(`event ${seq} stands before the beginning`))
    }
  })

  it('finds that two events were folded into one', async () => {
    const cells = `concat_ws(E'\\x1f', seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), action)`
    const { alone } = await after(
      'alter table audit_event drop constraint audit_event_action_form',
      `update audit_event set action = action || E'\\x1e' || (select ${cells} from audit_event where seq = 10) where seq = 9`,
    )
    assert.ok(alone !== undefined)
  })

  it('finds a hole at once, however large it is', async () => {
    const { alone } = await after(`update audit_event set seq = 900000000000 where seq = ${EVENTS}`)
    assert.deepEqual(alone, {
      seq: EVENTS,
      problem: `it is missing: after ${EVENTS - 1} comes 900000000000`,
    })
  })

  it('does not take what is not there for verified', async () => {
    for (const [from, to] of [
      [EVENTS + 10, EVENTS + 20],
      [11, EVENTS + 1],
    ] as const) {
      const { problems } = await verifyTrail(database.db, { from, to })
      assert.match(problems.join(), /the trail ends at event \d+, and event \d+ was asked for/)
    }
  })

  it('finds that an event in the middle is missing', async () => {
    const { alone } = await after('delete from audit_event where seq = 9')
    assert.deepEqual(alone, { seq: 9, problem: 'it is missing: after 8 comes 10' })
  })

  it('finds that an event is missing, also when those after it were numbered anew', async () => {
    const { alone } = await after(
      'delete from audit_event where seq = 9',
      'update audit_event set seq = seq - 1 where seq = 10',
      'update audit_event set seq = 900 where seq = 9',
      'update audit_event set seq = 9 where seq = 900',
      `do $$ begin for n in 11..${EVENTS} loop update audit_event set seq = n - 1 where seq = n; end loop; end $$`,
    )
    assert.equal(alone?.seq, 9)
  })

  it('finds that an event was put in', async () => {
    const { alone } = await after(
      `do $$ begin for n in reverse ${EVENTS}..9 loop update audit_event set seq = n + 1 where seq = n; end loop; end $$`,
      `insert into audit_event (seq, at, action, via, actor_kind, hash) values (9, now(), 'x.y', 'bot', 'bot', '\\x00')`,
    )
    assert.equal(alone?.seq, 9)
  })

  it('finds that two events changed places', async () => {
    const { alone } = await after(
      'update audit_event set seq = 900 where seq = 9',
      'update audit_event set seq = 9 where seq = 12',
      'update audit_event set seq = 12 where seq = 900',
    )
    assert.equal(alone?.seq, 9)
  })

  it('finds that the first events are missing', async () => {
    const { alone } = await after('delete from audit_event where seq between 3 and 9')
    assert.equal(alone?.seq, 3)
  })

  it('finds with a published head alone that the end was cut off', async () => {
    const { alone, withHead } = await after('delete from audit_event where seq > 15')
    assert.equal(alone, undefined)
    assert.deepEqual(withHead, {
      seq: 16,
      problem: 'it is missing: event 20 was published, and the trail ends at 15',
    })
  })

  it('finds with a published head alone that everything was written anew', async () => {
    const { alone, withHead } = await after(
      `update audit_event set public_details = '{"refusal":"other"}' where seq = 9`,
      rehashed(9),
    )
    assert.equal(alone, undefined)
    assert.deepEqual(withHead, {
      seq: 20,
      problem: 'its hash is not the one that was published: the trail was written anew',
    })
  })

  it('finds with a published head that it is another trail', async () => {
    const { withHead } = await after(
      'alter table audit_chain disable trigger all',
      'update audit_chain set log_id = gen_random_uuid()',
      rehashed(1),
    )
    assert.equal(withHead?.seq, 20)
  })

  it('does not see what was cut off or written anew after the last head that is known', async () => {
    const cut = await after('delete from audit_event where seq > 25')
    const anew = await after(
      `update audit_event set public_details = '{"refusal":"other"}' where seq = 25`,
      rehashed(25),
    )
    assert.deepEqual([cut.withHead, anew.withHead], [undefined, undefined])
  })

  it('finds that a request moved without an event', async () => {
    const { problems } = await after(
      'alter table request disable trigger all',
      'update request set version = 4',
    )
    assert.match(problems.join(), /^request \w+ is at version 4, its last event at 1$/)
  })

  it('finds that guards were switched off', async () => {
    for (const statement of [
      'alter table audit_event disable trigger audit_event_append_only',
      'alter table audit_event enable trigger audit_event_no_truncate',
      'drop trigger zz_chain_audit_event on audit_event',
      'alter table audit_chain disable trigger user',
    ]) {
      const { problems } = await found(statement)
      assert.match(problems.join(), /^trigger \w+ of \w+ is missing, altered or switched off/)
    }
  })

  it('finds that a published head is of another trail, where nobody touched this one', async () => {
    const wrong = { seq: 20, hash: digestOf('other') }
    const { finding } = await verifyTrail(database.db, { heads: [wrong] })
    assert.equal(finding?.seq, 20)
  })
})
