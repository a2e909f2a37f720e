import type { WebClient } from '@slack/web-api'
import type { Directory, Log, Member, MemberAnswer } from '../app/ports.ts'
import { DirectoryUnavailable } from '../app/ports.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../domain/ids.ts'
import { foldEmail } from '../domain/person.ts'
import type { NotAMember } from '../domain/refusal.ts'
import type { SlackFailure } from './failure.ts'
import { failureText, slackFailure } from './failure.ts'
import type { UserGroups } from './user-groups.ts'
import { OddGroups, listUserGroups } from './user-groups.ts'
import type { SlackIdentity } from './web-client.ts'

/** How long the members of groups are gone by: Slack allows about twenty look-ups of them a minute. */
export const GROUP_FRESH_MS = 60_000
/** Of so many groups that are not there the log is told; after that it is told again. */
const TOLD_MAX = 1_000

type SlackUser = NonNullable<Awaited<ReturnType<WebClient['users']['info']>>['user']>

/** The directory, and what it may not go by any longer once Slack has told of a change. */
export interface WorkspaceDirectory extends Directory {
  /** Members of groups are looked up anew. */
  forgetGroups(): void
  /** Look-ups of people that are under way answer nobody who asks from now on. */
  forgetPeople(): void
}

export interface DirectoryOptions {
  readonly client: WebClient
  readonly identity: Pick<SlackIdentity, 'teamId' | 'enterpriseId'>
  /** Milliseconds. */
  readonly now: () => number
  readonly log: Log
}

/**
 * The workspace as Slack has it. People are looked up anew for each decision; look-ups of the same
 * person at the same moment share one call. All groups are looked up together, and kept for a minute; to one that is
 * disabled or does not exist nobody belongs.
 */
export function createDirectory(options: DirectoryOptions): WorkspaceDirectory {
  const { client, identity, now, log } = options
  const people = sharing(async (userId: SlackUserId): Promise<MemberAnswer> => {
    const user = await lookUpUser(client, userId)
    return user === undefined ? { ok: false, why: 'unknown' } : judged(user, userId, identity)
  })
  const addresses = sharing(async (email: string): Promise<MemberAnswer> => {
    const user = await lookUpAddress(client, email)
    return user?.id === undefined || foldEmail(user.profile?.email ?? '') !== foldEmail(email)
      ? { ok: false, why: 'unknown' }
      : judged(user, user.id as SlackUserId, identity)
  })
  const groups = freshFor(GROUP_FRESH_MS, now, () => lookUpGroups(client))
  const told = new Set<SlackGroupId>()
  const groupMembers = async (id: SlackGroupId): Promise<ReadonlySet<SlackUserId>> => {
    const all = await groups.ask()
    const members = all.get(id)
    if (members !== undefined) {
      told.delete(id)
      return members
    }
    if (all.has(id))
      throw new DirectoryUnavailable(`usergroups.list: no members of ${id} in the answer`)
    if (!told.has(id)) {
      if (told.size >= TOLD_MAX) told.clear()
      told.add(id)
      log.warn({ group: id }, 'a user group is disabled or does not exist: nobody belongs to it')
    }
    return new Set()
  }
  return {
    member: (userId) => people.ask(userId),
    memberByEmail: (email) => addresses.ask(email),
    groupMembers,
    forgetGroups: () => groups.forget(),
    forgetPeople() {
      people.forget()
      addresses.forget()
    },
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
    throw unavailable(`users.info of ${userId}`, failure, error)
  })
  if (user === 'unknown') return undefined
  // A member of an organisation has an id there and an id in the workspace.
  if (user !== undefined && (user.id === userId || user.enterprise_user?.id === userId)) return user
  throw new DirectoryUnavailable(`users.info of ${userId}: the answer is not about that person`)
}

/** Slack knows nobody by the address of somebody deactivated. https://docs.slack.dev/reference/methods/users.lookupByEmail */
async function lookUpAddress(client: WebClient, email: string): Promise<SlackUser | undefined> {
  const { user } = await client.users.lookupByEmail({ email }).catch((error: unknown) => {
    const failure = slackFailure(error)
    if (failure.kind === 'platform' && failure.code === 'users_not_found')
      return { user: 'unknown' as const }
    throw unavailable('users.lookupByEmail', failure, error)
  })
  if (user === 'unknown') return undefined
  if (user !== undefined) return user
  throw new DirectoryUnavailable('users.lookupByEmail: nobody in the answer')
}

/** Slack's own troubles; a refusal, such as of a token or for too many calls, is no outage. */
const TROUBLES = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
])

function unavailable(call: string, failure: SlackFailure, cause: unknown): DirectoryUnavailable {
  const isOutage =
    failure.kind === 'no-answer' ||
    (failure.kind === 'http' && failure.status >= 500) ||
    (failure.kind === 'platform' && TROUBLES.has(failure.code))
  return new DirectoryUnavailable(`${call}: ${failureText(failure)}`, { isOutage, cause })
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
  const isGuest = user.is_restricted === true || user.is_ultra_restricted === true
  const timeZone = user.tz !== undefined && isTimeZone(user.tz) ? { timeZone: user.tz } : {}
  const member: Member = {
    teamId: user.team_id as SlackTeamId,
    userId,
    email,
    isGuest,
    ...timeZone,
  }
  return { ok: true, member }
}

/** Whether a clock can be set by the name; Slack may know zones that this machine does not. */
function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
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
  if (user.is_invited_user === true) return 'invited'
  return undefined
}

async function lookUpGroups(client: WebClient): Promise<UserGroups> {
  return listUserGroups(client).catch((error: unknown) => {
    if (error instanceof OddGroups)
      throw new DirectoryUnavailable(`usergroups.list: ${error.message}`, { cause: error })
    throw unavailable('usergroups.list', slackFailure(error), error)
  })
}

interface LookUps<K, V> {
  ask(key: K): Promise<V>
  /** What is known or being asked answers nobody who asks from now on. */
  forget(): void
}

/** `look`, where callers that ask for the same key at the same moment share one call. */
function sharing<K, V>(look: (key: K) => Promise<V>): LookUps<K, V> {
  let underWay = new Map<K, Promise<V>>()
  return {
    ask(key) {
      const shared = underWay.get(key)
      if (shared !== undefined) return shared
      const calls = underWay
      const call = look(key).finally(() => calls.delete(key))
      calls.set(key, call)
      return call
    },
    forget() {
      underWay = new Map()
    },
  }
}

/** `look`, with its answer kept for a while, counted from the moment of the question; a failure is never kept. */
function freshFor<V>(lifeMs: number, now: () => number, look: () => Promise<V>) {
  let kept: { value?: V; until: number } = { until: -Infinity }
  const calls = sharing(async () => {
    const answer = kept
    const until = now() + lifeMs
    const value = await look()
    Object.assign(answer, { value, until })
    return value
  })
  return {
    async ask(): Promise<V> {
      const { value, until } = kept
      return value !== undefined && now() < until ? value : calls.ask('all')
    },
    forget() {
      kept = { until: -Infinity }
      calls.forget()
    },
  }
}
