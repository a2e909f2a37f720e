import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import { openDatabase } from '../../src/postgres/database.ts'
import { run } from '../queries/query.ts'
import { silentLog } from '../support/log.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import { fillTrail } from './audit.ts'
import type { Report } from './report.ts'
import { spread } from './report.ts'

const EVENTS = 1_000_000
const ASKED = 200

/** What an auditor waits for on a trail of a million events: answers, and the proof that nothing was changed. */
export async function measureTrail(report: Report): Promise<void> {
  await using database = await createTestDatabase(3)
  const startedAt = performance.now()
  await fillTrail(database, EVENTS)
  report.line(`fill ${EVENTS} events, chained`, perSecond(EVENTS, startedAt))
  await measureQuery(report, database, 'who-could-reach', '< 20 ms', (n) => ({
    resource: `r${n % 20}`,
    at: instant(n * 5_003),
  }))
  await measureQuery(report, database, 'person', '< 200 ms', (n) => ({
    person: `u${n}@example.com`,
    from: instant(0),
    to: instant(366 * 1_440),
  }))
  const { db } = openDatabase({
    url: database.url,
    connections: 2,
    isPatient: true,
    log: silentLog,
  })
  try {
    let peak = 0
    const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50)
    const verifyingAt = performance.now()
    const { events, finding, problems } = await verifyTrail(db)
    clearInterval(watching)
    if (finding !== undefined || events !== EVENTS)
      throw new Error(finding?.problem ?? problems.join())
    const memory = `resident up to ${(peak / 2 ** 20).toFixed(0)} MB`
    report.line('verify all of it', `${perSecond(events, verifyingAt)}, ${memory}`, '> 100,000/s')
  } finally {
    await db.destroy()
  }
}

async function measureQuery(
  report: Report,
  { pool }: TestDatabase,
  name: string,
  goal: string,
  given: (n: number) => Readonly<Record<string, string>>,
): Promise<void> {
  const times: number[] = []
  let rows = 0
  for (let n = 0; n < ASKED; n += 1) {
    const startedAt = performance.now()
    rows += (await run(pool, name, given(n))).length
    times.push(performance.now() - startedAt)
  }
  if (rows === 0) throw new Error(`${name} found nothing`)
  report.line(`${name}.sql among ${EVENTS} events`, spread(times), goal)
}

const instant = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString()

function perSecond(count: number, startedAt: number): string {
  return `${Math.round((count / (performance.now() - startedAt)) * 1_000)} events/s`
}
