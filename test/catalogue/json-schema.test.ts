import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parse } from 'yaml'
import { z } from 'zod'
import { catalogueJsonSchema } from '../../src/catalogue/json-schema.ts'
import { CATALOGUE_YAML } from '../support/world.ts'
import type { Fields } from './support.ts'
import { RESOURCE, catalogueYaml, load } from './support.ts'

const schema = catalogueJsonSchema()
/** Goes by the JSON Schema alone. */
const validator = z.fromJSONSchema(schema)

function objections(yaml: string): readonly string[] {
  const checked = validator.safeParse(parse(yaml))
  return (checked.error?.issues ?? []).map(({ path, code }) => `${path.join('.')} ${code}`)
}

function published(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>
  readonly definitions?: Readonly<Record<string, Node>>
  readonly anyOf?: readonly Node[]
  readonly items?: Node
  readonly description?: string
}

/** Paths of properties that say nothing of themselves. */
function undescribed(node: Node, path: string): readonly string[] {
  const members = Object.entries(node.properties ?? {})
  return [
    ...members
      .filter(([, { description }]) => description === undefined)
      .map(([key]) => path + key),
    ...[...members, ...Object.entries(node.definitions ?? {})].flatMap(([key, inner]) =>
      undescribed(inner, `${path}${key}.`),
    ),
    ...[...(node.anyOf ?? []), ...(node.items === undefined ? [] : [node.items])].flatMap((inner) =>
      undescribed(inner, path),
    ),
  ]
}

const group = fc.constantFrom('S0A', 'S0B', 'S0C').map((id) => ({ groups: [id] }))
const members = fc.record(
  {
    groups: fc.constant(['S0D']),
    users: fc.subarray(['U1', 'W2', 'U3'], { minLength: 1 }),
    emails: fc.subarray(['ana@example.com', 'B.o+x@Example.com'], { minLength: 1 }),
    deny: fc.constantFrom<Fields>({ users: ['U9'] }, { emails: ['eve@example.com'] }),
    silent: group,
  },
  { requiredKeys: ['groups'] },
)
const requesters = members.map(({ silent: _silent, ...set }) => set)
const time = (...durations: string[]) => fc.constantFrom(...durations)
const off = fc.constant('off')

/** Resources that are in order, each key given or not. */
const resource = fc.record(
  {
    id: fc.constant(''),
    title: fc.constantFrom('A', 'Ä · (b)'),
    policy: fc.constant(''),
    url: fc.constant('https://a.example/x?y=1'),
    channel: fc.constantFrom('C0X', 'G0Y'),
    risk: fc.constantFrom('low', 'medium'),
    requesters,
    approvers: members,
    approvals: fc.integer({ min: 1, max: 10 }),
    duration: fc.constantFrom<Fields>(
      { max: '8h' },
      { default: '30m', max: '4h', choices: ['30m', '4h'] },
      { default: '1H30M' },
    ),
    schedule: fc.oneof(off, time('1d', '2d12h')),
    reason: fc.constantFrom<Fields>({ min: 10 }, { min: 12, pattern: 'INC-\\d+', hint: 'Why' }),
    constraints: fc.subarray<Fields>([{ http_method: 'GET' }, { source_ip: ['203.0.113.1'] }]),
    lapse: time('4h', '1d'),
    remind: fc.oneof(off, time('10m')),
    escalate: fc.oneof<fc.Arbitrary<unknown>[]>(
      off,
      fc.record({ after: time('1h'), to: requesters }),
    ),
    extend: fc.oneof<fc.Arbitrary<unknown>[]>(
      off,
      fc.constantFrom<Fields>({ max: '30m' }, { times: 3, max: '1h' }),
    ),
    auto_approve: fc.array(
      fc.record(
        { requesters, max: time('1h'), limit: fc.constant('3/24h') },
        { requiredKeys: ['requesters', 'max'] },
      ),
      { maxLength: 2 },
    ),
    break_glass: fc.oneof<fc.Arbitrary<unknown>[]>(
      off,
      fc.record({ requesters, max: time('30m') }),
    ),
    vendors: fc.oneof<fc.Arbitrary<unknown>[]>(
      off,
      fc.record({
        people: fc.constantFrom<Fields>(
          { domains: ['p.example'] },
          { emails: ['k@v.example'], users: ['U7'] },
        ),
        sponsors: requesters,
      }),
    ),
    step_up: fc.constantFrom<unknown[]>(true, 'off'),
    rego_may_approve: fc.constant(true),
    levels: fc.constantFrom<Fields[]>(
      [{ id: 'a', title: 'A', constraints: [{ http_path: '/a' }], approvals: 2 }],
      [
        { id: 'a', title: 'A', constraints: [{ http_path: '/a' }], remind: 'off' },
        { id: 'b', title: 'B', stages: [{ title: 'S', approvers: { groups: ['S1'] } }] },
      ],
    ),
  },
  { requiredKeys: ['id', 'title', 'policy', 'requesters', 'approvers'] },
)

describe('catalogueJsonSchema', () => {
  it('is what catalogue.schema.json holds', () => {
    assert.deepEqual(
      JSON.parse(published('catalogue.schema.json')),
      schema,
      'run: npm run --silent jit -- catalogue schema > catalogue.schema.json && npx prettier --write catalogue.schema.json',
    )
  })

  it('explains every key', () => {
    assert.deepEqual(undescribed(schema, ''), [])
    assert.equal(typeof schema['title'], 'string')
  })

  it('fits the example, which names it for editors', () => {
    const example = published('catalogue.example.yaml')
    assert.match(example, /^# yaml-language-server: \$schema=\.\/catalogue\.schema\.json\n/)
    assert.deepEqual(objections(example), [])
    assert.deepEqual(objections(CATALOGUE_YAML), [])
  })

  const mistakes: readonly (readonly [string, Fields, string])[] = [
    ['an unknown key', { titel: 'x' }, 'resources.0 unrecognized_keys'],
    ['a number for a title', { title: 5 }, 'resources.0.title invalid_type'],
    [
      'a user for a group',
      { requesters: { groups: ['U1'] } },
      'resources.0.requesters.groups.0 invalid_format',
    ],
    ['a duration in words', { lapse: 'soon' }, 'resources.0.lapse invalid_format'],
    ['too many approvals', { approvals: 11 }, 'resources.0.approvals too_big'],
    ['a missing id', { id: undefined }, 'resources.0.id invalid_type'],
    ['a block cut short', { extend: { times: 1 } }, 'resources.0.extend invalid_union'],
  ]
  for (const [what, fields, objection] of mistakes)
    it(`does not fit ${what}`, () => {
      assert.deepEqual(objections(catalogueYaml([{ ...RESOURCE, ...fields }])), [objection])
    })

  it('fits whatever is accepted', () => {
    fc.assert(
      fc.property(fc.array(resource, { minLength: 1, maxLength: 3 }), (entries) => {
        const named = entries.map((entry, i) => ({ ...entry, id: `r${i}`, policy: `p${i}` }))
        const text = catalogueYaml(named, { audit_channel: 'C0AUDIT', rego: {} })
        assert.equal(load(text).resources.size, entries.length)
        assert.deepEqual(objections(text), [])
      }),
      { numRuns: 200 },
    )
  })
})
