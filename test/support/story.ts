import { elementsOf } from '../simulators/slack/block-kit.ts'
import type { Ack } from '../simulators/slack/delivery.ts'
import type { Entries } from '../simulators/slack/view-state.ts'
import { unescapeText } from '../simulators/slack/visible-text.ts'
import type { Ephemeral, Message, View } from '../simulators/slack/workspace.ts'
import { eventually } from './eventually.ts'
import type { Town } from './house.ts'
import { APPROVALS, AUDIT, FALLBACK, addressOf } from './world.ts'

/** What people do and see in a town, in a few words each. */
export interface Story {
  /** Asks by command; gives the id that the card shows. */
  ask(who: Name, line: string): Promise<string>
  /** Asks in any other way; gives the id that the card shows. */
  asks(who: Name, act: () => Promise<unknown>): Promise<string>
  /** The card of a request in the approval channel or the fallback channel, as it is now. */
  card(id: string): Message | undefined
  /** The text of the card, once it holds `words`. */
  untilCard(id: string, words: string): Promise<string>
  /** The headings that the card ever had, oldest first. */
  headings(id: string): readonly string[]
  /** Lines in the card's thread; words that somebody gave stand on a line of their own. */
  trail(id: string): readonly string[]
  /** Whom the card notified, then whom each post in its thread did. */
  pinged(id: string): readonly (readonly Name[])[]
  /** What the audit channel shows. */
  alerts(): readonly string[]
  /** The requester's own message about a request, and its text. */
  directMessage(who: Name, id: string): Message | undefined
  direct(who: Name, id: string): string | undefined
  untilDirect(who: Name, id: string, words: string): Promise<string>
  /** Clicks on the card, or on the person's own message where only that has the button. */
  click(who: Name, id: string, button: Button): Promise<void>
  /** The form in front of somebody, once it is the one. */
  form(who: Name, form: Form): Promise<View>
  /** Fills the form in that is in front of somebody and sends it. */
  submit(who: Name, form: Form, entries: Entries): Promise<Ack>
  /** Clicks and gives the private sentence that follows. */
  refusedClick(who: Name, id: string, button: Button): Promise<string>
  /** Types a command and gives the private sentence that follows. */
  command(who: Name, line: string): Promise<string>
  /** The private sentence that follows an act. */
  told(who: Name, act: () => Promise<unknown>): Promise<string>
  /** What Pomerium's door answers now to somebody of the workspace, or to an address. */
  visit(who: Name | Address, host?: string, from?: string | Approach): Promise<number>
  /** A user group gets another member, or loses one; Slack tells the bot. */
  joins(who: Name, groupId: string): void
  leaves(who: Name, groupId: string): void
  request(id: string): Promise<RequestRow>
  /** The request's row, once its status or its grant's state is the one. */
  untilState(id: string, state: string): Promise<RequestRow>
  /** Actions of the audit trail of a request, oldest first. */
  events(id: string): Promise<readonly string[]>
  /** What the audit trail has of the last such action about a request: by whom, from where, and the particulars. */
  recorded(id: string, action: string): Promise<Recorded | undefined>
  /** What somebody was refused, as the audit trail has it, oldest first: `request.create_refused: busy`. */
  refusals(who: Name): Promise<readonly string[]>
  /** The rules that Pomerium stores for a policy. */
  rules(policy?: string): readonly unknown[]
  untilRules(count: number, policy?: string): Promise<void>
  /** Moves everybody's clock to an instant, or so many seconds beside it. */
  advanceTo(at: Date | null, plusSeconds?: number): Promise<void>
  /** Whether nothing is due and nothing is being worked on. */
  isIdle(): Promise<boolean>
  /** When nothing is due and nothing is being worked on: time may then go by without work being done twice. */
  untilIdle(): Promise<void>
  /** Lets a minute go by whenever nothing is being worked on, until `look` holds; longer than any wait of the bot. */
  minutesUntil(what: string, look: () => Promise<boolean> | boolean): Promise<void>
}

export type Name = keyof Town['people']
export type Address = `${string}@${string}`
/** From where, an IP address when it is a string; and how. */
export interface Approach {
  readonly ip?: string
  readonly method?: string
}
export type Button =
  | 'approve'
  | 'shorten'
  | 'deny'
  | 'end'
  | 'cancel'
  | 'extend'
  | 'again'
  | 'justified'
  | 'not-justified'
/** The modals, by what follows `jit:` in their callback ids. */
export type Form = 'request' | 'break-glass' | 'extend' | 'shorten' | 'deny' | 'not-justified'

export interface Recorded {
  /** `bot`, or the Slack id of a person. */
  readonly actor: string
  readonly via: string
  readonly alert: boolean
  readonly details: Readonly<Record<string, unknown>>
}

export interface RequestRow {
  readonly status: string
  readonly version: number
  readonly state: string | null
  readonly end_cause: string | null
  readonly starts_at: Date | null
  readonly ends_at: Date | null
}

export const GRAFANA = 'grafana.example.com'
export const BILLING = 'billing-db.example.com'

/** The story of a town. */
export function storyOf(town: Town): Story {
  const { slack, pomerium, people, database } = town

  const text = (shown: Message | undefined) => (shown === undefined ? '' : slack.visibleText(shown))
  const isAbout = (shown: Message, id: string) =>
    shown.threadTs === undefined && text(shown).includes(`Request \`${id}\``)
  const posted = () => [...slack.messages(APPROVALS), ...slack.messages(FALLBACK)]
  const card = (id: string) => posted().find((shown) => isAbout(shown, id))
  const directMessage = (who: Name, id: string) =>
    slack.dm(people[who]).find((shown) => isAbout(shown, id))
  const untilCard = (id: string, words: string) =>
    slack.waitFor(() => text(card(id)).includes(words) && text(card(id)))
  const direct = (who: Name, id: string) => {
    const shown = directMessage(who, id)
    return shown && text(shown)
  }
  const told = async (who: Name, act: () => Promise<unknown>) => {
    const seen = new Set(slack.ephemerals(people[who]))
    await act()
    const shown = await slack.waitFor(() =>
      slack.ephemerals(people[who]).find((each: Ephemeral) => !seen.has(each)),
    )
    return text(shown)
  }
  const click = async (who: Name, id: string, button: Button) => {
    const action = `jit:${button}`
    const own = directMessage(who, id)
    const at = own && !hasAction(card(id), action) && hasAction(own, action) ? own : card(id)
    if (at === undefined) throw new Error(`no message shows request ${id}`)
    await slack.click(people[who], at, action)
  }
  const form = (who: Name, name: Form) =>
    slack.waitFor(() => {
      const top = slack.views(people[who]).at(-1)
      return top?.content['callback_id'] === `jit:${name}` && top
    })
  const changeGroup = (id: string, change: (members: readonly string[]) => readonly string[]) => {
    const group = slack.groups().find((each) => each.id === id)
    if (group === undefined) throw new Error(`no user group ${id}`)
    slack.setGroup(id, group.handle, change(group.members))
  }
  const threadOf = (id: string) => {
    const ts = card(id)?.ts
    return posted().filter((shown) => ts !== undefined && shown.threadTs === ts)
  }
  const asks = async (who: Name, act: () => Promise<unknown>) => {
    const before = new Set(posted().map(({ ts }) => ts))
    await act()
    const shown = await slack.waitFor(() =>
      posted().find(
        (each) =>
          each.threadTs === undefined && !before.has(each.ts) && text(each).includes(people[who]),
      ),
    )
    const id = /Request `([0-9A-Z]{8})`/.exec(text(shown))?.[1]
    if (id === undefined) throw new Error(`the card shows no id: ${text(shown)}`)
    await slack.waitFor(() => direct(who, id))
    return id
  }
  const request = async (id: string) => {
    const { rows } = await database.pool.query<RequestRow>(
      `select status, request.version, state, end_cause, access_grant.starts_at, ends_at
       from request left join access_grant on request_id = id where id = $1`,
      [id],
    )
    const [row] = rows
    if (row === undefined) throw new Error(`no request ${id}`)
    return row
  }
  const rules = (policy = 'jit-grafana-prod') => {
    const ppl = pomerium.policyNamed(policy)?.ppl
    return Array.isArray(ppl) ? ppl : [ppl]
  }

  const isIdle = async () => {
    const { rows } = await database.pool.query(
      'select 1 from work where lease_until > jit_now() or due_at <= jit_now() and not blocked limit 1',
    )
    return rows.length === 0
  }

  return {
    async ask(who, line) {
      const id = await asks(who, () =>
        slack.command(people[who], APPROVALS, '/jit', `request ${line}`),
      )
      // The private answer too, so that nobody takes it for the answer to what comes next.
      await slack.waitFor(() =>
        slack.ephemerals(people[who]).some((told) => text(told).includes(id)),
      )
      return id
    },
    asks,
    card,
    untilCard,
    headings(id) {
      const shown = card(id)
      if (shown === undefined) return []
      return [...shown.history, shown].map((each) => text(each).split('\n')[0] ?? '')
    },
    trail: (id) => threadOf(id).flatMap((shown) => text(shown).split('\n')),
    pinged(id) {
      const shown = card(id)
      const names = Object.keys(people) as Name[]
      return [...(shown === undefined ? [] : [shown]), ...threadOf(id)].map((each) => {
        const notified = slack.notified(each)
        return names.filter((name) => notified.includes(people[name]))
      })
    },
    alerts: () =>
      slack
        .messages(AUDIT)
        .map(text)
        .filter((said) => !said.startsWith(NOTICE)),
    directMessage,
    direct,
    async untilDirect(who, id, words) {
      return slack.waitFor(() => {
        const shown = direct(who, id)
        return shown?.includes(words) === true && shown
      })
    },
    click,
    form,
    async submit(who, name, entries) {
      return slack.submit(people[who], (await form(who, name)).id, entries)
    },
    refusedClick: (who, id, button) => told(who, () => click(who, id, button)),
    command: (who, line) => told(who, () => slack.command(people[who], APPROVALS, '/jit', line)),
    told,
    async visit(who, host = GRAFANA, from = {}) {
      const at = await database.clock.now()
      const email = isName(who) ? addressOf(who) : who
      const { ip, ...rest } = typeof from === 'string' ? { ip: from } : from
      return pomerium.visit({
        email,
        host,
        at,
        ...rest,
        ...(ip === undefined ? {} : { sourceIp: ip }),
      }).status
    },
    joins: (who, groupId) => changeGroup(groupId, (members) => [...members, people[who]]),
    leaves: (who, groupId) =>
      changeGroup(groupId, (members) => members.filter((id) => id !== people[who])),
    request,
    untilState: (id, state) =>
      eventually(`request ${id} is ${state}`, async () => {
        const row = await request(id)
        return (row.state ?? row.status) === state && row
      }) as Promise<RequestRow>,
    async events(id) {
      const { rows } = await database.pool.query<{ action: string }>(
        'select action from audit_event where request_id = $1 order by seq',
        [id],
      )
      return rows.map(({ action }) => action)
    },
    async advanceTo(at, plusSeconds = 0) {
      if (at === null) throw new Error('there is no such instant')
      const now = await database.clock.now()
      await town.advance((at.getTime() - now.getTime()) / 1_000 + plusSeconds)
    },
    async recorded(id, action) {
      const { rows } = await database.pool.query<Recorded>(
        `select coalesce(actor_user_id, actor_kind) as actor, via, alert, details from audit_event
         where request_id = $1 and action = $2 order by seq desc limit 1`,
        [id, action],
      )
      return rows[0]
    },
    async refusals(who) {
      const { rows } = await database.pool.query<{ refused: string }>(
        `select action || ': ' || (details ->> 'refusal') as refused from audit_event
         where actor_user_id = $1 and details ? 'refusal' order by seq`,
        [people[who]],
      )
      return rows.map(({ refused }) => refused)
    },
    rules,
    untilRules: (count, policy) => pomerium.waitFor(() => rules(policy).length === count),
    isIdle,
    async untilIdle() {
      await eventually('nothing is being worked on', isIdle)
    },
    async minutesUntil(what, look) {
      await eventually(what, async () => {
        if (await look()) return true
        if (await isIdle()) await town.advance(61)
        return false
      })
    },
  }
}

/** How messages in the audit channel begin that tell of nothing wrong. */
export const NOTICE = '🧾'

const isName = (who: Name | Address): who is Name => !who.includes('@')

function hasAction(shown: Message | undefined, action: string): boolean {
  return shown?.blocks.flatMap(elementsOf).some((each) => each['action_id'] === action) ?? false
}

/** What a text reads like with Slack's marks for times taken out. */
export function plainly(text: string): string {
  return unescapeText(text).replace(/<!date\^\d+\^[^|]*\|[^>]*>/g, 'TIME')
}
