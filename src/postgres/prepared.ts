import { createHash } from 'node:crypto'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'

/** feature_not_supported: "cached plan must not change result type", after a migration added a column. */
export const STALE_PLAN = '0A000'

/**
 * A pool whose connections prepare each statement once, under a name made from its text: planning is about a third of
 * what our short statements cost. Texts must not vary with their parameters, or every connection would keep them all. A connection that gives no answer, or
 * whose statements a migration has outdated, is thrown away.
 */
export function preparing(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>()
  const nameOf = (text: string): string => {
    let name = names.get(text)
    if (name === undefined) {
      name = createHash('sha256').update(text).digest('hex').slice(0, 32)
      names.set(text, name)
    }
    return name
  }
  return {
    connect: async () => {
      const client = await pool.connect()
      let isStale = false
      function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>
      function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
      function query<R>(
        text: string | PostgresCursor<R>,
        values: readonly unknown[] = [],
      ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
        if (typeof text !== 'string') throw new TypeError('cursors are not used')
        // Statements without parameters are mostly commands, and migrations are several statements in one.
        const named = values.length === 0 ? {} : { name: nameOf(text) }
        const answer = client.query({ text, values: [...values], ...named })
        answer.catch((error: unknown) => {
          // Whatever is not the server's answer leaves a connection that may never answer again.
          isStale ||= !(error instanceof pg.DatabaseError) || error.code === STALE_PLAN
        })
        return answer as unknown as Promise<PostgresQueryResult<R>>
      }
      return {
        query,
        release: (destroy) => client.release(destroy === true || isStale),
      } satisfies PostgresPoolClient
    },
    end: () => pool.end(),
    options: pool.options,
  }
}
