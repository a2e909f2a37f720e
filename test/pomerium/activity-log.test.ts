import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BotUser } from '../../src/pomerium/bot-user.ts'
import type { Client } from '../../src/pomerium/client.ts'
import { createActivityLog } from '../../src/pomerium/activity-log.ts'
import { activityLogSchema } from '../../src/pomerium/schema.ts'

const NOON = Date.parse('2026-11-20T12:00:00Z')
const BOT = { id: 'usrBot', displayName: 'jit' }
const ADA = { id: 'usrAda', email: 'ada@example.com', displayName: 'Ada' }

interface Entry {
  readonly id: string
  readonly at: number
  readonly user?: object | null
  readonly policyId?: string
  readonly activityType?: string
}

const wire = ({ id, at, user = ADA, policyId = 'p1', activityType = 'update' }: Entry) => ({
  id,
  activityType,
  applied: { by: {} },
  createdAt: new Date(NOON + at * 1_000).toISOString(),
  updatedAt: new Date(NOON + at * 1_000).toISOString(),
  entity: { id: policyId, type: 'policy' },
  namespace: {},
  user,
})

/** A log in a given order, of which each call gets a page; `asked` counts them. */
function aLog(
  entries: readonly Entry[],
  botUser: Partial<Pick<BotUser, 'find' | 'wroteAt'>> = {},
  pageSize = 2,
) {
  let asked = 0
  const get = (call: { query?: Readonly<Record<string, string>> }) => {
    asked += 1
    const offset = Number(call.query?.['offset'])
    return Promise.resolve(
      activityLogSchema.parse(entries.slice(offset, offset + pageSize).map(wire)),
    )
  }
  const log = createActivityLog({
    client: { get } as unknown as Client,
    organizationId: 'org',
    namespaceId: () => Promise.resolve('ns'),
    botUser: { wroteAt: () => undefined, find: () => Promise.resolve(BOT.id), ...botUser },
  })
  return {
    asked: () => asked,
    since: async (seconds: number) =>
      (await log.activity(new Set(['p1']), new Date(NOON + seconds * 1_000)))?.map(
        ({ id, who, isOwn }) => `${id} ${isOwn ? 'own' : who}`,
      ),
  }
}

describe('the activity log', () => {
  const falling: readonly Entry[] = [
    { id: 'f', at: 60 },
    { id: 'e', at: 50, user: BOT },
    { id: 'd', at: 40, policyId: 'p2' },
    { id: 'c', at: 30, user: { id: 'usrX' } },
    { id: 'b', at: 0, user: null },
    { id: 'a', at: -100 },
    { id: 'z', at: -200 },
    { id: 'y', at: -300 },
    { id: 'x', at: -400 },
  ]
  const told = ['b nobody named', 'c usrX', 'e own', 'f ada@example.com']

  it('tells who changed a policy since an instant, the oldest first, and leaves a falling log early', async () => {
    const log = aLog(falling)
    assert.deepEqual(await log.since(0), told)
    assert.equal(log.asked(), 3)
  })

  it('reads a log that begins with the oldest to its end', async () => {
    const log = aLog(falling.toReversed())
    assert.deepEqual(await log.since(0), told)
    assert.equal(log.asked(), 6)
  })

  it('tells nothing while it is not known which changes are the bot’s own', async () => {
    assert.equal(
      await aLog(falling, { find: () => Promise.resolve(undefined) }).since(0),
      undefined,
    )
  })

  it('judges the bot by what surrounds a write of its own, and only when all of that is there', async () => {
    const shown: string[][] = []
    const seen = (wroteAt: number, since: number) =>
      aLog(falling, {
        wroteAt: () => NOON + wroteAt * 1_000,
        find: (_policyId, edits) => {
          shown.push(edits.map(({ user }) => user?.id ?? ''))
          return Promise.resolve(BOT.id)
        },
      }).since(since)
    await seen(50, 0)
    await seen(49.5, 0)
    await seen(30, 0)
    // An edit of somebody else within the second of ours, which may lie before what was read.
    await seen(-10, 0.5)
    assert.deepEqual(shown, [['usrBot'], ['usrBot'], ['usrX'], []])
  })
})
