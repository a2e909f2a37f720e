import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { constraintProblems } from '../../src/domain/ppl-constraint.ts'
import { parsePpl } from '../../src/domain/ppl-parse.ts'
import { goodConstraint, hostileConstraint } from './ppl-arbitraries.ts'

const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f sample'

describe('constraintProblems', () => {
  for (const criterion of [
    { source_ip: '203.0.113.7' },
    { source_ip: ['203.0.113.0/24', '2001:db8::/32'] },
    { http_method: 'GET' },
    { http_method: { not_in: ['POST', 'DELETE'] } },
    { http_path: { starts_with: '/reports/' } },
    { http_path: { is: '/' } },
    { day_of_week: 'mon,wed,fri' },
    { time_of_day: { timezone: 'Europe/Brussels', after: '08:30', before: '17:30' } },
    { device: { type: 'enclave_only', approved: true } },
    { client_certificate: { fingerprint: ['0f'.repeat(32)], san_dns: 'laptop.example.com' } },
    { ssh_username: { in: ['deploy', 'ubuntu'] } },
    { ssh_username: { not: 'root' } },
    { ssh_username_matches_email: true },
    { ssh_username_matches_claim: 'accounts' },
    { ssh_publickey: [KEY] },
    { 'claim/groups': 'sre' },
    { 'claim/example.com/key': { is: 'value' } },
    { groups: { has: 'sre' } },
    { domain: { in: ['example.com'] } },
  ]) {
    it(`allows ${JSON.stringify(criterion)}`, () => {
      assert.deepEqual(constraintProblems(criterion), [])
    })
  }

  for (const criterion of [
    { accept: true },
    { reject: true },
    { cors_preflight: true },
    { authenticated_user: true },
    { email: 'a@example.com' },
    { user: 'u1' },
    { date: { before: '2030-05-01T09:00:00Z' } },
    { mcp_tool: { is: 'query' } },
    { invalid_client_certificate: true },
    { ssh_ca: KEY },
    { record: { type: 'x' } },
    { or: [{ email: 'a@example.com' }] },
    { unheard_of: 'x' },

    {},
    { source_ip: '203.0.113.7', accept: true },
    null,
    'source_ip',
    [],
    [{ source_ip: '::1' }],
    undefined,
    { 'claim/groups': { exclude: 'x' } },
    { groups: { exclude: 'x' } },
    { 'claim/groups': { has: 'x', exclude: 'y' } },
    { domain: { not: 'x' } },
    { domain: { not_in: ['x'] } },
    { client_certificate: { san_email: { not: 'x' } } },

    { 'claim/groups': '' },
    { 'claim/groups': {} },
    { 'claim/groups': 7 },
    { 'claim/groups': ['sre'] },
    { 'claim/groups': { has: ' ' } },
    { 'claim/groups': { has: true } },
    { groups: null },
    { claim: 'x' },
    { 'claim/': 'x' },
    { 'groups/x': 'y' },
    { 'source_ip/x': '::1' },

    { domain: '' },
    { domain: { ends_with: '' } },
    { domain: { contains: '' } },
    { domain: { in: [] } },
    { domain: { in: ['a', ''] } },
    { domain: 'example.com\n' },
    { domain: ['example.com'] },
    { source_ip: [] },
    { source_ip: 'office' },
    { source_ip: '' },
    { http_method: 'get' },
    { http_method: { not: 'post' } },
    { http_method: { is: 1 } },
    { http_path: 'reports' },
    { http_path: { starts_with: '' } },
    { http_path: { not: 'x' } },
    { day_of_week: 'Mon' },
    { day_of_week: 'someday' },
    { time_of_day: { timezone: 'UTC' } },
    { time_of_day: { after: '08:30' } },

    { device: {} },
    { device: { approved: false } },
    { device: { type: 'phone' } },
    { device: { is: '' } },
    { client_certificate: {} },
    { client_certificate: { fingerprint: [] } },
    { client_certificate: { san_dns: {} } },
    { ssh_publickey: [] },
    { ssh_publickey: 'x' },
    { ssh_username: 7 },
    { ssh_username: { starts_with: '' } },
    { ssh_username: {} },
    { ssh_username_matches_email: false },
    { ssh_username_matches_claim: '' },
  ] as unknown[]) {
    it(`refuses ${JSON.stringify(criterion)}`, () => {
      assert.notDeepEqual(constraintProblems(criterion), [])
    })
  }

  it('says what is allowed, and where the mistake is', () => {
    assert.deepEqual(constraintProblems({ http_method: { in: ['GET', 'head'], near: 'x' } }), [
      {
        path: '/http_method/near',
        sentence:
          'unknown operator; known are is, not, in, not_in, contains, starts_with, ends_with',
      },
    ])
    assert.deepEqual(constraintProblems({ http_method: { in: ['GET', 'head'] } }), [
      { path: '/http_method/in/1', sentence: 'expected an upper-case HTTP method, found "head"' },
    ])
    assert.deepEqual(constraintProblems({ 'claim/team': { exclude: 'x' } }), [
      { path: '/claim~1team/exclude', sentence: 'not for a constraint; allowed are has, is' },
    ])
  })

  it('allows only what Pomerium compiles', () => {
    fc.assert(
      fc.property(hostileConstraint, (criterion) => {
        if (constraintProblems(criterion).length > 0) return
        assert.equal(parsePpl({ allow: { and: [criterion] } }).ok, true)
      }),
    )
    fc.assert(
      fc.property(goodConstraint, (criterion) => constraintProblems(criterion).length === 0),
    )
  })

  it('answers any value', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        assert.ok(constraintProblems(value).length > 0)
      }),
    )
  })
})
