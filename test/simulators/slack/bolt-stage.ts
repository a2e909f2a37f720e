import type { App } from '@slack/bolt'
import { startHttpApp, startSocketApp } from './bolt-app.ts'
import type { SlackOptions, SlackSimulator } from './simulator.ts'
import { startSlack } from './start-slack.ts'

/** A plain_text object. */
export const plain = (text: string): { type: 'plain_text'; text: string } => ({
  type: 'plain_text',
  text,
})

/** Asks in a modal, posts a card, answers a click by editing the card and a word to the clicker. */
export function askingApp(channel: string): (app: App) => void {
  return (app) => {
    app.command('/jit', async ({ ack, client, command }) => {
      await ack()
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: 'modal',
          callback_id: 'ask',
          title: plain('Ask'),
          submit: plain('Send'),
          private_metadata: command.text,
          blocks: [
            {
              type: 'input',
              block_id: 'reason',
              label: plain('Reason'),
              element: { type: 'plain_text_input', action_id: 'text', min_length: 3 },
            },
            {
              type: 'input',
              block_id: 'hours',
              label: plain('Hours'),
              element: {
                type: 'static_select',
                action_id: 'pick',
                options: ['1', '2'].map((value) => ({ text: plain(`${value} h`), value })),
              },
            },
          ],
        },
      })
    })
    app.view('ask', async ({ ack, body, client, view }) => {
      const reason = view.state.values['reason']?.['text']?.value ?? ''
      if (reason === 'because') {
        await ack({ response_action: 'errors', errors: { reason: 'Say more' } })
        return
      }
      await ack()
      const hours = view.state.values['hours']?.['pick']?.selected_option?.value
      // By its name, because a lint rule takes the method for the browser's.
      await client.apiCall('chat.postMessage', {
        channel,
        text: `${body.user.id} asks`,
        blocks: [
          { type: 'section', text: plain(`${view.private_metadata}: ${reason}, ${hours} h`) },
          {
            type: 'actions',
            elements: [
              { type: 'button', action_id: 'approve', text: plain('Approve'), value: 'r1' },
            ],
          },
        ],
      })
    })
    app.action('approve', async ({ ack, action, body, client }) => {
      await ack()
      if (body.type !== 'block_actions' || !body.message || !body.channel) return
      const value = action.type === 'button' ? action.value : undefined
      await client.chat.update({
        channel: body.channel.id,
        ts: body.message.ts,
        text: `approved by ${body.user.id}`,
        blocks: [{ type: 'section', text: plain(`Approved ${value} by ${body.user.id}`) }],
      })
      await client.chat.postEphemeral({
        channel: body.channel.id,
        user: body.user.id,
        text: 'Thank you',
      })
    })
  }
}

/** A workspace with Ann and Bob in a channel. */
export interface Stage extends AsyncDisposable {
  readonly slack: SlackSimulator
  readonly ann: string
  readonly bob: string
  readonly channel: string
  /** Starts an app that stops with the stage. */
  http(register: (app: App) => void, signingSecret?: string): Promise<void>
  socket(register: (app: App) => void): Promise<void>
}

export async function stage(options: SlackOptions = {}): Promise<Stage> {
  const stack = new AsyncDisposableStack()
  const slack = stack.use(await startSlack(options))
  const ann = slack.addPerson({ name: 'Ann', email: 'ann@example.com' }).id
  const bob = slack.addPerson({ name: 'Bob', email: 'bob@example.com' }).id
  return {
    slack,
    ann,
    bob,
    channel: slack.addChannel({ name: 'approvals', members: [ann, bob] }).id,
    async http(register, signingSecret) {
      stack.use(await startHttpApp(slack, register, signingSecret))
    },
    async socket(register) {
      stack.use(await startSocketApp(slack, register))
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
