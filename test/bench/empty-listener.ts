import { App, HTTPReceiver } from '@slack/bolt'
import type { AddressInfo } from 'node:net'

// What Bolt itself costs: signature, dispatch and an empty acknowledgement.
const receiver = new HTTPReceiver({ signingSecret: process.env['SLACK_SIGNING_SECRET'] ?? '' })
const app = new App({
  receiver,
  token: process.env['SLACK_BOT_TOKEN'] ?? '',
  deferInitialization: true,
  tokenVerificationEnabled: false,
  botId: 'B0BENCH',
  botUserId: 'U0BENCH',
  convoStore: false,
})
app.command('/jit', ({ ack }) => ack())
app.action(/.*/, ({ ack }) => ack())
await app.init()
const server = await receiver.start(0)
console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
process.once('SIGTERM', () => process.exit(0))
