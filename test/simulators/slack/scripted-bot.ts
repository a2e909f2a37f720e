import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebClient } from '@slack/web-api'
import { readBody } from './http-body.ts'
import { isJson, parseJson, textOf, type Json } from './json.ts'
import type { SlackOptions, SlackSimulator } from './simulator.ts'
import { startSlack } from './start-slack.ts'

/** A workspace with Ann in a channel, and a bot without Bolt. */
export interface Stage extends AsyncDisposable {
  readonly slack: SlackSimulator
  readonly client: WebClient
  readonly ann: string
  readonly channel: string
  /** What the bot was sent, oldest first. */
  readonly received: Json[]
  /** The headers of the same requests. */
  readonly headers: IncomingHttpHeaders[]
  /** The bodies of its next answers; empty when there are none left. */
  readonly answers: unknown[]
  /** The statuses of its next answers; 200 when there are none left. */
  readonly statuses: number[]
}

/** A bot that answers what the test says. */
export async function stage(options: SlackOptions = {}): Promise<Stage> {
  const received: Json[] = []
  const headers: IncomingHttpHeaders[] = []
  const answers: unknown[] = []
  const statuses: number[] = []
  const bot = createServer((request, response) => {
    const answerIt = (body: string): void => {
      headers.push(request.headers)
      const form = new URLSearchParams(body)
      const payload = parseJson(form.get('payload') ?? body)
      received.push(isJson(payload) ? payload : Object.fromEntries(form))
      const answer = answers.shift()
      response.statusCode = statuses.shift() ?? 200
      response.end(answer === undefined ? '' : JSON.stringify(answer))
    }
    readBody(request).then(answerIt, () => response.destroy())
  })
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve))
  const slack = await startSlack({
    ...options,
    eventsUrl: `http://127.0.0.1:${(bot.address() as AddressInfo).port}/`,
  })
  const ann = slack.addPerson({ name: 'Ann' }).id
  const channel = slack.addChannel({ name: 'approvals', members: [ann] }).id
  const retryConfig = { retries: 0 }
  return {
    slack,
    client: new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, retryConfig }),
    ann,
    channel,
    received,
    headers,
    answers,
    statuses,
    async [Symbol.asyncDispose]() {
      await slack[Symbol.asyncDispose]()
      bot.closeAllConnections()
      await new Promise((resolve) => bot.close(resolve))
    },
  }
}

/** A plain_text object. */
export const plain = (text: string): { type: 'plain_text'; text: string } => ({
  type: 'plain_text',
  text,
})
/** An input block with a text field whose action is `text`. */
export const input = (blockId: string, more: object = {}): Json => ({
  type: 'input',
  block_id: blockId,
  label: plain(blockId),
  element: { type: 'plain_text_input', action_id: 'text' },
  ...more,
})
/** A modal with a submit button, asking for a reason unless told otherwise. */
export const modal = (
  title: string,
  blocks: readonly Json[] = [input('reason')],
  more: object = {},
): never =>
  ({ type: 'modal', title: plain(title), submit: plain('Send'), blocks, ...more }) as never

/** Posts as the bot; the method by its name, because a lint rule takes it for the browser's. */
export async function postTo(
  { client }: Stage,
  channel: string,
  blocks: readonly object[],
): Promise<{ channel: string; ts: string }> {
  const answer: object = await client.apiCall('chat.postMessage', { channel, text: 'card', blocks })
  const { ts } = answer as Json
  if (typeof ts !== 'string') throw new Error('the post has no ts')
  return { channel, ts }
}

/** A field of what the bot was sent last. */
export const last = ({ received }: Stage, name: string): string =>
  textOf(received.at(-1)?.[name]) ?? ''

/** The id of the view after Ann's command opened it. */
export async function openedModal(on: Stage, view: never): Promise<string> {
  await on.slack.command(on.ann, on.channel, '/jit')
  await on.client.views.open({ trigger_id: last(on, 'trigger_id'), view })
  return on.slack.views(on.ann)[0]?.id ?? ''
}

/** Titles of Ann's open modals. */
export const titles = ({ slack, ann }: Stage): unknown[] =>
  slack.views(ann).map((view) => isJson(view.content['title']) && view.content['title']['text'])
