import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { ChangeAction } from '../../src/domain/event.ts'
import type { TestDatabase } from '../support/database.ts'
import type { Beginning, Step } from './lead.ts'
import { beginning, lead, step } from './lead.ts'
import { aDatabase } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase(2)
})
afterAll(() => database[Symbol.asyncDispose]())

const does = (type: Step['type'], waitSeconds: number, facts: Partial<Step> = {}): Step => ({
  type,
  waitSeconds,
  who: 0,
  isShort: false,
  isExtension: false,
  ...facts,
})
/** Lives that take, together, every step that there is. */
const LIVES: [Beginning, Step[]][] = [
  [
    { kind: 'standard', approvals: 2 },
    [
      does('approve', 60),
      does('tick', 900),
      does('tick', 900),
      does('approve', 60, { who: 1 }),
      does('confirm-active', 1),
      does('extend', 900),
      does('approve', 60, { isExtension: true }),
      does('approve', 60, { isExtension: true, who: 2, isShort: true }),
      does('approve', 60, { isExtension: true, who: 1, isShort: true }),
      does('tick', 90_000),
    ],
  ],
  [
    { kind: 'scheduled', approvals: 1 },
    [
      does('approve', 60),
      does('confirm-active', 1),
      does('extend', 1),
      does('approve', 1, { isExtension: true }),
      does('confirm-active', 1),
      does('tick', 7_200),
      does('end', 60, { isShort: true }),
      does('confirm-ended', 1),
    ],
  ],
  [
    { kind: 'break-glass', approvals: 1 },
    [
      does('tick', 3_600),
      does('tick', 1),
      does('tick', 3_600),
      does('tick', 90_000),
      does('review', 60, { isShort: true }),
    ],
  ],
  [
    { kind: 'standard', approvals: 2 },
    [
      does('auto-approve', 1),
      does('extend', 1, { isShort: true }),
      does('auto-approve', 1, { isExtension: true }),
      does('disqualify', 60),
      does('confirm-ended', 1),
    ],
  ],
  [{ kind: 'guest', approvals: 1 }, [does('deny', 60, { who: 3 })]],
  [{ kind: 'beneficiary', approvals: 1 }, [does('approve', 60), does('confirm-active', 1)]],
  [{ kind: 'beneficiary', approvals: 1 }, [does('disqualify', 60)]],
  [
    { kind: 'standard', approvals: 2 },
    [does('approve', 60), does('recount', 60, { isShort: true }), does('recount', 60)],
  ],
  [{ kind: 'standard', approvals: 1 }, [does('cancel', 60)]],
  [{ kind: 'standard', approvals: 1 }, [does('tick', 90_000)]],
]

const ACTIONS = {
  'request.created': true,
  'request.approval_recorded': true,
  'request.approved': true,
  'request.auto_approved': true,
  'request.break_glass': true,
  'request.extended': true,
  'request.denied': true,
  'request.cancelled': true,
  'request.lapsed': true,
  'request.reminded': true,
  'request.escalated': true,
  'request.recounted': true,
  'grant.scheduled': true,
  'grant.activated': true,
  'grant.extended': true,
  'grant.ending': true,
  'grant.ended': true,
  'grant.never_active': true,
  'grant.review_reminded': true,
  'grant.review_overdue': true,
  'grant.reviewed': true,
} satisfies Record<ChangeAction, true>

describe('a life', () => {
  it('takes every step that the rules allow, is found as it is, and is known to every list', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        beginning,
        fc.array(step, { minLength: 3, maxLength: 14 }),
        async (first, steps) => {
          for (const action of await lead(database, first, steps)) seen.add(action)
        },
      ),
      { numRuns: 120, examples: LIVES },
    )
    assert.deepEqual([...seen].sort(), Object.keys(ACTIONS).sort())
  })
})
