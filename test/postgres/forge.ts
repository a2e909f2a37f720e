import type { RequestId } from '../../src/domain/ids.ts'

/** A row to insert: columns to SQL expressions. */
export function inserted(table: string, row: Readonly<Record<string, string>>): string {
  return `insert into ${table} (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`
}

/** An audit event of a version of a request, by a Slack user or, when none is named, by the bot. */
export function told(
  id: RequestId,
  version: number,
  action: string,
  user?: string,
  details: object = {},
): string {
  const actor =
    user === undefined
      ? `'bot', null, null, null`
      : `'person', 'T0TEAM', '${user}', '${user.slice(2).toLowerCase()}@example.com'`
  return `insert into audit_event (action, via, actor_kind, actor_team_id, actor_user_id, actor_email, request_id, request_version, public_details)
    values ('${action}', 'button', ${actor}, '${id}', ${version}, '${JSON.stringify(details)}')`
}

/** Moves a request to its next version, with other changes. */
export function stepped(id: RequestId, changes?: string): string {
  return `update request set version = version + 1 ${changes === undefined ? '' : `, ${changes}`} where id = '${id}'`
}

/** Moves a grant to its next version, with other changes. */
export function moved(id: RequestId, changes?: string): string {
  return `update access_grant set version = version + 1 ${changes === undefined ? '' : `, ${changes}`} where request_id = '${id}'`
}

/** An approval for a version of a request of somebody, by a Slack user; columns to SQL expressions over the defaults. */
export function approved(
  id: RequestId,
  of: { readonly userId: string; readonly email: string },
  facts: {
    readonly version?: number
    readonly user?: string
    readonly columns?: Readonly<Record<string, string>>
  } = {},
): string {
  const { version = 2, user = 'U0KIM', columns = {} } = facts
  return inserted('approval', {
    request_id: `'${id}'`,
    request_version: String(version),
    approver_team_id: `'T0TEAM'`,
    approver_user_id: `'${user}'`,
    approver_email: `'${user.slice(2).toLowerCase()}@example.com'`,
    requester_user_id: `'${of.userId}'`,
    requester_email: `'${of.email}'`,
    requester_subject: `''`,
    approved_at: 'jit_now()',
    ...columns,
  })
}

/** A grant of somebody for an hour from a minute after the builders' morning; columns to SQL expressions over the defaults. */
export function granted(
  id: RequestId,
  of: { readonly userId: string; readonly email: string },
  columns: Readonly<Record<string, string>> = {},
): string {
  return inserted('access_grant', {
    request_id: `'${id}'`,
    version: '2',
    state: `'granting'`,
    requester_user_id: `'${of.userId}'`,
    resource_id: `'grafana-prod'`,
    email: `'${of.email}'`,
    constraints: `'[]'`,
    starts_at: `'2026-03-02T09:01:00.25Z'`,
    ends_at: `'2026-03-02T10:01:00Z'`,
    max_seconds: '28800',
    ...columns,
  })
}
