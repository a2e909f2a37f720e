import type { House } from '../../support/house.ts'
import type { People } from '../../support/world.ts'
import { NETWORKS } from './cast.ts'
import { personOf } from './room.ts'

/** One knock at a door and the cluster's answer. */
export interface Visited {
  readonly as: keyof People
  readonly who: string
  readonly host: string
  readonly network: keyof typeof NETWORKS
  readonly status: 200 | 403 | 404
  readonly why: string
  readonly at: Date
}

export interface Visits {
  /** Newest first, twenty at most. */
  readonly all: readonly Visited[]
  /** What the same knock would be answered at another time. */
  verdictAt(visited: Visited, at: Date): Visited['status']
  /** Knocks as somebody, now by the database's clock. */
  knock(as: keyof People, host: string, network: keyof typeof NETWORKS): Promise<Visited>
}

const KEPT = 20

/** Nobody has knocked yet. */
export function createVisits(house: House): Visits {
  const all: Visited[] = []
  const ask = (as: keyof People, host: string, network: keyof typeof NETWORKS, at: Date) =>
    house.pomerium.visit({
      email: personOf(house, as).email,
      host,
      at,
      sourceIp: NETWORKS[network],
    })
  return {
    all,
    verdictAt: ({ as, host, network }, at) => ask(as, host, network, at).status,
    async knock(as, host, network) {
      const at = await house.database.clock.now()
      const { status, why } = ask(as, host, network, at)
      const visited = { as, who: personOf(house, as).displayName, host, network, status, why, at }
      all.unshift(visited)
      all.splice(KEPT)
      return visited
    },
  }
}
