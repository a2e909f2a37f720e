import type { WebClient } from '@slack/web-api'
import type { Directory, Member } from '../app/ports.ts'
import { DirectoryUnavailable } from '../app/ports.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { NotAMember } from '../domain/refusal.ts'
import { failureText, slackFailure } from './failure.ts'
import type { SlackIdentity } from './web-client.ts'

/** Slack allows about twenty look-ups of groups a minute. */
const GROUP_FRESH_MS = 60_000
const GROUPS_KEPT_MAX = 1_000

type SlackUser = NonNullable<Awaited<ReturnType<WebClient['users']['info']>>['user']>
type MemberAnswer = Awaited<ReturnType<Directory['member']>>

export interface DirectoryOptions {
  readonly client: WebClient
  readonly identity: Pick<SlackIdentity, 'teamId' | 'enterpriseId'>
  /** Milliseconds. */
  readonly now: () => number
}

/**
 * The workspace as Slack has it. People are looked up anew for each decision; look-ups of the same
 * person at the same moment share one call. Members of a group are kept for a minute.
 */
export function createDirectory({ client, identity, now }: DirectoryOptions): Directory {
  const group = freshFor(GROUP_FRESH_MS, now, (id: SlackGroupId) => lookUpGroup(client, id))
  return {
    member: sharing(async (userId: SlackUserId) => {
      const user = await lookUpUser(client, userId)
      return user === undefined ? { ok: false, why: 'unknown' } : judged(user, userId, identity)
    }),
    groupMembers: group,
  }
}

async function lookUpUser(client: WebClient, userId: SlackUserId): Promise<SlackUser | undefined> {
  const { user } = await client.users.info({ user: userId }).catch((error: unknown) => {
    const failure = slackFailure(error)
    if (
      failure.kind === 'platform' &&
      (failure.code === 'user_not_found' || failure.code === 'user_not_visible')
    )
      return { user: 'unknown' as const }
    throw new DirectoryUnavailable(`users.info of ${userId}: ${failureText(failure)}`, {
      cause: error,
    })
  })
  if (user === 'unknown') return undefined
  // A member of an organisation has an id there and an id in the workspace.
  if (user !== undefined && (user.id === userId || user.enterprise_user?.id === userId)) return user
  throw new DirectoryUnavailable(`users.info of ${userId}: the answer is not about that person`)
}

function judged(
  user: SlackUser,
  userId: SlackUserId,
  identity: DirectoryOptions['identity'],
): MemberAnswer {
  const why = objection(user, identity)
  if (why !== undefined) return { ok: false, why }
  const email = user.profile?.email?.trim() ?? ''
  if (email === '' || user.team_id === undefined) return { ok: false, why: 'no-email' }
  const member: Member = { teamId: user.team_id as SlackTeamId, userId, email }
  return { ok: true, member }
}

/**
 * `is_stranger: false` does not make somebody ours: partners in a shared channel have it too.
 * https://docs.slack.dev/apis/slack-connect
 */
function objection(
  user: SlackUser,
  { teamId, enterpriseId }: DirectoryOptions['identity'],
): NotAMember | undefined {
  const isOurs =
    user.team_id === teamId ||
    (enterpriseId !== undefined && user.enterprise_user?.enterprise_id === enterpriseId)
  if (user.is_bot === true || user.is_workflow_bot === true || user.id === 'USLACKBOT') return 'bot'
  if (user.is_stranger === true || !isOurs) return 'external'
  if (user.deleted === true) return 'deactivated'
  if (user.is_restricted === true || user.is_ultra_restricted === true) return 'guest'
  if (user.is_invited_user === true) return 'invited'
  return undefined
}

async function lookUpGroup(
  client: WebClient,
  groupId: SlackGroupId,
): Promise<ReadonlySet<SlackUserId>> {
  const { users } = await client.usergroups.users
    .list({ usergroup: groupId })
    .catch((error: unknown) => {
      const failure = slackFailure(error)
      const remedy =
        failure.kind === 'platform' && failure.code === 'no_such_subteam'
          ? '; the group does not exist, correct the catalogue'
          : ''
      throw new DirectoryUnavailable(
        `usergroups.users.list of ${groupId}: ${failureText(failure)}${remedy}`,
        { cause: error },
      )
    })
  if (users === undefined)
    throw new DirectoryUnavailable(`usergroups.users.list of ${groupId}: no members in the answer`)
  return new Set(users as SlackUserId[])
}

/** `look`, where callers that ask for the same key at the same moment share one call. */
function sharing<K, V>(look: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const underWay = new Map<K, Promise<V>>()
  return (key) => {
    const shared = underWay.get(key)
    if (shared !== undefined) return shared
    const call = look(key).finally(() => underWay.delete(key))
    underWay.set(key, call)
    return call
  }
}

/** `look`, with answers kept for a while, counted from the moment of the question; failures are never kept. */
function freshFor<K, V>(
  lifeMs: number,
  now: () => number,
  look: (key: K) => Promise<V>,
): (key: K) => Promise<V> {
  const kept = new Map<K, { readonly value: V; readonly until: number }>()
  const ask = sharing(async (key: K) => {
    const until = now() + lifeMs
    const value = await look(key)
    kept.delete(key)
    const [oldest] = kept.keys()
    if (kept.size >= GROUPS_KEPT_MAX && oldest !== undefined) kept.delete(oldest)
    kept.set(key, { value, until })
    return value
  })
  return async (key) => {
    const hit = kept.get(key)
    return hit !== undefined && now() < hit.until ? hit.value : ask(key)
  }
}
