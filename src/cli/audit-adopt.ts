import { appendFile, readFile } from 'node:fs/promises'
import { adoptRestored } from '../app/adopt-restored.ts'
import type { Approved } from '../domain/request.ts'
import { resourceRef } from '../domain/resource.ts'
import { verifyTrail } from '../postgres/audit-verify.ts'
import type { Database } from '../postgres/database.ts'
import { createStore } from '../postgres/store.ts'
import { trailEventsIn } from '../postgres/trail-events.ts'
import { givingUp, headsInFile } from '../trail/heads.ts'
import type { CliResult } from './command.ts'
import { withDatabase } from './database.ts'
import { BY_OPERATOR, operator } from './operator.ts'
import { wordsIn } from './words.ts'

/** Goes on with a restored database whose trail ends before heads of a file; says what it would do until it is told `--yes`. */
export async function adopt(words: readonly string[]): Promise<CliResult> {
  const read = wordsIn(words, {
    'after-restore': { type: 'boolean' },
    heads: { type: 'string' },
    yes: { type: 'boolean' },
  })
  if (!read.ok) return read.usage
  const { 'after-restore': isAfterRestore, heads: path, yes = false } = read.values
  if (read.positionals.length > 0 || isAfterRestore !== true || path === undefined)
    return { type: 'usage' }
  return withDatabase((db) => adoptIn(db, path, yes), { isPatient: true })
}

async function adoptIn(db: Database, path: string, yes: boolean): Promise<CliResult> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => error)
  if (typeof text !== 'string')
    return { type: 'failed', text: `${path} cannot be read: ${String(text)}` }
  const kept = headsInFile(text).heads
  const held = await trailEventsIn(db).heldOf(kept)
  const seq = Math.max(0, ...held.map((head) => head.seq))
  const lost = Math.max(0, ...kept.map((head) => head.seq))
  if (lost <= seq)
    return { type: 'ok', text: `the trail has every head of ${path}: there is nothing to adopt` }
  if (seq === 0)
    return {
      type: 'failed',
      text: `no head of ${path} is of this trail: see that it is the file of this database; if it is, and younger than the back-up, move it away`,
    }
  const { finding, problems } = await verifyTrail(db, { heads: held })
  const wrong = [...(finding ? [`event ${finding.seq}: ${finding.problem}`] : []), ...problems]
  if (wrong.length > 0)
    return {
      type: 'failed',
      text: `nothing was adopted, since the trail is not as it was recorded:\n${wrong.join('\n')}`,
    }
  return adoptFrom(db, { path, seq, lost, yes })
}

/** What was found, and what to do about it. */
interface Plan {
  readonly path: string
  readonly seq: number
  readonly lost: number
  readonly yes: boolean
}

async function adoptFrom(db: Database, { path, seq, lost, yes }: Plan): Promise<CliResult> {
  const told = `what was recorded after event ${seq}, up to event ${lost} at least, is lost`
  const store = createStore(db)
  try {
    const { ended, at } = await store.transaction(async (tx) => {
      const ended = await adoptRestored(tx, BY_OPERATOR, { seq, lost, ...operator() })
      if (!yes) throw new Rehearsed(ended)
      return { ended, at: tx.now }
    })
    const problem = await giveUp(path, seq, at)
    const text = [told, ...linesOf('ended', ended), ...problem].join('\n')
    return { type: problem.length === 0 ? 'ok' : 'failed', text }
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error
    const remedy = 'nothing was done: add --yes to go on with this database'
    return { type: 'ok', text: [told, ...linesOf('would end', error.ended), remedy].join('\n') }
  }
}

/** From here on the bot writes policies again, so that this comes last. Returns why it could not be done. */
async function giveUp(path: string, seq: number, at: Date): Promise<readonly string[]> {
  try {
    // On a line of its own, whatever a crash left before it.
    await appendFile(path, `\n${givingUp(seq, at)}\n`, { flush: true })
    return []
  } catch (error) {
    return [`nothing is written to Pomerium yet: ${String(error)}; mend this and run it again`]
  }
}

/** Takes everything back that was tried. */
class Rehearsed extends Error {
  readonly ended: readonly Approved[]

  constructor(ended: readonly Approved[]) {
    super('rehearsed')
    this.ended = ended
  }
}

function linesOf(what: string, ended: readonly Approved[]): readonly string[] {
  return ended.map(
    (request) =>
      `${what} ${request.id}: ${request.grant.email} for ${resourceRef(request)} until ${request.grant.endsAt.toISOString()}`,
  )
}
