import { recordChange } from '../../src/app/record.ts'
import type { Store } from '../../src/app/store.ts'
import type { Command } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { ResourceId } from '../../src/domain/ids.ts'
import type { AccessRequest, Approved } from '../../src/domain/request.ts'
import {
  REVISION,
  aPerson,
  aResource,
  after,
  anApprover,
  anEngineer,
  people,
} from '../support/build.ts'
import { actOf, approval, ask, breakGlass, change } from '../postgres/support.ts'

const HOUR = 3_600
const RESOURCES = ['grafana-prod', 'billing-db', 'vault'] as const
const ASKERS = ['ana', 'ben', 'cleo', 'dan'].map((name) => anEngineer(name))
/** Two of them ask too, so that some approve for each other. */
const BOTH = ['eli', 'fay'].map((name) =>
  anEngineer(name, { groups: [...anEngineer('x').groups, ...anApprover('x').groups] }),
)
const APPROVERS = [...BOTH, anApprover('gus')]

/** Numbers from 0 to below a bound, the same at each run. */
function dice(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    // A step of mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
}

/** Lives a hundred lives of requests over some weeks, through the real rules, and gives back how they stand. */
export async function liveThrough(store: Store, seed: number): Promise<readonly AccessRequest[]> {
  const roll = dice(seed)
  const requests: AccessRequest[] = []
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
  for (let n = 0; n < 100; n += 1) {
    const at = after(n * 7 * HOUR + roll(6 * HOUR))
    const by = pick([...ASKERS, ...BOTH])
    if (n % 12 === 5) {
      const opened = await breakGlass(store, by, at)
      requests.push(await outcome(store, opened, roll))
      continue
    }
    const resource = aResource({ id: pick(RESOURCES) as string as ResourceId })
    const reason = roll(3) === 0 ? 'because I want to' : `INC-${n} dashboards are red`
    const asked = await ask(store, {
      by,
      at,
      resource,
      reason,
      durationSeconds: HOUR * (1 + roll(8)),
    })
    const answeredAt = after(60 + roll(5 * HOUR), at)
    const approver = pick(APPROVERS.filter(({ userId }) => userId !== by.userId))
    switch (roll(6)) {
      case 0:
        requests.push(
          await change(store, asked.id, {
            type: 'deny',
            at: answeredAt,
            by: approver,
            resource,
            reason: 'not today',
          }),
        )
        break
      case 1:
        requests.push(await change(store, asked.id, { type: 'cancel', at: answeredAt, by }))
        break
      case 2: {
        const opened = await step(store, asked, {
          type: 'auto-approve',
          at,
          rule: { name: 'self_activation', maxSeconds: 12 * HOUR },
          requester: by,
          resource,
          isSteppedUp: false,
          catalogueRevision: REVISION,
        })
        requests.push(await outcome(store, opened as Approved, roll))
        break
      }
      default: {
        const opened = await change(
          store,
          asked.id,
          approval({ at: answeredAt, by: approver, requester: by, resource }),
        )
        requests.push(await outcome(store, opened as Approved, roll))
      }
    }
  }
  return requests
}

/** What becomes of access: it is confirmed or not, and ends early, by itself or not yet. */
async function outcome(
  store: Store,
  opened: Approved,
  roll: (bound: number) => number,
): Promise<AccessRequest> {
  const { startsAt, endsAt } = opened.grant
  const fate = roll(8)
  if (fate === 0) return step(store, opened, { type: 'tick', at: endsAt })
  const active = await step(store, opened, {
    type: 'confirm-active',
    at: after(5, startsAt),
    endsAt,
  })
  if (fate === 1) return active
  if (fate < 4) {
    const ending = await step(store, active, {
      type: 'end',
      at: after(600, startsAt),
      by: aPerson(opened.requester.email.split('@')[0] ?? ''),
      admins: people(),
    })
    return step(store, ending, { type: 'confirm-ended', at: after(605, startsAt) })
  }
  return step(store, active, { type: 'tick', at: after(30, endsAt) })
}

/** By the bot, but for what a command says who does. */
function step(store: Store, request: AccessRequest, command: Command): Promise<AccessRequest> {
  return store.transaction(async (tx) => {
    const decision = decide(request, command)
    if (!decision.ok) throw new Error(decision.refusal.code)
    const by = command.type === 'end' ? command.by : undefined
    await recordChange(tx, request, decision, actOf(by))
    return decision.next
  })
}
