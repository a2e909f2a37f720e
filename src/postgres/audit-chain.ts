import { sql } from 'kysely'
import type { ChainedEvent, Head, Sealed } from '../domain/chained-event.ts'
import { actorOpening, genesisOf, personalOpening } from '../trail/entry.ts'
import type { Beginning } from '../trail/verify.ts'
import type { Sql } from './audit-query.ts'
import type { Database } from './database.ts'

/** Events of the chain that are read at once; about 2 MB. */
const BATCH_LENGTH = 2_000
/** As many as have a connection. */
const BATCHES_AHEAD = 2
const FIELD = '\x1f'
const ROW = '\x1e'

/** What tells the chain of this database from any other, and up to which number it may have gaps. Throws when there is not exactly one. */
export async function chainOf(
  db: Database,
): Promise<{ readonly logId: string; readonly gapsUntil: number }> {
  const { rows } = await sql<{ logId: string; begunAfter: string }>`
    select log_id as "logId", begun_after as "begunAfter" from audit.chain`.execute(db)
  const [row] = rows
  if (row === undefined || rows.length > 1)
    throw new NoChain(`audit_chain has ${rows.length} rows where there should be one`)
  return { logId: row.logId, gapsUntil: Number(row.begunAfter) }
}

/** The last event that is in an archive; `undefined` when none is. */
export async function archivedUpTo(db: Database): Promise<Head | undefined> {
  const { rows } = await sql<{ seq: string; hash: string }>`
    select last_seq as seq, encode(last_hash, 'hex') as hash from audit.archive order by last_seq desc limit 1`.execute(
    db,
  )
  return rows[0] && { seq: Number(rows[0].seq), hash: rows[0].hash }
}

/**
 * Where a walk along the chain begins: with the first event that is not in an archive, or with one whose predecessor's hash
 * is taken on trust. Throws {@link NoChain} when the database does not have that predecessor.
 */
export async function chainBeginning(db: Database, from = 1): Promise<Beginning> {
  const { logId, gapsUntil } = await chainOf(db)
  const start = (await archivedUpTo(db)) ?? { seq: 0, hash: genesisOf(logId) }
  if (from <= 1 || from === start.seq + 1) return { after: start, gapsUntil, isTrusted: false }
  if (from <= start.seq)
    throw new NoChain(
      `events up to ${start.seq} are in archives: verify their files, and the rest from ${start.seq + 1}`,
    )
  const { rows } = await sql<{ seq: string; hash: string }>`
    select seq, encode(hash, 'hex') as hash from audit.chained_event where seq < ${from} order by seq desc limit 1`.execute(
    db,
  )
  const [last] = rows
  if (last === undefined) throw new NoChain(`there is no event before ${from}`)
  return { after: { seq: Number(last.seq), hash: last.hash }, gapsUntil, isTrusted: true }
}

/**
 * Events with a number above one and up to another, in order, in batches; the next ones are read while one is looked at.
 * Each comes as one text: rows of so many columns would take most of the time that a verification has. Events that are
 * recorded meanwhile are left out. Throws a {@link BrokenRow} for what cannot be an event of ours.
 */
export async function* chainedEvents(
  db: Database,
  after = 0,
  to = Number.MAX_SAFE_INTEGER,
  wanted: Sql = sql`true`,
): AsyncGenerator<readonly (ChainedEvent & Wanted)[]> {
  const { rows } = await sql<{ first: string | null; last: string | null }>`
    select min(seq) as first, max(seq) as last from audit.chained_event where seq > ${after}`.execute(
    db,
  )
  const [{ first, last } = { first: null, last: null }] = rows
  if (first === null) return
  const end = Math.min(to, Number(last))
  let start = Number(first) - 1
  const ahead: Promise<readonly (ChainedEvent & Wanted)[]>[] = []
  while (start < end || ahead.length > 0) {
    while (start < end && ahead.length < BATCHES_AHEAD) {
      const batch = readBatch(db, start, Math.min(start + BATCH_LENGTH, end), wanted)
      // Nobody waits for it yet; it is told when its turn comes.
      batch.catch(() => {})
      ahead.push(batch)
      start += BATCH_LENGTH
    }
    const batch = (await ahead.shift()) ?? []
    if (batch.length > 0) yield batch
    // No number is left out but before the chain began; where somebody made a hole, there may be many.
    else start = Math.max(start, (await nextSeq(db, start)) - 1)
  }
}

/** The first number above one that an event has; no limit when none has. */
async function nextSeq(db: Database, after: number): Promise<number> {
  const { rows } = await sql<{ next: string | null }>`
    select min(seq) as next from audit.chained_event where seq > ${after}`.execute(db)
  return Number(rows[0]?.next ?? Number.MAX_SAFE_INTEGER)
}

/** Whether what was asked for includes an event. */
export interface Wanted {
  readonly isWanted: boolean
}

/** There is nothing to walk along from where a walk was to begin. */
export class NoChain extends Error {
  override readonly name = 'NoChain'
}

/** The first events with a number from one on, in order, so many at most. Throws {@link BrokenRow}. */
export async function firstChained(
  db: Database,
  from: number,
  limit: number,
): Promise<readonly ChainedEvent[]> {
  const { rows } = await sql<{ last: string | null }>`
    select max(seq) as last
    from (select seq from audit.chained_event where seq >= ${from} order by seq limit ${limit}) as first`.execute(
    db,
  )
  const last = rows[0]?.last ?? null
  return last === null ? [] : readBatch(db, from - 1, Number(last), sql`true`)
}

/** A row that the table would not have taken. */
export class BrokenRow extends Error {
  override readonly name = 'BrokenRow'
  readonly seq: number

  constructor(seq: number, what: string) {
    super(what)
    this.seq = seq
  }
}

async function readBatch(
  db: Database,
  after: number,
  to: number,
  wanted: Sql,
): Promise<readonly (ChainedEvent & Wanted)[]> {
  const { rows } = await sql<{
    text: string | null
    count: string
    restated: string | null
    unsealed: string | null
  }>`
    select string_agg(concat(${sql.join([...COLUMNS, wanted], sql`, ${sql.lit(FIELD)}, `)}), ${sql.lit(ROW)}) as text,
      count(*) as count,
      min(seq) filter (where details is distinct from
        public_details::jsonb || coalesce(personal_details::jsonb, '{}')) as restated,
      min(seq) filter (where ${UNSEALED}) as unsealed
    from audit.chained_event where seq > ${after} and seq <= ${to}`.execute(db)
  const [{ text, count, restated, unsealed } = NOTHING] = rows
  if (restated !== null)
    throw new BrokenRow(Number(restated), 'its details for queries are not those on record')
  if (unsealed !== null)
    throw new BrokenRow(Number(unsealed), 'it says of people what no digest on record is of')
  const events = text === null ? [] : text.split(ROW).map(chainedEvent)
  if (events.length !== Number(count))
    throw new BrokenRow(
      after + 1,
      'it, or one soon after it, is several events in the place of one',
    )
  // The database gives them as they lie, which is nearly always their order.
  return events.sort((a, b) => a.seq - b.seq)
}

const NOTHING = { text: null, count: '0', restated: null, unsealed: null }

/** What the digests do not cover: whoever reads the columns would take it for recorded. */
const UNSEALED = sql`
  actor_kind not in ('bot', 'person')
  or actor_digest is null and num_nonnulls(
    actor_salt, actor_email, actor_subject, actor_team_id, actor_user_id, source_address) > 0
  or personal_digest is null and num_nonnulls(personal_salt, personal_details) > 0`

/** JSON, in which people's own control characters are no separators; empty for null. */
const quoted = (column: string) => sql`to_json(${sql.ref(column)})`
const hex = (column: string) => sql`encode(${sql.ref(column)}, 'hex')`

const COLUMNS = [
  sql`seq`,
  sql`to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  sql`action`,
  sql`via`,
  sql`alert`,
  quoted('recorded_by'),
  quoted('request_id'),
  sql`request_version`,
  quoted('resource_id'),
  sql`schema_version`,
  sql`public_details`,
  hex('actor_digest'),
  sql`actor_salt`,
  quoted('actor_email'),
  quoted('source_address'),
  quoted('actor_subject'),
  quoted('actor_team_id'),
  quoted('actor_user_id'),
  hex('personal_digest'),
  sql`personal_salt`,
  sql`personal_details`,
  hex('hash'),
  sql`actor_kind`,
]

function chainedEvent(row: string): ChainedEvent & Wanted {
  const cells = row.split(FIELD)
  const cell = (index: number) => cells[index] ?? ''
  const known = (index: number) => cells[index] || undefined
  const text = (index: number) => unquoted(cells[index] ?? '')
  const seq = Number(cell(0))
  if (cells.length !== COLUMNS.length + 1)
    throw new BrokenRow(seq, 'there are control characters where there can be none')
  if ((cell(22) === 'bot') !== (cell(11) === ''))
    throw new BrokenRow(seq, 'what acted is not what its digest is of')
  const version = known(7)
  return {
    seq,
    at: cell(1),
    action: cell(2),
    via: cell(3),
    alert: cell(4) === 't',
    recordedBy: text(5),
    requestId: text(6),
    requestVersion: version === undefined ? undefined : Number(version),
    resourceId: text(8),
    schemaVersion: Number(cell(9)),
    publicDetails: cell(10),
    actor: cell(11) === '' ? undefined : actorIn(cell(11), known(12), text),
    personal: cell(18) === '' ? undefined : personalIn(cell(18), known(19), known(20)),
    hash: cell(21),
    isWanted: cell(23) === 't',
  }
}

function unquoted(json: string): string | undefined {
  if (json === '') return undefined
  return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1)
}

function actorIn(
  digest: string,
  salt: string | undefined,
  text: (index: number) => string | undefined,
): Sealed {
  const [email, source, subject, team, user] = [text(13), text(14), text(15), text(16), text(17)]
  if (salt !== undefined)
    return { digest, opening: actorOpening(salt, { email, source, subject, team, user }) }
  return { digest, remains: [email, source, subject, team, user].filter(Boolean).join(' ') }
}

function personalIn(digest: string, salt: string | undefined, details: string | undefined): Sealed {
  if (salt !== undefined && details !== undefined)
    return { digest, opening: personalOpening(salt, details) }
  return { digest, remains: details ?? '' }
}
