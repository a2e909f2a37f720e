import type { House } from '../../support/house.ts'
import type { Approach } from './cast.ts'
import { NETWORKS, VISITORS } from './cast.ts'

/** One knock at a door and the cluster's answer. */
export interface Visited extends Approach {
  readonly who: string
  readonly host: string
  readonly status: 200 | 403 | 404
  readonly why: string
  readonly at: Date
}

export interface Visits {
  /** Newest first, twenty at most. */
  readonly all: readonly Visited[]
  /** What the same knock would be answered at another time. */
  verdictAt(visited: Visited, at: Date): Visited['status']
  /** Knocks as one of the {@link VISITORS}, now by the database's clock. */
  knock(who: string, host: string, approach: Approach): Promise<Visited>
}

const KEPT = 20

/** Nobody has knocked yet. */
export function createVisits(house: House): Visits {
  const all: Visited[] = []
  const ask = (who: string, host: string, { network, method }: Approach, at: Date) =>
    house.pomerium.visit({
      email: VISITORS.get(who),
      host,
      at,
      method,
      sourceIp: NETWORKS[network],
    })
  return {
    all,
    verdictAt: (visited, at) => ask(visited.who, visited.host, visited, at).status,
    async knock(who, host, approach) {
      const at = await house.database.clock.now()
      const { status, why } = ask(who, host, approach, at)
      const visited = { who, host, ...approach, status, why, at }
      all.unshift(visited)
      all.splice(KEPT)
      return visited
    },
  }
}
