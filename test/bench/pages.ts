import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { createSigner } from '../simulators/pomerium/assertions.ts'
import { startChild } from './child.ts'
import type { Report } from './report.ts'
import { spread } from './report.ts'
import { steadily } from './steadily.ts'

const PER_SECOND = 100
const REQUESTS = 1_000
const HOST = 'jit.example.com'

/** How soon the first page is there under a steady load of people with a verified assertion each. */
export async function measurePages(
  report: Report,
  setting: {
    readonly program: string
    readonly env: NodeJS.ProcessEnv
    readonly folder: string
    /** Addresses that Slack knows. */
    readonly people: readonly string[]
  },
): Promise<void> {
  const { program, env, folder, people } = setting
  const signer = createSigner({ now: Date.now })
  const keys = join(folder, 'jwks.json')
  writeFileSync(keys, JSON.stringify(signer.jwks()))
  await using bot = await startChild(program, {
    ...env,
    WEB_ORIGIN: `https://${HOST}`,
    JWKS_FILE: keys,
  })
  report.line('idle with pages, resident', `${bot.residentMb().toFixed(0)} MB`)
  const assertions = people.map((email) =>
    signer.mint({ host: HOST, subject: `sub-${email}`, email }),
  )
  const look = async (assertion: string) => {
    const startedAt = performance.now()
    const { statusCode, body } = await request(`http://127.0.0.1:${bot.port}/`, {
      headers: { 'x-pomerium-jwt-assertion': assertion },
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`answered ${statusCode}: ${text}`)
    return { ms: performance.now() - startedAt, length: Buffer.byteLength(text) }
  }
  const firstLooks = await steadily(assertions, PER_SECOND, look)
  const looks = await steadily(
    Array.from({ length: REQUESTS }, (_, n) => assertions[n % assertions.length] ?? ''),
    PER_SECOND,
    look,
  )
  report.line('page `/`, 100 a second', spread(looks.map(({ ms }) => ms)))
  report.line('  each person’s first', spread(firstLooks.map(({ ms }) => ms)))
  const size = Math.max(...looks.map(({ length }) => length))
  report.line('  size without the stylesheet', `${(size / 1024).toFixed(1)} kB`, '< 50 kB')
}
