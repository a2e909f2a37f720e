import type { Json } from './json.ts'
import type { Group, Workspace } from './workspace.ts'

/** Creates a user group or replaces it; gives the events that tell of it. */
export function setGroup(
  workspace: Workspace,
  id: string,
  handle: string,
  members: readonly string[],
): readonly Json[] {
  const before = workspace.groups.get(id)
  const updated = Math.floor(workspace.now() / 1000)
  const group: Group = { id, handle, members: [...new Set(members)], updated }
  workspace.groups.set(id, group)
  workspace.changed()
  const subteam = groupObject(workspace, group, true)
  if (before === undefined) return [{ type: 'subteam_created', subteam }]
  const added = group.members.filter((member) => !before.members.includes(member))
  const removed = before.members.filter((member) => !group.members.includes(member))
  const tellsOfMembers = {
    type: 'subteam_members_changed',
    subteam_id: id,
    team_id: workspace.teamId,
    date_previous_update: before.updated,
    date_update: updated,
    added_users: added,
    added_users_count: added.length,
    removed_users: removed,
    removed_users_count: removed.length,
  }
  const hasNewMembers = added.length + removed.length > 0
  if (!hasNewMembers && before.handle === handle) return []
  return [{ type: 'subteam_updated', subteam }, ...(hasNewMembers ? [tellsOfMembers] : [])]
}

/** Disables a user group, as Slack does with one that is deleted; gives the events that tell of it. */
export function disableGroup(workspace: Workspace, id: string): readonly Json[] {
  const before = workspace.groups.get(id)
  if (before === undefined) throw new Error(`disable group ${id}: there is none`)
  const updated = Math.floor(workspace.now() / 1000)
  const group: Group = { ...before, updated, isDisabled: true }
  workspace.groups.set(id, group)
  workspace.changed()
  return [{ type: 'subteam_updated', subteam: groupObject(workspace, group, true) }]
}

/** Members who are not deactivated. */
export function activeMembers(workspace: Workspace, group: Group): readonly string[] {
  return group.members.filter((id) => workspace.people.get(id)?.kind !== 'deactivated')
}

/** The user group as `usergroups.list` and events have it. */
export function groupObject(workspace: Workspace, group: Group, withUsers: boolean): Json {
  const users = activeMembers(workspace, group)
  return {
    id: group.id,
    team_id: workspace.teamId,
    is_usergroup: true,
    is_subteam: true,
    name: group.handle,
    description: '',
    handle: group.handle,
    is_external: false,
    date_create: 1_700_000_000,
    date_update: group.updated,
    date_delete: group.isDisabled === true ? group.updated : 0,
    auto_type: null,
    auto_provision: false,
    created_by: 'USLACKBOT',
    updated_by: 'USLACKBOT',
    deleted_by: null,
    prefs: { channels: [], groups: [] },
    user_count: users.length,
    ...(withUsers ? { users } : {}),
  }
}
