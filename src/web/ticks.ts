/** A mark on an axis of time, in UTC. */
export interface Tick {
  readonly at: Date
  /** `14:05`, or `20 Nov` where marks are a day or more apart. */
  readonly label: string
  /** The day, or the year, where it is another one than that of the mark before; else empty. */
  readonly below: string
}

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 7, 14, 28, 91, 182, 364, 728].map((days) => days * DAY_MS),
]
/** So many have room on a telephone. */
const GAPS_MAX = 6

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** At most seven marks at round times within a span; days begin at midnight. */
export function ticksIn({ from, to }: { readonly from: Date; readonly to: Date }): readonly Tick[] {
  const spanMs = to.getTime() - from.getTime()
  // Beyond a hundred years marks are wherever they come to be.
  const stepMs = STEPS_MS.find((step) => spanMs / step <= GAPS_MAX) ?? spanMs / GAPS_MAX
  const ticks: Tick[] = []
  let before = ''
  for (let at = Math.ceil(from.getTime() / stepMs) * stepMs; at <= to.getTime(); at += stepMs) {
    const date = new Date(at)
    const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
    const isByDay = stepMs >= DAY_MS
    const larger = isByDay ? String(date.getUTCFullYear()) : day
    ticks.push({
      at: date,
      label: isByDay ? day : date.toISOString().slice(11, 16),
      below: larger === before ? '' : larger,
    })
    before = larger
  }
  return ticks
}
