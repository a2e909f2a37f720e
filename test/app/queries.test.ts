import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  offersFor,
  requestsOf,
  requestsWaitingFor,
  reviewsWaitingFor,
} from '../../src/app/queries.ts'
import type { RequestView } from '../../src/app/ports.ts'
import type { Offer, Outcome } from '../../src/app/use-cases.ts'
import type { SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { reviewGrant } from '../../src/app/review-grant.ts'
import type { Catalogue, Resource } from '../../src/domain/resource.ts'
import { resourceRef } from '../../src/domain/resource.ts'
import {
  anEmergencyResource,
  anExtendable,
  approval,
  ask,
  askExtension,
  aDatabase,
  breakGlass,
  change,
  grant,
} from '../postgres/support.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aCatalogue,
  aLevel,
  aPerson,
  aResource,
  aResourceWithLevels,
  aStage,
  after,
  alex,
  anApprover,
  anEngineer,
  kim,
  people,
  sam,
} from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDirectory } from './directory.ts'

const LEADS = 'S0LEADS' as SlackGroupId
const DENIED = 'S0DENIED' as SlackGroupId
const guest = aPerson('gus', { email: 'gus@partner.example', standing: 'guest' })
const lea = aPerson('lea', { groups: [LEADS] })
const named = (id: string, facts: Partial<Resource> = {}) =>
  aResource({ id: id as Resource['id'], ...facts })

function depsOf(database: TestDatabase, catalogue: Catalogue, ...persons: readonly Person[]) {
  return {
    store: database.store,
    directory: aDirectory(alex, kim, sam, lea, guest, ...persons),
    catalogue: () => catalogue,
    rego: () => undefined,
    steady: () => 0,
    newRequestId: () => {
      throw new Error('no query makes a request')
    },
    log: silentLog,
  }
}

const idsIn = (outcome: Outcome<readonly RequestView[]>) =>
  outcome.ok ? outcome.value.map(({ request }) => request.id) : outcome.refusal.code

describe('offersFor', () => {
  const catalogue = aCatalogue(
    {},
    named('ordinary'),
    named('of-others', { requesters: people({ groups: [RELIABILITY] }) }),
    named('denied', {
      requesters: people({ everyone: true, deny: people({ groups: [DENIED] }) }),
    }),
    aResourceWithLevels(aLevel('read'), aLevel('admin', { requesters: people() })),
    named('emergencies', {
      requesters: people(),
      breakGlass: { ...emergency(), requesters: people({ users: [alex.userId] }) },
    }),
    named('for-vendors', {
      requesters: people(),
      vendors: {
        people: people({ domains: ['partner.example'] }),
        sponsors: people({ groups: [LEADS] }),
      },
    }),
  )
  const seen = (outcome: Outcome<readonly Offer[]>) =>
    outcome.ok
      ? outcome.value.map(({ resource, kinds, isSponsor }) =>
          [
            resourceRef({ resourceId: resource.id, level: resource.level?.id }),
            ...kinds,
            ...(isSponsor ? ['sponsor'] : []),
          ].join(' '),
        )
      : outcome.refusal

  const rows: readonly (readonly [string, Person, unknown])[] = [
    [
      'an engineer',
      alex,
      [
        'ordinary standard',
        'denied standard',
        'grafana-prod:read standard',
        'emergencies break-glass',
      ],
    ],
    ['a sponsor', lea, ['denied standard', 'for-vendors sponsor']],
    ['somebody who is denied', aPerson('eve', { groups: [DENIED] }), []],
    ['a guest whom a resource names', guest, ['for-vendors sponsored']],
    [
      'a guest whom no resource names, though a group does',
      aPerson('ann', { email: 'ann@example.net', standing: 'guest', groups: [ENGINEERS] }),
      { code: 'not-a-member', why: 'guest' },
    ],
    [
      'somebody of another organisation',
      aPerson('pat', { email: 'pat@example.org', standing: 'outsider' }),
      { code: 'email-domain', domains: ['example.com'] },
    ],
  ]
  for (const [name, person, expected] of rows)
    it(`tells ${name} what they may ask for`, async () => {
      await using database = await aDatabase()
      const deps = depsOf(database, catalogue, person)
      assert.deepEqual(seen(await offersFor(deps, person.userId)), expected)
    })

  it('shows less while a group has no answer, and says so rather than nothing', async () => {
    await using database = await aDatabase()
    const deps = depsOf(database, catalogue)
    deps.directory.fail(ENGINEERS)
    assert.deepEqual(seen(await offersFor(deps, alex.userId)), ['emergencies break-glass'])
    assert.deepEqual(seen(await offersFor(deps, kim.userId)), ['of-others standard'])
    const hidden = depsOf(database, aCatalogue())
    hidden.directory.fail(ENGINEERS)
    assert.deepEqual(seen(await offersFor(hidden, alex.userId)), { code: 'directory-unavailable' })
  })

  it('hides what somebody may be denied while it cannot be looked up', async () => {
    await using database = await aDatabase()
    const deps = depsOf(database, catalogue)
    deps.directory.fail(DENIED)
    assert.deepEqual(seen(await offersFor(deps, lea.userId)), ['for-vendors sponsor'])
  })
})

describe('requestsOf', () => {
  it('shows somebody their own, an extension with the request that it is about', async () => {
    await using database = await aDatabase()
    const resource = anExtendable()
    const catalogue = aCatalogue({}, resource)
    const deps = depsOf(database, catalogue)
    const extended = await grant(database.store, { resource })
    const active = await change(database.store, extended.id, {
      type: 'confirm-active',
      at: after(61),
    })
    const extension = await askExtension(database.store, active)
    await ask(database.store, { by: anEngineer('robin') })
    assert.deepEqual(await requestsOf(deps, alex.userId), {
      ok: true,
      value: [
        { request: extension, resource, extended: active },
        { request: active, resource },
      ],
    })
  })

  it('shows a guest what they asked for, and else why they are not served', async () => {
    await using database = await aDatabase()
    const vendors = { people: people({ emails: [guest.email] }), sponsors: people() }
    const resource = aResource({ vendors })
    const deps = depsOf(database, aCatalogue({}, resource))
    assert.deepEqual(await requestsOf(deps, guest.userId), {
      ok: false,
      refusal: { code: 'not-a-member', why: 'guest' },
    })
    const { id } = await ask(database.store, { by: guest, resource })
    assert.deepEqual(idsIn(await requestsOf(deps, guest.userId)), [id])
  })
})

describe('requestsWaitingFor', () => {
  const security = aStage({ title: 'Security', approvers: people({ groups: [LEADS] }) })

  it('shows a request to those only whose stage is open, and the next ones after that', async () => {
    await using database = await aDatabase()
    const resource = aResource({ stages: [aStage(), security] })
    const deps = depsOf(database, aCatalogue({}, resource))
    const { id } = await ask(database.store, { resource })
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, kim.userId)), [id])
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), [])
    await change(database.store, id, approval({ resource }))
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, kim.userId)), [])
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, sam.userId)), [])
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), [id])
  })

  it('shows a request to further approvers once it escalated', async () => {
    await using database = await aDatabase()
    const resource = aResource({
      escalation: { afterSeconds: 600, to: people({ groups: [LEADS] }) },
    })
    const deps = depsOf(database, aCatalogue({}, resource))
    const { id } = await ask(database.store, { resource })
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), [])
    await change(database.store, id, { type: 'tick', at: after(600) })
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), [id])
  })

  it('shows a sponsor what a guest asks for, before the approvers', async () => {
    await using database = await aDatabase()
    const vendors = {
      people: people({ emails: [guest.email] }),
      sponsors: people({ groups: [LEADS] }),
    }
    const resource = aResource({ vendors })
    const deps = depsOf(database, aCatalogue({}, resource))
    const { id } = await ask(database.store, { by: guest, resource })
    await ask(database.store, { resource })
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), [id])
  })

  it('shows nobody their own, nor what is asked for them', async () => {
    await using database = await aDatabase()
    const vendors = {
      people: people({ emails: [kim.email] }),
      sponsors: people({ groups: [ENGINEERS] }),
    }
    const resource = aResource({ vendors })
    const deps = depsOf(database, aCatalogue({}, resource), anApprover('sol'))
    const own = { ...kim, groups: new Set([ENGINEERS]) }
    const first = await ask(database.store, { by: own, resource })
    const second = await ask(database.store, { resource, beneficiary: kim.email, at: after(1) })
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, kim.userId)), [])
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, sam.userId)), [first.id, second.id])
  })

  it('goes by the level', async () => {
    await using database = await aDatabase()
    const admin = aLevel('admin', { stages: [security] })
    const read = aLevel('read')
    const deps = depsOf(database, aCatalogue({}, aResourceWithLevels(admin, read)))
    const one = await ask(database.store, { resource: admin })
    const other = await ask(database.store, { resource: read })
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), [one.id])
    assert.deepEqual(await requestsWaitingFor(deps, kim.userId), {
      ok: true,
      value: [{ request: other, resource: read }],
    })
  })

  it('finds what somebody may answer behind much that they may not answer yet', async () => {
    await using database = await aDatabase()
    const staged = named('staged', { stages: [aStage(), security] })
    const open = named('open', { stages: [security] })
    const deps = depsOf(database, aCatalogue({}, staged, open))
    for (let index = 0; index < 21; index += 1) {
      const by = anEngineer(`e${index}`)
      await ask(database.store, { by, resource: staged, at: after(index) })
    }
    const expected: string[] = []
    for (let index = 0; index < 22; index += 1) {
      const by = anEngineer(`e${index}`)
      const { id } = await ask(database.store, { by, resource: open, at: after(100 + index) })
      expected.push(id)
    }
    assert.deepEqual(idsIn(await requestsWaitingFor(deps, lea.userId)), expected.slice(0, 20))
  })

  it('tells whoever can never answer why', async () => {
    await using database = await aDatabase()
    const deps = depsOf(database, aCatalogue())
    assert.deepEqual(await requestsWaitingFor(deps, alex.userId), { ok: true, value: [] })
    assert.equal(idsIn(await requestsWaitingFor(deps, guest.userId)), 'not-a-member')
    deps.directory.fail(RELIABILITY)
    assert.equal(idsIn(await requestsWaitingFor(deps, kim.userId)), 'directory-unavailable')
  })
})

describe('reviewsWaitingFor', () => {
  it('shows administrators all of it, also what has left the catalogue', async () => {
    await using database = await aDatabase()
    const gone = named('another', { requesters: people() })
    const deps = depsOf(database, aCatalogue({ admins: people({ users: [kim.userId] }) }, gone))
    const { id } = await breakGlass(database.store, alex)
    assert.deepEqual(idsIn(await reviewsWaitingFor(deps, kim.userId)), [id])
    assert.deepEqual(idsIn(await reviewsWaitingFor(deps, sam.userId)), [])
    const verdict = { actor: kim.userId, via: 'command', id, verdict: 'justified' } as const
    assert.equal((await reviewGrant(deps, { ...verdict, actor: sam.userId })).ok, false)
    assert.equal((await reviewGrant(deps, verdict)).ok, true)
    assert.deepEqual(idsIn(await reviewsWaitingFor(deps, kim.userId)), [])
  })

  it('shows emergency access to everybody who may review it, and not to who opened it', async () => {
    await using database = await aDatabase()
    const resource = {
      ...anEmergencyResource(),
      escalation: { afterSeconds: 600, to: people({ groups: [LEADS] }) },
    }
    const both = anApprover('kay', { groups: [ENGINEERS, RELIABILITY] })
    const deps = depsOf(database, aCatalogue({}, resource), both)
    const { id } = await breakGlass(database.store, both)
    await grant(database.store)
    assert.deepEqual(idsIn(await reviewsWaitingFor(deps, both.userId)), [])
    assert.deepEqual(idsIn(await reviewsWaitingFor(deps, alex.userId)), [])
    for (const { userId } of [kim, lea])
      assert.deepEqual(idsIn(await reviewsWaitingFor(deps, userId)), [id])
    const facts = { at: after(120), by: kim, admins: people(), resource }
    const verdict = { verdict: 'justified', ...facts } as const
    await change(database.store, id, { type: 'review', ...verdict })
    assert.deepEqual(idsIn(await reviewsWaitingFor(deps, kim.userId)), [])
  })
})

function emergency() {
  const { breakGlass: facts } = anEmergencyResource()
  if (facts === undefined) throw new TypeError('the resource has no emergency access')
  return facts
}
