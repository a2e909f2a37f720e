import { readFileSync } from 'node:fs'
import type { Bot } from './bot.ts'
import { startBot } from './bot.ts'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { readConfig, readEnvironment, secretsOf } from './config.ts'
import { createLogger } from './log.ts'
import { StartError } from './start-error.ts'
import { readRules } from './rules.ts'
import { SlackIdentityError } from './slack/web-client.ts'
import { SYSTEM_CLOCK } from './timing.ts'

/** Below the ten seconds that container engines wait before they kill. */
const STOP_MS = 8_000

async function main(): Promise<void> {
  const read = readConfig(readEnvironment(), (path) => readFileSync(path, 'utf8'))
  if (!read.ok) return refuse('The environment has mistakes', read.mistakes)
  const { config } = read
  const log = createLogger({ level: config.logLevel, secrets: secretsOf(config) })
  const running: Running = {}
  const started = Promise.withResolvers<Bot>()
  stopOnSignal(running)
  reloadOnSignal(started.promise, config, log)
  const first = await readRules(config, SYSTEM_CLOCK.steady)
  if (!first.ok) return refuse(first.headline, first.problems)

  for (const warning of first.warnings) log.warn(warning)
  const bot = await startBot(config, { ...first.rules, log }).catch((error: unknown) => {
    if (!(error instanceof StartError || error instanceof SlackIdentityError)) throw error
    log.debug({ err: error }, 'start refused')
    refuse('The bot cannot start', error.message.split('\n'))
  })
  if (bot === undefined) return
  running.bot = bot
  started.resolve(bot)
}

interface Running {
  bot?: Bot
}

/** From the first moment: as the first process of a container, nothing else would end it. */
function stopOnSignal(running: Running): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      // A call that hangs would keep the process alive after the stop.
      void Promise.resolve(running.bot?.stop(STOP_MS)).finally(() => process.exit())
    })
}

/** Reads the rules again when told to, as soon as the bot runs; the old ones stay in force when the new ones cannot be used. */
function reloadOnSignal(started: Promise<Bot>, config: Config, log: Logger): void {
  let reloading = Promise.resolve()
  process.on('SIGHUP', () => {
    reloading = reloading
      .then(async () => reload(await started, config, log))
      .catch((error: unknown) => log.error({ err: error }, 'rules not reloaded'))
  })
}

async function reload(bot: Bot, config: Config, log: Logger): Promise<void> {
  const read = await readRules(config, SYSTEM_CLOCK.steady)
  if (!read.ok) {
    log.error({ problems: read.problems }, 'rules not reloaded: the old ones stay in force')
    return bot.rejectRules(read.problems)
  }
  for (const warning of read.warnings) log.warn(warning)
  let isTaken = false
  try {
    const problems = await bot.reload(read.rules)
    isTaken = problems.length === 0
    if (isTaken) log.info({ revision: read.rules.catalogue.revision }, 'rules reloaded')
    else log.error({ problems }, 'rules not reloaded: the old ones stay in force')
  } finally {
    if (!isTaken) await read.rules.rego?.[Symbol.asyncDispose]?.()
  }
}

function refuse(headline: string, lines: readonly string[]): void {
  process.stderr.write(`${headline}:\n${lines.map((line) => `  - ${line}\n`).join('')}`)
  process.exitCode = 1
}

await main()
