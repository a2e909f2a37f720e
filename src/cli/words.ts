import type { ParseArgsOptionsConfig } from 'node:util'
import { parseArgs } from 'node:util'
import type { CliResult } from './command.ts'

/** The words after a command, told apart; or what the parser says is wrong with them. */
export function wordsIn<const Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
) {
  try {
    const config = { args: [...words], options, allowPositionals: true } as const
    return { ok: true, ...parseArgs(config) } as const
  } catch (error) {
    const usage: CliResult = { type: 'usage', problem: parserProblem(error) }
    return { ok: false, usage } as const
  }
}

/** What node:util says of words that it refuses, less its advice on how to write them. */
export function parserProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(/\.(?:\s|$)/)[0] ?? message
}
