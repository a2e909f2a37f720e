import type { Json } from './json.ts'

export type PersonKind =
  | 'member'
  | 'admin'
  | 'guest'
  | 'single-channel-guest'
  | 'external'
  | 'deactivated'
  | 'bot'
  | 'invited'

export interface Person {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly email?: string
  readonly emailConfirmed: boolean
  readonly kind: PersonKind
  readonly teamId: string
  /** IANA name. */
  readonly tz: string
  /** Seconds since the epoch. */
  readonly updated: number
}

export interface Group {
  readonly id: string
  readonly handle: string
  readonly members: readonly string[]
  /** Seconds since the epoch. */
  readonly updated: number
  readonly isDisabled?: boolean
}

/** A message as one version of it; an edit replaces it and keeps the old one in `history`. */
export interface Message {
  readonly channel: string
  readonly ts: string
  readonly user: string
  readonly text: string
  readonly blocks: readonly Json[]
  readonly threadTs?: string
  readonly metadata?: Json
  readonly edited: boolean
  /** Earlier versions, oldest first, without their own history. */
  readonly history: readonly Message[]
}

/** A message that only one person sees. */
export type Ephemeral = Message & { readonly to: string }

export interface Channel {
  readonly id: string
  readonly name: string
  readonly members: Set<string>
  readonly isPrivate: boolean
  readonly isExtShared: boolean
  readonly isArchived: boolean
  /** The person at the other end, when this is a direct conversation with the bot. */
  readonly dmWith?: string
  readonly messages: Map<string, Message>
}

export interface View {
  readonly id: string
  readonly personId: string
  readonly type: 'modal' | 'home'
  /** As the bot sent it, with every missing block_id and action_id filled in. */
  readonly content: Json
  readonly blocks: readonly Json[]
  readonly hash: string
  readonly rootViewId: string
  readonly previousViewId: string | null
  /** What the person has typed or chosen: block_id → action_id → state value. */
  readonly values: Readonly<Record<string, Readonly<Record<string, Json>>>>
  /** Errors the bot showed on blocks of this view, by block_id. */
  readonly errors: Readonly<Record<string, string>>
}

/** One call of the Web API or of a response_url. */
export interface Call {
  readonly method: string
  readonly args: Json
  /** Milliseconds since the epoch, by the simulator's clock. */
  readonly at: number
  readonly ok: boolean
  readonly error?: string
  /** The injected fault that met this call. */
  readonly fault?: string
}

/** Something Slack itself told a person, such as `operation_timeout`. */
export interface Notice {
  readonly about: string
  readonly problem: string
  readonly at: number
}

export interface WorkspaceSettings {
  readonly signingSecret: string
  readonly botToken: string
  readonly appToken: string
  readonly teamId: string
  readonly teamDomain: string
  readonly appId: string
  readonly botUserId: string
  readonly botId: string
  readonly scopes: ReadonlySet<string>
  /** Types of the events that the app is told of. */
  readonly events: ReadonlySet<string>
  readonly now: () => number
}

export interface Workspace extends WorkspaceSettings {
  readonly people: Map<string, Person>
  readonly groups: Map<string, Group>
  readonly channels: Map<string, Channel>
  readonly ephemerals: Map<string, Ephemeral[]>
  readonly views: Map<string, View[]>
  readonly homes: Map<string, View>
  readonly notices: Map<string, Notice[]>
  readonly calls: Call[]
  /** A new id with the prefix, unique in this workspace. */
  newId(prefix: string): string
  /** A new message timestamp, later than every earlier one while the clock does not go back. */
  newTs(): string
  /** Tells everybody who waits that something is different. */
  changed(): void
  onChange(listener: () => void): () => void
}

const CALLS_KEPT = 2_000
const PER_PERSON_KEPT = 200

/** An empty workspace. */
export function createWorkspace(settings: WorkspaceSettings): Workspace {
  const listeners = new Set<() => void>()
  let counter = 0
  return {
    ...settings,
    people: new Map(),
    groups: new Map(),
    channels: new Map(),
    ephemerals: new Map(),
    views: new Map(),
    homes: new Map(),
    notices: new Map(),
    calls: [],
    newId(prefix) {
      counter += 1
      return `${prefix}${counter.toString(36).toUpperCase().padStart(9, '0')}`
    },
    newTs() {
      counter += 1
      const fraction = String(counter % 1_000_000).padStart(6, '0')
      return `${Math.floor(settings.now() / 1000)}.${fraction}`
    },
    changed() {
      for (const listener of listeners) listener()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Adds a call to the log, which keeps the newest 2,000. */
export function logCall(workspace: Workspace, call: Call): void {
  keep(workspace.calls, call, CALLS_KEPT)
  workspace.changed()
}

/** Tells a person what Slack says when an app misbehaves; each person keeps the newest 200. */
export function tell(workspace: Workspace, personId: string, about: string, problem: string): void {
  const notices = workspace.notices.get(personId) ?? []
  keep(notices, { about, problem, at: workspace.now() }, PER_PERSON_KEPT)
  workspace.notices.set(personId, notices)
  workspace.changed()
}

/** Shows a person an ephemeral message; each person keeps the newest 200. */
export function showEphemeral(workspace: Workspace, message: Ephemeral): void {
  const shown = workspace.ephemerals.get(message.to) ?? []
  keep(shown, message, PER_PERSON_KEPT)
  workspace.ephemerals.set(message.to, shown)
  workspace.changed()
}

function keep<T>(items: T[], item: T, limit: number): void {
  items.push(item)
  if (items.length > limit) items.splice(0, items.length - limit)
}
