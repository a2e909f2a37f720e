import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/domain/canonical.ts'
import { parsePpl } from '../../src/domain/ppl-parse.ts'
import type { Json } from '../../src/domain/ppl.ts'

interface Vector {
  readonly name: string
  readonly ppl: Json
  readonly valid: boolean
  readonly why: string
}

const vectors = JSON.parse(
  readFileSync(new URL('../contracts/ppl-vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[]

describe('parsePpl on the vectors', () => {
  it('has vectors of both kinds', () => {
    assert.ok(vectors.filter(({ valid }) => valid).length > 40)
    assert.ok(vectors.filter(({ valid }) => !valid).length > 30)
  })

  for (const { name, ppl, valid, why } of vectors) {
    it(`${valid ? 'accepts' : 'refuses'} ${name}: ${why}`, () => {
      const parsed = parsePpl(ppl)
      if (valid) assert.deepEqual(parsed, { ok: true, ppl: Array.isArray(ppl) ? ppl : [ppl] })
      else assert.ok(!parsed.ok && parsed.problems.length > 0, JSON.stringify(parsed))
    })
  }
})

describe('parsePpl', () => {
  it('points at each problem', () => {
    const parsed = parsePpl([
      {},
      { allow: { and: [{ email: 'a@example.com' }, { date: { until: '2030', before: 7 } }] } },
      { permit: {}, deny: { or: [{ 'claim/a/b~c': { contains: 'x' } }] } },
    ])
    assert.deepEqual(parsed, {
      ok: false,
      problems: [
        {
          path: '/1/allow/and/1/date/until',
          sentence: 'unknown operator; known are after, before',
        },
        { path: '/1/allow/and/1/date/before', sentence: 'expected an ISO 8601 date, found 7' },
        { path: '/2/permit', sentence: 'unknown action; known are allow, deny' },
        {
          path: '/2/deny/or/0/claim~1a~1b~0c/contains',
          sentence: 'unknown operator; known are has, is, exclude',
        },
      ],
    })
  })

  it('tells the first fifty problems of a long list', () => {
    const parsed = parsePpl(Array.from({ length: 10_000 }, () => ({ permit: 1, Allow: 2 })))
    assert.ok(!parsed.ok)
    assert.equal(parsed.problems.length, 50)
  })

  it('keeps the key that Pomerium tolerates and ignores', () => {
    const rule = { allow: { action: 'allow', and: [{ email: 'a@example.com' }] } }
    assert.deepEqual(parsePpl(rule), { ok: true, ppl: [rule] })
  })

  for (const criterion of [
    { email: { starts_with: 7 } },
    { email: { contains: ['a'] } },
    { claim: undefined },
    { constructor: 'x' },
    { __proto__: null, toString: 'x' },
    { Email: 'a@example.com' },
    { email: '\ud800' },
    { email: Infinity },
    { 'claim/employee': 2 ** 53 },
    { accept: new Date(0) },
    { accept: { '\ud800': 1 } },
    { 'claim/\ud800': 'x' },
    { source_ip: '1.2.3' },
    { source_ip: '01.2.3.4' },
    { source_ip: '1.2.3.4.5' },
    { source_ip: '1::2::3' },
    { source_ip: '1:2:3:4:5:6:7:8:9' },
    { source_ip: '1:2:3:4:5:6:7::8' },
    { source_ip: '::1%eth0' },
    { source_ip: '::/129' },
    { source_ip: '1.2.3.4/' },
    { source_ip: '1.2.3.4/+8' },
    { source_ip: [7] },
    { date: { before: '2030-13-01T00:00:00Z' } },
    { date: { before: '2029-02-29T00:00:00Z' } },
    { date: { before: '2030-01-01T24:00:00Z' } },
    { date: { before: '2030-01-01T00:00:00+0100' } },
    { date: { before: '20300101T000000Z' } },
    { date: ['2030-01-01'] },
    { day_of_week: 'mon,' },
    { day_of_week: { is: 'mon' } },
    { day_of_week: 'mon-wed-fri' },
    { time_of_day: { timezone: 'europe/brussels', after: '08:30' } },
    { time_of_day: { timezone: 'Europe/BRUSSELS', after: '08:30' } },
    { time_of_day: { timezone: 'Mars/Olympus', after: '08:30' } },
    { time_of_day: { timezone: '+01:00', after: '08:30' } },
    { time_of_day: { timezone: 'UTC', after: '24:00' } },
    { time_of_day: { timezone: 'UTC', after: '13:00 PM' } },
    { time_of_day: { timezone: 'UTC', after: '0 PM' } },
    { time_of_day: { timezone: 'UTC', at: '08:30' } },
    { client_certificate: { fingerprint: 'AB'.repeat(32) } },
    { client_certificate: { spki_hash: 'short' } },
    { client_certificate: { issuer: 'x' } },
    { ssh_publickey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==' },
    {
      ssh_publickey: 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
    },
    { ssh_publickey: 'ssh-rsa AAAAB3NzaC1yc2EAAAAAAAAAAA==' },
    { ssh_publickey: sshKey('ssh-ed25519', ['ssh-rsa', 32]) },
    { ssh_publickey: sshKey('ssh-ed25519', ['ssh-ed25519', 31]) },
    { ssh_publickey: sshKey('ssh-ed25519', ['ssh-ed25519', 32, 1]) },
    { ssh_publickey: sshKey('ssh-rsa', ['ssh-rsa', 3]) },
    { ssh_username_matches_claim: { is: 'x' } },
    { pomerium_routes: true },
  ] as unknown[]) {
    it(`refuses the criterion ${shown(criterion)}`, () => {
      assert.equal(parsePpl({ allow: { and: [criterion] } }).ok, false)
    })
  }

  for (const criterion of [
    { email: { in: ['a@example.com', 7, null] } },
    { user: { not: false } },
    { source_ip: ['::', '::1/128', '1::', '2001:db8:0:0:0:0:0:1', '::ffff:1.2.3.4', '0.0.0.0/0'] },
    { date: {} },
    { date: { after: '2028-02-29', before: '2150-01-02T16:20:00' } },
    { date: { before: '2030-01-01T00:00:00.000000001+05:30' } },
    { day_of_week: '*' },
    { day_of_week: 'tue-fri' },
    { time_of_day: { timezone: 'Asia/Calcutta', after: '9PM', before: '3:04 PM' } },
    { time_of_day: { timezone: 'Etc/GMT+1' } },
    { client_certificate: { fingerprint: ['ab'.repeat(32), Array(32).fill('AB').join(':')] } },
    { client_certificate: { spki_hash: 'FsDbM0rUYIiL3V339eIKqiz6HPSB+Pz2WeAWhqlqh8U=' } },
    { device: { approved: false } },
    {
      ssh_ca:
        'cert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
    },
    {
      ssh_publickey: [
        sshKey('ssh-ed25519', ['ssh-ed25519', 32]),
        sshKey('ssh-rsa', ['ssh-rsa', 3, 257]),
      ],
    },
    { record: { type: 'example.com/hr', field: 'team', has: 'sre' } },
    { invalid_client_certificate: true },
    { accept: { anything: [1, { at: 'all' }] } },
  ]) {
    it(`accepts the criterion ${JSON.stringify(criterion)}`, () => {
      assert.deepEqual(parsePpl({ deny: { nor: [criterion] } }), {
        ok: true,
        ppl: [{ deny: { nor: [criterion] } }],
      })
    })
  }

  it('bounds data that Pomerium does not look at', () => {
    const accepts = (data: unknown): boolean => parsePpl({ allow: { and: [{ accept: data }] } }).ok
    const nested = (levels: number): unknown =>
      JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown
    assert.deepEqual([accepts(nested(33)), accepts(nested(34))], [true, false])
    const wide = (count: number): number[] => Array.from({ length: count }, () => 0)
    assert.deepEqual([accepts(wide(10_000)), accepts(wide(10_001))], [true, false])
  })

  it('refuses nesting without end at every place, without running out of stack', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
    const documents = [
      deep,
      [{ allow: deep }],
      { allow: { and: deep } },
      { allow: { and: [deep] } },
      ...['accept', 'email', 'claim/x', 'source_ip', 'date', 'device', 'record', 'time_of_day'].map(
        (name) => ({ allow: { and: [{ [name]: deep }] } }),
      ),
      { allow: { and: [{ email: { is: deep } }] } },
      { allow: { action: deep } },
    ]
    assert.deepEqual(
      documents.map((document) => parsePpl(document).ok),
      documents.map(() => false),
    )
  })

  it('answers any value, and whatever it accepts has a canonical text', () => {
    const criterion = fc.dictionary(
      fc.constantFrom('email', 'accept', 'claim/x', 'date', 'source_ip', 'device', 'record'),
      fc.anything(),
      { maxKeys: 2 },
    )
    const body = fc.dictionary(
      fc.constantFrom('and', 'or', 'action', 'xor'),
      fc.oneof(fc.array(criterion), fc.anything()),
      { maxKeys: 2 },
    )
    const document = fc.oneof(
      fc.anything(),
      fc.array(fc.dictionary(fc.constantFrom('allow', 'deny'), body)),
    )
    fc.assert(
      fc.property(document, (value) => {
        const parsed = parsePpl(value)
        if (parsed.ok)
          assert.deepEqual(JSON.parse(canonicalJson(parsed.ppl as Json)), plain(parsed.ppl))
        else assert.ok(parsed.problems.every(({ sentence }) => sentence.length < 200))
      }),
      { numRuns: 500 },
    )
  })
})

/** A line of authorized_keys whose fields have these bytes. */
function sshKey(type: string, [name, ...lengths]: readonly [string, ...number[]]): string {
  const fields = [Buffer.from(name), ...lengths.map((length) => Buffer.alloc(length, 1))]
  const framed = fields.map((field) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(field.length)
    return Buffer.concat([length, field])
  })
  return `${type} ${Buffer.concat(framed).toString('base64')}`
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner === undefined || inner === Infinity ? String(inner) : inner,
  )
}
