import { App, type Logger, type Receiver } from '@slack/bolt'
import type { WebClient } from '@slack/web-api'
import type { Log } from '../app/ports.ts'
import type { UseCases } from '../app/use-cases.ts'
import { ANSWERED_ACTIONS, listenToActions } from './actions.ts'
import { createAnswers } from './answers.ts'
import { listenToCommands } from './commands.ts'
import { DENY_CALLBACK } from './deny-form.ts'
import { listenToDenyForm } from './deny-modal.ts'
import { refuseForeign } from './foreign.ts'
import { createInFlight } from './in-flight.ts'
import type { ListenerDeps } from './listener.ts'
import { REQUEST_CALLBACK } from './request-form.ts'
import { listenToRequestForm } from './request-modal.ts'
import type { SlackIdentity } from './web-client.ts'
import { webClientOptions, withoutDebug } from './web-client.ts'

export interface SlackAppOptions {
  readonly receiver: Receiver
  readonly botToken: string
  /** Base address of the Web API; ends with a slash. */
  readonly apiUrl: string
  readonly client: WebClient
  readonly identity: SlackIdentity
  readonly useCases: UseCases
  readonly logger: Logger
  readonly log: Log
  /** A new short word by which somebody's complaint is found in the log. */
  readonly errorId: () => string
}

export interface SlackApp {
  /** Payloads whose listeners are at work. */
  inFlight(): number
  /** Whether all acknowledged work was over within `deadlineMs`; call it when nothing new comes in. */
  drained(deadlineMs: number): Promise<boolean>
}

/** Joins the listeners to a receiver, which may be started as soon as this resolves. */
export async function createSlackApp(options: SlackAppOptions): Promise<SlackApp> {
  const { receiver, botToken, apiUrl, client, identity, useCases, logger, log, errorId } = options
  const quiet = withoutDebug(logger)
  const app = new App({
    receiver,
    token: botToken,
    // Whoever asked for the identity has verified the token.
    tokenVerificationEnabled: false,
    botId: identity.botId,
    botUserId: identity.botUserId,
    deferInitialization: true,
    convoStore: false,
    extendedErrorHandler: true,
    ignoreSelf: true,
    attachFunctionToken: false,
    clientOptions: webClientOptions({ apiUrl, logger }),
    logger: quiet,
    logLevel: quiet.getLevel(),
  })
  const inFlight = createInFlight()
  app.use(inFlight.middleware)
  app.use(refuseForeign(identity, log))
  const deps: ListenerDeps = {
    useCases,
    client,
    answer: createAnswers({ apiUrl, log }),
    log,
    errorId,
  }
  listenToCommands(app, deps)
  listenToActions(app, deps)
  listenToRequestForm(app, deps)
  listenToDenyForm(app, deps)
  acknowledgeTheRest(app)
  app.error(async ({ error }: { readonly error: Error }) => {
    log.error({ err: error }, 'a listener failed')
  })
  await app.init()
  return {
    inFlight: () => inFlight.count(),
    drained: (deadlineMs) => inFlight.drained(deadlineMs),
  }
}

/** Links and menus send payloads too; Slack shows an error for each that nobody acknowledges. */
function acknowledgeTheRest(app: App): void {
  app.action(allBut(ANSWERED_ACTIONS), ({ ack }) => ack())
  app.view(allBut([REQUEST_CALLBACK, DENY_CALLBACK]), ({ ack }) => ack())
}

function allBut(ids: readonly string[]): RegExp {
  return new RegExp(`^(?!(?:${ids.join('|')})$)`)
}
