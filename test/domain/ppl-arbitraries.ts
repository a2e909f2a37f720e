import fc from 'fast-check'
import type { Criterion, Json, Rule } from '../../src/domain/ppl.ts'

/** Criteria that a resource may add. */
export const goodConstraint: fc.Arbitrary<Criterion> = fc.constantFrom<Criterion>(
  { source_ip: ['203.0.113.0/24', '2001:db8::/32'] },
  { http_method: { in: ['GET', 'HEAD'] } },
  { http_path: { starts_with: '/reports/' } },
  { day_of_week: 'mon-fri' },
  { time_of_day: { timezone: 'Europe/Brussels', after: '08:30', before: '17:30' } },
  { device: { type: 'any' } },
  { client_certificate: { san_email: { ends_with: '@example.com' } } },
  { ssh_username: { in: ['deploy'] } },
  { ssh_username_matches_email: true },
  { 'claim/groups': 'sre' },
  { groups: { has: 'sre' } },
)

const names = [
  'accept',
  'reject',
  'email',
  'user',
  'date',
  'or',
  'source_ip',
  'claim/',
  'claim/x',
  'groups',

  'http_path',
  'device',
  'mcp_tool',
  'client_certificate',
  '__proto__',
  'toString',
  'time_of_day',
]

/** Whatever somebody may put where a constraint belongs. */
export const hostileConstraint = fc.oneof(
  goodConstraint,
  fc
    .tuple(fc.oneof(fc.constantFrom(...names), fc.string()), fc.jsonValue({ maxDepth: 3 }))
    .map(([name, data]) => Object.fromEntries([[name, data as Json]])),
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>),
)

export const goodEmail = fc
  .tuple(
    fc.stringMatching(/^[A-Za-z0-9.+_'-]{1,20}$/),
    fc.stringMatching(/^[a-z0-9-]{1,12}\.[a-z]{2,5}$/),
  )
  .map((parts) => parts.join('@'))

/** Addresses that try to be something else: empty, several, with line breaks, quotes, PPL or lone surrogates inside. */
export const hostileEmail = fc.oneof(
  goodEmail,
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '@',
    'a@',
    '@b',
    'a@b@c',
    'a b@c',
    'a@b\n',
    '\u200ba@b',
    'a\ud800@b',
    '__proto__',
  ),
  fc
    .array(
      fc.constantFrom(
        'a',
        '@',
        'b.c',
        '"',
        '\\',
        '},{"accept":true}',
        '*',
        '\n',
        '\u202e',
        ' ',
        '😀',
      ),
    )
    .map((parts) => parts.join('')),
)

/** One rule in all the spellings that mean the same. */
export const spellings: readonly (readonly Rule[])[] = [
  [
    rule({ email: { is: 'alex@example.com' } }, { date: { before: '2030-05-01T09:00:00Z' } }),
    rule({ email: 'alex@example.com' }, { date: { before: '2030-05-01T09:00:00Z' } }),
    rule({ date: { before: '2030-05-01T09:00:00.000Z' } }, { email: { is: 'alex@example.com' } }),
    rule({ email: 'alex@example.com' }, { date: { before: '2030-05-01T09:00:00+00:00' } }),
    rule({ email: { is: 'alex@example.com' } }, { date: { before: '2030-05-01T09:00:00.00Z' } }),
  ],
  [
    rule({ email: { is: 'alex@example.com' } }, { date: { before: '2030-05-01T10:00:00Z' } }),
    rule({ email: 'alex@example.com' }, { date: { before: '2030-05-01T10:00:00Z' } }),
  ],
  [
    rule(
      { email: { is: 'sam@example.com' } },
      { date: { before: '2030-05-01T09:00:00Z', after: '2030-05-01T08:00:00Z' } },
      { source_ip: '203.0.113.7' },
      { 'claim/groups': 'sre' },
    ),
    rule(
      { email: { is: 'sam@example.com' } },
      { date: { after: '2030-05-01T08:00:00Z', before: '2030-05-01T09:00:00Z' } },
      { source_ip: ['203.0.113.7'] },
      { 'claim/groups': { has: 'sre' } },
    ),
  ],
  [
    { allow: { or: [{ domain: 'example.com' }] } },
    { allow: { or: [{ domain: { is: 'example.com' } }] } },
  ],
  [
    {
      allow: { and: [{ email: 'kim@example.com' }], not: [{ source_ip: '203.0.113.0/24' }] },
      deny: { or: [{ user: 'u1' }] },
    },
  ],
  [{ allow: { and: [{ email: { is: 'alex@example.com' } }] } }],
]

function rule(...and: Criterion[]): Rule {
  return { allow: { and } }
}

/** Few distinct rules in many spellings, so that lists of them overlap. */
export const anyRule: fc.Arbitrary<Rule> = fc
  .constantFrom(...spellings.flat())
  .map((rule) => structuredClone(rule))
export const anyRules: fc.Arbitrary<Rule[]> = fc.array(anyRule, { maxLength: 12 })
