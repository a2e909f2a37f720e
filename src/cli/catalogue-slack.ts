import { readFileSync } from 'node:fs'
import type { WebClient } from '@slack/web-api'
import { readEnvironment, readSetting } from '../config.ts'
import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import { boltLogger, createLogger } from '../log.ts'
import { createDirectory } from '../slack/directory.ts'
import { failureText, slackFailure } from '../slack/failure.ts'
import { createWebClient, slackIdentity } from '../slack/web-client.ts'

export type FoundPerson =
  | {
      readonly ok: true
      readonly person: Omit<Person, 'standing' | 'teamId'> & Partial<Person>
      readonly note: string
    }
  | { readonly ok: false; readonly text: string }

/** Who has an address in Slack, with those of the groups that they are in; `isOurs`: at a domain of the catalogue's. */
export async function personInSlack(
  email: string,
  groups: ReadonlySet<SlackGroupId>,
  isOurs: boolean,
  botToken: string,
): Promise<FoundPerson> {
  const address = readSetting('SLACK_API_URL', readEnvironment(), (path) =>
    readFileSync(path, 'utf8'),
  )
  if (!address.ok) return { ok: false, text: address.mistakes.join('\n') }
  const log = createLogger({ level: 'fatal' })
  const logger = boltLogger(log)
  const client = createWebClient({ apiUrl: address.value, botToken, logger })
  try {
    const userId = await idByEmail(client, email)
    if (userId === undefined) return notInSlack(email, isOurs)
    const identity = await slackIdentity(client)
    const directory = createDirectory({ client, identity, now: Date.now, log })
    const found = await directory.member(userId)
    if (!found.ok)
      return { ok: false, text: `${email} may ask for nothing: in Slack they are ${found.why}` }
    const known = new Set<SlackGroupId>()
    for (const group of groups)
      if ((await directory.groupMembers(group)).has(userId)) known.add(group)
    const { isGuest, timeZone: _timeZone, ...member } = found.member
    const among = groups.size === 0 ? 'no group matters here' : `of ${[...groups].join(', ')}`
    return {
      ok: true,
      person: { ...member, groups: known, ...(isGuest ? { standing: 'guest' as const } : {}) },
      note: `in Slack now: user ${userId}, in ${known.size === 0 ? 'none' : [...known].join(', ')} (${among})`,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    return { ok: false, text: `Slack did not say: ${reason}; give --groups to go without it` }
  }
}

async function idByEmail(client: WebClient, email: string): Promise<SlackUserId | undefined> {
  try {
    const { user } = await client.users.lookupByEmail({ email })
    return user?.id as SlackUserId | undefined
  } catch (error) {
    const failure = slackFailure(error)
    if (failure.kind === 'platform' && failure.code === 'users_not_found') return undefined
    throw new Error(`users.lookupByEmail: ${failureText(failure)}`, { cause: error })
  }
}

/** A vendor may be an address alone. */
function notInSlack(email: string, isOurs: boolean): FoundPerson {
  const note = `Slack knows nobody with the address ${email}`
  if (isOurs)
    return { ok: false, text: `${note}; correct it, or give --groups to go without Slack` }
  return { ok: true, person: { email, userId: '' as SlackUserId, groups: new Set() }, note }
}
