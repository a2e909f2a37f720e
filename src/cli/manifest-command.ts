import type { CliCommand } from './command.ts'
import { printManifest } from './manifest.ts'

/** Prints the Slack app's manifest. */
export const manifestCommand: CliCommand = {
  usage: [
    'manifest --socket — the Slack app for Socket Mode, as in manifest.yml',
    'manifest --origin https://jit.example.com — the Slack app for HTTP',
  ],
  run(args) {
    const printed = printManifest(args)
    return printed.ok
      ? { type: 'ok', text: printed.text.trimEnd() }
      : { type: 'failed', text: printed.message }
  },
}
