import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AuditFilter } from '../../src/app/audit-cases.ts'
import { requestIdFrom } from '../../src/domain/ids.ts'
import type { ResourceId, SlackUserId } from '../../src/domain/ids.ts'
import { auditPath, parseQuestion } from '../../src/web/audit-filter.ts'

const START = Date.UTC(2001, 0, 1)
const END = Date.UTC(2099, 0, 1)
const instant = (min: number, max: number) => fc.integer({ min, max }).map((ms) => new Date(ms))

const filters: fc.Arbitrary<AuditFilter> = fc.record(
  {
    from: instant(START, (START + END) / 2),
    to: instant((START + END) / 2 + 1, END),
    person: fc.oneof(
      fc.stringMatching(/^[UW][A-Z0-9]{1,20}$/).map((id) => ({ userId: id as SlackUserId })),
      fc.emailAddress({ size: 'small' }).map((email) => ({ email })),
    ),
    resourceId: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/).map((id) => id as ResourceId),
    requestId: fc.uint8Array({ minLength: 5, maxLength: 5 }).map(requestIdFrom),
    action: fc.stringMatching(/^[a-z]{1,20}(?:\.[a-z_]{1,40})?$/),
  },
  { requiredKeys: [], noNullPrototype: true },
)

describe('auditPath', () => {
  it('gives an address that is understood as the same filter and page again', () => {
    fc.assert(
      fc.property(
        filters,
        fc.option(fc.integer({ min: 1, max: 10 ** 15 - 1 }), { nil: undefined }),
        (filter, before) => {
          const path = auditPath(filter, before)
          const parsed = parseQuestion(new URL(path, 'https://jit.example.com').searchParams)
          assert.deepEqual(parsed, {
            ok: true,
            question: { filter, ...(before === undefined ? {} : { before }) },
          })
        },
      ),
    )
  })
})

describe('parseQuestion', () => {
  const parsedFrom = (from: string) => {
    const parsed = parseQuestion([['from', from]])
    return parsed.ok ? parsed.question.filter.from?.toISOString() : undefined
  }
  for (const [typed, at] of [
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T14:05', '2026-11-20T14:05:00.000Z'],
    [' 2026-11-20 14:05:12Z ', '2026-11-20T14:05:12.000Z'],
    ['2026-11-20T14:05:12.345Z', '2026-11-20T14:05:12.345Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-02-29', undefined],
    ['2026-11-20T24:00', undefined],
    ['2026-11-20T14:05+02:00', undefined],
    ['20/11/2026', undefined],
    ['1763640000', undefined],
  ] as const)
    it(`takes ${JSON.stringify(typed)} for ${at ?? 'no instant'}`, () => {
      assert.equal(parsedFrom(typed), at)
    })

  it('never throws, and tells of everything that it does not understand', () => {
    const names = fc.constantFrom(
      'from',
      'to',
      'person',
      'action',
      'before',
      'constructor',
      'x',
      '',
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.string())), (given) => {
        const parsed = parseQuestion(given)
        const known = ['from', 'to', 'person', 'resource', 'action', 'request', 'before']
        if (given.some(([name]) => !known.includes(name))) assert.equal(parsed.ok, false)
        if (!parsed.ok) assert.ok(parsed.problems.size > 0)
      }),
    )
  })
})
