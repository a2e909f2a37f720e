import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { RegoPolicy } from '../../src/app/rego-policy.ts'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import { environmentOf, startMain } from '../support/main-process.ts'
import type { Recorded } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { CATALOGUE_YAML, attachRoutes, catalogueOf } from '../support/world.ts'

/** Grafana takes two approvals and is had for two hours at most. */
const STRICTER = CATALOGUE_YAML.replace(
  'duration: { default: 1h, max: 8h }',
  'approvals: 2\n    duration: { default: 1h, max: 2h }',
)
const REVISION = catalogueOf(CATALOGUE_YAML).revision
const STRICTER_REVISION = catalogueOf(STRICTER).revision

const rulesOf = (source: string) => ({ catalogue: catalogueOf(source), catalogueSource: source })

async function catalogueEvents({ database }: Pick<House, 'database'>) {
  const { rows } = await database.pool.query<{ action: string; details: object }>(
    `select action, details from audit_event where action like 'catalogue.%' order by seq`,
  )
  return rows
}

const revisionIn = (event: Recorded | undefined) => event?.details['catalogueRevision']

describe('other rules in a bot that runs', () => {
  it('hold from then on, and each request says by which it was decided', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const running = await story.ask('robin', 'grafana-prod 8h INC-1 under the old rules')
    await story.click('kim', running, 'approve')
    const { ends_at: end } = await story.untilState(running, 'active')
    const waiting = await story.ask('alex', 'grafana-prod 8h INC-2 asked under the old rules')

    assert.deepEqual(await house.bot.reload(rulesOf(STRICTER)), [])
    assert.match(
      await story.command('sam', 'request grafana-prod 8h INC-3 under the new rules'),
      /^This is too long: ask for 2h or less\./,
    )
    assert.match(
      await story.command('sam', 'resources'),
      /`grafana-prod` .*at most 2h, 2 approvals/,
    )
    assert.deepEqual(
      (await story.request(running)).ends_at,
      end,
      'what was granted is not taken back',
    )
    assert.equal(await story.visit('robin'), 200)

    await story.click('kim', waiting, 'approve')
    await story.untilCard(waiting, '1 of 2')
    await story.click('sam', waiting, 'approve')
    const row = await story.untilState(waiting, 'active')
    const lasts = (row.ends_at?.getTime() ?? 0) - (row.starts_at?.getTime() ?? 0)
    assert.ok(lasts <= 2 * 3_600_000, `lasts ${lasts} ms, asked for when 8h were allowed`)

    const revisions = []
    for (const [id, action] of [
      [running, 'request.approved'],
      [waiting, 'request.created'],
      [waiting, 'request.approval_recorded'],
      [waiting, 'request.approved'],
    ] as const)
      revisions.push(revisionIn(await story.recorded(id, action)))
    assert.deepEqual(revisions, [REVISION, REVISION, STRICTER_REVISION, STRICTER_REVISION])
    assert.deepEqual(await catalogueEvents(house), [
      {
        action: 'catalogue.accepted',
        details: { occasion: 'start', revision: REVISION, resources: 2 },
      },
      {
        action: 'catalogue.accepted',
        details: { occasion: 'signal', revision: STRICTER_REVISION, resources: 2 },
      },
    ])
    const { rows } = await house.database.pool.query<{ source: string }>(
      'select source from catalogue_revision order by accepted_at',
    )
    assert.deepEqual(rows, [{ source: CATALOGUE_YAML }, { source: STRICTER }])
  })

  it('take effect on who may ask: access of those they leave out ends', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 under the old rules')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    const deny = 'requesters: { groups: [S0ENGINEERS], deny: { emails: [alex@example.com] } }'
    const without = CATALOGUE_YAML.replace('requesters: { groups: [S0ENGINEERS] }', deny)
    assert.deepEqual(await house.bot.reload(rulesOf(without)), [])
    assert.equal((await story.untilState(id, 'ended')).end_cause, 'ineligible')
    assert.equal(await story.visit('alex'), 403)
  })

  it('are not taken when they do not fit the workspace, and operators hear why', async () => {
    await using house = await startHouse()
    const { slack } = house
    const story = storyOf(house)
    const unfit = STRICTER.replaceAll('S0RELIABILITY', 'S0NOBODY')
    const problem =
      'user group S0NOBODY does not exist or is disabled; check the id in the catalogue, or enable it in Slack'
    assert.deepEqual(await house.bot.reload(rulesOf(unfit)), [problem])
    const alert = await slack.waitFor(() => story.alerts()[0])
    assert.match(alert, /A catalogue was rejected/)
    assert.match(alert, /The catalogue before it stays in force/)
    assert.match(alert, /user group S0NOBODY does not exist/)
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 the old rules hold')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    assert.equal(revisionIn(await story.recorded(id, 'request.approved')), REVISION)
    assert.deepEqual((await catalogueEvents(house)).at(-1), {
      action: 'catalogue.rejected',
      details: { count: 1, problems: [problem] },
    })
  })

  it('bring their own Rego policy, and let go of the one before', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const asked: string[] = []
    const disposed: string[] = []
    const regoNamed = (name: string): RegoPolicy & AsyncDisposable => ({
      ask({ stage }) {
        asked.push(`${name} ${stage}`)
        return Promise.resolve({
          type: 'decision',
          decision: { effect: 'needs_approval', reasons: [], narrowing: { constraints: [] } },
          trace: { engine: 'wasm', inputHash: 'ab'.repeat(32), latencyMs: 1 },
        })
      },
      [Symbol.asyncDispose]() {
        disposed.push(name)
        return Promise.resolve()
      },
    })
    await house.bot.reload({ ...rulesOf(STRICTER), rego: regoNamed('one') })
    await story.ask('alex', 'grafana-prod 1h INC-1 the first policy')
    await house.bot.reload({ ...rulesOf(CATALOGUE_YAML), rego: regoNamed('two') })
    assert.deepEqual(disposed, ['one'])
    await story.ask('robin', 'grafana-prod 1h INC-2 the second policy')
    assert.deepEqual(asked, ['one request', 'two request'])
    await house.bot.reload(rulesOf(STRICTER))
    assert.deepEqual(disposed, ['one', 'two'])
    await story.ask('olga', 'grafana-prod 1h INC-3 no policy')
    assert.equal(asked.length, 2)
  })

  it('hold although the Rego policy before them does not end well', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const stuck: RegoPolicy & AsyncDisposable = {
      ask: () => Promise.reject(new Error('nobody asks')),
      [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')),
    }
    assert.deepEqual(await house.bot.reload({ ...rulesOf(STRICTER), rego: stuck }), [])
    assert.deepEqual(await house.bot.reload(rulesOf(CATALOGUE_YAML)), [])
    await story.ask('alex', 'grafana-prod 8h INC-1 the rules before are back')
    assert.match(house.logged.join(''), /the Rego policy before was not closed/)
  })
})

describe('npm start, told to read its rules again', () => {
  it('does so as soon as it runs, when it is told while it starts', async () => {
    await using town = await startTown()
    await using environment = await environmentOf(town)
    const held = town.slack.hold('auth.test')
    await using main = startMain(environment.env, environment.folder)
    await held.reached
    await writeFile(environment.env['CATALOGUE'] ?? '', STRICTER)
    main.kill('SIGHUP')
    held.release()
    await eventually('the log says so', () => main.stdout().includes('"msg":"rules reloaded"'))
    assert.deepEqual(
      (await catalogueEvents(town)).map(
        ({ details }) => (details as Recorded['details'])['revision'],
      ),
      [REVISION, STRICTER_REVISION],
    )
  })

  it('goes by a good file, and keeps the old rules and says so after a bad one', async () => {
    await using town = await startTown()
    await using environment = await environmentOf(town)
    await using main = startMain(environment.env, environment.folder)
    const { slack, pomerium } = town
    const file = environment.env['CATALOGUE'] ?? ''
    slack.deliverTo(`http://127.0.0.1:${await main.ready}/slack/events`)
    const story = storyOf(town)
    await pomerium.waitFor(() => pomerium.policyNamed('jit-grafana-prod') !== undefined)
    await pomerium.waitFor(() => pomerium.policyNamed('jit-billing-db') !== undefined)
    attachRoutes(pomerium, catalogueOf(town.catalogueSource))
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 under the old rules')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    const said = (words: string, times = 1) =>
      eventually(`the log says ${words}`, () => main.stdout().split(words).length > times)
    const tooLong = async () =>
      /too long/.test(await story.command('sam', 'request grafana-prod 9h INC-2 how long'))
        ? /ask for (\w+) or less/.exec(slack.visibleText(slack.ephemerals(sam).at(-1) ?? {}))?.[1]
        : undefined
    const { sam } = town.people

    await writeFile(file, STRICTER)
    main.kill('SIGHUP')
    await said('"msg":"rules reloaded"')
    assert.equal(await tooLong(), '2h')

    await writeFile(file, STRICTER.replace('approvals: 2', 'approvals: none'))
    main.kill('SIGHUP')
    await said('rules not reloaded: the old ones stay in force')
    const alert = await slack.waitFor(() => story.alerts()[0])
    assert.match(alert, /A catalogue was rejected/)
    assert.match(alert, /catalogue\.yaml:\d+/)
    assert.equal(await tooLong(), '2h')

    await writeFile(file, CATALOGUE_YAML)
    main.kill('SIGHUP')
    await said('"msg":"rules reloaded"', 2)
    assert.equal(await tooLong(), '8h')
    assert.equal(await story.visit('alex'), 200, 'all the while')
    assert.deepEqual(
      (await catalogueEvents(town)).map(({ action }) => action),
      ['catalogue.accepted', 'catalogue.accepted', 'catalogue.rejected', 'catalogue.accepted'],
    )
    main.kill('SIGTERM')
    assert.equal(await main.exited, 0)
  })
})
