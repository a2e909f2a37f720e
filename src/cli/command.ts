/** One subcommand of `jit`: runs with the words after its name and says how it went. */
export interface CliCommand {
  /** One line of the help: the words, then what they do. */
  readonly usage: readonly string[]
  run(args: readonly string[]): Promise<CliResult> | CliResult
}

/**
 * `ok` goes to standard output with exit code 0, and so does a report with its own; the rest to standard error with exit
 * code 1 unless told, or 2 for wrong words.
 */
export type CliResult =
  | { readonly type: 'ok'; readonly text: string }
  | { readonly type: 'report'; readonly text: string; readonly exitCode: 0 | 1 }
  | { readonly type: 'failed'; readonly text: string; readonly exitCode?: number }
  | {
      readonly type: 'usage'
      /** What is wrong with the words; absent when there is no more to say than that they are not known. */
      readonly problem?: string
    }
