import type { Town } from '../support/house.ts'
import type { GrantRow } from '../support/rules.ts'
import { rulesIn, says } from '../support/rules.ts'
import { APPROVALS } from '../support/world.ts'

/** Looks at Slack's cards and at what the cluster enforces whenever something changes there, and remembers when it saw what. */
export class Watch implements Disposable {
  readonly #town: Town
  readonly #headings: { readonly id: string; readonly heading: string; readonly at: number }[] = []
  readonly #enforced: {
    readonly policyId: string
    readonly rules: readonly unknown[]
    at: number
  }[] = []
  readonly #shown = new Map<string, string>()
  readonly #stopCards: () => void
  /** When the cluster was offline, in pairs. */
  readonly #offline: { readonly from: number; to: number }[] = []
  #isOver = false

  constructor(town: Town) {
    this.#town = town
    this.#stopCards = town.slack.onChange(() => this.#lookAtCards())
    const look = () => {
      this.#lookAtCluster()
      return this.#isOver
    }
    // The simulator asks after each of its changes.
    town.pomerium.waitFor(look, { timeoutMs: 24 * 3_600_000 }).catch(() => {})
  }

  /** Offline, the cluster goes by what it has, and Pomerium's API does not tell. */
  setClusterOnline(isOnline: boolean): void {
    const { pomerium, clock } = this.#town
    const last = this.#offline.at(-1)
    const isOffline = last?.to === Infinity
    if (isOnline && isOffline) last.to = clock.wall()
    if (!isOnline && !isOffline) this.#offline.push({ from: clock.wall(), to: Infinity })
    pomerium.setClusterOnline(isOnline)
  }

  #wasOffline(at: number): boolean {
    return this.#offline.some(({ from, to }) => from <= at && at <= to)
  }

  #lookAtCards(): void {
    const { slack, clock } = this.#town
    for (const message of slack.messages(APPROVALS)) {
      if (message.threadTs !== undefined) continue
      const key = `${message.ts} ${message.history.length}`
      if (this.#shown.get(message.ts) === key) continue
      this.#shown.set(message.ts, key)
      const text = slack.visibleText(message)
      const id = /Request `([0-9A-Z]{8})`/.exec(text)?.[1]
      const heading = text.split('\n')[0] ?? ''
      if (id !== undefined) this.#headings.push({ id, heading, at: clock.wall() })
    }
  }

  #lookAtCluster(): void {
    const { pomerium, clock } = this.#town
    for (const { id } of pomerium.policies()) {
      const policy = pomerium.enforced(id)
      const rules = policy === undefined ? [] : rulesIn({ policy })
      const last = this.#enforced.findLast(({ policyId }) => policyId === id)
      if (JSON.stringify(last?.rules) === JSON.stringify(rules)) continue
      this.#enforced.push({ policyId: id, rules, at: clock.wall() })
    }
  }

  /** I14: what cards and the audit trail said too early, or was never so. */
  async problems(grants: readonly GrantRow[]): Promise<readonly string[]> {
    const { rows: events } = await this.#town.database.pool.query<{
      readonly id: string
      readonly action: string
      readonly at: Date
      readonly confirmed: boolean
    }>(
      `select request_id as id, action, at, details ->> 'confirmedBy' = 'pomerium' as confirmed
       from audit_event where request_version is not null order by seq`,
    )
    const early = this.#headings.flatMap(({ id, heading, at }) => {
      const needed = Object.entries(NEEDS).find(([words]) => heading.includes(words))?.[1]
      if (needed === undefined) return []
      const isSo = events.some(
        (event) => event.id === id && event.action === needed && event.at.getTime() <= at,
      )
      return isSo ? [] : [`I14: the card of ${id} said "${heading}" before ${needed}`]
    })
    const unfounded = events
      .filter(
        ({ action, confirmed, at }) =>
          action === 'grant.activated' && confirmed && !this.#wasOffline(at.getTime()),
      )
      .flatMap(({ id, at }) => {
        const grant = grants.find((each) => each.request_id === id)
        const isSo = this.#enforced.some(
          ({ policyId, rules, at: since }) =>
            policyId === grant?.policy_id &&
            since <= at.getTime() &&
            rules.some((rule) => says(grant, rule)),
        )
        return isSo ? [] : [`I14: ${id} was called active before its rule was enforced`]
      })
    return [...early, ...unfounded]
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#stopCards()
  }
}

/** What must be on record before a card may say so. */
const NEEDS: Readonly<Record<string, string>> = {
  'Extension: Approved': 'request.extended',
  'granting…': 'request.approved',
  Active: 'grant.activated',
  'Ending…': 'grant.ending',
  Ended: 'grant.ended',
  'Not confirmed': 'grant.never_active',
  Denied: 'request.denied',
  Cancelled: 'request.cancelled',
  Lapsed: 'request.lapsed',
}
