import { randomBytes } from 'node:crypto'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPomerium } from '../simulators/pomerium/start-pomerium.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { createTestDatabase } from '../support/database.ts'
import { globalSetup, globalTeardown } from '../support/global-setup.ts'
import { measureAssertions } from './assertion.ts'
import { measureAudit } from './audit.ts'
import { ANSWERERS, ASKERS, CHANNEL, PEOPLE, RESOURCES, benchCatalogue } from './catalogue.ts'
import { measureChain } from './chain.ts'
import { startChild } from './child.ts'
import { openFlakyRoad } from './flaky-road.ts'
import { measureMerge } from './merge.ts'
import { measurePages } from './pages.ts'
import { measureCompiledRego } from './rego.ts'
import { measureReplicas } from './replicas.ts'
import { Report } from './report.ts'
import { measureRules } from './rules.ts'
import { measureTrail } from './trail.ts'
import { measureAcks, measureBurst, measureInForce } from './story.ts'
import type { Stage } from './story.ts'

const REPORT = new Report()
const PROGRAM = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** A thousand requests, for ten resources. */
const ASKERS_UNDER_FAULTS = 100
const EMPTY = fileURLToPath(new URL('./empty-listener.ts', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'jit-bench-'))
await globalSetup()
const PARTS: Readonly<Record<string, () => unknown>> = {
  merge: () => measureMerge(REPORT),
  rules: () => measureRules(REPORT),
  rego: () => measureCompiledRego(REPORT),
  assertions: () => measureAssertions(REPORT),
  chain: () => measureChain(REPORT),
  audit: () => measureAudit(REPORT),
  trail: () => measureTrail(REPORT),
  bot: () => measureBot(),
  replicas: () => measureUnderFaults(),
}
try {
  REPORT.heading()
  const asked = process.argv.slice(2)
  for (const [name, measure] of Object.entries(PARTS))
    if (asked.length === 0 || asked.includes(name)) await measure()
} finally {
  await globalTeardown()
  rmSync(folder, { recursive: true })
}

async function startServices(people: number) {
  const database = await createTestDatabase(2)
  const slack = await startSlack({ signingSecret: randomBytes(16).toString('hex') })
  const pomerium = await startPomerium()
  const person = (name: string) =>
    slack.addPerson({ name, email: `${name}@example.com`, kind: 'member' }).id
  const askers = Array.from({ length: people }, (_, n) => person(`asker${n}`))
  const answerer = person('answerer')
  slack.setGroup(ASKERS, 'askers', askers)
  slack.setGroup(ANSWERERS, 'answerers', [answerer])
  slack.addChannel({ id: CHANNEL, name: 'bench', members: [...askers, answerer, slack.botUserId] })
  const cataloguePath = join(folder, 'catalogue.yaml')
  writeFileSync(cataloguePath, benchCatalogue())
  const env = {
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    DATABASE_URL: database.appUrl,
    API_USER_TOKEN: pomerium.apiUserToken,
    ORGANIZATION_ID: pomerium.organizationId,
    CLUSTER_ID: pomerium.clusterId,
    POMERIUM_API_URL: pomerium.apiUrl,
    CATALOGUE: cataloguePath,
    PORT: '0',
    LOG_LEVEL: 'info',
  }
  return {
    database,
    slack,
    pomerium,
    askers,
    answerer,
    env,
    async [Symbol.asyncDispose]() {
      await pomerium[Symbol.asyncDispose]()
      await slack[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

async function measureUnderFaults(): Promise<void> {
  await using services = await startServices(ASKERS_UNDER_FAULTS)
  const { database, slack, pomerium, env } = services
  const chance = { failures: 0.05, jitterMs: 200 }
  await using toSlack = await openFlakyRoad(slack.apiUrl, chance)
  await using toPomerium = await openFlakyRoad(pomerium.apiUrl, chance)
  const flaky = { ...env, SLACK_API_URL: toSlack.url, POMERIUM_API_URL: toPomerium.url }
  await using first = await startChild(PROGRAM, flaky)
  await using second = await startChild(PROGRAM, flaky)
  await using third = await startChild(PROGRAM, flaky)
  await pomerium.waitFor(() => pomerium.policies().length === RESOURCES, { timeoutMs: 120_000 })
  const { db, pool } = database
  const bots = [first, second, third]
  await measureReplicas(REPORT, { ...services, bots, toSlack, toPomerium, db, pool })
}

async function measureBot(): Promise<void> {
  await using services = await startServices(PEOPLE)
  const { database, slack, pomerium, askers, answerer, env } = services
  await using empty = await startChild(EMPTY, env)
  await using bot = await startChild(PROGRAM, env)
  REPORT.line('ready after', `${bot.startMs.toFixed(0)} ms`, '< 1500 ms')
  await pomerium.waitFor(() => pomerium.policies().length === 10)
  REPORT.line('idle, resident', `${bot.residentMb().toFixed(0)} MB`, '< 140 MB')

  const stage: Stage = { slack, pomerium, askers, answerer, bot, empty, pool: database.pool }
  await measureAcks(REPORT, stage)
  await measureBurst(REPORT, stage)
  await measureInForce(REPORT, stage)
  REPORT.line('after all of it, resident', `${bot.residentMb().toFixed(0)} MB`)
  const people = askers.map((_, n) => `asker${n}@example.com`)
  await measurePages(REPORT, { program: PROGRAM, env, folder, people })
}
