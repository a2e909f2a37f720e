import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { holds, type Visitor } from './door-criteria.ts'
import type { JsonObject } from './model.ts'

/** A Tuesday. */
const noon = new Date('2026-03-03T12:00:00Z')
const alex = 'alex@example.com'

type Case = [title: string, criterion: JsonObject, visitor: Partial<Visitor>, expected: boolean]

const CRITERIA: Case[] = [
  ['compares e-mails with case', { email: { is: alex } }, { email: 'Alex@example.com' }, false],
  ['takes a bare e-mail', { email: alex }, { email: alex }, true],
  [
    'joins operators of a matcher with AND',
    { email: { starts_with: 'alex', ends_with: '.org' } },
    { email: alex },
    false,
  ],
  [
    'finds an e-mail in a list',
    { email: { in: ['sam@example.com', alex] } },
    { email: alex },
    true,
  ],
  ['matches nobody by an array of e-mails', { email: [alex] }, { email: alex }, false],
  ['matches a stranger by an empty e-mail', { email: '' }, {}, true],
  ['matches a stranger by {is: ""}', { email: { is: '' } }, {}, true],
  ['matches a stranger by an empty matcher', { email: {} }, {}, true],
  ['matches a stranger by not', { email: { not: alex } }, {}, true],
  ['matches a stranger by not_in', { email: { not_in: [alex] } }, {}, true],
  ['matches a stranger by contains ""', { email: { contains: '' } }, {}, true],
  ['matches a stranger by an excluded claim', { 'claim/groups': { exclude: 'x' } }, {}, true],
  ['does not match a person by an empty e-mail', { email: '' }, { email: alex }, false],
  ['matches no stranger by user', { user: {} }, {}, false],
  ['matches no stranger by a domain that is not', { domain: { not: 'x.y' } }, {}, false],
  ['takes a user id and not the e-mail for it', { user: alex }, { email: alex }, false],
  ['matches a user id', { user: 'auth0|5f0c' }, { user: 'auth0|5f0c' }, true],
  ['takes the part after the @', { domain: { is: 'example.com' } }, { email: alex }, true],
  ['knows a session', { authenticated_user: true }, { email: alex }, true],
  ['knows a stranger', { authenticated_user: true }, {}, false],
  ['accepts everybody', { accept: false }, {}, true],
  ['rejects everybody', { reject: false }, { email: alex }, false],
  ['finds a claim', { 'claim/groups': 'sre' }, { claims: { groups: ['dev', 'sre'] } }, true],
  [
    'wants a single claim with is',
    { 'claim/groups': { is: 'sre' } },
    { claims: { groups: ['dev', 'sre'] } },
    false,
  ],
  ['descends into claims', { 'claim/a.b/c': 'x' }, { claims: { a: { b: { c: ['x'] } } } }, true],
  [
    'prefers the exact claim',
    { 'claim/example.com/key': 'v' },
    { claims: { 'example.com/key': 'v' } },
    true,
  ],
  ['finds a group', { groups: { has: 'g1' } }, { groups: ['g1'] }, true],
  [
    'keeps groups and claims apart',
    { groups: { has: 'g1' } },
    { claims: { groups: ['g1'] } },
    false,
  ],
  ['matches one address', { source_ip: '203.0.113.7' }, { sourceIp: '203.0.113.7' }, true],
  [
    'matches a range',
    { source_ip: ['10.0.0.0/8', '203.0.113.0/24'] },
    { sourceIp: '203.0.113.255' },
    true,
  ],
  ['misses a range', { source_ip: '203.0.113.0/24' }, { sourceIp: '203.0.114.0' }, false],
  ['matches an IPv6 range', { source_ip: '2001:db8::/32' }, { sourceIp: '2001:db8:1::1' }, true],
  ['needs an address', { source_ip: '0.0.0.0/0' }, {}, false],
  ['matches a method', { http_method: { in: ['GET', 'HEAD'] } }, { method: 'POST' }, false],
  ['matches a path without its query', { http_path: '/a' }, { path: '/a?b=c' }, true],
  [
    'matches a path prefix',
    { http_path: { starts_with: '/reports/' } },
    { path: '/reports/1' },
    true,
  ],
  ['has no method on SSH', { http_method: { not: 'GET' } }, { ssh: { username: 'root' } }, false],
  [
    'matches an SSH user',
    { ssh_username: { in: ['deploy'] } },
    { ssh: { username: 'deploy' } },
    true,
  ],
  [
    'matches an SSH user by e-mail',
    { ssh_username_matches_email: true },
    { email: alex, ssh: { username: 'alex' } },
    true,
  ],
  [
    'matches an SSH user by claim',
    { ssh_username_matches_claim: 'accounts' },
    { claims: { accounts: ['ops'] }, ssh: { username: 'ops' } },
    true,
  ],
  [
    'matches an SSH key',
    { ssh_publickey: 'ssh-ed25519 AAAAC3Nz one' },
    { ssh: { username: 'a', publickey: 'ssh-ed25519 AAAAC3Nz two' } },
    true,
  ],
  ['matches a tool only in a tool call', { mcp_tool: { not_in: ['query'] } }, {}, false],
  ['matches a tool', { mcp_tool: { not_in: ['query'] } }, { mcpTool: 'drop' }, true],
  ['needs a device', { device: { type: 'any' } }, { email: alex }, false],
  [
    'matches a device',
    { device: { is: 'd1', approved: true } },
    { devices: [{ id: 'd1', type: 'any', approved: true }] },
    true,
  ],
  [
    'matches a certificate',
    { client_certificate: { san_email: { ends_with: '@example.com' } } },
    { certificate: { san_email: [alex] } },
    true,
  ],
  [
    'knows a preflight',
    { cors_preflight: true },
    { method: 'OPTIONS', headers: { origin: 'x', 'access-control-request-method': 'PUT' } },
    true,
  ],
  ['is open just before the end', { date: { before: '2026-03-03T12:00:00.001Z' } }, {}, true],
  ['is closed at the end', { date: { before: '2026-03-03T12:00:00Z' } }, {}, false],
  ['is closed at the start', { date: { after: '2026-03-03T12:00:00Z' } }, {}, false],
  ['is open just after the start', { date: { after: '2026-03-03T11:59:59.999Z' } }, {}, true],
  ['reads offsets', { date: { before: '2026-03-03T13:30:00+01:00' } }, {}, true],
  ['knows the day', { day_of_week: 'mon-wed' }, {}, true],
  ['knows another day', { day_of_week: 'wed,thu' }, {}, false],
  [
    'takes the time of a zone',
    { time_of_day: { timezone: 'Europe/Brussels', after: '12:59', before: '1:01 PM' } },
    {},
    true,
  ],
  [
    'follows summer time',
    { time_of_day: { timezone: 'Europe/Brussels', after: '13:59', before: '14:01' } },
    { at: new Date('2026-07-01T12:00:00Z') },
    true,
  ],
  [
    'is closed at the limit of a day time',
    { time_of_day: { timezone: 'UTC', before: '12:00' } },
    {},
    false,
  ],
  [
    'never opens with a day time over midnight',
    { time_of_day: { timezone: 'UTC', after: '22:00', before: '13:00' } },
    {},
    false,
  ],
]

describe('holds', () => {
  for (const [title, criterion, visitor, expected] of CRITERIA) {
    it(`${title}: ${JSON.stringify(criterion)}`, () => {
      const [[key, data] = ['', null]] = Object.entries(criterion)
      assert.equal(holds(key, data, { at: noon, ...visitor }), expected)
    })
  }

  it('throws on a criterion that does not exist', () => {
    assert.throws(
      () => holds('emails', alex, { at: noon }),
      /^Error: evaluate PPL at the door: no criterion emails$/,
    )
  })
})
