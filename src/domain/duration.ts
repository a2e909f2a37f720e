const UNIT_SECONDS = { d: 86_400, h: 3_600, m: 60 } as const
const LONGEST_SECONDS = 30 * UNIT_SECONDS.d

export type DurationProblem = 'malformed' | 'zero' | 'too-long'
export type ParsedDuration =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly problem: DurationProblem }

/**
 * Seconds in a typed duration such as `90m`, `1h30m` or `2d`: whole minutes, one minute to 30 days unless told, units
 * from large to small.
 */
export function parseDuration(text: string, longestSeconds = LONGEST_SECONDS): ParsedDuration {
  const match = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?$/.exec(text.trim().toLowerCase())
  if (match === null || match[0] === '') return { ok: false, problem: 'malformed' }
  const [days, hours, minutes] = [match[1], match[2], match[3]].map((n) => Number(n ?? 0))
  const seconds =
    (days ?? 0) * UNIT_SECONDS.d + (hours ?? 0) * UNIT_SECONDS.h + (minutes ?? 0) * UNIT_SECONDS.m
  if (seconds === 0) return { ok: false, problem: 'zero' }
  if (seconds > longestSeconds) return { ok: false, problem: 'too-long' }
  return { ok: true, seconds }
}

/** The shortest typed form of a duration: 5400 is `1h30m`. Rounds down to whole minutes; nothing is below `0m`. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds / 60) * 60)
  let text = ''
  for (const [unit, size] of Object.entries(UNIT_SECONDS)) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text === '' ? '0m' : text
}
