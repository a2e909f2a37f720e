#!/usr/bin/env node
import { auditCommand } from './audit.ts'
import { catalogueCommand } from './catalogue.ts'
import type { CliCommand } from './command.ts'
import { doctorCommand } from './doctor.ts'
import { identityCommand } from './identity.ts'
import { manifestCommand } from './manifest-command.ts'
import { migrateCommand } from './migrate.ts'
import { policyCommand } from './policy.ts'

const COMMANDS: ReadonlyMap<string, CliCommand> = new Map([
  ['migrate', migrateCommand],
  ['manifest', manifestCommand],
  ['catalogue', catalogueCommand],
  ['doctor', doctorCommand],
  ['policy', policyCommand],
  ['identity', identityCommand],
  ['audit', auditCommand],
])

const [name = '', ...args] = process.argv.slice(2)
const command = COMMANDS.get(name)
const result = command === undefined ? ({ type: 'usage' } as const) : await command.run(args)
switch (result.type) {
  case 'ok':
    // Empty when it has written what it had to say already.
    if (result.text !== '') process.stdout.write(`${result.text}\n`)
    break
  case 'report':
    process.stdout.write(`${result.text}\n`)
    process.exitCode = result.exitCode
    break
  case 'failed':
    process.stderr.write(`${result.text}\n`)
    process.exitCode = result.exitCode ?? 1
    break
  case 'usage': {
    process.stderr.write(`${problemOf(result)}\n${usageText()}`)
    process.exitCode = 2
    break
  }
  default:
    result satisfies never
}

function problemOf({ problem }: { readonly problem?: string }): string {
  if (problem !== undefined) return problem
  if (name === '') return 'a command is missing'
  if (command === undefined) return `${name} is no command`
  return args.length === 0
    ? `${name} needs more words`
    : `${[name, ...args].join(' ')} is not known`
}

/** Of the command and its verb as far as they are known. */
function usageText(): string {
  const all = [...COMMANDS.values()].flatMap(({ usage }) => usage)
  const about = (start: string) => all.filter((line) => line.startsWith(`${start} `))
  const ofVerb = about([name, args[0]].join(' '))
  const ofCommand = ofVerb.length > 0 ? ofVerb : about(name)
  const lines = ofCommand.length > 0 ? ofCommand : all
  return `Usage:\n${lines.map((line) => `  npm run jit -- ${line}\n`).join('')}`
}
