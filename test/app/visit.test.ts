import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { link } from '../../src/app/link-identity.ts'
import { visit } from '../../src/app/visit.ts'
import type { Assertion } from '../../src/app/assertion.ts'
import type { Deps } from '../../src/app/deps.ts'
import type { SlackGroupId } from '../../src/domain/ids.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import { aDatabase } from '../postgres/support.ts'
import { RELIABILITY, aCatalogue, aResource, aStage, alex, kim, people } from '../support/build.ts'
import { aPerson, anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import type { TestDirectory } from './directory.ts'
import { aDirectory } from './directory.ts'
import { assertionOf, codeFor, linkingDeps } from './linking.ts'

const ada = aPerson('ada')
const una = aPerson('una')
const catalogue = aCatalogue({
  admins: people({ emails: [ada.email] }),
  auditors: people({ users: [una.userId] }),
})

interface Scene extends AsyncDisposable {
  readonly database: TestDatabase
  readonly directory: TestDirectory
  readonly deps: Deps
}

async function scene(
  facts: { readonly isLinkNeeded?: boolean; readonly catalogue?: Catalogue } = {},
): Promise<Scene> {
  const database = await aDatabase(3)
  const directory = aDirectory(alex, kim, ada, una)
  const deps = linkingDeps(database, directory, { catalogue, ...facts })
  return { database, directory, deps, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}

/** The Slack user, or the code of the refusal. */
async function visitor(deps: Deps, assertion: Assertion): Promise<string> {
  const outcome = await visit(deps, assertion)
  return outcome.ok ? outcome.value.actor : outcome.refusal.code
}

describe('visit', () => {
  it('knows people by the address that Slack shows, in any case, where no link is needed', async () => {
    await using house = await scene()
    const assertion = assertionOf(alex, { email: 'ALEX@example.com' })
    assert.deepEqual(await visit(house.deps, assertion), {
      ok: true,
      value: {
        actor: alex.userId,
        assertion,
        isLinked: false,
        mayDecide: false,
        mayAudit: false,
      },
    })
    const stranger = assertionOf(anEngineer('nobody'))
    assert.equal(await visitor(house.deps, stranger), 'not-a-member')
  })

  it('knows them by their link first, whatever address they have', async () => {
    await using house = await scene({ isLinkNeeded: true })
    const { deps } = house
    const assertion = assertionOf(alex, { email: 'kim@partner.example' })
    assert.equal(await visitor(deps, assertion), 'link-needed')
    const code = await codeFor(deps, alex)
    const { teamId, userId } = alex
    await deps.store.transaction((tx) => tx.identities.allow(teamId, userId, assertion.email))
    assert.ok((await link(deps, assertion, code)).ok)
    const outcome = await visit(deps, assertion)
    assert.deepEqual(outcome.ok && [outcome.value.actor, outcome.value.isLinked], [userId, true])
    // Slack is not asked whose the address is.
    assert.ok(!house.directory.asked.includes(assertion.email))
  })

  it('refuses whoever has another address than when they linked', async () => {
    await using house = await scene()
    const { deps } = house
    await link(deps, assertionOf(alex), await codeFor(deps, alex))
    for (const email of ['ALEX@example.com', kim.email, 'other@example.com'])
      assert.equal(await visitor(deps, assertionOf(alex, { email })), 'link-outdated')
  })

  it('refuses another identity with the address of somebody who is linked', async () => {
    await using house = await scene()
    const { deps } = house
    await link(deps, assertionOf(alex), await codeFor(deps, alex))
    const impostor = assertionOf(alex, { subject: 'sub-recycled' })
    assert.equal(await visitor(deps, impostor), 'linked-to-another')
  })

  it('refuses an address that only looks like somebody’s', async () => {
    await using house = await scene()
    const lookAlike = assertionOf(kim, { email: '\u212aim@example.com' })
    assert.equal(await visitor(house.deps, lookAlike), 'not-a-member')
  })

  it('refuses whoever Slack does not vouch for', async () => {
    await using house = await scene()
    const { deps, directory } = house
    await link(deps, assertionOf(alex), await codeFor(deps, alex))
    assert.equal(await visitor(deps, assertionOf(kim)), kim.userId)
    directory.put({ ...alex, email: 'alexandra@example.com' })
    assert.equal(await visitor(deps, assertionOf(alex)), 'email-changed')
    directory.refuse(alex, 'deactivated')
    assert.equal(await visitor(deps, assertionOf(alex)), 'not-a-member')
    directory.fail(alex.userId, kim.email)
    assert.equal(await visitor(deps, assertionOf(alex)), 'directory-unavailable')
    assert.equal(await visitor(deps, assertionOf(kim)), 'directory-unavailable')
  })

  it('tells who may decide and who may audit; a failed look-up only makes it less', async () => {
    await using house = await scene()
    const { deps, directory } = house
    const rights = async () => {
      const found = []
      for (const person of [alex, kim, ada, una]) {
        const outcome = await visit(deps, assertionOf(person))
        found.push(outcome.ok && [outcome.value.mayDecide, outcome.value.mayAudit])
      }
      return found
    }
    const least = [false, false]
    assert.deepEqual(await rights(), [least, [true, false], [true, true], [false, true]])
    directory.fail(RELIABILITY)
    assert.deepEqual(await rights(), [least, least, [true, true], [false, true]])
  })

  it('gives nobody what a group that cannot be looked up would deny them', async () => {
    const deny = people({ groups: ['S0LEFT' as SlackGroupId] })
    const approvers = people({ users: [kim.userId], deny })
    await using house = await scene({
      catalogue: aCatalogue({}, aResource({ stages: [aStage({ approvers })] })),
    })
    const mayDecide = async () => {
      const outcome = await visit(house.deps, assertionOf(kim))
      return outcome.ok && outcome.value.mayDecide
    }
    assert.equal(await mayDecide(), true)
    house.directory.fail('S0LEFT')
    assert.equal(await mayDecide(), false)
  })
})
