import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parsePpl } from '../../src/domain/ppl-parse.ts'
import { grantRule } from '../../src/domain/ppl-rule.ts'
import type { Criterion } from '../../src/domain/ppl.ts'
import { goodConstraint, goodEmail, hostileConstraint, hostileEmail } from './ppl-arbitraries.ts'

const endsAt = new Date('2026-11-20T11:00:00Z')

function grant(part: Partial<Parameters<typeof grantRule>[0]> = {}) {
  return grantRule({ email: 'user@example.com', endsAt, constraints: [], ...part })
}

describe('grantRule', () => {
  it('puts person and end into one and', () => {
    assert.equal(
      JSON.stringify(grant()),
      '{"allow":{"and":[{"email":{"is":"user@example.com"}},{"date":{"before":"2026-11-20T11:00:00Z"}}]}}',
    )
  })

  it('puts a scheduled start and the constraints into the same and', () => {
    assert.deepEqual(
      grant({
        notBefore: new Date('2026-11-20T10:00:00Z'),
        constraints: [{ source_ip: ['203.0.113.0/24'] }, { http_method: 'GET' }],
      }),
      {
        allow: {
          and: [
            { email: { is: 'user@example.com' } },
            { date: { after: '2026-11-20T10:00:00Z', before: '2026-11-20T11:00:00Z' } },
            { source_ip: ['203.0.113.0/24'] },
            { http_method: 'GET' },
          ],
        },
      },
    )
  })

  it('rounds the end down and the start up to whole seconds', () => {
    const rule = grant({
      notBefore: new Date('2026-11-20T10:00:00.001Z'),
      endsAt: new Date('2026-11-20T10:59:59.999Z'),
    })
    assert.deepEqual(rule.allow?.and?.[1], {
      date: { after: '2026-11-20T10:00:01Z', before: '2026-11-20T10:59:59Z' },
    })
  })

  it('writes the address in the case it came in', () => {
    assert.deepEqual(grant({ email: "Alex.O'Neil+x@Example.COM" }).allow?.and?.[0], {
      email: { is: "Alex.O'Neil+x@Example.COM" },
    })
  })

  for (const email of [
    '',
    ' ',
    '@',
    'user',
    'user@',
    '@example.com',
    'a@b@example.com',
    'a b@example.com',

    ' user@example.com',
    'user@example.com\n',
    'us\u0000er@example.com',
    'user@\u00a0example.com',
    'us\u200ber@example.com',
    '\u202euser@example.com',
    'us\ud800er@example.com',
    `${'a'.repeat(320)}@example.com`,
  ]) {
    it(`refuses the e-mail ${JSON.stringify(email.slice(0, 40))}`, () => {
      assert.throws(() => grant({ email }), {
        name: 'RangeError',
        message: /^no grant for the e-mail "/,
      })
    })
  }

  for (const [what, window] of [
    ['an invalid end', { endsAt: new Date(NaN) }],
    ['an invalid start', { notBefore: new Date(NaN) }],
    ['an end before 1970', { endsAt: new Date(-1) }],
    ['an end after the year 9999', { endsAt: new Date('+010000-01-01T00:00:00Z') }],
    ['an end at the start', { notBefore: endsAt }],
    ['an end before the start', { notBefore: new Date(endsAt.getTime() + 60_000) }],
    [
      'a window without a whole second',
      { notBefore: new Date(endsAt.getTime() + 1), endsAt: new Date(endsAt.getTime() + 999) },
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => grant(window), { name: 'RangeError', message: /^no grant/ })
    })
  }

  it('refuses a constraint that a resource may not have', () => {
    assert.throws(
      () => grant({ constraints: [{ source_ip: '::1' }, { 'claim/x': { exclude: 'y' } }] }),
      {
        name: 'RangeError',
        message:
          'no grant with constraint /claim~1x/exclude: not for a constraint; allowed are has, is',
      },
    )
  })

  it('gives exactly the intended rule, or none, for whatever is put in (F39)', () => {
    fc.assert(
      fc.property(
        hostileEmail,
        fc.array(hostileConstraint, { maxLength: 3 }),
        fc.date({ noInvalidDate: false }),
        fc.option(fc.date({ noInvalidDate: false }), { nil: undefined }),
        (email, constraints, endsAt, notBefore) => {
          const rule = renderedOrRefused({ email, constraints, endsAt, notBefore })
          if (rule === undefined) return
          assertSays(rule, { email, constraints, endsAt, notBefore })
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('gives a rule for every ordinary grant (F39)', () => {
    const start = fc.date({
      noInvalidDate: true,
      min: new Date('2020-01-01'),
      max: new Date('2200-01-01'),
    })
    fc.assert(
      fc.property(
        goodEmail,
        fc.array(goodConstraint, { maxLength: 4 }),
        start,
        fc.integer({ min: 2_000, max: 86_400_000 }),
        (email, constraints, notBefore, lengthMs) => {
          const grant = {
            email,
            constraints,
            notBefore,
            endsAt: new Date(notBefore.getTime() + lengthMs),
          }
          assertSays(grantRule(grant), grant)
        },
      ),
    )
  })
})

type Grant = Parameters<typeof grantRule>[0]

function renderedOrRefused(grant: Grant) {
  try {
    return grantRule(grant)
  } catch (error) {
    assert.ok(error instanceof RangeError, String(error))
    return undefined
  }
}

/** Reads the rule back from its wire text, as Pomerium does. */
function assertSays(rule: unknown, { email, constraints, endsAt, notBefore }: Grant) {
  const parsed = parsePpl(JSON.parse(JSON.stringify([rule])))
  assert.ok(parsed.ok)
  const [{ allow: { and: [who, when, ...rest] = [] } = {} } = {}] = parsed.ppl
  assert.deepEqual(parsed.ppl, [{ allow: { and: [who, when, ...rest] } }])
  assert.deepEqual(who, { email: { is: email } })
  assert.deepEqual(rest, constraints satisfies readonly Criterion[])

  const { after, before, ...others } = (when?.['date'] ?? {}) as Record<string, string>
  assert.deepEqual([Object.keys(when ?? {}), others], [['date'], {}])
  const early = endsAt.getTime() - Date.parse(before ?? '')
  assert.ok(early >= 0 && early < 1000, before)
  assert.match(before ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal(after === undefined, notBefore === undefined)
  if (after === undefined || notBefore === undefined) return
  const late = Date.parse(after) - notBefore.getTime()
  assert.ok(late >= 0 && late < 1000, after)
}
