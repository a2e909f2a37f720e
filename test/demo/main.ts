import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { globalSetup, globalTeardown } from '../support/global-setup.ts'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { RULES_YAML } from '../support/world.ts'
import type { DemoPage } from './page/server.ts'
import { startPage } from './page/server.ts'
import { play } from './play.ts'

const { values } = parseArgs({ options: { play: { type: 'boolean', default: false } } })

let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isStopping = true))
const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
process.on('uncaughtException', (error) => {
  if (isStopping) return
  process.exitCode = 1
  process.stderr.write(`An error that nothing has caught: ${error.stack ?? error.message}\n`)
})

try {
  await globalSetup()
  await using house = await startHouse({ catalogue: RULES_YAML, pages: true })
  if (values.play) await play(house, process.stdout)
  else {
    await using page = await startPage(house)
    process.stdout.write(addresses(page, house))
    await stopped
  }
} catch (error) {
  // Postgres ends on the same signal, so that what still asks it something fails.
  if (!isStopping) throw error
} finally {
  await globalTeardown()
}

function addresses(page: DemoPage, { bot, front, slack, pomerium, database }: House): string {
  return `
  Open       ${page.origin}

The page is a small Slack with Pomerium's door beside it. Behind it runs the real bot, between
a simulated Slack, a simulated Pomerium Zero and a real Postgres. Its own pages are behind that
Pomerium: put anybody's address into the link to sign in as them.

  pages      ${front.origin}/.pomerium/sign_in?email=kim@example.com
  bot        http://127.0.0.1:${bot.port}/readyz
  Slack      ${slack.apiUrl}
  Pomerium   ${pomerium.apiUrl}
  Postgres   ${database.url}

Ctrl-C ends it all; nothing is kept.
`
}
