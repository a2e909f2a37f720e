import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import type { Requests } from '../../src/app/store.ts'
import { termsOf } from '../../src/domain/decide-end.ts'
import type { AccessRequest, Approved, Asked, Pending } from '../../src/domain/request.ts'
import { settled } from '../../src/domain/request.ts'
import type { Database } from '../../src/postgres/database.ts'
import { requestsIn } from '../../src/postgres/requests.ts'
import { aPendingRequest, aPerson, requestsInEveryState } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { anyRequest } from './any-request.ts'
import { aDatabase, linkAll } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase(2)
  const approvers = ['kim', 'sam', 'lee'].map((name) => aPerson(name))
  await linkAll(
    database,
    ...approvers.map((person) => ({ ...person, subject: `sub-${person.userId}` })),
  )
})
afterAll(() => database[Symbol.asyncDispose]())

class Rollback extends Error {}

/** Runs with the triggers off, since no life led here, and leaves nothing behind. The checks of the tables hold. */
async function inPassing(work: (requests: Requests, tx: Database) => Promise<void>): Promise<void> {
  const run = database.db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await work(requestsIn(tx), tx)
    throw new Rollback()
  })
  await assert.rejects(run, (error) => {
    if (error instanceof Rollback) return true
    throw error
  })
}

/** The request as it waited, with so many of its approvals. */
function waiting(request: AccessRequest, count: number): Pending {
  const asked = toAsked(request)
  return {
    ...asked,
    status: 'pending',
    version: request.version - request.approvals.length - 2 + count,
    approvals: request.approvals.slice(0, count),
    ...attentionOf(request),
  }
}

function toAsked(request: AccessRequest): Asked {
  const { id, version, kind, requester, resourceId, durationSeconds, reason } = request
  const { requestedAt, lapsesAt, approvalsNeeded, approvalsCounted, catalogueRevision } = request
  const { beneficiary, level, extends: extended, startsAt, approvals, needsStepUp } = request
  const fixed = { id, version, kind, requester, resourceId, durationSeconds, reason, approvals }
  const counts = { requestedAt, lapsesAt, approvalsNeeded, approvalsCounted, catalogueRevision }
  return {
    ...fixed,
    ...counts,
    ...(beneficiary === undefined ? {} : { beneficiary }),
    ...(level === undefined ? {} : { level }),
    ...(extended === undefined ? {} : { extends: extended }),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(needsStepUp === undefined ? {} : { needsStepUp }),
  }
}

function attentionOf(request: AccessRequest) {
  const { remindSeconds } = request.status === 'pending' ? request : {}
  return { reminders: 0, ...(remindSeconds === undefined ? {} : { remindSeconds }) }
}

/** Stores a request as it waited, then each approval, then its grant, then what became of it. */
async function live(requests: Requests, request: AccessRequest): Promise<void> {
  let from = waiting(request, 0)
  await requests.insert(from, 'key')
  assert.deepEqual(await requests.find(from.id), from)
  for (let count = 1; count <= request.approvals.length; count++) {
    const to = waiting(request, count)
    await requests.save(from, to)
    assert.deepEqual(await requests.find(to.id), to)
    from = to
  }
  if (request.status !== 'approved') return requests.save(from, request)
  const opened = justOpened(request)
  await requests.save(from, opened)
  assert.deepEqual(await requests.find(opened.id), opened)
  await requests.save(opened, request)
}

/** The request as it was when it was approved. */
function justOpened(request: Approved): Approved {
  const { review, ...rest } = request
  const dueAt = review?.dueAt ?? request.requestedAt
  const due = { state: 'due', dueAt, remindAt: dueAt, isOverdue: false } as const
  return {
    ...rest,
    version: request.version - 1,
    grant: { ...termsOf(request.grant), state: 'granting' },
    ...(review === undefined ? {} : { review: due }),
  }
}

describe('requests', () => {
  for (const [name, request] of Object.entries(requestsInEveryState()))
    it(`are found as they were saved when ${name}`, () =>
      inPassing(async (requests) => {
        const later = { ...request, version: request.version + 5 }
        await live(requests, later)
        assert.deepEqual(await requests.find(request.id), later)
      }))

  it('are found as they were inserted, whatever they ask', () =>
    fc.assert(
      fc.asyncProperty(anyRequest, (request) =>
        inPassing(async (requests) => {
          if (request.status !== 'pending') return
          const { approvals: _given, ...rest } = request
          const asked = { ...rest, approvals: [] }
          await requests.insert(asked, 'key')
          assert.deepEqual(await requests.find(asked.id), asked)
          assert.deepEqual(await requests.lock(asked.id), asked)
          assert.deepEqual(await requests.findByIdempotencyKey('key'), asked)
        }),
      ),
      { numRuns: 150 },
    ))

  it('are found as they were saved, whatever they are', () =>
    fc.assert(
      fc.asyncProperty(anyRequest, (request) =>
        inPassing(async (requests) => {
          await live(requests, request)
          assert.deepEqual(await requests.find(request.id), request)
        }),
      ),
      { numRuns: 300 },
    ))

  it('keep how they asked for attention once they are answered', () =>
    inPassing(async (requests, tx) => {
      const escalatedAt = new Date('2026-03-02T09:20:00Z')
      const remindAt = new Date('2026-03-02T09:30:00Z')
      const pending = aPendingRequest({ remindSeconds: 900, remindAt, reminders: 2, escalatedAt })
      await requests.insert(pending, 'key')
      const cancelledAt = new Date('2026-03-02T09:25:00Z')
      const asked = settled(pending)
      await requests.save(pending, { ...asked, version: 2, status: 'cancelled', cancelledAt })
      const row = await tx
        .selectFrom('request')
        .select(['remind_seconds', 'remind_at', 'reminders', 'escalates_at', 'escalated_at'])
        .executeTakeFirst()
      assert.deepEqual(row, {
        remind_seconds: 900,
        remind_at: remindAt,
        reminders: 2,
        escalates_at: null,
        escalated_at: escalatedAt,
      })
    }))
})
