import { backoffMs } from '../../src/app/backoff.ts'
import type { Handled } from '../../src/app/worker.ts'
import { createWorkList } from '../../src/postgres/work.ts'
import { streamReader } from '../../src/postgres/audit-streams.ts'
import { createSink } from '../../src/siem/sink.ts'
import { digestOf } from '../../src/trail/entry.ts'
import { STREAM_FORMATS } from '../../src/trail/stream-batch.ts'
import { beginStream, streamWork } from '../../src/trail/stream-work.ts'
import type { AuditEvent } from '../../src/domain/event.ts'
import type { SiemSimulator } from '../simulators/siem/start-siem.ts'
import { startSiem } from '../simulators/siem/start-siem.ts'
import { verifyLines } from '../simulators/siem/verify-lines.ts'
import { anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'

export const LEASE_MS = 30_000
const TIMEOUT_MS = 300

/** A database whose trail is streamed to a SIEM, step by step. */
export interface StreamStage extends AsyncDisposable {
  readonly database: TestDatabase
  readonly siem: SiemSimulator
  readonly destination: string
  /** Puts so many events on record, in one transaction. */
  record(count?: number, facts?: Partial<AuditEvent>): Promise<void>
  /** Does the work on the stream once, as a worker does, when it is due. */
  step(): Promise<Handled['type'] | 'nothing due'>
  /** Lets time go by until all is delivered. */
  finish(): Promise<void>
  /** Has the trail streamed to an address from now on; gives the step of a replica that waits so long for an answer. */
  begin(url: string, timeoutMs?: number): Promise<StreamStage['step']>
  cursor(): Promise<Cursor>
  /** The numbers of all events on record. */
  seqs(): Promise<readonly number[]>
  alerts(): Promise<readonly string[]>
  /** What is wrong with the chain of what arrived, when it is verified with nothing else at hand. */
  finding(): Promise<unknown>
}

export interface Cursor {
  readonly last_seq: string
  readonly sending_seq: string | null
  readonly failing: string | null
}

export async function aStreamStage(): Promise<StreamStage> {
  const [database, siem] = await Promise.all([createTestDatabase(), startSiem()])
  const list = createWorkList(database.db)
  const sinks: AsyncDisposable[] = []
  const { pool, store } = database

  async function begin(url: string, timeoutMs = TIMEOUT_MS): Promise<StreamStage['step']> {
    const sink = createSink({ url, now: Date.now, timeoutMs })
    sinks.push(sink)
    const deps = {
      store,
      destination: digestOf(url).slice(0, 16),
      sink,
      format: STREAM_FORMATS.jsonl,
      read: streamReader(database.db),
      log: silentLog,
    }
    await beginStream(deps)
    const handler = streamWork(deps)
    return async () => {
      const [claim] = await list.claim(['stream'], 1, LEASE_MS)
      if (claim === undefined) return 'nothing due'
      const lease = {
        async hold() {
          if (!(await list.renew(claim, LEASE_MS))) throw new Error('lost the lease')
        },
      }
      const handled = await handler(claim, lease)
      await list.settle(
        claim,
        handled.type === 'failed'
          ? {
              type: 'again',
              afterMs: backoffMs(claim.attempts, () => 1, handled),
              error: handled.error,
            }
          : handled,
      )
      return handled.type
    }
  }

  const step = await begin(siem.url)
  const cursor = async () => {
    const { rows } = await pool.query<Cursor>(
      'select last_seq, sending_seq, failing from audit_stream where active',
    )
    const [row] = rows
    if (row === undefined) throw new Error('there is no stream')
    return row
  }
  return {
    database,
    siem,
    destination: digestOf(siem.url).slice(0, 16),
    async record(count = 1, facts = {}) {
      await store.transaction(async (tx) => {
        for (let n = 1; n <= count; n += 1)
          tx.audit.append({
            action: 'request.deny_refused',
            actor: { kind: 'person', identity: anEngineer(`e${n % 5}`) },
            via: 'button',
            alert: false,
            details: { refusal: 'own-request', reason: `INC-${n} "why" it\nwas` },
            ...facts,
          })
      })
    },
    step,
    async finish() {
      for (let left = 40; left > 0; left -= 1)
        if ((await step()) === 'nothing due') {
          if ((await store.statement((db) => db.streams.lag())) === 0) return
          await database.clock.advance(600)
        }
      throw new Error(`never delivered: ${JSON.stringify(await cursor())}`)
    },
    begin,
    cursor,
    async seqs() {
      const { rows } = await pool.query<{ seq: string }>('select seq from audit_event order by seq')
      return rows.map(({ seq }) => Number(seq))
    },
    async alerts() {
      const { rows } = await pool.query<{ error: string }>(
        `select details ->> 'error' as error from audit_event
         where action = 'audit.stream_failing' and alert order by seq`,
      )
      return rows.map(({ error }) => error)
    },
    async finding() {
      const { rows } = await pool.query<{ id: string }>('select log_id as id from audit_chain')
      return (await verifyLines(siem.lines, rows[0]?.id ?? '')).finding
    },
    async [Symbol.asyncDispose]() {
      for (const sink of sinks) await sink[Symbol.asyncDispose]()
      await siem[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
