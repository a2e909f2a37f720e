import type { Json } from './json.ts'
import type { Person, PersonKind, Workspace } from './workspace.ts'

export interface NewPerson {
  readonly name: string
  /** Default: made from the name. */
  readonly id?: string
  readonly displayName?: string
  readonly email?: string
  /** Default: `true` unless the person is only invited. */
  readonly emailConfirmed?: boolean
  /** Default `member`. */
  readonly kind?: PersonKind
  /** IANA name, default `Europe/Berlin`. */
  readonly tz?: string
  /** Default: the workspace, or `T0PARTNER` for an external person. */
  readonly teamId?: string
}

export interface PersonChanges {
  readonly name?: string
  readonly displayName?: string
  /** `null` takes the address away. */
  readonly email?: string | null
  readonly emailConfirmed?: boolean
  readonly kind?: PersonKind
  readonly tz?: string
  readonly teamId?: string
}

/** Adds somebody to the workspace (or, when external, to its horizon). Throws on a taken id. */
export function addPerson(workspace: Workspace, person: NewPerson): Person {
  const kind = person.kind ?? 'member'
  const id = person.id ?? idFor(workspace, person.name, kind)
  if (workspace.people.has(id)) throw new Error(`add person ${id}: the id is taken`)
  const added: Person = {
    id,
    name: person.name,
    displayName: person.displayName ?? person.name,
    ...(person.email === undefined ? {} : { email: person.email }),
    emailConfirmed: person.emailConfirmed ?? kind !== 'invited',
    kind,
    teamId: person.teamId ?? (kind === 'external' ? 'T0PARTNER' : workspace.teamId),
    tz: person.tz ?? 'Europe/Berlin',
    updated: Math.floor(workspace.now() / 1000),
  }
  workspace.people.set(id, added)
  workspace.changed()
  return added
}

/** Changes somebody, as they or an administrator could in Slack. */
export function updatePerson(workspace: Workspace, id: string, changes: PersonChanges): Person {
  const { email, ...rest } = changes
  const { email: oldEmail, ...old } = personOf(workspace, id)
  const address = email === undefined ? oldEmail : (email ?? undefined)
  const updated: Person = {
    ...old,
    ...rest,
    ...(address === undefined ? {} : { email: address }),
    updated: Math.floor(workspace.now() / 1000),
  }
  workspace.people.set(id, updated)
  workspace.changed()
  return updated
}

/** The person with the id. Throws when there is none: the mistake is the test's. */
export function personOf(workspace: Workspace, id: string): Person {
  const person = workspace.people.get(id)
  if (!person) throw new Error(`no person ${id} in the simulated workspace`)
  return person
}

/** The user object of `users.info`. Source: https://docs.slack.dev/reference/objects/user-object */
export function userObject(workspace: Workspace, person: Person): Json {
  const isBot = person.kind === 'bot' && person.id !== 'USLACKBOT'
  const common = {
    id: person.id,
    team_id: person.teamId,
    name: person.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.'),
    deleted: person.kind === 'deactivated',
    profile: profileObject(workspace, person),
    is_bot: isBot,
    is_app_user: false,
    updated: person.updated,
  }
  if (person.kind === 'deactivated') return { ...common, is_email_confirmed: person.emailConfirmed }
  return {
    ...common,
    color: '9f69e7',
    real_name: person.name,
    tz: person.tz,
    tz_label: zoneName(person.tz, workspace.now(), 'long'),
    tz_offset: zoneOffsetSeconds(person.tz, workspace.now()),
    is_admin: person.kind === 'admin',
    is_owner: false,
    is_primary_owner: false,
    is_restricted: person.kind === 'guest' || person.kind === 'single-channel-guest',
    is_ultra_restricted: person.kind === 'single-channel-guest',
    is_email_confirmed: person.emailConfirmed,
    who_can_share_contact_card: 'EVERYONE',
    ...(person.kind === 'invited' ? { is_invited_user: true } : {}),
    ...(person.kind === 'external' ? { is_stranger: !sharesChannel(workspace, person.id) } : {}),
  }
}

function profileObject(workspace: Workspace, person: Person): Json {
  const [first = person.name, ...rest] = person.name.split(' ')
  const seesEmail = workspace.scopes.has('users:read.email') && person.email !== undefined
  return {
    title: '',
    phone: '',
    real_name: person.name,
    real_name_normalized: person.name,
    display_name: person.displayName,
    display_name_normalized: person.displayName,
    first_name: first,
    last_name: rest.join(' '),
    status_text: '',
    status_emoji: '',
    team: person.teamId,
    ...(person.id === workspace.botUserId
      ? { api_app_id: workspace.appId, bot_id: workspace.botId }
      : {}),
    ...(seesEmail ? { email: person.email } : {}),
  }
}

function sharesChannel(workspace: Workspace, id: string): boolean {
  return [...workspace.channels.values()].some(
    (channel) => channel.isExtShared && channel.members.has(id),
  )
}

function idFor(workspace: Workspace, name: string, kind: PersonKind): string {
  const letters = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  const id = `${kind === 'external' ? 'W' : 'U'}0${letters}`
  return letters === '' || workspace.people.has(id) ? workspace.newId(id) : id
}

function zoneName(tz: string, at: number, style: 'long' | 'longOffset'): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: tz, timeZoneName: style })
  return parts.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? tz
}

function zoneOffsetSeconds(tz: string, at: number): number {
  const found = /GMT([+-])(\d{2}):(\d{2})/.exec(zoneName(tz, at, 'longOffset'))
  if (!found) return 0
  const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60
  return found[1] === '-' ? -seconds : seconds
}
