import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Breaker } from '../../src/app/breaker.ts'
import { alertWork, messagesWork } from '../../src/app/notify.ts'
import type { MessagePlace, Messenger, RequestView } from '../../src/app/ports.ts'
import { MessengerError } from '../../src/app/ports.ts'
import type { RequestId, SlackChannelId } from '../../src/domain/ids.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import {
  anExtendable,
  approval,
  ask,
  askExtension,
  aDatabase,
  change,
  grant,
} from '../postgres/support.ts'
import { aCatalogue, aResource, after, alex, kim, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { openEmergency } from './emergency.ts'

const HELD = { hold: () => Promise.resolve() }
const APPROVALS = aResource().channel
const AUDIT = 'C0AUDIT' as SlackChannelId
const FALLBACK = 'C0FALLBACK' as SlackChannelId

interface Call {
  readonly method: keyof Messenger
  readonly to: string
  readonly view?: RequestView
}

/** Slack in memory; what `broken` names answers with an error of that code. */
function aMessenger(broken: Record<string, MessengerError['code']> = {}) {
  const calls: Call[] = []
  /** Changes that threads tell of. */
  const told: string[] = []
  let posted = 0
  const call = async (method: keyof Messenger, to: string, view?: RequestView) => {
    calls.push({ method, to, ...(view && { view }) })
    const code = broken[`${method} ${to}`]
    if (code !== undefined) throw new MessengerError(`${method} to ${to}`, { code })
    posted += 1
    return { channel: to as SlackChannelId, ts: `${posted}.0` } satisfies MessagePlace
  }
  const messenger: Messenger = {
    postCard: (channel, view) => call('postCard', channel, view),
    postDirect: (userId, view) => call('postDirect', userId, view),
    postAlert: (channel) => call('postAlert', channel),
    async updateCard({ channel }, view) {
      await call('updateCard', channel, view)
    },
    async updateDirect({ channel }, view) {
      await call('updateDirect', channel, view)
    },
    async postTrail({ channel }, events) {
      told.push(...events.map(({ action }) => `${action} in ${channel}`))
      await call('postTrail', channel)
    },
  }
  return { messenger, calls, told, broken }
}

const CLAIM = {
  generation: '1',
  leaseEpoch: '1',
  isUrgent: false,
  attempts: 0,
} as const

type Slack = ReturnType<typeof aMessenger>

function show(
  { store }: TestDatabase,
  { messenger }: Slack,
  subject: RequestId,
  catalogue: Catalogue = aCatalogue({ auditChannel: AUDIT }),
) {
  const deps = { store, messenger, catalogue: () => catalogue, log: silentLog }
  const work = messagesWork({ ...deps, breaker: new Breaker(() => 0) })
  return work({ kind: 'messages', subject, ...CLAIM }, HELD)
}

/** Has the worker post the alerts that are due. */
async function alertsPosted(
  { store, pool }: TestDatabase,
  { messenger, calls }: Slack,
  catalogue: Catalogue,
) {
  const deps = { store, messenger, catalogue: () => catalogue, log: silentLog }
  const work = alertWork({ ...deps, breaker: new Breaker(() => 0) })
  const handled: string[] = []
  for (;;) {
    const { rows } = await pool.query<{ subject: string }>(
      `delete from work where kind = 'alert' returning subject`,
    )
    if (rows.length === 0) break
    for (const { subject } of rows)
      handled.push((await work({ kind: 'alert', subject, ...CLAIM }, HELD)).type)
  }
  const posts = calls.filter(({ method }) => method === 'postAlert').map(({ to }) => to)
  return { handled, posts }
}

/** What was called, in words, the requester's own messages left out. */
function cards({ calls }: Slack): readonly string[] {
  return calls
    .filter(({ method, to }) => method.endsWith('Card') && !to.startsWith('U'))
    .map(({ method, to, view }) => [method, to, view?.reroutedFrom ?? ''].join(' ').trim())
}

async function reroutes({ pool }: TestDatabase) {
  const { rows } = await pool.query<{ alert: boolean; details: unknown }>(
    `select alert, details from audit_event where action = 'message.rerouted' order by seq`,
  )
  return rows
}

describe('messagesWork', () => {
  for (const code of ['gone', 'refused'] as const)
    it(`posts a card elsewhere when its channel answers ${code}, on record, and keeps it right`, async () => {
      await using database = await aDatabase()
      const slack = aMessenger({ [`postCard ${APPROVALS}`]: code })
      const { id } = await ask(database.store)
      await database.pool.query('delete from work')
      assert.deepEqual(await show(database, slack, id), { type: 'done' })
      assert.deepEqual(await show(database, slack, id), { type: 'done' })
      assert.deepEqual(cards(slack), [`postCard ${APPROVALS}`, `postCard ${AUDIT} ${APPROVALS}`])
      const { rows } = await database.pool.query('select kind from work')
      assert.deepEqual(rows, [{ kind: 'alert' }])
      assert.deepEqual(await reroutes(database), [
        {
          alert: true,
          details: { from: APPROVALS, to: AUDIT, error: `postCard to ${APPROVALS}` },
        },
      ])
      await change(database.store, id, approval())
      assert.deepEqual(await show(database, slack, id), { type: 'done' })
      assert.equal(cards(slack).at(-1), `updateCard ${AUDIT} ${APPROVALS}`)
    })

  it('posts into the fallback channel where the catalogue has one', async () => {
    await using database = await aDatabase()
    const slack = aMessenger({ [`postCard ${APPROVALS}`]: 'gone' })
    const { id } = await ask(database.store)
    const catalogue = aCatalogue({ auditChannel: AUDIT, fallbackChannel: FALLBACK })
    await show(database, slack, id, catalogue)
    assert.deepEqual(cards(slack).slice(1), [`postCard ${FALLBACK} ${APPROVALS}`])
  })

  it('tells operators once of many cards that go elsewhere, with each of them on record', async () => {
    await using database = await aDatabase()
    const slack = aMessenger({ [`postCard ${APPROVALS}`]: 'gone' })
    for (const by of [alex, { ...alex, userId: 'U0ANN', email: 'ann@example.com' }]) {
      const { id } = await ask(database.store, { by: by as typeof alex })
      await show(database, slack, id)
    }
    assert.deepEqual(
      (await reroutes(database)).map(({ alert }) => alert),
      [true, false],
    )
  })

  it('waits for a channel that is only out for now', async () => {
    await using database = await aDatabase()
    const slack = aMessenger({ [`postCard ${APPROVALS}`]: 'unavailable' })
    const { id } = await ask(database.store)
    assert.equal((await show(database, slack, id)).type, 'failed')
    assert.deepEqual(cards(slack), [`postCard ${APPROVALS}`])
    assert.deepEqual(await reroutes(database), [])
  })

  const nowhere: readonly (readonly [string, Catalogue, string[]])[] = [
    ['there is no other', aCatalogue(), []],
    ['the other is the same', aCatalogue({ fallbackChannel: APPROVALS }), []],
    [
      'the other takes it neither',
      aCatalogue({ fallbackChannel: FALLBACK }),
      [`postCard ${FALLBACK} ${APPROVALS}`],
    ],
  ]
  for (const [name, catalogue, more] of nowhere)
    it(`waits for a change when a channel does not take a card and ${name}`, async () => {
      await using database = await aDatabase()
      const slack = aMessenger({
        [`postCard ${APPROVALS}`]: 'gone',
        [`postCard ${FALLBACK}`]: 'refused',
      })
      const { id } = await ask(database.store)
      assert.equal((await show(database, slack, id, catalogue)).type, 'blocked')
      assert.deepEqual(cards(slack), [`postCard ${APPROVALS}`, ...more])
      assert.deepEqual(await reroutes(database), [])
    })

  it('moves a card whose channel was lost, while somebody may still act on it', async () => {
    await using database = await aDatabase()
    const slack = aMessenger()
    const { id } = await ask(database.store)
    await show(database, slack, id)
    slack.broken[`postCard ${APPROVALS}`] = 'gone'
    slack.broken[`updateCard ${APPROVALS}`] = 'gone'
    await change(database.store, id, approval())
    await show(database, slack, id)
    assert.deepEqual(await show(database, slack, id), { type: 'done' })
    assert.equal(cards(slack).at(-1), `postCard ${AUDIT} ${APPROVALS}`)
  })

  it('moves no card of what is over', async () => {
    await using database = await aDatabase()
    const slack = aMessenger({ [`postCard ${APPROVALS}`]: 'gone' })
    const { id } = await ask(database.store)
    const denial = { at: after(60), by: kim, resource: aResource(), reason: 'no' }
    await change(database.store, id, { type: 'deny', ...denial })
    assert.equal((await show(database, slack, id)).type, 'blocked')
    assert.deepEqual(cards(slack), [`postCard ${APPROVALS}`])
  })

  it('shows approvers a card whose requester cannot be written to', async () => {
    await using database = await aDatabase()
    const slack = aMessenger({ [`postDirect ${alex.userId}`]: 'refused' })
    const { id } = await ask(database.store)
    assert.equal((await show(database, slack, id)).type, 'blocked')
    await change(database.store, id, approval())
    await show(database, slack, id)
    assert.deepEqual(cards(slack), [`postCard ${APPROVALS}`, `updateCard ${APPROVALS}`])
    assert.deepEqual(
      slack.calls.filter(({ method }) => method === 'postTrail').map(({ to }) => to),
      [APPROVALS],
    )
  })

  it('shows a wish to extend on messages of its own, with the request that it is about', async () => {
    await using database = await aDatabase()
    const resource = anExtendable()
    const slack = aMessenger()
    const extended = await grant(database.store, { resource })
    await show(database, slack, extended.id)
    const request = await askExtension(database.store, extended)
    const catalogue = aCatalogue({}, resource)
    await show(database, slack, request.id, catalogue)
    const view = { request, resource, extended }
    assert.deepEqual(
      slack.calls.slice(2).toSorted((a, b) => a.method.localeCompare(b.method)),
      [
        { method: 'postCard', to: APPROVALS, view },
        { method: 'postDirect', to: alex.userId, view },
      ],
    )
  })

  it('reminds in the thread of the card only', async () => {
    await using database = await aDatabase()
    const slack = aMessenger()
    const resource = aResource({
      remindSeconds: 600,
      escalation: { afterSeconds: 1_800, to: people({ everyone: true }) },
    })
    const { id } = await ask(database.store, { resource })
    await show(database, slack, id)
    await change(database.store, id, { type: 'tick', at: after(600) })
    await show(database, slack, id)
    await change(database.store, id, { type: 'tick', at: after(1_800) })
    await show(database, slack, id)
    await show(database, slack, id)
    assert.deepEqual(slack.told.toSorted(), [
      `request.escalated in ${APPROVALS}`,
      `request.escalated in ${alex.userId}`,
      `request.reminded in ${APPROVALS}`,
    ])
  })
})

describe('alertWork', () => {
  for (const code of ['gone', 'refused'] as const)
    it(`posts an alert elsewhere when the audit channel answers ${code}, on record`, async () => {
      await using database = await aDatabase()
      const slack = aMessenger({ [`postAlert ${AUDIT}`]: code })
      await openEmergency(database, alex)
      const catalogue = aCatalogue({ auditChannel: AUDIT, fallbackChannel: FALLBACK })
      // The second is about the first, and there is no third.
      assert.deepEqual(await alertsPosted(database, slack, catalogue), {
        handled: ['done', 'done'],
        posts: [AUDIT, FALLBACK, AUDIT, FALLBACK],
      })
      const details = { from: AUDIT, to: FALLBACK, error: `postAlert to ${AUDIT}` }
      assert.deepEqual(await reroutes(database), [
        { alert: true, details },
        { alert: false, details },
      ])
      await database.pool.query(
        `insert into work (key, kind, subject, due_at)
         select 'alert:' || seq, 'alert', seq, jit_now() from audit_event where alert`,
      )
      const again = await alertsPosted(database, slack, catalogue)
      assert.equal(again.posts.length, 4, 'each once')
    })

  it('waits for an audit channel that is only out for now', async () => {
    await using database = await aDatabase()
    const slack = aMessenger({ [`postAlert ${AUDIT}`]: 'unavailable' })
    await openEmergency(database, alex)
    const catalogue = aCatalogue({ auditChannel: AUDIT, fallbackChannel: FALLBACK })
    assert.deepEqual(await alertsPosted(database, slack, catalogue), {
      handled: ['failed'],
      posts: [AUDIT],
    })
    assert.deepEqual(await reroutes(database), [])
  })

  for (const [name, changes] of [
    ['there is no other', {}],
    ['the other is the same', { fallbackChannel: AUDIT }],
  ] as const)
    it(`waits for a change when the audit channel takes no alert and ${name}`, async () => {
      await using database = await aDatabase()
      const slack = aMessenger({ [`postAlert ${AUDIT}`]: 'gone' })
      await openEmergency(database, alex)
      const catalogue = aCatalogue({ auditChannel: AUDIT, ...changes })
      assert.deepEqual(await alertsPosted(database, slack, catalogue), {
        handled: ['blocked'],
        posts: [AUDIT],
      })
    })
})
