import { setTimeout as wait } from 'node:timers/promises'

/** Every check there is, in the order of the report. */
export const CHECKS = [
  'environment',
  'catalogue',
  'slack.token',
  'slack.scopes',
  'slack.channel',
  'slack.group',
  'database.connection',
  'database.version',
  'database.migrations',
  'database.role',
  'database.guards',
  'pomerium.token',
  'pomerium.cluster',
  'pomerium.role',
  'pomerium.auto_apply',
  'pomerium.quota',
  'pomerium.policy',
  'pages.keys',
  'clock.slack',
  'clock.pomerium',
  'clock.database',
] as const
export type CheckName = (typeof CHECKS)[number]

export type Status = 'ok' | 'warning' | 'failed' | 'skipped'

/** What was found; for what was skipped, why. */
export type Finding =
  | { readonly status: 'ok' | 'skipped'; readonly detail: string }
  | {
      readonly status: 'warning' | 'failed'
      readonly detail: string
      /** What to do about it. */
      readonly remedy: string
    }

/** One line of the report. */
export type Line = Finding & {
  readonly check: CheckName
  /** What of several was looked at: a channel, a resource. */
  readonly subject?: string
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail })
export const skipped = (detail: string): Finding => ({ status: 'skipped', detail })
export const warning = (detail: string, remedy: string): Finding => ({
  status: 'warning',
  detail,
  remedy,
})
export const failed = (detail: string, remedy: string): Finding => ({
  status: 'failed',
  detail,
  remedy,
})

/** A sentence of the bot's own in its two parts: what is wrong and, after the semicolon, the remedy. */
export function apart(sentence: string, usualRemedy: string): readonly [string, string] {
  const at = sentence.indexOf('; ')
  return at < 0 ? [sentence, usualRemedy] : [sentence.slice(0, at), sentence.slice(at + 2)]
}

/** Whatever was thrown, in a few words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return error.message === '' ? code : error.message
}

export interface CheckOptions {
  readonly subject?: string
  /** What an error of `look` means; by default that it failed and may be tried again. */
  readonly meaning?: ((error: unknown) => Finding) | undefined
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000
const LATE = Symbol('late')

/** The lines of one check, at least one: never rejects, and resolves within its deadline. */
export async function check(
  name: CheckName,
  look: () => Promise<Finding | readonly Finding[]>,
  { subject, meaning = unexpected, deadlineMs = DEADLINE_MS }: CheckOptions = {},
): Promise<readonly Line[]> {
  const timer = new AbortController()
  let found: Finding | readonly Finding[]
  try {
    const late = wait(deadlineMs, LATE, { signal: timer.signal })
    late.catch(() => {})
    const first = await Promise.race([look(), late])
    found =
      first === LATE
        ? failed(
            `no answer within ${deadlineMs / 1_000} s`,
            'see what holds it up between here and there, and run it again',
          )
        : first
  } catch (error) {
    found = meaning(error)
  } finally {
    timer.abort()
  }
  const findings = 'status' in found ? [found] : found
  return findings.map((finding) => lineOf(name, finding, subject))
}

export function lineOf(check: CheckName, finding: Finding, subject?: string): Line {
  return { check, ...(subject === undefined ? {} : { subject }), ...finding }
}

/** Says of several checks that they were skipped, and why. */
export function skip(names: readonly CheckName[], why: string): readonly Line[] {
  return names.map((name) => lineOf(name, skipped(why)))
}

/** Whether a check came to nothing that has to be mended first. */
export function isPassed(lines: readonly Line[]): boolean {
  return lines.every(({ status }) => status === 'ok' || status === 'warning')
}

/** Runs `each` for all items, so many at a time; keeps their order. */
export async function severally<T>(
  items: Iterable<T>,
  each: (item: T) => Promise<readonly Line[]>,
): Promise<readonly Line[]> {
  const todo = [...items].entries()
  const lines: (readonly Line[])[] = []
  const hand = async () => {
    for (const [index, item] of todo) lines[index] = await each(item)
  }
  await Promise.all(Array.from({ length: HANDS }, hand))
  return lines.flat()
}

const HANDS = 4

function unexpected(error: unknown): Finding {
  return failed(reasonOf(error), 'run it again; if it stays, look into what it says')
}
