import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eligibilityWork, markEverybody, markPerson } from '../../src/app/eligibility.ts'
import type { Handled } from '../../src/app/worker.ts'
import type { SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import type { Catalogue, Resource } from '../../src/domain/resource.ts'
import {
  anEmergencyResource,
  approval,
  ask,
  aDatabase,
  change,
  grant,
} from '../postgres/support.ts'
import {
  ENGINEERS,
  aCatalogue,
  aStage as aStep,
  aLevel,
  aPerson,
  aResource,
  aResourceWithLevels,
  alex,
  anEngineer,
  kim,
  people,
} from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import type { TestDirectory } from './directory.ts'
import { aDirectory } from './directory.ts'
import { openEmergency } from './emergency.ts'

const HELD = { hold: () => Promise.resolve() }
const GONE = 'S0GONE' as SlackGroupId
const outsider = aPerson('alex', { email: 'alex@partner.example', standing: 'outsider' })

interface Stage extends AsyncDisposable {
  readonly database: TestDatabase
  readonly directory: TestDirectory
  /** Has the worker look at somebody. */
  look(who?: Person, attempts?: number): Promise<Handled>
  stateOf(request: AccessRequest): Promise<string>
  events(request: AccessRequest): Promise<readonly unknown[]>
  /** What waits to be done, but for alerts. */
  marked(): Promise<readonly string[]>
}

async function aStage(catalogue: () => Catalogue = aCatalogue): Promise<Stage> {
  const database = await aDatabase()
  const { store } = database
  const directory = aDirectory(alex, kim)
  const work = eligibilityWork({
    store,
    directory,
    catalogue,
    log: silentLog,
    steady: () => 0,
    rego: () => undefined,
  })
  return {
    database,
    directory,
    async look(who = alex, attempts = 0) {
      await database.pool.query('delete from work')
      await store.transaction((tx) => tx.catalogues.accept(catalogue(), 'resources: []'))
      const claim = {
        kind: 'eligibility',
        subject: who.userId,
        generation: '1',
        leaseEpoch: '1',
        isUrgent: false,
      }
      return work({ ...claim, kind: 'eligibility', attempts }, HELD)
    },
    async stateOf({ id }) {
      const found = await store.statement((db) => db.requests.find(id))
      if (found?.status !== 'approved') return [found?.status, whyOf(found)].join(' ').trim()
      const { grant } = found
      return [grant.state, 'cause' in grant ? grant.cause : '', 'why' in grant ? grant.why : '']
        .join(' ')
        .trim()
    },
    async events({ id }) {
      const { rows } = await database.pool.query<{ event: unknown }>(
        `select jsonb_build_array(action, actor_kind, via, details) as event
         from audit_event where request_id = $1 order by seq desc limit 1`,
        [id],
      )
      return rows.map(({ event }) => event)
    },
    async marked() {
      const { rows } = await database.pool.query<{ key: string }>(
        `select key from work where kind <> 'alert' order by key`,
      )
      return rows.map(({ key }) => key)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

function whyOf(request: AccessRequest | undefined): string {
  return request?.status === 'cancelled' ? (request.why ?? '') : ''
}

/** Stores a request of somebody that waits, by the database's clock. */
async function waiting({ database }: Stage, by: Person = alex, resource?: Resource) {
  const at = await database.clock.now()
  return ask(database.store, { at, by, ...(resource && { resource }) })
}

/** Stores a request of somebody with a live grant, by the database's clock. */
async function granted({ database }: Stage, by: Person = alex, resource?: Resource) {
  const at = await database.clock.now()
  return grant(database.store, { at, by, ...(resource && { resource }) }, at)
}

describe('eligibilityWork', () => {
  it('leaves alone what somebody may have', async () => {
    await using stage = await aStage()
    const request = await granted(stage)
    assert.deepEqual(await stage.look(), { type: 'done' })
    assert.equal(await stage.stateOf(request), 'granting')
    assert.deepEqual(await stage.marked(), [])
  })

  it('asks nobody about whoever has nothing', async () => {
    await using stage = await aStage()
    assert.deepEqual(await stage.look(kim), { type: 'done' })
    assert.deepEqual(stage.directory.asked, [])
  })

  it('counts approvals again by the rights of those who gave them', async () => {
    const resource = aResource({ stages: [aStep({ approvals: 2 })] })
    await using stage = await aStage(() => aCatalogue({}, resource))
    const request = await waiting(stage, alex, resource)
    await change(stage.database.store, request.id, approval({ resource }))
    assert.deepEqual(await stage.look(), { type: 'done' })
    stage.directory.put(aPerson('kim'))
    assert.deepEqual(await stage.look(), { type: 'done' })
    const details = { approvals: 0, needed: 2, was: 1, open: 0 }
    assert.deepEqual(await stage.events(request), [['request.recounted', 'bot', 'bot', details]])
    assert.deepEqual(await stage.marked(), [`messages:${request.id}`])
    stage.directory.refuse(kim, 'unknown')
    assert.equal((await stage.look()).type, 'failed')
  })

  const losses: readonly (readonly [string, (directory: TestDirectory) => void, string])[] = [
    ['lost the group', (slack) => slack.put(aPerson('alex')), 'not-a-requester'],
    ['was deactivated', (slack) => slack.refuse(alex, 'deactivated'), 'deactivated'],
    [
      'became a guest, though the group is still theirs',
      (slack) => slack.put(anEngineer('alex', { standing: 'guest' })),
      'guest',
    ],
    [
      'has another address',
      (slack) => slack.put(anEngineer('alex', { email: 'alex.b@example.com' })),
      'email-changed',
    ],
  ]
  for (const [name, happens, why] of losses)
    it(`ends access, and a request, of somebody who ${name}`, async () => {
      const other = aResource({ id: 'billing-db' as Resource['id'] })
      await using stage = await aStage(() => aCatalogue({}, aResource(), other))
      const live = await granted(stage)
      const open = await waiting(stage, alex, other)
      // Whoever is not known yet would be pinned now.
      await stage.look()
      happens(stage.directory)
      assert.deepEqual(await stage.look(), { type: 'done' })
      assert.equal(await stage.stateOf(live), `ending ineligible ${why}`)
      assert.equal(await stage.stateOf(open), `cancelled ${why}`)
      assert.deepEqual(await stage.events(live), [
        ['grant.ending', 'bot', 'bot', { cause: 'ineligible', why }],
      ])
      assert.deepEqual(await stage.events(open), [['request.cancelled', 'bot', 'bot', { why }]])
      assert.deepEqual(
        await stage.marked(),
        [`messages:${live.id}`, `messages:${open.id}`, 'policy:grafana-prod'].sort(),
      )
    })

  it('ends access that names an address which is not the pinned one any more', async () => {
    await using stage = await aStage()
    const { store } = stage.database
    const request = await granted(stage)
    await stage.look()
    await store.transaction((tx) => tx.identities.forget(alex.teamId, alex.userId))
    stage.directory.put(anEngineer('alex', { email: 'alex.b@example.com' }))
    await stage.look()
    assert.equal(await stage.stateOf(request), 'ending ineligible email-changed')
  })

  it('ends access of somebody whom the catalogue denies by now', async () => {
    let catalogue: Catalogue = aCatalogue()
    await using stage = await aStage(() => catalogue)
    const request = await granted(stage)
    const requesters = people({ groups: [ENGINEERS], deny: people({ users: [alex.userId] }) })
    catalogue = aCatalogue({}, aResource({ requesters }))
    await stage.look()
    assert.equal(await stage.stateOf(request), 'ending ineligible not-a-requester')
  })

  it('ends access at the level that is lost, and at no other', async () => {
    const read = aLevel('read')
    const admin = aLevel('admin', { requesters: people({ groups: [GONE] }) })
    await using stage = await aStage(() => aCatalogue({}, aResourceWithLevels(read, admin)))
    const [one, other] = [await granted(stage, alex, read), await grantedBefore(stage, admin)]
    await stage.look()
    assert.equal(await stage.stateOf(one), 'granting')
    assert.equal(await stage.stateOf(other), 'ending ineligible not-a-requester')
  })

  it('goes by who may break the glass where that was done', async () => {
    const resource = anEmergencyResource()
    let catalogue: Catalogue = aCatalogue({}, resource)
    await using stage = await aStage(() => catalogue)
    const request = await openEmergency(stage.database, alex)
    const { breakGlass } = resource
    catalogue = aCatalogue(
      {},
      aResource({ requesters: people(), ...(breakGlass && { breakGlass }) }),
    )
    await stage.look()
    assert.equal(await stage.stateOf(request), 'granting')
    catalogue = aCatalogue()
    await stage.look()
    assert.equal(await stage.stateOf(request), 'ending ineligible not-a-requester')
  })

  describe('of vendors', () => {
    const guest = aPerson('gus', { email: 'gus@partner.example', standing: 'guest' })
    const vendors = {
      people: people({ domains: ['partner.example'] }),
      sponsors: people({ groups: [ENGINEERS] }),
    }
    const open = aResource({ vendors })
    const closed = aResource({ vendors: { ...vendors, people: people() } })

    it('ends what a guest has whom the resource does not name any more', async () => {
      let catalogue: Catalogue = aCatalogue({}, open)
      await using stage = await aStage(() => catalogue)
      stage.directory.put(guest)
      const request = await waiting(stage, guest, open)
      assert.deepEqual(await stage.look(guest), { type: 'done' })
      assert.equal(await stage.stateOf(request), 'pending')
      catalogue = aCatalogue({}, closed)
      await stage.look(guest)
      assert.equal(await stage.stateOf(request), 'cancelled not-a-vendor')
    })

    const byGuest = async (stage: Stage, sponsor: Person) => {
      stage.directory.put(guest, sponsor)
      const { store, clock } = stage.database
      const at = await clock.now()
      const { id } = await ask(store, { at, by: guest, resource: open })
      const word = { at, resource: open, requester: guest }
      await change(store, id, approval({ ...word, by: sponsor }))
      return change(store, id, approval({ ...word, by: kim, colleagues: [sponsor] }))
    }

    it('ends what a guest has when nobody is left who vouched for it', async () => {
      for (const lose of [
        (slack: TestDirectory) => slack.put(aPerson('robin')),
        (slack: TestDirectory) => slack.put(anEngineer('robin', { standing: 'guest' })),
        (slack: TestDirectory) => slack.refuse(anEngineer('robin'), 'deactivated'),
      ]) {
        await using stage = await aStage(() => aCatalogue({}, open))
        const request = await byGuest(stage, anEngineer('robin'))
        assert.deepEqual(await stage.look(guest), { type: 'done' })
        assert.equal(await stage.stateOf(request), 'granting')
        lose(stage.directory)
        assert.deepEqual(await stage.look(guest), { type: 'done' })
        assert.equal(await stage.stateOf(request), 'ending ineligible not-a-sponsor')
      }
    })

    it('ends nothing while nobody can tell about the sponsor', async () => {
      await using stage = await aStage(() => aCatalogue({}, open))
      const request = await byGuest(stage, anEngineer('robin'))
      stage.directory.fail(anEngineer('robin').userId)
      assert.equal((await stage.look(guest)).type, 'failed')
      assert.equal(await stage.stateOf(request), 'granting')
    })

    it('leaves alone what has left the catalogue, while the sponsor is a member', async () => {
      let catalogue: Catalogue = aCatalogue({}, open)
      await using stage = await aStage(() => catalogue)
      const request = await byGuest(stage, anEngineer('robin'))
      catalogue = aCatalogue({}, aResource({ id: 'billing-db' as Resource['id'] }))
      stage.directory.put(aPerson('robin'))
      assert.deepEqual(await stage.look(guest), { type: 'done' })
      assert.equal(await stage.stateOf(request), 'granting')
      stage.directory.refuse(anEngineer('robin'), 'deactivated')
      await stage.look(guest)
      assert.equal(await stage.stateOf(request), 'ending ineligible not-a-sponsor')
    })

    it('ends what a sponsor asked for when they are no sponsor any more', async () => {
      await using stage = await aStage(() => aCatalogue({}, open))
      const at = await stage.database.clock.now()
      const wish = { at, resource: open, beneficiary: 'pat@partner.example' }
      const { id } = await ask(stage.database.store, wish)
      const approve = approval({ at, resource: open })
      const request = await change(stage.database.store, id, approve)
      await stage.look()
      assert.equal(await stage.stateOf(request), 'granting')
      stage.directory.put(aPerson('alex'))
      await stage.look()
      assert.equal(await stage.stateOf(request), 'ending ineligible not-a-sponsor')
    })
  })

  it('leaves alone what has left the catalogue, unless its holder is gone', async () => {
    let catalogue: Catalogue = aCatalogue()
    await using stage = await aStage(() => catalogue)
    const request = await granted(stage)
    catalogue = aCatalogue({}, aResource({ id: 'billing-db' as Resource['id'] }))
    stage.directory.put(aPerson('alex'))
    assert.deepEqual(await stage.look(), { type: 'done' })
    assert.equal(await stage.stateOf(request), 'granting')
    stage.directory.refuse(alex, 'deactivated')
    await stage.look()
    assert.equal(await stage.stateOf(request), 'ending ineligible deactivated')
  })

  it('ends what has left the catalogue when its holder is no member any more', async () => {
    for (const [standing, domains, why] of [
      ['guest', ['example.com'], 'guest'],
      ['member', ['elsewhere.example'], 'email-domain'],
    ] as const) {
      let catalogue: Catalogue = aCatalogue()
      await using stage = await aStage(() => catalogue)
      const request = await granted(stage)
      const gone = aResource({ id: 'billing-db' as Resource['id'] })
      catalogue = aCatalogue({ domains: [...domains] }, gone)
      stage.directory.put(aPerson('alex', { standing }))
      assert.deepEqual(await stage.look(), { type: 'done' })
      assert.equal(await stage.stateOf(request), `ending ineligible ${why}`)
    }
  })

  it('takes somebody with an address elsewhere for no requester', async () => {
    let catalogue: Catalogue = aCatalogue({ domains: ['partner.example'] })
    await using stage = await aStage(() => catalogue)
    stage.directory.put({ ...outsider, groups: new Set([ENGINEERS]) })
    const request = await waiting(stage, anEngineer('alex', { email: outsider.email }))
    assert.deepEqual(await stage.look(), { type: 'done' })
    catalogue = aCatalogue()
    await stage.look()
    assert.equal(await stage.stateOf(request), 'cancelled email-domain')
  })

  it('ends nothing while a look-up fails, and is done again, less often after a while', async () => {
    await using stage = await aStage()
    const request = await granted(stage)
    stage.directory.put(aPerson('alex'))
    const failed = (retryAfterMs?: number) => ({
      type: 'failed',
      error: `look-up of ${alex.userId} and their groups: no answer`,
      retryAfterMs,
    })
    stage.directory.fail(alex.userId)
    assert.deepEqual(await stage.look(), failed())
    stage.directory.fail(ENGINEERS)
    assert.deepEqual(await stage.look(alex, 3), failed())
    assert.deepEqual(await stage.look(alex, 4), failed(300_000))
    assert.equal(await stage.stateOf(request), 'granting')
    stage.directory.fail()
    assert.deepEqual(await stage.look(alex, 5), { type: 'done' })
    assert.equal(await stage.stateOf(request), 'ending ineligible not-a-requester')
  })

  it('ends nothing when Slack does not know the person at all', async () => {
    await using stage = await aStage()
    const request = await granted(stage)
    stage.directory.refuse(alex, 'unknown')
    assert.equal((await stage.look()).type, 'failed')
    assert.equal(await stage.stateOf(request), 'granting')
  })

  it('judges by no other catalogue than the one in force', async () => {
    const later = aCatalogue({ revision: 'd'.repeat(64) })
    let catalogue: Catalogue = aCatalogue()
    await using stage = await aStage(() => catalogue)
    const { store } = stage.database
    const request = await granted(stage)
    await stage.look()
    await store.transaction((tx) => tx.catalogues.accept(later, 'resources: [1]'))
    stage.directory.refuse(alex, 'deactivated')
    const work = eligibilityWork({
      store,
      directory: stage.directory,
      catalogue: () => catalogue,
      log: silentLog,
      steady: () => 0,
      rego: () => undefined,
    })
    const claim = {
      subject: alex.userId,
      generation: '1',
      leaseEpoch: '1',
      isUrgent: false,
      attempts: 0,
    }
    const look = () => work({ ...claim, kind: 'eligibility' }, HELD)
    assert.deepEqual(await look(), {
      type: 'failed',
      error: `left ${alex.userId} to a replica with the catalogue in force`,
      retryAfterMs: 5_000,
    })
    assert.equal(await stage.stateOf(request), 'granting')
    catalogue = later
    assert.deepEqual(await look(), { type: 'done' })
    assert.equal(await stage.stateOf(request), 'ending ineligible deactivated')
  })

  it('judges by its own catalogue once nobody has gone by the one in force for minutes, and says so once', async () => {
    await using stage = await aStage()
    const { store } = stage.database
    const request = await granted(stage)
    const abandoned = aCatalogue({ revision: 'd'.repeat(64) })
    await store.transaction((tx) => tx.catalogues.accept(abandoned, 'resources: [1]'))
    stage.directory.refuse(alex, 'deactivated')
    const errors: object[] = []
    let ms = 0
    const work = eligibilityWork({
      store,
      directory: stage.directory,
      catalogue: aCatalogue,
      log: { ...silentLog, error: (fields) => void errors.push(fields) },
      steady: () => ms,
      rego: () => undefined,
    })
    const look = async (attempts: number, who = alex) => {
      const claim = {
        subject: who.userId,
        generation: '1',
        leaseEpoch: '1',
        isUrgent: false,
        attempts,
      }
      return (await work({ ...claim, kind: 'eligibility' }, HELD)).type
    }
    assert.equal(await look(9), 'failed', 'it has just come into force')
    ms = 179_999
    assert.equal(await look(9), 'failed')
    ms = 180_000
    assert.equal(await look(3), 'failed', 'another replica may take it yet')
    assert.equal(await stage.stateOf(request), 'granting')
    assert.deepEqual(errors, [])
    assert.equal(await look(4), 'done')
    assert.equal(await look(4, kim), 'done')
    assert.equal(await stage.stateOf(request), 'ending ineligible deactivated')
    const { revision: own } = aCatalogue()
    assert.deepEqual(errors, [{ inForce: abandoned.revision, own }])
  })

  it('decides what it can while a group has no answer', async () => {
    const other = aResource({
      id: 'billing-db' as Resource['id'],
      requesters: people({ groups: [GONE] }),
    })
    await using stage = await aStage(() => aCatalogue({}, aResource(), other))
    const [one, unknown] = [await granted(stage), await grantedBefore(stage, other)]
    stage.directory.put(aPerson('alex'))
    stage.directory.fail(GONE)
    assert.equal((await stage.look()).type, 'failed')
    assert.equal(await stage.stateOf(one), 'ending ineligible not-a-requester')
    assert.equal(await stage.stateOf(unknown), 'granting')
    stage.directory.refuse(alex, 'deactivated')
    assert.deepEqual(await stage.look(), { type: 'done' })
    assert.equal(await stage.stateOf(unknown), 'ending ineligible deactivated')
  })

  it('looks a person up once for requests that hang on the same groups', async () => {
    const other = aResource({ id: 'billing-db' as Resource['id'] })
    await using stage = await aStage(() => aCatalogue({}, aResource(), other))
    await granted(stage)
    await waiting(stage, alex, other)
    await stage.look()
    assert.deepEqual([...stage.directory.asked].sort(), [ENGINEERS, alex.userId].sort())
  })
})

/** Stores a grant of alex that was given while everybody in {@link ENGINEERS} could have it. */
function grantedBefore(stage: Stage, resource: Resource) {
  return granted(stage, alex, { ...resource, requesters: aResource().requesters })
}

describe('markPerson', () => {
  it('marks whoever has something to lose, and nobody else', async () => {
    await using stage = await aStage()
    await waiting(stage)
    await stage.database.pool.query('delete from work')
    await markPerson(stage.database, alex.userId)
    await markPerson(stage.database, 'U0SOMEBODY' as SlackUserId)
    assert.deepEqual(await stage.marked(), [`eligibility:${alex.userId}`])
  })
})

describe('markEverybody', () => {
  it('marks everybody with a request that waits, or access that is not over', async () => {
    await using stage = await aStage()
    const robin = anEngineer('robin')
    await granted(stage, robin)
    await waiting(stage)
    const over = await waiting(stage, anEngineer('eve'))
    const at = await stage.database.clock.now()
    const denial = { type: 'deny', at, by: kim, resource: aResource(), reason: 'no' } as const
    await change(stage.database.store, over.id, denial)
    await stage.database.pool.query('delete from work')
    await markEverybody(stage.database)
    assert.deepEqual(
      await stage.marked(),
      [alex, robin].map(({ userId }) => `eligibility:${userId}`),
    )
  })
})
