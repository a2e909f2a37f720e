import { LogLevel, type Logger } from '@slack/bolt'
import type { Log } from '../../src/app/ports.ts'
import type { UseCases } from '../../src/app/use-cases.ts'
import type { SlackApp } from '../../src/slack/bolt-app.ts'
import { createSlackApp } from '../../src/slack/bolt-app.ts'
import { healthRoutes, type Readiness } from '../../src/http/health.ts'
import { answerPlainly, createHttpDoor } from '../../src/http/door.ts'
import type { SlackReceiver } from '../../src/slack/receiver.ts'
import { SLACK_PATH, createHttpReceiver, createSocketReceiver } from '../../src/slack/receiver.ts'
import { createWebClient, slackIdentity } from '../../src/slack/web-client.ts'
import type { SlackOptions, SlackSimulator } from '../simulators/slack/simulator.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { digest, extension, offer, view } from './samples.ts'

export const ANN = 'U0ANN'
export const KIM = 'U0KIM'
export const CHANNEL = 'C0APPROVALS'

type Method = keyof UseCases

export interface RecordedCall {
  readonly method: Method
  readonly input: unknown
}

/** Use cases that note what they are asked and answer what the test says; by default everything succeeds. */
export interface ScriptedUseCases extends UseCases {
  readonly calls: readonly RecordedCall[]
  /** Answers `method` with this from now on. */
  script<M extends Method>(method: M, answer: UseCases[M]): void
}

export function scriptedUseCases(): ScriptedUseCases {
  const calls: RecordedCall[] = []
  const pending = view({ state: 'pending' })
  const ok = <T>(value: T) => Promise.resolve({ ok: true as const, value })
  const answers: UseCases = {
    requestAccess: () => ok(pending),
    approveRequest: () => ok(view({ state: 'granting' })),
    denyRequest: () => ok(view({ state: 'denied' })),
    cancelRequest: () => ok(view({ state: 'cancelled' })),
    endGrant: () => ok(view({ state: 'ending' })),
    offersFor: () => ok([offer()]),
    requestsOf: () => ok([pending]),
    requestsWaitingFor: () => ok([pending]),
    issueLinkCode: () =>
      ok({
        code: 'AB12-CD34',
        page: 'https://jit.example.com/link',
        expiresAt: new Date('2026-11-20T09:40:00Z'),
      }),
    reviewsWaitingFor: () => ok([view({ state: 'active', kind: 'break-glass' })]),
    extendGrant: () => ok(extension({ state: 'pending' })),
    reviewGrant: () => ok(view({ state: 'active', kind: 'break-glass' })),
    auditDigest: () => ok(digest()),
  }
  const recorded = <M extends Method>(method: M) => {
    const call = (input: never) => {
      calls.push({ method, input })
      return (answers[method] as (input: never) => Promise<unknown>)(input)
    }
    return call as unknown as UseCases[M]
  }
  return {
    calls,
    script(method, answer) {
      answers[method] = answer
    },
    requestAccess: recorded('requestAccess'),
    approveRequest: recorded('approveRequest'),
    denyRequest: recorded('denyRequest'),
    cancelRequest: recorded('cancelRequest'),
    endGrant: recorded('endGrant'),
    extendGrant: recorded('extendGrant'),
    reviewGrant: recorded('reviewGrant'),
    offersFor: recorded('offersFor'),
    issueLinkCode: recorded('issueLinkCode'),
    requestsOf: recorded('requestsOf'),
    requestsWaitingFor: recorded('requestsWaitingFor'),
    reviewsWaitingFor: recorded('reviewsWaitingFor'),
    auditDigest: recorded('auditDigest'),
  }
}

export interface Stage extends AsyncDisposable {
  readonly slack: SlackSimulator
  readonly useCases: ScriptedUseCases
  readonly app: SlackApp
  readonly receiver: SlackReceiver
  readonly origin: string
  /** What the app was told to look at since Slack said that it changed: people by their id, or `groups`. */
  readonly changed: readonly string[]
  /** Lines of the log as JSON. */
  readonly logged: readonly string[]
}

export interface StageOptions {
  readonly socketMode?: boolean
  readonly readiness?: Readiness
  readonly slack?: SlackOptions
  /** Milliseconds. */
  readonly now?: () => number
}

/** The real Bolt app between a simulated Slack and scripted use cases; Ann and Kim are members, #approvals has both. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const slack = await startSlack(options.slack)
  slack.addPerson({ id: ANN, name: 'Ann', email: 'ann@example.com' })
  slack.addPerson({ id: KIM, name: 'Kim', email: 'kim@example.com' })
  slack.addChannel({ id: CHANNEL, name: 'approvals', members: [ANN, KIM] })
  const logged: string[] = []
  const changed: string[] = []
  const log = listLog(logged)
  const { apiUrl, botToken } = slack
  const client = createWebClient({ apiUrl, botToken, logger: quietLogger() })
  const routes = healthRoutes(
    options.readiness ?? (() => Promise.resolve({ ok: true, reasons: [] })),
  )
  const shared = { logger: quietLogger(), log }
  const receiver =
    options.socketMode === true
      ? createSocketReceiver({ ...shared, appToken: slack.appToken, apiUrl })
      : createHttpReceiver({
          ...shared,
          signingSecret: slack.signingSecret,
          now: options.now ?? Date.now,
        })
  const useCases = scriptedUseCases()
  const app = await createSlackApp({
    receiver: receiver.receiver,
    botToken,
    apiUrl,
    client,
    identity: await slackIdentity(client),
    useCases,
    changes: {
      personChanged: async (user) => void changed.push(user),
      groupsChanged: async () => void changed.push('groups'),
    },
    logger: quietLogger(),
    log,
    errorId: () => 'E1',
  })
  const door = createHttpDoor({
    routes,
    log,
    others: (path, request, response) =>
      path === SLACK_PATH && receiver.listener !== undefined
        ? receiver.listener(request, response)
        : answerPlainly(response, 404),
  })
  const port = await door.start(0)
  await receiver.start()
  const stop = async (deadlineMs: number) => {
    await Promise.all([door.stop(deadlineMs), receiver.stop(deadlineMs)])
  }
  const origin = `http://127.0.0.1:${port}`
  if (options.socketMode !== true) slack.deliverTo(`${origin}/slack/events`)
  return {
    slack,
    useCases,
    app,
    receiver: { ...receiver, stop },
    origin,
    changed,
    logged,
    async [Symbol.asyncDispose]() {
      await stop(200)
      await app.drained(1_000)
      await slack[Symbol.asyncDispose]()
    },
  }
}

/** A logger for Slack's libraries that says nothing. */
export function quietLogger(): Logger {
  const nothing = () => {}
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    setName: nothing,
    getLevel: () => LogLevel.INFO,
  }
}

function listLog(lines: string[]): Log {
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(JSON.stringify({ level, message, ...fields }))
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** What somebody was told privately, as they read it. */
export function toldTo(stage: Stage, personId: string): readonly string[] {
  return stage.slack.ephemerals(personId).map((message) => stage.slack.visibleText(message))
}
