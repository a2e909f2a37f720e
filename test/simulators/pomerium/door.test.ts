import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { judge } from './door.ts'
import type { Visitor } from './door-criteria.ts'
import { letIn } from './caller.ts'
import type { Json } from './model.ts'
import { startPomerium } from './start-pomerium.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../contracts/ppl-vectors.json', import.meta.url), 'utf8'),
) as { name: string; ppl: Json; valid: boolean }[]

/** A Tuesday. */
const noon = new Date('2026-03-03T12:00:00Z')
const alex = 'alex@example.com'

const isIn = (ppl: Json, visitor: Partial<Visitor> = {}): boolean =>
  judge([{ name: 'p', ppl }], { at: noon, ...visitor }).allowed
const T: Json = { accept: true }
const F: Json = { reject: true }

const OPERATORS: [operator: string, criteria: Json[], expected: boolean][] = [
  ['and', [T, T], true],
  ['and', [T, F], false],
  ['or', [F, T], true],
  ['or', [F, F], false],
  ['not', [F, F], true],
  ['not', [T, F], false],
  ['nor', [T, F], true],
  ['nor', [T, T], false],
  ...['and', 'or', 'not', 'nor'].map((name): [string, Json[], boolean] => [name, [], false]),
]

describe('judge', () => {
  for (const [operator, criteria, expected] of OPERATORS) {
    it(`${expected ? 'allows' : 'does not allow'} by ${operator} ${JSON.stringify(criteria)}`, () => {
      assert.equal(isIn({ allow: { [operator]: criteria } }), expected)
    })
  }

  it('joins the operators of one rule with OR', () => {
    const ppl = { allow: { and: [{ email: alex }], not: [{ source_ip: '203.0.113.0/24' }] } }
    assert.equal(isIn(ppl, { email: 'kim@example.com', sourceIp: '198.51.100.1' }), true)
    assert.equal(isIn(ppl, { email: 'kim@example.com', sourceIp: '203.0.113.9' }), false)
  })

  it('lets deny win over any allow, across policies', () => {
    const policies = [
      { name: 'open', ppl: { allow: { and: [T] } } },
      { name: 'brake', ppl: [{ deny: { or: [{ email: alex }] } }] },
    ]
    assert.deepEqual(judge(policies, { at: noon, email: alex }), {
      allowed: false,
      status: 403,
      why: 'denied by brake, rule 0, or',
    })
    assert.deepEqual(judge(policies, { at: noon, email: 'sam@example.com' }), {
      allowed: true,
      status: 200,
      why: 'allowed by open, rule 0, and',
    })
  })

  it('lets nobody in without a rule or without a policy', () => {
    for (const ppl of [{}, [], { allow: {} }, { deny: {} }]) assert.equal(isIn(ppl), false)
    assert.deepEqual(judge([], { at: noon, email: alex }), {
      allowed: false,
      status: 403,
      why: 'no policy',
    })
  })
})

describe('the door and the check of documents', () => {
  it('know the same criteria: whatever is taken can be evaluated', () => {
    for (const { name, ppl, valid } of vectors) {
      if (valid) assert.doesNotThrow(() => isIn(ppl, { email: alex }), name)
    }
  })
})

describe('sim.visit', () => {
  it('opens by the policy attached to the route, until the end of the window', async () => {
    await using sim = await startPomerium()
    const host = 'grafana.example.com'
    const { id } = sim.create({ name: 'jit', ppl: [letIn(alex, '2026-03-03T12:00:00Z')] })
    const visit = (at: Date, email: string) => sim.visit({ host, at, email }).status
    assert.equal(visit(noon, alex), 404)
    sim.attach(id, { routeName: 'grafana', host })
    const before = new Date(noon.getTime() - 1)
    assert.deepEqual(
      [visit(before, alex), visit(noon, alex), visit(before, 'sam@example.com')],
      [200, 403, 403],
    )
    assert.equal(sim.visit({ policyId: id, at: before, email: alex }).status, 200)
    assert.equal(sim.visit({ policyId: 'gone', at: before, email: alex }).status, 403)
  })

  it('is closed on a route without policies', async () => {
    await using sim = await startPomerium()
    const { id } = sim.create({ name: 'jit' })
    sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    sim.remove(id)
    assert.deepEqual(sim.visit({ host: 'grafana.example.com', at: noon, email: alex }), {
      allowed: false,
      status: 403,
      why: 'no policy',
    })
  })

  it('applies an enforced policy of the namespace, or of one above, to every route', async () => {
    await using sim = await startPomerium()
    const { id } = sim.create({ name: 'jit' })
    sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    const visit = () => sim.visit({ host: 'grafana.example.com', at: noon, email: alex }).why
    sim.create({ name: 'hole', enforced: true, ppl: { allow: { and: [{ email: alex }] } } })
    assert.equal(visit(), 'allowed by hole, rule 0, and')
    sim.create({
      name: 'brake',
      enforced: true,
      namespaceId: sim.organizationId,
      ppl: { deny: { and: [{ accept: true }] } },
    })
    assert.equal(visit(), 'denied by brake, rule 0, and')
  })

  it('joins the policies of a route with OR and prefers the longer prefix', async () => {
    await using sim = await startPomerium()
    const host = 'app.example.com'
    const one = sim.create({ name: 'one', ppl: [letIn(alex)] })
    const two = sim.create({ name: 'two', ppl: [letIn('sam@example.com')] })
    const admin = sim.create({ name: 'admin' })
    sim.attach(one.id, { routeName: 'app', host })
    sim.attach(two.id, { routeName: 'app', host })
    sim.attach(admin.id, { routeName: 'app-admin', host, prefix: '/admin' })
    const visit = (email: string, path: string) => sim.visit({ host, at: noon, email, path }).status
    assert.deepEqual(
      [visit(alex, '/'), visit('sam@example.com', '/'), visit(alex, '/admin/users')],
      [200, 200, 403],
    )
  })
})
