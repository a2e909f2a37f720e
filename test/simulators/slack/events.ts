import type { Ack, Delivery } from './delivery.ts'
import type { Json } from './json.ts'
import { eventPayload } from './payloads.ts'
import type { Workspace } from './workspace.ts'

/** After each failure in turn. Source: https://docs.slack.dev/apis/events-api#retries */
const RETRY_AFTER_MS = [0, 60_000, 300_000]
const WAITING_MAX = 1_000

/** What Slack tells the app by itself. */
export interface EventFeed {
  /** Tells of events that the app is subscribed to, each again while it is not acknowledged. */
  publish(events: readonly Json[]): void
  /** Tells again what is due for it by Slack's clock; resolves when the answers are in. */
  retryDue(): Promise<void>
  /** How many events wait for that. */
  readonly waiting: number
  close(): void
}

interface Owed {
  readonly payload: Json
  readonly retry?: { readonly num: number; readonly reason: string }
  readonly dueMs: number
}

/** The events of a workspace; at most 1,000 of them wait to be told again. */
export function createEventFeed(workspace: Workspace, delivery: Delivery): EventFeed {
  let owed: Owed[] = []
  let isClosed = false

  const tell = async ({ payload, retry }: Owed): Promise<void> => {
    const ack = await delivery.deliver({
      type: 'events_api',
      payload,
      acceptsResponse: false,
      ...(retry === undefined ? {} : { retry }),
    })
    const num = retry?.num ?? 0
    const afterMs = RETRY_AFTER_MS[num]
    if (ack.problem === undefined || afterMs === undefined || isClosed) return
    const again = { num: num + 1, reason: reasonOf(ack) }
    const next = { payload, retry: again, dueMs: workspace.now() + afterMs }
    if (afterMs === 0) return tell(next)
    owed = [...owed, next].slice(-WAITING_MAX)
    workspace.changed()
  }

  return {
    publish(events) {
      for (const event of events) {
        if (!workspace.events.has(String(event['type']))) continue
        const payload = eventPayload(workspace, { ...event, event_ts: workspace.newTs() })
        void tell({ payload, dueMs: workspace.now() })
      }
    },
    async retryDue() {
      const due = owed.filter(({ dueMs }) => dueMs <= workspace.now())
      owed = owed.filter((each) => !due.includes(each))
      await Promise.all(due.map(tell))
    },
    get waiting() {
      return owed.length
    },
    close() {
      isClosed = true
      owed = []
    },
  }
}

function reasonOf({ problem, status }: Ack): string {
  if (problem === 'operation_timeout') return 'http_timeout'
  return status === 0 ? 'connection_failed' : 'http_error'
}
