import { Agent, request } from 'undici'
import { networkReason } from '../slack/failure.ts'
import type { CheckName, Finding, Line } from './finding.ts'
import { check, failed, ok, skip, skipped, warning } from './finding.ts'
import type { Settings } from './settings.ts'

const WARN_MS = 5_000
const FAIL_MS = 30_000
const TIMEOUT_MS = 5_000
const SET_CLOCKS = 'let NTP set the clocks of this machine and of the other one'

/** When something was asked and answered, by this machine's clock. */
interface Exchange {
  readonly askedAt: number
  readonly answeredAt: number
}

/**
 * How far this machine's clock is from another one, which showed an instant of a span during an exchange. What the exchange
 * and the span leave open counts for the clocks.
 */
export function skewFinding(
  whose: string,
  shown: { readonly from: number; readonly to: number },
  { askedAt, answeredAt }: Exchange,
): Finding {
  const aheadMs = Math.max(0, askedAt - shown.to)
  const behindMs = Math.max(0, shown.from - answeredAt)
  const skewMs = Math.max(aheadMs, behindMs)
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  const what = `this machine’s clock is ${Math.round(skewMs / 1_000)} s ${side} ${whose}`
  if (skewMs > FAIL_MS) return failed(what, SET_CLOCKS)
  if (skewMs > WARN_MS) return warning(what, SET_CLOCKS)
  return ok(`this machine’s clock is within ${WARN_MS / 1_000} s of ${whose}`)
}

/** Compares clocks by the Date of an answer, whatever the answer says; no token is sent. */
export async function examineClocks(
  { slackUrl, pomeriumUrl }: Pick<Settings, 'slackUrl' | 'pomeriumUrl'>,
  now: () => number,
): Promise<readonly Line[]> {
  const lines = await Promise.all([
    compare('clock.slack', 'Slack’s', slackUrl && `${slackUrl}api.test`, now),
    compare('clock.pomerium', 'Pomerium’s', pomeriumUrl && `${pomeriumUrl}/organizations`, now),
  ])
  return lines.flat()
}

async function compare(
  name: CheckName,
  whose: string,
  url: string | undefined,
  now: () => number,
): Promise<readonly Line[]> {
  if (url === undefined) return skip([name], 'the environment gives no address that can be read')
  return check(
    name,
    async () => {
      const askedAt = now()
      const date = await dateAt(url)
      const answeredAt = now()
      if (date === undefined) return skipped('no time in the answer')
      // HTTP tells whole seconds.
      return skewFinding(whose, { from: date, to: date + 1_000 }, { askedAt, answeredAt })
    },
    { meaning: (error) => failed(networkReason(error), 'see that this machine reaches it') },
  )
}

/** Milliseconds since the epoch; what a cache has kept for a while tells nothing. */
async function dateAt(url: string): Promise<number | undefined> {
  const agent = new Agent({ connections: 1, pipelining: 0 })
  try {
    const { headers, body } = await request(url, {
      dispatcher: agent,
      headers: { 'user-agent': 'pomerium-jit' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    body.on('error', () => {})
    body.destroy()
    const stamp = headers['date']
    const date = typeof stamp === 'string' ? Date.parse(stamp) : Number.NaN
    return Number.isNaN(date) || Number(headers['age'] ?? 0) > 0 ? undefined : date
  } finally {
    await agent.destroy()
  }
}
