import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createUseCases } from '../../src/app/create-use-cases.ts'
import type { Deps } from '../../src/app/deps.ts'
import { identify } from '../../src/app/identify.ts'
import { link, unlink } from '../../src/app/link-identity.ts'
import type { RegoPolicy } from '../../src/app/rego-policy.ts'
import type { Person } from '../../src/domain/person.ts'
import { aDatabase, anExtendable, nextId } from '../postgres/support.ts'
import { ENGINEERS, RELIABILITY, aCatalogue, aPerson, alex, kim, people } from '../support/build.ts'
import { aDirectory } from './directory.ts'
import { assertionOf, codeFor, linkingDeps, onRecord } from './linking.ts'

const sam = aPerson('sam', { groups: [ENGINEERS, RELIABILITY] })

const resource = anExtendable({
  vendors: {
    people: people({ domains: ['partner.example'] }),
    sponsors: people({ groups: [ENGINEERS] }),
  },
})

async function scene(isLinkNeeded: boolean) {
  const database = await aDatabase(4)
  const directory = aDirectory(alex, kim, sam)
  const deps = linkingDeps(database, directory, {
    isLinkNeeded,
    catalogue: aCatalogue({}, resource),
  })
  return {
    database,
    directory,
    deps,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const SPELLED = 'Alex@Example.com'

async function linked(deps: Deps, person: Person, email = person.email): Promise<void> {
  assert.ok((await link(deps, assertionOf(person, { email }), await codeFor(deps, person))).ok)
}

function ask(deps: Deps, { userId }: Person, beneficiary?: string) {
  return createUseCases(deps).requestAccess({
    actor: userId,
    via: 'command',
    resource: 'grafana-prod',
    durationSeconds: 3_600,
    reason: 'INC-42 dashboards are red',
    idempotencyKey: nextId(),
    ...(beneficiary === undefined ? {} : { beneficiary }),
  })
}

/** The request that was asked for. */
async function asked(deps: Deps, person: Person) {
  const outcome = await ask(deps, person)
  if (!outcome.ok) throw new Error(`refused: ${outcome.refusal.code}`)
  return outcome.value.request
}

/** The code of a refusal, or the state of the request. */
const told = (outcome: Awaited<ReturnType<typeof ask>>) =>
  outcome.ok ? outcome.value.request.status : outcome.refusal.code

describe('identify', () => {
  it('has a linked person’s address and subject as Pomerium has them, and says so', async () => {
    await using house = await scene(false)
    const { deps } = house
    await linked(deps, alex, SPELLED)
    const found = await identify(deps, alex.userId, new Set([ENGINEERS]))
    const { subject } = assertionOf(alex)
    assert.deepEqual(found, {
      ok: true,
      person: { ...alex, email: SPELLED, subject },
      link: { subject, email: SPELLED },
      isComplete: true,
    })
  })

  it('still compares the address in Slack with the pinned one', async () => {
    await using house = await scene(false)
    const { deps, directory, database } = house
    await linked(deps, alex, SPELLED)
    directory.put({ ...alex, email: 'ALEX@EXAMPLE.COM' })
    assert.ok((await identify(deps, alex.userId, new Set())).ok)
    directory.put({ ...alex, email: 'alexandra@example.com' })
    const refused = { ok: false, refusal: { code: 'email-changed' } }
    assert.deepEqual(await identify(deps, alex.userId, new Set()), refused)
    const last = (await onRecord(database)).at(-1)
    const details = { pinned: alex.email, now: 'alexandra@example.com' }
    assert.deepEqual([last?.action, last?.details], ['identity.email_changed', details])
  })

  it('takes the standing of somebody from the address that counts', async () => {
    await using house = await scene(false)
    const { deps, directory } = house
    const pat = aPerson('pat', { email: 'pat@partner.example', standing: 'outsider' })
    directory.put(pat)
    const standing = async () => {
      const found = await identify(deps, pat.userId, new Set())
      return found.ok && found.person.standing
    }
    assert.equal(await standing(), 'outsider')
    await deps.store.transaction((tx) =>
      tx.identities.allow(pat.teamId, pat.userId, 'pat@example.com'),
    )
    await linked(deps, pat, 'pat@example.com')
    assert.equal(await standing(), 'member')
  })

  it('knows the address that somebody has in Slack for theirs too, so that they vouch for nobody but others', async () => {
    await using house = await scene(false)
    const { deps, directory } = house
    const pat = aPerson('pat', { email: 'pat@partner.example', groups: [ENGINEERS, RELIABILITY] })
    directory.put(pat)
    await identify(deps, pat.userId, new Set())
    await deps.store.transaction((tx) =>
      tx.identities.allow(pat.teamId, pat.userId, 'pat@example.com'),
    )
    await linked(deps, pat, 'pat@example.com')
    const found = await identify(deps, pat.userId, new Set())
    assert.equal(found.ok && found.person.slackEmail, pat.email)
    assert.equal(told(await ask(deps, pat, 'PAT@partner.example')), 'beneficiary-not-listed')
    const outcome = await ask(deps, alex, pat.email)
    assert.ok(outcome.ok)
    const { id } = outcome.value.request
    const act = { id, actor: pat.userId, via: 'button' } as const
    assert.equal(told(await createUseCases(deps).approveRequest(act)), 'own-request')
  })
})

describe('asking where a link comes first', () => {
  it('is refused without one, for oneself and as a sponsor, on record, whatever is asked for', async () => {
    await using house = await scene(true)
    const { deps, database } = house
    assert.equal(told(await ask(deps, alex)), 'link-needed')
    assert.equal(told(await ask(deps, alex, 'vic@partner.example')), 'link-needed')
    const unknown = createUseCases(deps).requestAccess({
      actor: alex.userId,
      via: 'command',
      resource: 'nothing',
      durationSeconds: 60,
      reason: '',
      idempotencyKey: nextId(),
    })
    assert.equal(told(await unknown), 'link-needed')
    const { rows } = await database.pool.query(
      `select actor_email as email, details ->> 'refusal' as refusal from audit_event where action = 'request.create_refused'`,
    )
    assert.deepEqual(
      rows,
      Array.from({ length: 3 }, () => ({ email: alex.email, refusal: 'link-needed' })),
    )
  })

  it('opens access for the address exactly as Pomerium has it, once they are linked', async () => {
    await using house = await scene(true)
    const { deps } = house
    await linked(deps, alex, SPELLED)
    const { id } = await asked(deps, alex)
    const approved = await createUseCases(deps).approveRequest({
      id,
      actor: kim.userId,
      via: 'button',
    })
    assert.ok(approved.ok && approved.value.request.status === 'approved')
    const { requester, grant } = approved.value.request
    assert.deepEqual([grant.email, requester.subject], [SPELLED, assertionOf(alex).subject])
  })

  it('opens nothing when the link is gone by the time of the approval, also where a Rego policy is asked', async () => {
    const allowing: RegoPolicy = {
      ask: async () => ({
        type: 'decision',
        decision: { effect: 'allow', reasons: [], narrowing: { constraints: [] } },
        trace: { engine: 'wasm', inputHash: '', latencyMs: 1 },
      }),
    }
    for (const rego of [undefined, allowing]) {
      await using house = await scene(true)
      const deps = { ...house.deps, rego: () => rego }
      await linked(deps, alex)
      const { id } = await asked(deps, alex)
      const useCases = createUseCases(deps)
      const approve = () => useCases.approveRequest({ id, actor: kim.userId, via: 'button' })
      await unlink(deps, assertionOf(alex))
      assert.equal(told(await approve()), 'requester-not-eligible')
      await linked(deps, alex)
      assert.equal(told(await approve()), 'approved')
    }
  })

  it('opens nothing for another address than the one that asked', async () => {
    await using house = await scene(true)
    const { deps } = house
    await linked(deps, alex)
    const { id } = await asked(deps, alex)
    const { teamId, userId } = alex
    const other = 'alex@partner.example'
    await deps.store.transaction((tx) => tx.identities.allow(teamId, userId, other))
    await linked(deps, alex, other)
    const approve = createUseCases(deps).approveRequest({ id, actor: kim.userId, via: 'button' })
    assert.equal(told(await approve), 'requester-not-eligible')
  })

  it('is refused for more time too', async () => {
    await using house = await scene(true)
    const { deps } = house
    const useCases = createUseCases(deps)
    await linked(deps, alex)
    const { id } = await asked(deps, alex)
    await useCases.approveRequest({ id, actor: kim.userId, via: 'button' })
    await unlink(deps, assertionOf(alex))
    const extend = (person: Person) =>
      useCases.extendGrant({
        id,
        actor: person.userId,
        via: 'button',
        durationSeconds: 600,
        reason: 'INC-42 still going on',
        idempotencyKey: nextId(),
      })
    assert.equal(told(await extend(alex)), 'link-needed')
    assert.equal(told(await extend(sam)), 'no-such-request')
    await linked(deps, alex)
    assert.equal(told(await extend(alex)), 'pending')
  })

  it('is not asked of approvers, nor of anybody where Slack’s word is enough', async () => {
    await using house = await scene(false)
    const { deps } = house
    const { id } = await asked(deps, alex)
    const approve = createUseCases(deps).approveRequest({ id, actor: kim.userId, via: 'button' })
    assert.equal(told(await approve), 'approved')
  })
})

describe('two Slack accounts of one Pomerium identity', () => {
  it('are one person: neither approves what the other asked for', async () => {
    await using house = await scene(false)
    const { deps, database } = house
    await linked(deps, alex)
    const { id } = await asked(deps, alex)
    await unlink(deps, assertionOf(alex))
    await codeFor(deps, sam)
    await deps.store.transaction((tx) =>
      tx.identities.allow(sam.teamId, sam.userId, 'sam.two@example.com'),
    )
    const second = { ...assertionOf(alex), email: 'sam.two@example.com' }
    assert.ok((await link(deps, second, await codeFor(deps, sam))).ok)
    const approve = createUseCases(deps).approveRequest({ id, actor: sam.userId, via: 'button' })
    assert.equal(told(await approve), 'own-request')
    const { rows } = await database.pool.query('select count(*)::int as count from approval')
    assert.deepEqual(rows, [{ count: 0 }])
  })
})
