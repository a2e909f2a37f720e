import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { z } from 'zod'
import type { RecordedEvent } from '../../src/app/ports.ts'
import { isPublicDetail, publicDetails } from '../../src/domain/event-details.ts'
import { auditJsonSchema } from '../../src/trail/vocabulary-schema.ts'
import { vocabularyPage } from '../../src/trail/vocabulary-table.ts'
import { isPersonal, typeOf } from '../../src/trail/vocabulary-terms.ts'
import { VOCABULARY } from '../../src/trail/vocabulary.ts'
import { event } from '../slack/samples.ts'
import { vocabularyProblems } from '../support/vocabulary.ts'

const details = Object.entries(VOCABULARY).flatMap(([action, kind]) =>
  Object.entries(kind.details.shape).map(([name, type]) => ({ action, name, type })),
)
const published = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

describe('VOCABULARY', () => {
  it('marks as personal what can be erased, and nothing else', () => {
    const wrong = details.filter(({ name, type }) => isPersonal(type) === isPublicDetail(name))
    assert.deepEqual(
      wrong.map(({ action, name }) => `${action} ${name}`),
      [],
      'name it in src/domain/event-details.ts, or declare it as personal',
    )
  })

  it('has all that may stay', () => {
    const names = new Set(details.map(({ name }) => name))
    assert.deepEqual(
      publicDetails().filter((name) => !names.has(name)),
      [],
      'no event has them: take them out of src/domain/event-details.ts',
    )
  })

  it('says in a sentence what each event and each detail means', () => {
    const meanings = [
      ...Object.values(VOCABULARY).map(({ meaning }) => meaning),
      ...details.map(({ type }) => z.globalRegistry.get(typeOf(type))?.description ?? ''),
    ]
    assert.deepEqual(
      meanings.filter((meaning) => !/^[A-Z`].*\.$/.test(meaning)),
      [],
    )
  })
})

describe('the published schema', () => {
  const schema = auditJsonSchema()
  /** Goes by the JSON Schema alone. */
  const validator = z.fromJSONSchema(schema)
  const fits = (recorded: object) =>
    validator.safeParse(JSON.parse(JSON.stringify(recorded))).success
  const denied = (facts: Partial<RecordedEvent> = {}, more = {}) =>
    event('request.denied', {
      details: { reason: 'not now', catalogueRevision: 'ab'.repeat(32), ...more },
      ...facts,
    })

  it('is what audit.schema.json holds', () => {
    assert.deepEqual(
      JSON.parse(published('audit.schema.json')),
      schema,
      'run: npm run --silent jit -- audit schema > audit.schema.json && npx prettier --write audit.schema.json',
    )
  })

  it('is what docs/audit-events.md tells', () => {
    assert.equal(
      published('docs/audit-events.md'),
      vocabularyPage(),
      'run: npm run --silent jit -- audit schema --format markdown > docs/audit-events.md',
    )
  })

  it('fits an event, and one whose personal details were erased', () => {
    assert.deepEqual(vocabularyProblems(denied()), [])
    assert.ok(fits(denied()))
    assert.ok(fits({ ...denied(), details: { catalogueRevision: 'ab'.repeat(32) } }))
  })

  it('does not fit what the vocabulary has not', () => {
    const unknown = { ...denied(), action: 'request.mislaid' }
    const wrong: readonly (readonly [string, object])[] = [
      ['an unknown action', unknown],
      ['an unknown detail', denied({}, { mood: 'bad' })],
      ['a detail of another action', denied({}, { verdict: 'justified' })],
      ['a detail of another type', denied({}, { reason: 7 })],
      ['a missing detail', denied({ details: { reason: 'not now' } })],
      ['another version', denied({ schemaVersion: 2 })],
      ['an unknown origin', { ...denied(), via: 'pigeon' }],
    ]
    for (const [what, recorded] of wrong) assert.ok(!fits(recorded), what)
    assert.equal(schema['additionalProperties'], false)
    assert.match(
      vocabularyProblems(denied({}, { mood: 'bad' })).join(),
      /^request\.denied, at "": Unrecognized key: "mood"$/,
    )
    assert.ok(vocabularyProblems(unknown as RecordedEvent).length > 0)
  })
})
