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
import { ANSWERERS, ASKERS, CHANNEL, PEOPLE, benchCatalogue } from './catalogue.ts'
import { measureChain } from './chain.ts'
import { startChild } from './child.ts'
import { measureMerge } from './merge.ts'
import { measurePages } from './pages.ts'
import { measureCompiledRego } from './rego.ts'
import { Report } from './report.ts'
import { measureRules } from './rules.ts'
import { measureTrail } from './trail.ts'
import { measureAcks, measureBurst, measureInForce } from './story.ts'
import type { Stage } from './story.ts'

const REPORT = new Report()
const PROGRAM = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const EMPTY = fileURLToPath(new URL('./empty-listener.ts', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'jit-bench-'))
await globalSetup()
try {
  REPORT.heading()
  measureMerge(REPORT)
  measureRules(REPORT)
  await measureCompiledRego(REPORT)
  await measureAssertions(REPORT)
  await measureChain(REPORT)
  await measureAudit(REPORT)
  await measureTrail(REPORT)
  await measureBot()
} finally {
  await globalTeardown()
  rmSync(folder, { recursive: true })
}

async function measureBot(): Promise<void> {
  await using database = await createTestDatabase(2)
  await using slack = await startSlack({ signingSecret: randomBytes(16).toString('hex') })
  await using pomerium = await startPomerium()
  const askers = Array.from({ length: PEOPLE }, (_, n) => person(`asker${n}`))
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

  function person(name: string): string {
    return slack.addPerson({ name, email: `${name}@example.com`, kind: 'member' }).id
  }
}
