import { readFileSync } from 'node:fs'
import type { Bot } from './bot.ts'
import { startBot } from './bot.ts'
import { loadCatalogue } from './catalogue/load.ts'
import { formatProblem } from './catalogue/problem.ts'
import { readConfig, readEnvironment, secretsOf } from './config.ts'
import { createLogger } from './log.ts'
import { StartError } from './start-error.ts'
import { SlackIdentityError } from './slack/web-client.ts'

/** Below the ten seconds that container engines wait before they kill. */
const STOP_MS = 8_000

async function main(): Promise<void> {
  const read = readConfig(readEnvironment(), (path) => readFileSync(path, 'utf8'))
  if (!read.ok) return refuse('The environment has mistakes', read.mistakes)
  const { config } = read
  let source: string
  try {
    source = readFileSync(config.cataloguePath, 'utf8')
  } catch {
    return refuse('The catalogue cannot be read', [
      `${config.cataloguePath}; copy catalogue.example.yaml there or set CATALOGUE`,
    ])
  }
  const loaded = loadCatalogue(source, config.cataloguePath)
  if (!loaded.ok) return refuse('The catalogue has mistakes', loaded.problems.map(formatProblem))

  const log = createLogger({ level: config.logLevel, secrets: secretsOf(config) })
  const running: { bot?: Bot } = {}
  stopOnSignal(running)
  const bot = await startBot(config, {
    catalogue: loaded.catalogue,
    catalogueSource: source,
    log,
  }).catch((error: unknown) => {
    if (!(error instanceof StartError || error instanceof SlackIdentityError)) throw error
    log.debug({ err: error }, 'start refused')
    refuse('The bot cannot start', error.message.split('\n'))
  })
  if (bot !== undefined) running.bot = bot
}

/** From the first moment: as the first process of a container, nothing else would end it. */
function stopOnSignal(running: { readonly bot?: Bot }): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      // A call that hangs would keep the process alive after the stop.
      void Promise.resolve(running.bot?.stop(STOP_MS)).finally(() => process.exit())
    })
}

function refuse(headline: string, lines: readonly string[]): void {
  process.stderr.write(`${headline}:\n${lines.map((line) => `  - ${line}\n`).join('')}`)
  process.exitCode = 1
}

await main()
