import type { WebClient } from '@slack/web-api'
import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'

const PAGES_MAX = 20

/** The user groups that are enabled, each with its members; `undefined` where Slack does not tell them. */
export type UserGroups = ReadonlyMap<SlackGroupId, ReadonlySet<SlackUserId> | undefined>

/** Slack's answer is not what it promises. */
export class OddGroups extends Error {
  override readonly name = 'OddGroups'
}

/**
 * Lists every user group in one call, since Slack allows about twenty a minute; Slack does not page this list today.
 * Throws what the client throws, and {@link OddGroups}. https://docs.slack.dev/reference/methods/usergroups.list
 */
export async function listUserGroups(client: WebClient): Promise<UserGroups> {
  const found = new Map<SlackGroupId, ReadonlySet<SlackUserId> | undefined>()
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { usergroups, response_metadata: more } = await client.usergroups.list({
      include_users: true,
      include_disabled: false,
      ...(cursor === undefined ? {} : { cursor }),
    })
    if (usergroups === undefined) throw new OddGroups('no groups in the answer')
    for (const { id, users, date_delete: disabledAt } of usergroups)
      if (id !== undefined && (disabledAt ?? 0) === 0)
        found.set(id as SlackGroupId, users && new Set(users as SlackUserId[]))
    cursor = more?.next_cursor
    if (cursor === undefined || cursor === '') return found
  }
  throw new OddGroups(`more than ${PAGES_MAX} pages`)
}
