import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { auditCommand } from '../../src/cli/audit.ts'
import { headsIn } from '../../src/trail/heads.ts'
import { eventually } from '../support/eventually.ts'
import type { House, Town } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import type { Story } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'

/** A town whose bots keep heads in a file. */
async function keptTown(path: string): Promise<Town> {
  const town = await startTown()
  return { ...town, config: { ...town.config, auditHeadsPath: path } }
}

describe('a database restored from a back-up of before', () => {
  let folder: string
  let heads: string
  let town: Town
  let house: House
  let story: Story
  let taken: string
  let writes: () => number
  /** What Pomerium was sent until the restore. */
  let writesBefore: number

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jit-restored-'))
    heads = join(folder, 'heads')
    town = await keptTown(heads)
    const lost = await startHouse({ town })
    const told = storyOf(lost)
    const headKept = () =>
      eventually('the end of the trail is kept', async () => {
        const last = headsIn(await readFile(heads, 'utf8').catch(() => '')).at(-1)
        const { rows } = await town.database.pool.query<{ seq: string }>(
          `select max(seq) as seq from audit_event where request_id is not null`,
        )
        return last !== undefined && last.seq >= Number(rows[0]?.seq ?? 1)
      })
    taken = await told.ask('alex', 'grafana-prod 8h INC-1 taken away after the back-up')
    await told.click('kim', taken, 'approve')
    await told.untilCard(taken, 'Active')
    await told.untilDirect('alex', taken, 'Active')
    await told.untilIdle()
    await lost.bot.stop(1_000)
    const between = await lost.startBot()
    await headKept()
    await between.stop(1_000)
    const backUp = await town.database.copy()

    const later = await lost.startBot()
    await told.click('kim', taken, 'end')
    await told.untilCard(taken, 'Ended')
    const given = await told.ask('robin', 'grafana-prod 8h INC-2 given after the back-up')
    await told.click('kim', given, 'approve')
    await told.untilCard(given, 'Active')
    await later.stop(1_000)
    const last = await lost.startBot()
    await headKept()
    await last.stop(1_000)

    const { pomerium, database } = town
    writes = () =>
      pomerium.requests.filter(({ method, path }) => method !== 'GET' && path.includes('/policies'))
        .length
    writesBefore = writes()
    const url = backUp.appUrl
    house = await startHouse({
      town: {
        ...town,
        database: backUp,
        config: { ...town.config, database: { url } },
        async advance(seconds) {
          await town.advance(seconds)
          await backUp.clock.advance(seconds)
        },
        async [Symbol.asyncDispose]() {
          await backUp[Symbol.asyncDispose]()
          await town[Symbol.asyncDispose]()
        },
      },
    })
    assert.notEqual(database.url, backUp.url)
    story = storyOf(house)
  })
  after(async () => {
    await house[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const alerts = (what: string) =>
    story
      .alerts()
      .map(plainly)
      .filter((text) => text.includes(what))
  const adopt = async (...words: readonly string[]) => {
    process.env['DATABASE_URL'] = house.config.database.url
    const result = await auditCommand.run(['adopt', '--after-restore', '--heads', ...words])
    assert.ok('text' in result)
    return result
  }

  it('is found at the start: nothing is written to Pomerium, and operators are told how to go on (F44)', async () => {
    await house.slack.waitFor(() => alerts('older than what it has done').length > 0)
    const [alert = ''] = alerts('older than what it has done')
    assert.match(alert, /kept: \d+\nlast: \d+/)
    assert.match(alert, /jit audit adopt --after-restore/)
    const open = await story.ask('sam', 'grafana-prod 1h INC-3 asked meanwhile')
    await story.command('kim', `approve ${open}`)
    for (let minute = 0; minute < 2; minute += 1) {
      await story.untilIdle()
      await house.advance(61)
    }
    await story.untilIdle()
    assert.equal(writes(), writesBefore)
    assert.equal((await story.request(open)).state, 'granting')
    assert.equal((await story.request(taken)).state, 'active', 'it does not know better')
    assert.equal(await story.visit('alex'), 403, 'what was taken away is not given back')
    assert.equal(await story.visit('robin'), 200)
    assert.equal(alerts('older than what it has done').length, 1)
  })

  it('is adopted by nobody’s mistake: not without --yes, nor by the heads of another trail (F44)', async () => {
    const tried = await adopt(heads)
    assert.equal(tried.type, 'ok')
    assert.match(
      tried.text,
      /^what was recorded after event \d+, up to event \d+ at least, is lost/,
    )
    assert.match(tried.text, new RegExp(`would end ${taken}: alex@example.com for grafana-prod`))
    assert.match(tried.text, /nothing was done: add --yes/)
    const other = join(folder, 'other')
    await writeFile(other, `2026-03-02T09:00:00.250Z 999:${'a'.repeat(64)}\n`)
    const stranger = await adopt(other, '--yes')
    assert.deepEqual(
      [stranger.type, /^no head of .* is of this trail/.test(stranger.text)],
      ['failed', true],
    )
    await house.advance(6)
    await story.untilIdle()
    assert.equal(writes(), writesBefore)
    assert.equal((await story.request(taken)).state, 'active')
  })

  it('gives back nothing that was taken away, and reports what it does not know, which ends by its date (F44)', async () => {
    const ofOtherHost = join(folder, 'heads of another host')
    await copyFile(heads, ofOtherHost)
    const done = await adopt(heads, '--yes')
    assert.equal(done.type, 'ok', done.text)
    assert.match(done.text, new RegExp(`^ended ${taken}`, 'm'))
    await story.minutesUntil(
      'what was open is over',
      async () => (await story.request(taken)).state === 'ended',
    )
    assert.match(await story.untilCard(taken, 'Ended'), /restored from a back-up/)
    await house.slack.waitFor(() => alerts('A restored database was adopted').length === 1)
    await house.slack.waitFor(() =>
      alerts('foreign').some((text) => text.includes('robin@example.com')),
    )
    const writtenSince = town.pomerium.history.filter(
      ({ by, policy }) =>
        by.id === town.pomerium.apiUserId && JSON.stringify(policy ?? '').includes('alex@'),
    )
    assert.equal(writtenSince.length, 1, 'the rule of alex was written once, before the back-up')
    assert.equal(await story.visit('alex'), 403)
    assert.equal(await story.visit('robin'), 200)

    const again = await story.ask('alex', 'grafana-prod 1h INC-4 asked again')
    await story.click('kim', again, 'approve')
    await story.minutesUntil('active', async () => (await story.request(again)).state === 'active')
    const second = await adopt(ofOtherHost, '--yes')
    assert.deepEqual([second.type, second.text.split('\n').length], ['ok', 1])
    assert.equal((await story.request(again)).state, 'active')
    await house.advance(8 * 3_600)
    assert.equal(await story.visit('robin'), 403)
    assert.match((await adopt(heads, '--yes')).text, /there is nothing to adopt$/)
    const verified = await auditCommand.run(['verify', '--heads', heads])
    assert.ok('text' in verified)
    assert.match(verified.text, /^as recorded[^]*heads of the file were given up after a restore/)
  })
})
