import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { TrailChecked, TrailVerifier } from '../app/watch-trail.ts'
import { NoChain } from './audit-chain.ts'
import { verifyTrail } from './audit-verify.ts'
import type { Database } from './database.ts'

/** After each batch of events, which takes about 20 ms; people's clicks come first. */
const REST_MS = 20
/** SQLSTATE class 42: what the database is asked about is not there, or may not be looked at. */
const NOT_THERE = '42'

/** Looks at the trail beside everything else that the process does: gently, and not longer than until the stop. */
export function createTrailVerifier(db: Database): TrailVerifier {
  return {
    async check({ from, heads, signal }): Promise<TrailChecked> {
      const rest = () => wait(REST_MS, undefined, { signal })
      try {
        const { events, head, finding, problems } = await verifyTrail(db, { from, heads, rest })
        return { events, head, problems, ...(finding && { finding }) }
      } catch (error) {
        const problem = missing(error)
        if (problem === undefined) throw error
        return { events: 0, head: { seq: 0, hash: '' }, problems: [problem] }
      }
    },
  }
}

/** What is not there any more that a trail is made of; `undefined` when nobody could look. */
function missing(error: unknown): string | undefined {
  if (error instanceof NoChain) return error.message
  if (error instanceof pg.DatabaseError && error.code?.startsWith(NOT_THERE) === true)
    return `the trail cannot be looked at: ${error.message}`
  return undefined
}
