import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Assertion } from '../../src/app/assertion.ts'
import { approveRequest, cancelRequest, denyRequest } from '../../src/app/decide-request.ts'
import type { Deps } from '../../src/app/deps.ts'
import { endGrant } from '../../src/app/end-grant.ts'
import { extendGrant } from '../../src/app/extend-grant.ts'
import { requestAccess } from '../../src/app/request-access.ts'
import type { Act } from '../../src/app/use-cases.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { Resource } from '../../src/domain/resource.ts'
import { aDatabase, anEmergencyResource, nextId } from '../postgres/support.ts'
import { aCatalogue, aResource, aStage, after, alex, kim, sam } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDirectory } from './directory.ts'
import { ORIGIN, linkingDeps } from './linking.ts'

const LINK = { subject: 'sub-kim', email: 'Kim@example.com' }
const strict = aResource({
  needsStepUp: true,
  extension: { times: 2, maxSeconds: 3_600 },
  automatic: [{ name: 'self_activation', maxSeconds: 1_800 }],
})
/** Longer than any rule lets in without people. */
const HOUR = 3_600

async function aTown(resource: Resource = strict, { hasPages = true } = {}) {
  const database = await aDatabase(4)
  const catalogue = aCatalogue({}, resource)
  const directory = aDirectory(alex, kim, sam)
  const { pages, ...slackOnly } = linkingDeps(database, directory, { catalogue })
  const deps: Deps = pages === undefined || !hasPages ? slackOnly : { ...slackOnly, pages }
  const link = async (user: Person, to = LINK): Promise<void> => {
    await database.store.transaction(async (tx) => {
      await tx.identities.pin(user)
      await tx.identities.link(user, to)
    })
  }
  const asserted = async (facts: Partial<Assertion> & { readonly ageSeconds?: number } = {}) => {
    const { ageSeconds = 1, ...more } = facts
    return { ...LINK, issuedAt: after(-ageSeconds, await database.clock.now()), ...more }
  }
  const ask = (act: Partial<Act> = {}, more: { seconds?: number; breakGlass?: true } = {}) =>
    requestAccess(deps, {
      actor: alex.userId,
      via: 'command',
      ...act,
      resource: resource.id,
      durationSeconds: more.seconds ?? HOUR,
      reason: 'INC-42 everything is red',
      idempotencyKey: nextId(),
      ...(more.breakGlass === undefined ? {} : { breakGlass: true }),
    })
  const waiting = async (): Promise<RequestId> => {
    const outcome = await ask()
    assert.ok(outcome.ok)
    assert.equal(outcome.value.request.status, 'pending')
    return outcome.value.request.id
  }
  return {
    database,
    deps,
    directory,
    link,
    asserted,
    ask,
    waiting,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** The last event of an action. */
async function lastEvent({ pool }: TestDatabase, action: string) {
  const { rows } = await pool.query<{
    details: Readonly<Record<string, unknown>>
    via: string
    actor_subject: string | null
  }>(
    'select details, via, actor_subject from audit_event where action = $1 order by seq desc limit 1',
    [action],
  )
  return rows[0]
}

describe('approveRequest, of what needs step-up', () => {
  it('opens it for a fresh assertion of the identity that the approver linked', async () => {
    await using town = await aTown()
    const { deps, database } = town
    await town.link(kim)
    const id = await town.waiting()
    const assertion = await town.asserted()
    const outcome = await approveRequest(deps, { id, actor: kim.userId, via: 'web', assertion })
    assert.ok(outcome.ok)
    const { request, page } = outcome.value
    assert.equal(request.status, 'approved')
    assert.equal(request.approvals[0]?.isSteppedUp, true)
    assert.equal(page, `${ORIGIN}/requests/${id}`)
    const {
      details,
      via,
      actor_subject: subject,
    } = (await lastEvent(database, 'request.approved')) ?? {}
    assert.deepEqual([details?.['steppedUp'], via, subject], [true, 'web', LINK.subject])
  })

  const attacks: readonly (readonly [
    name: string,
    how: { readonly isUnlinked?: true; readonly ageSeconds?: number } & Partial<Assertion>,
  ])[] = [
    ['an assertion that somebody kept', { ageSeconds: 91 }],
    ['an assertion from the future', { ageSeconds: -91 }],
    ['an identity that is not linked', { isUnlinked: true }],
  ]
  for (const [name, { isUnlinked, ...facts }] of attacks)
    it(`refuses ${name}, and says where it is done`, async () => {
      await using town = await aTown()
      if (isUnlinked !== true) await town.link(kim)
      const id = await town.waiting()
      const assertion = await town.asserted(facts)
      const act = { id, actor: kim.userId, via: 'web', assertion } as const
      assert.deepEqual(await approveRequest(town.deps, act), {
        ok: false,
        refusal: { code: 'step-up-needed', page: `${ORIGIN}/requests/${id}` },
      })
      const refused = await lastEvent(town.database, 'request.approve_refused')
      assert.deepEqual(
        [refused?.details['refusal'], refused?.actor_subject],
        ['step-up-needed', assertion.subject],
      )
    })

  it('does not count the approval of an identity that is its giver’s no more', async () => {
    await using town = await aTown({ ...strict, stages: [aStage({ approvals: 2 })] })
    const { deps, database } = town
    const others = { subject: 'sub-sam', email: sam.email }
    await town.link(kim)
    await town.link(sam, others)
    const id = await town.waiting()
    const approve = async (actor: Person, identity: typeof LINK) => {
      const assertion = await town.asserted(identity)
      const act = { id, actor: actor.userId, via: 'web', assertion } as const
      const outcome = await approveRequest(deps, act)
      return outcome.ok && [outcome.value.request.status, outcome.value.request.approvalsCounted]
    }
    assert.deepEqual(await approve(kim, LINK), ['pending', 1])
    await database.store.transaction((tx) => tx.identities.unlink(kim.teamId, kim.userId))
    assert.deepEqual(await approve(sam, others), ['pending', 1])
  })

  it('refuses Slack, linked or not', async () => {
    await using town = await aTown()
    await town.link(kim)
    const id = await town.waiting()
    for (const [approver, via] of [
      [kim, 'button'],
      [sam, 'command'],
      [kim, 'modal'],
    ] as const)
      assert.deepEqual(await approveRequest(town.deps, { id, actor: approver.userId, via }), {
        ok: false,
        refusal: { code: 'step-up-needed', page: `${ORIGIN}/requests/${id}` },
      })
  })

  it('refuses the linked requester as before, and whoever may not answer', async () => {
    await using town = await aTown()
    const own = { subject: 'sub-alex', email: alex.email }
    await town.link(alex, own)
    const id = await town.waiting()
    const assertion = await town.asserted(own)
    const answer = await approveRequest(town.deps, {
      id,
      actor: alex.userId,
      via: 'web',
      assertion,
    })
    assert.deepEqual(answer, { ok: false, refusal: { code: 'own-request' } })
  })

  it('has no address to name where there are no pages', async () => {
    await using town = await aTown(strict, { hasPages: false })
    const id = await town.waiting()
    const answer = await approveRequest(town.deps, { id, actor: kim.userId, via: 'button' })
    assert.deepEqual(answer, { ok: false, refusal: { code: 'step-up-needed' } })
  })

  it('counts a second approval only with it', async () => {
    const two = aResource({ needsStepUp: true, stages: [aStage({ approvals: 2 })] })
    await using town = await aTown(two)
    const { deps } = town
    const other = { subject: 'sub-sam', email: sam.email }
    await town.link(kim)
    await town.link(sam, other)
    const id = await town.waiting()
    const first = { id, actor: kim.userId, via: 'web', assertion: await town.asserted() } as const
    assert.equal((await approveRequest(deps, first)).ok, true)
    const bySlack = await approveRequest(deps, { id, actor: sam.userId, via: 'button' })
    assert.equal(bySlack.ok, false)
    const stolen = { id, actor: sam.userId, via: 'web', assertion: await town.asserted() } as const
    assert.equal((await approveRequest(deps, stolen)).ok, false)
    const assertion = await town.asserted(other)
    const last = await approveRequest(deps, { id, actor: sam.userId, via: 'web', assertion })
    assert.equal(last.ok && last.value.request.status, 'approved')
  })
})

describe('what only takes away', () => {
  it('stays possible in Slack: to deny, to cancel and to end', async () => {
    await using town = await aTown()
    const { deps } = town
    await town.link(kim)
    const denied = await town.waiting()
    const no = { id: denied, actor: kim.userId, via: 'button', reason: 'no' } as const
    assert.equal((await denyRequest(deps, no)).ok, true)
    const id = await town.waiting()
    assert.equal((await cancelRequest(deps, { id, actor: alex.userId, via: 'button' })).ok, true)
    const held = await town.waiting()
    const assertion = await town.asserted()
    await approveRequest(deps, { id: held, actor: kim.userId, via: 'web', assertion })
    const ended = await endGrant(deps, { id: held, actor: sam.userId, via: 'button' })
    assert.equal(ended.ok, true)
  })
})

describe('requestAccess, of what needs step-up', () => {
  const own = { subject: 'sub-alex', email: alex.email }

  it('leaves to people what a rule would open, unless the linked requester asks on the page', async () => {
    await using town = await aTown()
    const short = { seconds: 1_800 }
    const inSlack = await town.ask({}, short)
    assert.equal(inSlack.ok && inSlack.value.request.status, 'pending')
    const id = inSlack.ok ? inSlack.value.request.id : nextId()
    await cancelRequest(town.deps, { id, actor: alex.userId, via: 'button' })
    const assertion = await town.asserted(own)
    const unlinked = await town.ask({ via: 'web', assertion }, short)
    assert.equal(unlinked.ok && unlinked.value.request.status, 'pending')
    const second = unlinked.ok ? unlinked.value.request.id : nextId()
    await cancelRequest(town.deps, { id: second, actor: alex.userId, via: 'button' })
    await town.link(alex, own)
    const opened = await town.ask({ via: 'web', assertion: await town.asserted(own) }, short)
    assert.equal(opened.ok && opened.value.request.status, 'approved')
    const { details } = (await lastEvent(town.database, 'request.auto_approved')) ?? {}
    assert.equal(details?.['steppedUp'], true)
  })

  it('opens no emergency from Slack, and one on the page', async () => {
    await using town = await aTown({ ...anEmergencyResource(), needsStepUp: true })
    const alarm = { seconds: 1_800, breakGlass: true } as const
    assert.deepEqual(await town.ask({}, alarm), {
      ok: false,
      refusal: { code: 'step-up-needed', page: `${ORIGIN}/` },
    })
    await town.link(alex, own)
    const stale = await town.asserted({ ...own, ageSeconds: 91 })
    assert.equal((await town.ask({ via: 'web', assertion: stale }, alarm)).ok, false)
    const opened = await town.ask({ via: 'web', assertion: await town.asserted(own) }, alarm)
    assert.equal(opened.ok && opened.value.request.status, 'approved')
  })
})

describe('extendGrant, of what was opened with step-up', () => {
  it('asks for it, and its approval needs it too', async () => {
    await using town = await aTown()
    const { deps } = town
    await town.link(kim)
    const id = await town.waiting()
    const by = { actor: kim.userId, via: 'web' } as const
    await approveRequest(deps, { id, ...by, assertion: await town.asserted() })
    const wish = await extendGrant(deps, {
      id,
      actor: alex.userId,
      via: 'modal',
      durationSeconds: 600,
      reason: 'INC-42 still going on',
      idempotencyKey: nextId(),
    })
    assert.ok(wish.ok)
    const { request } = wish.value
    assert.deepEqual([request.status, request.needsStepUp], ['pending', true])
    const inSlack = await approveRequest(deps, { id: request.id, actor: sam.userId, via: 'button' })
    assert.equal(!inSlack.ok && inSlack.refusal.code, 'step-up-needed')
    const assertion = await town.asserted()
    const longer = await approveRequest(deps, { id: request.id, ...by, assertion })
    assert.equal(longer.ok && longer.value.request.status, 'extended')
  })
})

describe('an act on a page', () => {
  it('is recorded with the subject that Pomerium verified, linked or not', async () => {
    await using town = await aTown(aResource())
    const assertion = await town.asserted({ subject: 'sub-alex', email: alex.email })
    const asked = await town.ask({ via: 'web', assertion })
    assert.ok(asked.ok)
    assert.equal(asked.value.request.requester.subject, 'sub-alex')
    const created = await lastEvent(town.database, 'request.created')
    assert.deepEqual([created?.via, created?.actor_subject], ['web', 'sub-alex'])
    await town.ask()
    assert.equal((await lastEvent(town.database, 'request.create_refused'))?.actor_subject, null)
  })

  it('says of whom Slack could not be asked, and since when', async () => {
    await using town = await aTown(aResource())
    const [older, newer] = [new Date('2026-03-02T08:00:00Z'), new Date('2026-03-02T08:30:00Z')]
    const { directory } = town
    const asOf = new Map([
      [alex.userId, older],
      [kim.userId, newer],
    ])
    const deps: Deps = {
      ...town.deps,
      directory: {
        ...directory,
        async member(userId) {
          const found = await directory.member(userId)
          const at = asOf.get(userId)
          return found.ok && at !== undefined ? { ...found, asOf: at } : found
        },
      },
    }
    const assertion = await town.asserted()
    const id = await town.waiting()
    const fresh = await lastEvent(town.database, 'request.created')
    assert.equal(fresh !== undefined && 'slackAsOf' in fresh.details, false)
    const act = { id, actor: kim.userId, via: 'web', assertion } as const
    await denyRequest(deps, { ...act, reason: ' ' })
    const refused = await lastEvent(town.database, 'request.deny_refused')
    assert.equal(refused?.details['slackAsOf'], newer.toISOString())
    assert.equal((await approveRequest(deps, act)).ok, true)
    const approved = await lastEvent(town.database, 'request.approved')
    assert.equal(approved?.details['slackAsOf'], older.toISOString())
    const theirs = await town.asserted({ subject: 'sub-alex', email: alex.email })
    const asker = { actor: alex.userId, via: 'web', assertion: theirs } as const
    const wish = { ...asker, resource: 'grafana-prod', durationSeconds: HOUR }
    const reason = 'INC-42 everything is red'
    await requestAccess(deps, { ...wish, reason, idempotencyKey: nextId() })
    const asked = await lastEvent(town.database, 'request.created')
    assert.equal(asked?.details['slackAsOf'], older.toISOString())
  })
})
