#!/usr/bin/env node
import { catalogueCommand } from './catalogue.ts'
import type { CliCommand } from './command.ts'
import { identityCommand } from './identity.ts'
import { manifestCommand } from './manifest-command.ts'
import { migrateCommand } from './migrate.ts'
import { policyCommand } from './policy.ts'

const COMMANDS: ReadonlyMap<string, CliCommand> = new Map([
  ['migrate', migrateCommand],
  ['manifest', manifestCommand],
  ['catalogue', catalogueCommand],
  ['policy', policyCommand],
  ['identity', identityCommand],
])

const [name = '', ...args] = process.argv.slice(2)
const command = COMMANDS.get(name)
const result = command === undefined ? ({ type: 'usage' } as const) : await command.run(args)
switch (result.type) {
  case 'ok':
    process.stdout.write(`${result.text}\n`)
    break
  case 'failed':
    process.stderr.write(`${result.text}\n`)
    process.exitCode = 1
    break
  case 'usage': {
    const lines = [...COMMANDS.values()].flatMap(({ usage }) => usage)
    process.stderr.write(`Usage:\n${lines.map((line) => `  npm run jit -- ${line}\n`).join('')}`)
    process.exitCode = 2
    break
  }
  default:
    result satisfies never
}
