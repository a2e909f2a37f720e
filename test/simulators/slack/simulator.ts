import type { updateChannel, NewChannel } from './channels.ts'
import type { Ack, RawRequest } from './delivery.ts'
import type { Fault, Hold } from './faults.ts'
import type { ClickOptions, Place } from './interactions.ts'
import type { Json } from './json.ts'
import type { SubmitOptions } from './modals.ts'
import type { Overrides } from './payloads.ts'
import type { NewPerson, PersonChanges } from './people.ts'
import type { Entries, Entry } from './view-state.ts'
import type { Call, Channel, Ephemeral, Group, Message, Notice, Person, View } from './workspace.ts'

export interface SlackOptions {
  readonly signingSecret?: string
  readonly botToken?: string
  readonly appToken?: string
  readonly teamId?: string
  readonly teamDomain?: string
  readonly appId?: string
  /** Granted bot scopes; default: those of the app's manifest. */
  readonly scopes?: readonly string[]
  /** Events that the app is subscribed to; default: those of its manifest. */
  readonly events?: readonly string[]
  /** Where requests go while no socket is connected; `deliverTo` sets it later. */
  readonly eventsUrl?: string
  /** Default 0, any free port. */
  readonly port?: number
  /** Slack's clock in milliseconds: message timestamps, triggers, response URLs. */
  readonly now?: () => number
  /** The clock of signatures in milliseconds, which the bot compares with the real one. */
  readonly signedAt?: () => number
  /** Default 3000, Slack's deadline. */
  readonly ackTimeoutMs?: number
}

/** A running workspace. People act through it, and everything they would see can be read from it. */
export interface SlackSimulator extends AsyncDisposable {
  /** With the trailing slash that Slack's own has. */
  readonly apiUrl: string
  readonly teamId: string
  readonly appId: string
  readonly botUserId: string
  readonly botToken: string
  readonly appToken: string
  readonly signingSecret: string
  /** `origin`: the one by which the bot there reaches Slack, when that is another; response URLs are of it. */
  deliverTo(url: string | undefined, origin?: string): void
  readonly isSocketConnected: boolean
  disconnectSockets(reason?: 'warning' | 'refresh_requested' | 'link_disabled'): void

  addPerson(person: NewPerson): Person
  /** The app is told with `user_change`. */
  update(personId: string, changes: PersonChanges): Person
  people(): readonly Person[]
  /** Creates or replaces a user group; the app is told with `subteam_…`. */
  setGroup(id: string, handle: string, members: readonly string[]): void
  /** As when somebody deletes it; `setGroup` enables it again. */
  disableGroup(id: string): void
  groups(): readonly Group[]
  addChannel(channel: NewChannel): Channel
  updateChannel(id: string, changes: Parameters<typeof updateChannel>[2]): Channel
  channels(): readonly Channel[]
  /** The id of the person's direct conversation with the bot. */
  dmChannel(personId: string): string
  /** Posts a message as a person; no event is sent. */
  say(personId: string, channelId: string, text: string, threadTs?: string): Message

  /** Anybody may act, also who could not in Slack, so that a test can show that the bot refuses. */
  command(
    personId: string,
    channelId: string,
    name: string,
    text?: string,
    overrides?: Overrides,
  ): Promise<Ack>
  click(personId: string, place: Place, actionId: string, more?: ClickOptions): Promise<Ack>
  /** Clicks in the newest earlier version of the message that has the action. */
  clickStale(personId: string, place: Place, actionId: string, more?: ClickOptions): Promise<Ack>
  /** Types into a modal without sending it. */
  fill(personId: string, viewId: string, entries: Entries): View
  submit(personId: string, viewId: string, entries?: Entries, more?: SubmitOptions): Promise<Ack>
  /** Gives nothing when the bot does not want to hear of it. */
  close(
    personId: string,
    viewId: string,
    more?: Overrides & { readonly all?: boolean },
  ): Promise<Ack | undefined>
  clickInView(
    personId: string,
    viewId: string,
    actionId: string,
    value?: Entry,
    more?: Omit<ClickOptions, 'value'>,
  ): Promise<Ack>
  /** The options that the bot suggests for what was typed into an external select. */
  suggest(
    personId: string,
    viewId: string,
    actionId: string,
    query: string,
  ): Promise<{ readonly ack: Ack; readonly options: readonly Json[] }>
  openHome(personId: string, overrides?: Overrides): Promise<Ack>
  event(event: Json, overrides?: Overrides): Promise<Ack>
  /** Sends the last event again with Slack's retry headers; the reason is, say, `http_timeout`. */
  retryEvent(num: number, reason: string): Promise<Ack>
  /** Tells again of changes that the app has not acknowledged, as far as Slack's clock says. */
  retryEvents(): Promise<void>
  /** How many changes wait to be told again. */
  readonly owedEvents: number
  /** Sends the last request again, `count` times at once, byte for byte. */
  redeliver(count?: number): Promise<readonly Ack[]>
  deliverRaw(raw: RawRequest): Promise<Ack>

  /** Messages of a channel with their thread replies, oldest first. */
  messages(channelId: string): readonly Message[]
  ephemerals(personId: string): readonly Ephemeral[]
  /** Messages between the bot and a person. */
  dm(personId: string): readonly Message[]
  /** Open modals, the top one last. */
  views(personId: string): readonly View[]
  home(personId: string): View | undefined
  /** What Slack itself told the person, such as `operation_timeout`. */
  notices(personId: string): readonly Notice[]
  /** The newest 2,000 calls, oldest first. */
  readonly calls: readonly Call[]
  /** People whom the message notified, by name or by user group, when it was posted. */
  notified(message: Message): readonly string[]
  /** The text a person reads in a message, ephemeral, or view's content. */
  visibleText(shown: object): string
  onChange(listener: () => void): () => void
  /** The first truthy value of the predicate, tried after each change. Default 15000 ms. */
  waitFor<T>(
    predicate: () => T,
    options?: { readonly timeoutMs?: number },
  ): Promise<Exclude<T, false | null | undefined | 0 | ''>>

  /** Meets the next `times` calls of a method; `response_url` and `*` are names too. */
  fail(method: string, fault: Fault, times?: number): void
  /** Stops the next call of a method until it is released. */
  hold(method: string): Hold
  clearFaults(): void
  /** While out, every connection is reset and no socket stays open. */
  outage(isOut: boolean): void
}
