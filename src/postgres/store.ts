import { sql } from 'kysely'
import pg from 'pg'
import type { Audit, Statements, Store } from '../app/store.ts'
import type { AuditEvent } from '../domain/event.ts'
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

/** The store in Postgres. */
export function createStore(db: Database): Store {
  return {
    statement: (work) => work(everythingIn(db)),
    async transaction(work) {
      for (let left = TRIES; ; left -= 1) {
        try {
          return await db.transaction().execute(async (tx) => {
            const { rows } = await sql<{ now: Date }>`select jit_now() as now`.execute(tx)
            const now = rows[0]?.now
            if (now === undefined) throw new TypeError('the database told no time')
            // Events wait for each other's transactions, so they are appended when all else is done: nobody holds up
            // the trail longer than it takes to commit, and nobody waits for a request while holding it.
            const events: AuditEvent[] = []
            const everything = everythingIn(tx)
            const audit: Audit = {
              ...everything.audit,
              append: (event) => void events.push(event),
              alertedWithin: async (action, seconds) =>
                events.some((event) => event.alert && event.action === action) ||
                everything.audit.alertedWithin(action, seconds),
            }
            const result = await work({ ...everything, now, audit })
            await appendEvents(tx, events)
            return result
          })
        } catch (error) {
          const isTransient = error instanceof pg.DatabaseError && TRY_AGAIN.has(error.code ?? '')
          if (!isTransient || left === 1) throw error
        }
      }
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
