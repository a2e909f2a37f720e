import { App, type Logger, type Receiver } from '@slack/bolt'
import type { WebClient } from '@slack/web-api'
import type { OnCall } from '../app/outside-call.ts'
import type { Log } from '../app/ports.ts'
import type { UseCases } from '../app/use-cases.ts'
import { ANSWERED_ACTIONS, listenToActions } from './actions.ts'
import { listenToAnswerForm } from './answer-modal.ts'
import { createAnswers } from './answers.ts'
import { listenToCommands } from './commands.ts'
import { DENIAL } from './deny-form.ts'
import { EXTEND_CALLBACK } from './extend-form.ts'
import { listenToExtendForm } from './extend-modal.ts'
import { refuseForeign } from './foreign.ts'
import { createInFlight } from './in-flight.ts'
import type { ListenerDeps } from './listener.ts'
import { RESOURCE_ACTION } from './request-fields.ts'
import { REQUEST_CALLBACKS } from './request-form.ts'
import { listenToRequestForm } from './request-modal.ts'
import { OBJECTION } from './review-form.ts'
import { APPROVAL } from './shorten-form.ts'
import type { SlackIdentity } from './web-client.ts'
import { webClientOptions, withoutDebug } from './web-client.ts'
import type { WorkspaceChanges } from './workspace-events.ts'
import { registerWorkspaceEvents } from './workspace-events.ts'

export interface SlackAppOptions {
  readonly receiver: Receiver
  readonly botToken: string
  /** Base address of the Web API; ends with a slash. */
  readonly apiUrl: string
  readonly client: WebClient
  readonly identity: SlackIdentity
  readonly useCases: UseCases
  /** What to do when Slack tells that people or user groups are not what they were. */
  readonly changes: Omit<WorkspaceChanges, 'log'>
  readonly logger: Logger
  readonly log: Log
  /** A new short word by which somebody's complaint is found in the log. */
  readonly errorId: () => string
  readonly onCall?: OnCall | undefined
}

export interface SlackApp {
  /** Payloads whose listeners are at work. */
  inFlight(): number
  /** Whether all acknowledged work was over within `deadlineMs`; call it when nothing new comes in. */
  drained(deadlineMs: number): Promise<boolean>
}

/** Joins the listeners to a receiver, which may be started as soon as this resolves. */
export async function createSlackApp(options: SlackAppOptions): Promise<SlackApp> {
  const { receiver, botToken, apiUrl, client, identity, useCases, changes } = options
  const { logger, log, errorId } = options
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
    answer: createAnswers({ apiUrl, log, onCall: options.onCall }),
    log,
    errorId,
  }
  listenToCommands(app, deps)
  listenToActions(app, deps)
  listenToRequestForm(app, deps)
  listenToExtendForm(app, deps)
  listenToAnswerForm(app, deps, DENIAL)
  listenToAnswerForm(app, deps, APPROVAL)
  listenToAnswerForm(app, deps, OBJECTION)
  registerWorkspaceEvents(app, { ...changes, log })
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

const ANSWERED_VIEWS = [
  ...Object.values(REQUEST_CALLBACKS),
  EXTEND_CALLBACK,
  ...[DENIAL, APPROVAL, OBJECTION].map(({ callbackId }) => callbackId),
]

/** Links and menus send payloads too; Slack shows an error for each that nobody acknowledges. */
function acknowledgeTheRest(app: App): void {
  app.action(allBut([...ANSWERED_ACTIONS, RESOURCE_ACTION]), ({ ack }) => ack())
  app.view(allBut(ANSWERED_VIEWS), ({ ack }) => ack())
}

function allBut(ids: readonly string[]): RegExp {
  return new RegExp(`^(?!(?:${ids.join('|')})$)`)
}
