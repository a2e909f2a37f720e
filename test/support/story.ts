import { unescapeText } from '../simulators/slack/visible-text.ts'
import type { Ephemeral, Message } from '../simulators/slack/workspace.ts'
import { eventually } from './eventually.ts'
import type { Town } from './house.ts'
import { APPROVALS } from './world.ts'

/** What people do and see in a town, in a few words each. */
export interface Story {
  /** Asks by command; gives the id that the card shows. */
  ask(who: Name, line: string): Promise<string>
  /** The card of a request in the approval channel, as it is now. */
  card(id: string): Message | undefined
  /** The text of the card, once it holds `words`. */
  untilCard(id: string, words: string): Promise<string>
  /** The headings that the card ever had, oldest first. */
  headings(id: string): readonly string[]
  /** Lines in the card's thread; words that somebody gave stand on a line of their own. */
  trail(id: string): readonly string[]
  /** The requester's own message about a request. */
  direct(who: Name, id: string): string | undefined
  untilDirect(who: Name, id: string, words: string): Promise<string>
  click(who: Name, id: string, button: Button): Promise<void>
  /** Clicks on the card and gives the private sentence that follows. */
  refusedClick(who: Name, id: string, button: Button): Promise<string>
  /** Types a command and gives the private sentence that follows. */
  command(who: Name, line: string): Promise<string>
  /** The private sentence that follows an act. */
  told(who: Name, act: () => Promise<unknown>): Promise<string>
  /** What Pomerium's door answers now. */
  visit(who: Name, host?: string, ip?: string): Promise<number>
  request(id: string): Promise<RequestRow>
  /** The request's row, once its status or its grant's state is the one. */
  untilState(id: string, state: string): Promise<RequestRow>
  /** Actions of the audit trail of a request, oldest first. */
  events(id: string): Promise<readonly string[]>
  /** The rules that Pomerium stores for a policy. */
  rules(policy?: string): readonly unknown[]
  untilRules(count: number, policy?: string): Promise<void>
  /** Lets a minute go by whenever nothing is being worked on, until `look` holds; longer than any wait of the bot. */
  minutesUntil(what: string, look: () => Promise<boolean> | boolean): Promise<void>
}

export type Name = keyof Town['people']
export type Button = 'approve' | 'deny' | 'end' | 'cancel'

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

  const card = (id: string) =>
    slack
      .messages(APPROVALS)
      .find((shown) => shown.threadTs === undefined && slack.visibleText(shown).includes(id))
  const text = (shown: Message | undefined) => (shown === undefined ? '' : slack.visibleText(shown))
  const untilCard = (id: string, words: string) =>
    slack.waitFor(() => text(card(id)).includes(words) && text(card(id)))
  const direct = (who: Name, id: string) =>
    slack
      .dm(people[who])
      .filter((shown) => shown.threadTs === undefined)
      .map(text)
      .find((words) => words.includes(id))
  const told = async (who: Name, act: () => Promise<unknown>) => {
    const seen = new Set(slack.ephemerals(people[who]))
    await act()
    const shown = await slack.waitFor(() =>
      slack.ephemerals(people[who]).find((each: Ephemeral) => !seen.has(each)),
    )
    return text(shown)
  }
  const click = async (who: Name, id: string, button: Button) => {
    const at = button === 'cancel' ? directMessage(who, id) : card(id)
    if (at === undefined) throw new Error(`no message shows request ${id}`)
    await slack.click(people[who], at, `jit:${button}`)
  }
  const directMessage = (who: Name, id: string) =>
    slack.dm(people[who]).find((shown) => text(shown).includes(id))
  const request = async (id: string) => {
    const { rows } = await database.pool.query<RequestRow>(
      `select status, request.version, state, end_cause, starts_at, ends_at
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

  return {
    async ask(who, line) {
      const before = new Set(slack.messages(APPROVALS).map(({ ts }) => ts))
      await slack.command(people[who], APPROVALS, '/jit', `request ${line}`)
      const posted = await slack.waitFor(() =>
        slack
          .messages(APPROVALS)
          .find(
            (shown) =>
              shown.threadTs === undefined &&
              !before.has(shown.ts) &&
              text(shown).includes(people[who]),
          ),
      )
      const id = /Request `([0-9A-Z]{8})`/.exec(text(posted))?.[1]
      if (id === undefined) throw new Error(`the card shows no id: ${text(posted)}`)
      await slack.waitFor(() => direct(who, id))
      // The private answer too, so that nobody takes it for the answer to what comes next.
      await slack.waitFor(() =>
        slack.ephemerals(people[who]).some((told) => text(told).includes(id)),
      )
      return id
    },
    card,
    untilCard,
    headings(id) {
      const shown = card(id)
      if (shown === undefined) return []
      return [...shown.history, shown].map((each) => text(each).split('\n')[0] ?? '')
    },
    trail(id) {
      const ts = card(id)?.ts
      return slack
        .messages(APPROVALS)
        .filter((shown) => shown.threadTs === ts)
        .flatMap((shown) => text(shown).split('\n'))
    },
    direct,
    async untilDirect(who, id, words) {
      return slack.waitFor(() => {
        const shown = direct(who, id)
        return shown?.includes(words) === true && shown
      })
    },
    click,
    refusedClick: (who, id, button) => told(who, () => click(who, id, button)),
    command: (who, line) => told(who, () => slack.command(people[who], APPROVALS, '/jit', line)),
    told,
    async visit(who, host = GRAFANA, ip) {
      const at = await database.clock.now()
      const email = `${who}@example.com`
      return pomerium.visit({ email, host, at, ...(ip === undefined ? {} : { sourceIp: ip }) })
        .status
    },
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
    rules,
    untilRules: (count, policy) => pomerium.waitFor(() => rules(policy).length === count),
    async minutesUntil(what, look) {
      await eventually(what, async () => {
        if (await look()) return true
        const { rows } = await database.pool.query(
          'select 1 from work where lease_until > jit_now() or due_at <= jit_now() and not blocked limit 1',
        )
        if (rows.length === 0) await town.advance(61)
        return false
      })
    },
  }
}

/** What a text reads like with Slack's marks for times taken out. */
export function plainly(text: string): string {
  return unescapeText(text).replace(/<!date\^\d+\^[^|]*\|[^>]*>/g, 'TIME')
}
