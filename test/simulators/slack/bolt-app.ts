import { App, HTTPReceiver, LogLevel, SocketModeReceiver, type Logger } from '@slack/bolt'
import type { SlackSimulator } from './simulator.ts'

/** A Bolt app at work against a simulator, without listeners of its own. */
export interface RunningApp extends AsyncDisposable {
  readonly app: App
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.INFO,
  setName: () => undefined,
}

const clientOptions = (slack: SlackSimulator): object => ({
  slackApiUrl: slack.apiUrl,
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
})

/** A Bolt app behind an `HTTPReceiver` on a free port, which the simulator delivers to. */
export async function startHttpApp(
  slack: SlackSimulator,
  register: (app: App) => void,
  signingSecret = slack.signingSecret,
): Promise<RunningApp> {
  const receiver = new HTTPReceiver({ signingSecret, logger: silent })
  const app = new App({
    token: slack.botToken,
    receiver,
    deferInitialization: true,
    logger: silent,
    clientOptions: clientOptions(slack),
  })
  await app.init()
  register(app)
  const server = await receiver.start(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the app has no port')
  slack.deliverTo(`http://127.0.0.1:${address.port}/slack/events`)
  return {
    app,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await receiver.stop()
    },
  }
}

/** A Bolt app connected to the simulator over Socket Mode. */
export async function startSocketApp(
  slack: SlackSimulator,
  register: (app: App) => void,
): Promise<RunningApp> {
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logger: silent,
    clientPingTimeout: 500,
    installerOptions: { clientOptions: clientOptions(slack) },
  })
  const app = new App({
    token: slack.botToken,
    receiver,
    deferInitialization: true,
    logger: silent,
    clientOptions: clientOptions(slack),
  })
  await app.init()
  register(app)
  await receiver.start()
  return {
    app,
    async [Symbol.asyncDispose]() {
      await receiver.client.disconnect()
    },
  }
}
