import { sql } from 'kysely'
import pg from 'pg'
import type { OnCommitted } from '../app/committed.ts'
import type { Audit, Requests, Statements, Store } from '../app/store.ts'
import type { AuditEvent } from '../domain/event.ts'
import type { AccessRequest } from '../domain/request.ts'
import { auditReadingIn } from './audit-reading.ts'
import { auditStreamsIn } from './audit-streams.ts'
import { appendEvents, auditIn } from './audit.ts'
import { catalogueRevisionsIn } from './catalogue-revisions.ts'
import type { Database } from './database.ts'
import { directoryMemoryIn } from './directory-memory.ts'
import { identitiesIn } from './identities.ts'
import { messagesIn } from './messages.ts'
import { STALE_PLAN } from './prepared.ts'
import { policyActivitiesIn } from './policy-activities.ts'
import { policyStatesIn } from './policy-states.ts'
import { requestsIn } from './requests.ts'
import { workIn } from './work.ts'

const TRIES = 3
/** serialization_failure, deadlock_detected, an outdated statement: nothing was committed, the same work may succeed. */
const TRY_AGAIN = new Set(['40001', '40P01', STALE_PLAN])

/** The store in Postgres. `onCommitted` is told of what a transaction put on record, after it committed; it must not throw. */
export function createStore(db: Database, onCommitted: OnCommitted = () => {}): Store {
  return {
    statement: (work) => work(everythingIn(db)),
    async transaction(work) {
      for (let left = TRIES; ; left -= 1) {
        try {
          const { result, ...committed } = await db.transaction().execute(async (tx) => {
            const { rows } = await sql<{ now: Date }>`select jit_now() as now`.execute(tx)
            const now = rows[0]?.now
            if (now === undefined) throw new TypeError('the database told no time')
            // Events wait for each other's transactions, so they are appended when all else is done: nobody holds up
            // the trail longer than it takes to commit, and nobody waits for a request while holding it.
            const events: AuditEvent[] = []
            const stored: AccessRequest[] = []
            const everything = everythingIn(tx)
            const requests = remembering(everything.requests, stored)
            const audit: Audit = {
              ...everything.audit,
              append: (event) => void events.push(event),
              alertedWithin: async (action, seconds) =>
                events.some((event) => event.alert && event.action === action) ||
                everything.audit.alertedWithin(action, seconds),
            }
            const result = await work({ ...everything, requests, now, audit })
            await appendEvents(tx, events)
            return { result, at: now, events, requests: stored }
          })
          if (committed.events.length > 0) onCommitted(committed)
          return result
        } catch (error) {
          const isTransient = error instanceof pg.DatabaseError && TRY_AGAIN.has(error.code ?? '')
          if (!isTransient || left === 1) throw error
        }
      }
    },
  }
}

/** The same requests; each that is stored is added to `stored`. */
function remembering(requests: Requests, stored: AccessRequest[]): Requests {
  return {
    ...requests,
    async insert(request, key) {
      await requests.insert(request, key)
      stored.push(request)
    },
    async save(from, to) {
      await requests.save(from, to)
      stored.push(to)
    },
  }
}

function everythingIn(db: Database): Statements {
  return {
    requests: requestsIn(db),
    audit: { ...auditIn(db), ...auditReadingIn(db) },
    streams: auditStreamsIn(db),
    identities: identitiesIn(db),
    directory: directoryMemoryIn(db),
    policies: policyStatesIn(db),
    activities: policyActivitiesIn(db),
    messages: messagesIn(db),
    work: workIn(db),
    catalogues: catalogueRevisionsIn(db),
  }
}
