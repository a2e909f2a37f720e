import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readDecision } from '../../src/opa/decision.ts'

/** Why a document with these members beside an `allow` is unusable; `undefined` when it is not. */
function why(members: Readonly<Record<string, unknown>>): string | undefined {
  const read = readDecision({ v: 1, effect: 'allow', ...members })
  return read.ok ? undefined : read.why
}

describe('readDecision', () => {
  it('reads everything that a document may say', () => {
    const read = readDecision({
      v: 1,
      effect: 'needs_approval',
      reasons: [{ code: 'too_late', text: 'It is\n late\u202e ' }],
      required_approvals: 2,
      approver_groups: ['S0SECURITY', 'S0SRE', 'S0SRE'],
      max_duration_s: 900,
      constraints: [{ source_ip: ['203.0.113.0/24'] }, { http_method: 'GET' }],
      policy_version: 'v7 (2026)',
    })
    assert.deepEqual(read, {
      ok: true,
      policyVersion: 'v7 (2026)',
      decision: {
        effect: 'needs_approval',
        reasons: [{ code: 'too_late', text: 'It is late' }],
        narrowing: {
          maxSeconds: 900,
          approvals: 2,
          groups: ['S0SECURITY', 'S0SRE'],
          constraints: [{ source_ip: ['203.0.113.0/24'] }, { http_method: 'GET' }],
        },
      },
    })
  })

  it('needs nothing but version and effect', () => {
    for (const effect of ['deny', 'needs_approval', 'allow'] as const)
      assert.deepEqual(readDecision({ v: 1, effect }), {
        ok: true,
        decision: { effect, reasons: [], narrowing: { constraints: [] } },
      })
  })

  it('refuses another version, an unknown effect, and a key that it does not know', () => {
    assert.equal(why({ v: 2 }), '/v: Invalid input: expected 1')
    assert.equal(why({ v: '1' }), '/v: Invalid input: expected 1')
    assert.equal(why({ v: undefined }), '/v: Invalid input: expected 1')
    const effects = 'expected one of "deny"|"needs_approval"|"allow"'
    for (const effect of ['ALLOW', 'approve', true, undefined, ['allow']])
      assert.equal(why({ effect }), `/effect: Invalid option: ${effects}`)
    assert.equal(why({ max_duration: 60 }), '/: Unrecognized key: "max_duration"')
    for (const value of [undefined, null, true, 'allow', [], [{ v: 1, effect: 'allow' }], {}])
      assert.equal(readDecision(value).ok, false)
  })

  it('refuses numbers, groups and texts out of bounds', () => {
    const cases: readonly [string, readonly unknown[], readonly unknown[]][] = [
      ['required_approvals', [0, 1, 20], [-1, 21, 1.5, '2', null, Infinity]],
      ['max_duration_s', [1, 366 * 86_400], [0, -60, 366 * 86_400 + 1, 0.5, '60', null]],
      [
        'approver_groups',
        [['S0SRE']],
        [[], ['sre'], ['U0KIM'], 'S0SRE', [null], many(21, 'S0SRE')],
      ],
      ['policy_version', ['1'], ['', 'x'.repeat(101), 'a\nb', 7]],
      [
        'reasons',
        [[], many(20, { code: 'a', text: 'b' }), [{ code: 'a', text: 'x'.repeat(5_000) }]],
        [
          many(21, { code: 'a', text: 'b' }),
          [{ code: '', text: 'b' }],
          [{ code: 'a b', text: 'b' }],
          [{ code: 'a', text: ' \u200b\n' }],
          [{ code: 'a' }],
          [{ code: 'a', text: 'b', more: 1 }],
          ['a'],
          {},
        ],
      ],
    ]
    for (const [key, good, bad] of cases) {
      for (const value of good) assert.equal(why({ [key]: value }), undefined)
      for (const value of bad)
        assert.match(why({ [key]: value }) ?? '', new RegExp(`^/${key}`), JSON.stringify(value))
    }
  })

  it('shows people no more than 300 characters of a reason', () => {
    const read = readDecision({
      v: 1,
      effect: 'deny',
      reasons: [{ code: 'a', text: 'ab '.repeat(999) }],
    })
    assert.ok(read.ok)
    assert.equal(read.decision.reasons[0]?.text.length, 300)
  })

  it('refuses the whole document for one constraint that cannot be written', () => {
    const constraints = [{ source_ip: ['203.0.113.0/24'] }, { email: { is: 'kim@example.com' } }]
    assert.match(why({ constraints }) ?? '', /^\/constraints\/1: "email" is not for a constraint/)
    const bad: readonly unknown[] = [
      { accept: true },
      { authenticated_user: true },
      { claim: 'x' },
      { date: { before: '2999-01-01T00:00:00Z' } },
      { groups: { not: 'x' } },
      { source_ip: [] },
      { source_ip: ['203.0.113.0/24'], email: 'x' },
      {},
      [],
      'reject',
      null,
    ]
    for (const constraint of bad)
      assert.match(why({ constraints: [constraint] }) ?? '', /^\/constraints\/0/)
    assert.match(why({ constraints: {} }) ?? '', /^\/constraints: /)
    assert.match(why({ constraints: many(17, { http_method: 'GET' }) }) ?? '', /^\/constraints: /)
    const networks = Array.from({ length: 1_200 }, (_, n) => `10.0.${n >> 8}.${n & 255}/32`)
    assert.match(why({ constraints: [{ source_ip: networks }] }) ?? '', /more than 16384$/)
  })

  it('says in one short line why, whatever the document', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        const read = readDecision(value)
        assert.ok(!read.ok && /^[^\n]{1,300}$/.test(read.why))
        const wild = readDecision({ v: 1, effect: 'allow', reasons: value, constraints: [value] })
        assert.ok(!wild.ok && /^[^\n]{1,300}$/.test(wild.why))
      }),
    )
  })
})

function many<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value)
}
