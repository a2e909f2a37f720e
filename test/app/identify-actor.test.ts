import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Assertion } from '../../src/app/assertion.ts'
import { createAuditCases } from '../../src/app/audit-reading.ts'
import { approveRequest, denyRequest } from '../../src/app/decide-request.ts'
import type { Deps } from '../../src/app/deps.ts'
import { extendGrant } from '../../src/app/extend-grant.ts'
import { requestAccess } from '../../src/app/request-access.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { aDatabase, nextId } from '../postgres/support.ts'
import { aCatalogue, aResource, alex, kim, people } from '../support/build.ts'
import { aDirectory } from './directory.ts'
import { assertionOf, linkingDeps } from './linking.ts'

const catalogue = aCatalogue({ auditors: people({ users: [kim.userId] }) }, aResource())

async function aDoor(facts: { readonly isLinkNeeded?: boolean } = {}) {
  const database = await aDatabase(3)
  const deps = linkingDeps(database, aDirectory(alex, kim), { catalogue, ...facts })
  const link = (person: Person, to: Pick<Assertion, 'subject' | 'email'>) =>
    database.store.transaction(async (tx) => {
      await tx.identities.pin(person)
      await tx.identities.link(person, to)
    })
  return { deps, database, link, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}

/** A wish of alex, on a page where an assertion is given. */
const ask = (deps: Deps, assertion?: Assertion) =>
  requestAccess(deps, {
    actor: alex.userId,
    ...(assertion === undefined ? { via: 'command' } : { via: 'web', assertion }),
    resource: 'grafana-prod',
    durationSeconds: 3_600,
    reason: 'INC-42 everything is red',
    idempotencyKey: nextId(),
  })

/** What becomes of each act that somebody puts their hand to, by code. */
async function acts(deps: Deps, id: RequestId, actor: Person, assertion: Assertion) {
  const act = { actor: actor.userId, via: 'web', assertion, id } as const
  const visitor = { ...act, isLinked: true, mayDecide: true, mayAudit: true }
  const outcomes = [
    await approveRequest(deps, act),
    await denyRequest(deps, { ...act, reason: 'not now' }),
    await extendGrant(deps, { ...act, reason: 'x', durationSeconds: 60, idempotencyKey: nextId() }),
    await createAuditCases(deps).auditPage(visitor, {}, undefined),
  ]
  return outcomes.map((outcome) => (outcome.ok ? 'done' : outcome.refusal.code))
}

describe('identifyActor', () => {
  it('refuses whoever is not the one at the door any more, whatever they want to do', async () => {
    await using door = await aDoor()
    const { deps } = door
    await door.link(kim, assertionOf(kim))
    const asked = await ask(deps)
    assert.ok(asked.ok)
    const { id } = asked.value.request
    for (const [facts, code] of [
      [{ subject: 'sub-mallory' }, 'linked-to-another'],
      [{ email: 'mallory@example.com' }, 'link-outdated'],
      [{ email: 'KIM@example.com' }, 'link-outdated'],
    ] as const) {
      assert.deepEqual(await acts(deps, id, kim, assertionOf(kim, facts)), Array(4).fill(code))
    }
    const outcome = await ask(deps, assertionOf(alex, { email: kim.email }))
    assert.deepEqual(outcome, { ok: false, refusal: { code: 'not-a-member', why: 'unknown' } })
  })

  it('refuses on pages whoever is not linked, where a link is needed', async () => {
    await using door = await aDoor({ isLinkNeeded: true })
    const { deps } = door
    await door.link(alex, assertionOf(alex))
    const asked = await ask(deps)
    assert.ok(asked.ok)
    const { id } = asked.value.request
    assert.deepEqual(await acts(deps, id, kim, assertionOf(kim)), Array(4).fill('link-needed'))
  })

  it('takes one Pomerium identity for one human being, though its address became a colleague’s', async () => {
    for (const isLinked of [true, false]) {
      await using door = await aDoor()
      const { deps, database } = door
      const mine = assertionOf(alex)
      if (isLinked) await door.link(alex, mine)
      const asked = await ask(deps, mine)
      assert.ok(asked.ok)
      const { teamId, userId } = alex
      await database.store.transaction((tx) => tx.identities.unlink(teamId, userId))
      const { id } = asked.value.request
      const [approve, deny] = await acts(deps, id, kim, { ...mine, email: kim.email })
      assert.deepEqual([approve, deny], ['own-request', 'own-request'])
      assert.equal((await approveRequest(deps, { id, actor: kim.userId, via: 'button' })).ok, true)
    }
  })
})
