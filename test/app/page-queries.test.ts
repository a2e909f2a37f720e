import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Deed, Shown, Visitor } from '../../src/app/page-cases.ts'
import { mine, overview, story } from '../../src/app/page-queries.ts'
import type { Outcome } from '../../src/app/use-cases.ts'
import type { SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { Catalogue, Resource } from '../../src/domain/resource.ts'
import {
  aDatabase,
  anEmergencyResource,
  anExtendable,
  approval,
  ask,
  askExtension,
  breakGlass,
  change,
  grant,
  nextId,
} from '../postgres/support.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aCatalogue,
  aPerson,
  aResource,
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
const lea = aPerson('lea', { groups: [LEADS] })
const ada = aPerson('ada')
const ann = aPerson('ann')
const both = anApprover('kay', { groups: [ENGINEERS, RELIABILITY] })
const roles = {
  admins: people({ users: [ada.userId] }),
  auditors: people({ users: [ann.userId] }),
}

function depsOf({ store }: TestDatabase, catalogue: Catalogue) {
  return {
    store,
    directory: aDirectory(alex, kim, sam, lea, ada, ann, both),
    catalogue: () => catalogue,
    rego: () => undefined,
    steady: () => 0,
    newRequestId: () => {
      throw new Error('no query makes a request')
    },
    log: silentLog,
  }
}

const visitor = ({ userId, email }: Person): Visitor => ({
  actor: userId,
  assertion: { subject: `sub-${userId}`, email, issuedAt: after(0) },
  isLinked: false,
  mayDecide: true,
  mayAudit: false,
})
const named = (id: string, facts: Partial<Resource> = {}) =>
  aResource({ id: id as Resource['id'], ...facts })
const listed = (list: readonly Shown[]) =>
  list.map(({ view, may }) => [view.request.id, ...[...may].toSorted()].join(' '))
const valueOf = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.refusal.code)
  return outcome.value
}

describe('mine', () => {
  it('offers to cancel, end and extend what may be', async () => {
    await using database = await aDatabase()
    const resource = anExtendable()
    const deps = depsOf(database, aCatalogue(roles, resource, named('plain')))
    const waiting = await ask(database.store, { resource: named('plain') })
    const granted = await grant(database.store, { resource })
    const over = await grant(
      database.store,
      { resource: named('past'), at: after(-9_000) },
      after(-8_900),
    )
    await change(database.store, over.id, { type: 'tick', at: over.grant.endsAt })
    await ask(database.store, { by: anEngineer('robin') })
    const found = listed(valueOf(await mine(deps, visitor(alex))))
    assert.deepEqual(
      found.toSorted(),
      [`${waiting.id} cancel`, `${granted.id} end extend`, over.id].toSorted(),
    )
  })

  it('never offers to answer or review one’s own, whoever one is', async () => {
    await using database = await aDatabase()
    const resource = anEmergencyResource()
    const catalogue = aCatalogue({ ...roles, admins: people({ users: [both.userId] }) }, resource)
    const deps = depsOf(database, catalogue)
    const emergency = await breakGlass(database.store, both)
    const waiting = await ask(database.store, { by: both, resource, at: after(5) })
    const found = listed(valueOf(await mine(deps, visitor(both))))
    assert.deepEqual(found.toSorted(), [`${emergency.id} end`, `${waiting.id} cancel`].toSorted())
  })

  it('offers nothing while access is being ended', async () => {
    await using database = await aDatabase()
    const resource = anExtendable()
    const deps = depsOf(database, aCatalogue(roles, resource))
    const { id } = await grant(database.store, { resource })
    await change(database.store, id, {
      type: 'end',
      at: after(90),
      by: alex,
      admins: people(),
      resource,
    })
    assert.deepEqual(listed(valueOf(await mine(deps, visitor(alex)))), [id])
  })
})

describe('overview', () => {
  it('shows approvers what is theirs to answer and to end, and administrators everything', async () => {
    await using database = await aDatabase()
    const ours = named('ours')
    const theirs = named('theirs', { stages: [aStage({ approvers: people({ groups: [LEADS] }) })] })
    const deps = depsOf(database, aCatalogue(roles, ours, theirs))
    const first = await ask(database.store, { resource: ours })
    const second = await ask(database.store, { resource: theirs, at: after(1) })
    const held = await grant(database.store, { resource: ours, by: anEngineer('robin') })
    const gone = await ask(database.store, { resource: named('gone'), at: after(2) })
    const of = async (who: Person) => {
      const { waiting, reviews, holding } = valueOf(await overview(deps, visitor(who)))
      return [waiting, reviews, holding].map(listed)
    }
    assert.deepEqual(await of(kim), [[`${first.id} approve deny`], [], [`${held.id} end`]])
    assert.deepEqual(await of(lea), [[`${second.id} approve deny`], [], []])
    assert.deepEqual(await of(ada), [[first.id, second.id, gone.id], [], [`${held.id} end`]])
    assert.deepEqual(await of(alex), [[], [], []])
  })

  it('shows those of another stage that a request waits, and lets them reject it', async () => {
    await using database = await aDatabase()
    const security = aStage({ title: 'Security', approvers: people({ groups: [LEADS] }) })
    const resource = aResource({ stages: [aStage(), security] })
    const deps = depsOf(database, aCatalogue(roles, resource))
    const { id } = await ask(database.store, { resource })
    const waiting = async (who: Person) =>
      listed(valueOf(await overview(deps, visitor(who))).waiting)
    assert.deepEqual(await waiting(lea), [`${id} deny`])
    await change(database.store, id, approval({ resource }))
    assert.deepEqual(await waiting(lea), [`${id} approve deny`])
    assert.deepEqual(await waiting(kim), [`${id} deny`])
  })

  it('shows emergencies to be reviewed, the opener’s own to nobody who opened it', async () => {
    await using database = await aDatabase()
    const resource = anEmergencyResource()
    const deps = depsOf(database, aCatalogue(roles, resource))
    const { id } = await breakGlass(database.store, both)
    const reviews = async (who: Person) =>
      listed(valueOf(await overview(deps, visitor(who))).reviews)
    assert.deepEqual(await reviews(kim), [`${id} end review`])
    assert.deepEqual(await reviews(ada), [`${id} end review`])
    assert.deepEqual(await reviews(both), [])
  })

  it('leaves out what only sponsors answer and a request is not for', async () => {
    await using database = await aDatabase()
    const vendors = {
      people: people({ domains: ['partner.example'] }),
      sponsors: people({ groups: [LEADS] }),
    }
    const resource = aResource({ vendors })
    const deps = depsOf(database, aCatalogue(roles, resource))
    await ask(database.store, { resource })
    assert.deepEqual(valueOf(await overview(deps, visitor(lea))).waiting, [])
  })

  it('shows less while a group has no answer, and says so rather than nothing', async () => {
    await using database = await aDatabase()
    const other = named('other', {
      stages: [aStage({ approvers: people({ users: [kim.userId] }) })],
    })
    const denying = named('denying', {
      stages: [
        aStage({ approvers: people({ everyone: true, deny: people({ groups: [LEADS] }) }) }),
      ],
    })
    const deps = depsOf(database, aCatalogue(roles, named('ours'), other, denying))
    const { id } = await ask(database.store, { resource: other })
    await ask(database.store, { resource: named('ours'), at: after(1) })
    await ask(database.store, { resource: denying, at: after(2) })
    deps.directory.fail(RELIABILITY, LEADS)
    assert.deepEqual(listed(valueOf(await overview(deps, visitor(kim))).waiting), [
      `${id} approve deny`,
    ])
    assert.deepEqual(await overview(deps, visitor(sam)), {
      ok: false,
      refusal: { code: 'directory-unavailable' },
    })
  })
})

describe('story', () => {
  it('is for who asked, may ever answer, administers or audits', async () => {
    await using database = await aDatabase()
    const escalation = { afterSeconds: 600, to: people({ groups: [LEADS] }) }
    const deps = depsOf(database, aCatalogue(roles, aResource({ escalation })))
    const { id } = await ask(database.store)
    const rows: readonly (readonly [Person, readonly Deed[] | undefined])[] = [
      [alex, ['cancel']],
      [kim, ['approve', 'deny']],
      [lea, []],
      [ada, []],
      [ann, []],
      [both, ['approve', 'deny']],
    ]
    for (const [who, may] of rows) {
      const { shown } = valueOf(await story(deps, visitor(who), id))
      assert.deepEqual([...shown.may], may, who.email)
    }
  })

  it('reads the same for others as for what there is not', async () => {
    await using database = await aDatabase()
    const deps = depsOf(database, aCatalogue(roles))
    const { id } = await ask(database.store)
    const refused = { ok: false, refusal: { code: 'no-such-request' } }
    assert.deepEqual(await story(deps, visitor(lea), id), refused)
    assert.deepEqual(await story(deps, visitor(lea), nextId()), refused)
    deps.directory.fail(RELIABILITY)
    const away = { ok: false, refusal: { code: 'directory-unavailable' } }
    assert.deepEqual(await story(deps, visitor(lea), id), away)
  })

  it('tells what happened in order, with the request that an extension is about', async () => {
    await using database = await aDatabase()
    const resource = anExtendable()
    const deps = depsOf(database, aCatalogue(roles, resource))
    const granted = await grant(database.store, { resource })
    const active = await change(database.store, granted.id, {
      type: 'confirm-active',
      at: after(61),
    })
    const wish = await askExtension(database.store, active)
    const { events } = valueOf(await story(deps, visitor(alex), granted.id))
    assert.deepEqual(
      events.map(({ action }) => action),
      ['request.created', 'request.approved', 'grant.activated'],
    )
    const { shown } = valueOf(await story(deps, visitor(kim), wish.id))
    assert.deepEqual(shown.view.extended, active)
    assert.deepEqual([...shown.may], ['approve', 'deny'])
  })

  it('offers nobody to approve twice, or an extension of their own access', async () => {
    await using database = await aDatabase()
    const resource = anExtendable({ stages: [aStage({ approvals: 2 })] })
    const deps = depsOf(database, aCatalogue(roles, resource))
    const { id } = await ask(database.store, { resource })
    await change(database.store, id, approval({ resource }))
    assert.deepEqual([...valueOf(await story(deps, visitor(kim), id)).shown.may], ['deny'])
    assert.deepEqual(
      [...valueOf(await story(deps, visitor(sam), id)).shown.may],
      ['approve', 'deny'],
    )
  })
})
