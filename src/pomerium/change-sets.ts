import { PolicyApiError, type Publication } from '../app/policy-api.ts'
import type { BotUser } from './bot-user.ts'
import { cached } from './cache.ts'
import { valueOf, type Client } from './client.ts'
import { publicText } from './errors.ts'
import { pageBytes, pages, pageSize } from './pages.ts'
import {
  changeSetSchema,
  changeSetsSchema,
  comparisonSchema,
  settingsSchema,
  type Activity,
  type ChangeSet,
} from './schema.ts'
import { foreignCount, ofPolicy } from './staged.ts'

export interface ChangeSets {
  /** As {@link PolicyApi.publish}: one look, at most one apply, no waiting. */
  publish(policyId: string): Promise<Publication>
}

const settingsTtlMs = 60_000

/** The change sets of one cluster. They are keyed by the cluster's id, not by its namespace's. */
export function createChangeSets(deps: {
  readonly client: Client
  readonly organizationId: string
  readonly clusterId: string
  readonly now: () => number
  /** Whether the stored policy carries the bot's mark. */
  readonly isMarkedPolicy: (policyId: string) => Promise<boolean>
  readonly botUser: BotUser
}): ChangeSets {
  const { client, organizationId, clusterId, isMarkedPolicy, botUser } = deps
  const organization = ['organizations', organizationId]
  const settings = cached(
    () =>
      client.get({
        what: `settings of cluster ${clusterId}`,
        path: [...organization, 'clusters', clusterId, 'settings'],
        schema: settingsSchema,
      }),
    { now: deps.now, ttlMs: settingsTtlMs },
  )

  async function publish(policyId: string): Promise<Publication> {
    const [{ autoApplyChangesets }, sets] = await Promise.all([settings(), recent()])
    const pending = sets.find(({ status }) => status === 'pending')
    if (autoApplyChangesets || pending === undefined) return stateOf(sets[0])
    const settled = sets.filter(({ status }) => status !== 'pending')
    const staged = await stagedIn(pending, settled)
    if (staged === undefined) return { state: 'applying' }
    const own = ofPolicy(staged, policyId)
    if (own.length === 0) return stateOf(settled[0])
    const bot = await botUser.find(policyId, own)
    if (bot === undefined) {
      return needsAdministrator(pending, 'cannot be told to be this bot’s alone')
    }
    const foreign = await foreignCount(staged, {
      bot,
      isOurs: async (id) =>
        id === policyId || botUser.wroteAt(id) !== undefined || (await isMarkedPolicy(id)),
    })
    if (foreign === 0) return apply(pending)
    const changes = foreign === 1 ? '1 change' : `${foreign} changes`
    return needsAdministrator(pending, `holds ${changes} that somebody else made`)
  }

  /** Change sets from the newest to the oldest; not all, but every one that counts. */
  async function recent(): Promise<readonly ChangeSet[]> {
    const page = await list({ limit: String(pageSize) })
    if (isNewestFirst(page)) return newestFirst(page)
    const next = await list({ limit: String(pageSize), offset: String(page.length) })
    if (next.length === 0) return newestFirst(page)
    // A long list that begins with the oldest: the newest are looked up by what they are.
    const [current, ...others] = await Promise.all(
      ['current', 'pending', 'applying', 'failed', 'rejected'].map(ofStatus),
    )
    const running = current?.length ? current : await ofStatus('applied')
    return newestFirst([...running, ...others.flat()])
  }

  async function ofStatus(status: string): Promise<readonly ChangeSet[]> {
    const sets: ChangeSet[] = []
    const walk = pages(`${status} change sets`, (window) => list({ status, ...window }))
    for await (const set of walk) sets.push(set)
    return sets
  }

  function list(query: Readonly<Record<string, string>>): Promise<readonly ChangeSet[]> {
    return client.get({
      what: `change sets of cluster ${clusterId}`,
      path: [...organization, 'changesets'],
      query: { clusterId, ...query },
      schema: changeSetsSchema,
    })
  }

  /** The edits of a pending change set on top of what was published before it; `undefined` when it is no longer the pending one. */
  async function stagedIn(
    pending: ChangeSet,
    settled: readonly ChangeSet[],
  ): Promise<readonly (readonly Activity[])[] | undefined> {
    const before = settled.find(
      ({ status, createdAt }) =>
        (status === 'current' || status === 'applied') && createdAt <= pending.createdAt,
    )
    const { endChangeset, entities } = await client.get({
      what: `comparison of change set ${pending.id}`,
      path: [...organization, 'changesets', 'compare'],
      query: {
        clusterId,
        ...(before === undefined ? {} : { firstId: before.id }),
        secondId: pending.id,
      },
      schema: comparisonSchema,
      maxBytes: pageBytes,
    })
    return endChangeset.id === pending.id ? (entities ?? []) : undefined
  }

  async function apply(pending: ChangeSet): Promise<Publication> {
    try {
      const answer = await client.ask({
        method: 'POST',
        write: true,
        what: `apply change set ${pending.id}`,
        path: [...organization, 'changesets', pending.id, 'apply'],
        schema: changeSetSchema,
      })
      // Somebody else applied or changed it meanwhile: the next look tells.
      if (!answer.ok && (answer.status === 404 || answer.status === 409)) {
        return { state: 'applying' }
      }
      return stateOf(valueOf(answer))
    } catch (error) {
      // A success that says nothing is still a success.
      if (error instanceof PolicyApiError && error.code === 'invalid-answer' && error.ambiguous) {
        return { state: 'applying' }
      }
      throw error
    }
  }

  return { publish }
}

/** What the newest change set says; a cluster without any has nothing on its way. */
function stateOf(newest: ChangeSet | undefined): Publication {
  if (newest === undefined) return { state: 'in-force' }
  const { id, status, failureMessage } = newest
  switch (status) {
    case 'current':
    case 'applied':
      return { state: 'in-force' }
    case 'failed':
    case 'rejected': {
      const why = publicText(failureMessage)
      return {
        state: 'failed',
        reason: `change set ${id} ${status}${why === '' ? '' : `: ${why}`}`,
      }
    }
    default:
      // A status that is not known is not known to be in force.
      return { state: 'applying' }
  }
}

function needsAdministrator(pending: ChangeSet, why: string): Publication {
  return {
    state: 'needs-administrator',
    reason: `change set ${pending.id} ${why}; an administrator must review and apply it in Pomerium`,
  }
}

/** The order of lists is not documented. Of sets made at the same instant the least finished counts as newest. */
function newestFirst(sets: readonly ChangeSet[]): readonly ChangeSet[] {
  return sets.toSorted(
    (a, b) =>
      b.createdAt - a.createdAt || b.updatedAt - a.updatedAt || rank(a.status) - rank(b.status),
  )
}

/** Whether the list is seen to begin with the newest; with several of one instant it is not. */
function isNewestFirst(sets: readonly ChangeSet[]): boolean {
  const instants = sets.map(({ createdAt }) => createdAt)
  const falls = instants.every((at, index) => index === 0 || at <= (instants[index - 1] ?? at))
  return sets.length < 2 || (falls && instants[0] !== instants.at(-1))
}

function rank(status: string): number {
  const finished = ['failed', 'rejected', 'current', 'applied']
  return finished.indexOf(status)
}
