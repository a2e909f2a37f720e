import { randomBytes } from 'node:crypto'
import type { Database } from '../postgres/database.ts'
import { isOwner } from '../postgres/role-check.ts'
import { NotErasable, erasePerson, knownBy } from '../postgres/erase-person.ts'
import type { CliResult } from './command.ts'
import { withDatabase } from './database.ts'
import { operator } from './operator.ts'
import { wordsIn } from './words.ts'

/** Erases a person for good; says what it would erase until it is told `--yes`. */
export async function erase(words: readonly string[]): Promise<CliResult> {
  const read = wordsIn(words, { person: { type: 'string' }, yes: { type: 'boolean' } })
  if (!read.ok) return read.usage
  const { person, yes = false } = read.values
  if (read.positionals.length > 0 || person === undefined) return { type: 'usage' }
  if (person.trim() === '') return { type: 'usage', problem: '--person names nobody' }
  return asOwner((db) => eraseIn(db, person, yes))
}

/** Runs with the database as the owner of its tables. */
export function asOwner(run: (db: Database) => Promise<CliResult>): Promise<CliResult> {
  return withDatabase(
    async (db) =>
      (await isOwner(db))
        ? run(db)
        : {
            type: 'failed',
            text: 'only the owner of the tables may do this: give its DATABASE_URL, as for "npm run migrate"',
          },
    { isPatient: true },
  )
}

async function eraseIn(db: Database, person: string, yes: boolean): Promise<CliResult> {
  try {
    const { known, erased } = await db.transaction().execute(async (tx) => {
      const known = await knownBy(tx, person)
      if (known.ids.length + known.emails.length === 0)
        throw new NotErasable(`nobody is known as ${person}`)
      const pseudonym = `erased-${randomBytes(6).toString('hex')}`
      const erased = await erasePerson(tx, known, { pseudonym, by: operator() })
      if (!yes) throw new Rehearsed(known, erased)
      return { known, erased }
    })
    return { type: 'ok', text: said('erased', known, erased) }
  } catch (error) {
    if (error instanceof Rehearsed)
      return {
        type: 'ok',
        text: `${said('would erase', error.known, error.erased)}\nnothing was done: add --yes to erase them for good`,
      }
    if (error instanceof NotErasable) return { type: 'failed', text: error.message }
    throw error
  }
}

type Known = Awaited<ReturnType<typeof knownBy>>
type Erased = Awaited<ReturnType<typeof erasePerson>>

/** Takes everything back that was tried. */
class Rehearsed extends Error {
  readonly known: Known
  readonly erased: Erased

  constructor(known: Known, erased: Erased) {
    super('rehearsed')
    this.known = known
    this.erased = erased
  }
}

function said(what: string, { ids, emails, subjects }: Known, erased: Erased): string {
  return [
    `${what} ${[...ids, ...emails, ...subjects].join(', ')}`,
    `  in ${erased.events} events and ${erased.requests} requests; they are ${erased.pseudonym} there`,
    ...(erased.archives === 0
      ? []
      : [
          `  ${erased.archives} archives of older events are not touched: see "People in it" in docs/audit.md`,
        ]),
    '  what Slack, a SIEM, exports and back-ups hold is not touched',
  ].join('\n')
}
