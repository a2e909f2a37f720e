import type { Environment } from '../config.ts'
import { examineClocks } from './clocks.ts'
import { examineDatabase } from './database.ts'
import { examineCatalogue, examineEnvironment } from './environment.ts'
import { examinePages } from './pages.ts'
import { examinePomerium } from './pomerium.ts'
import type { Report } from './report.ts'
import { reportOf } from './report.ts'
import { readSettings } from './settings.ts'
import { examineSlack } from './slack.ts'

/**
 * Looks at everything that a bot with this environment stands on, all at the same time, and changes nothing of it. Never
 * rejects for what it finds; takes as long as its slowest checks, each of which has a deadline.
 */
export async function examine(
  env: Environment,
  around: {
    readonly readFile: (path: string) => string
    /** Milliseconds since the epoch. */
    readonly now: () => number
  },
): Promise<Report> {
  const { now } = around
  const settings = readSettings(env, around.readFile)
  const [rules, database] = [examineCatalogue(settings), examineDatabase(settings, now)]
  const catalogue = rules.then((examined) => examined.catalogue)
  const policies = database.then((examined) => examined.policies)
  const lines = await Promise.all([
    examineEnvironment(settings),
    rules.then((examined) => examined.lines),
    database.then((examined) => examined.lines),
    examineSlack(settings, catalogue),
    examinePomerium(settings, { catalogue, policies }, now),
    examinePages(settings),
    examineClocks(settings, now),
  ])
  return reportOf(lines.flat(), settings.secrets)
}
