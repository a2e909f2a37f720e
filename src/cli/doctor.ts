import { readFileSync } from 'node:fs'
import { readEnvironment } from '../config.ts'
import type { CliCommand } from './command.ts'
import { wordsIn } from './words.ts'

/** Whether everything is in order that the bot stands on; fails with 1 when something is not. */
export const doctorCommand: CliCommand = {
  usage: [
    'doctor [--json] — whether all is in order that the bot stands on: environment, catalogue, Slack, database, Pomerium, keys and clocks; changes nothing',
  ],
  async run(words) {
    const parsed = wordsIn(words, { json: { type: 'boolean', default: false } })
    if (!parsed.ok) return parsed.usage
    if (parsed.positionals.length > 0) return { type: 'usage' }
    const [{ examine }, { reportText }] = await Promise.all([
      import('../doctor/examine.ts'),
      import('../doctor/report.ts'),
    ])
    const report = await examine(readEnvironment(), {
      readFile: (path) => readFileSync(path, 'utf8'),
      now: Date.now,
    })
    const text = parsed.values.json ? JSON.stringify(report, undefined, 2) : reportText(report)
    return { type: 'report', text, exitCode: report.ok ? 0 : 1 }
  },
}
