import assert from 'node:assert/strict'
import type { RecordedEvent } from '../../src/app/ports.ts'
import { toEvent } from '../../src/postgres/audit.ts'
import { recordedEvent } from '../../src/trail/vocabulary-schema.ts'
import { VOCABULARY } from '../../src/trail/vocabulary.ts'
import type { TestDatabase } from './database.ts'

/** What an event says that its published schema does not allow, or lacks; empty when it is as published. */
export function vocabularyProblems(event: RecordedEvent): readonly string[] {
  const { action, details } = event
  const kind = VOCABULARY[action] as (typeof VOCABULARY)[typeof action] | undefined
  const exported: unknown = JSON.parse(JSON.stringify(event))
  return [recordedEvent.safeParse(exported), kind?.details.safeParse(details)].flatMap((checked) =>
    (checked?.error?.issues ?? []).map(
      ({ path, message }) => `${action}, at "${path.join('.')}": ${message}`,
    ),
  )
}

/** Throws when an event on record is not as published; of those that were erased nothing is asked. */
export async function assertVocabulary({ db }: Pick<TestDatabase, 'db'>): Promise<void> {
  const rows = await db.selectFrom('audit_event').selectAll().orderBy('seq').execute()
  const whole = rows.filter(
    (row) =>
      (row.actor_digest === null || row.actor_salt !== null) &&
      (row.personal_digest === null || row.personal_salt !== null),
  )
  const problems = whole.map(toEvent).flatMap((event) => {
    const details = JSON.stringify(event.details)
    return vocabularyProblems(event).map((problem) => `${problem}; its details are ${details}`)
  })
  assert.deepEqual([...new Set(problems)], [], 'events on record are not as published')
}
