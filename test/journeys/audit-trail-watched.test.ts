import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before, describe, it } from 'node:test'
import { headsIn } from '../../src/trail/heads.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'
import { AUDIT } from '../support/world.ts'

const HEADS = join(tmpdir(), `jit-heads-${process.pid}.txt`)

describe('the audit trail, watched by the bot', () => {
  let house: House
  before(async () => {
    house = await startHouse()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const posted = () => house.slack.messages(AUDIT).map((said) => house.slack.visibleText(said))
  const notices = () => posted().filter((said) => said.includes('Head of the audit trail'))
  const events = async (action: string) => {
    const { rows } = await house.database.pool.query<{ details: { problems?: string[] } }>(
      'select details from audit_event where action = $1 order by seq',
      [action],
    )
    return rows.map(({ details }) => details)
  }

  it('posts its head at a start, which vouches for all before it; not at each of many starts', async () => {
    await house.slack.waitFor(() => notices().length === 1)
    const heads = headsIn(notices().join())
    assert.equal(heads.length, 1)
    const verified = await verifyTrail(house.database.db, { heads })
    assert.deepEqual([verified.headsMet, verified.finding], [1, undefined])
    await Promise.all([house.startBot(), house.startBot()])
    await storyOf(house).untilIdle()
    assert.equal((await events('audit.head_published')).length, 1)
  })

  it('posts a head with every alert', async () => {
    await house.database.store.transaction(async (tx) => {
      tx.audit.append({
        action: 'policy.failing',
        actor: { kind: 'bot' },
        via: 'bot',
        alert: true,
        details: { error: 'no answer', failures: 5 },
      })
      await tx.work.mark('policy', 'grafana-prod')
    })
    const alert = await house.slack.waitFor(() =>
      posted().find((said) => said.includes('policy.failing')),
    )
    const { headsMet } = await verifyTrail(house.database.db, { heads: headsIn(alert) })
    assert.equal(headsMet, 1)
  })

  it('sums a month up when it is over', async () => {
    await house.advance(32 * 86_400)
    await house.startBot()
    const summary = await house.slack.waitFor(() =>
      posted().find((said) => said.startsWith('🧾 Access in ')),
    )
    assert.match(summary, /\*Granted\*\n0\n/)
    assert.equal(headsIn(summary).length, 1)
  })

  it('keeps heads in a file, and finds with it at the next start that the end was cut off', async () => {
    await writeFile(HEADS, '')
    const first = await house.startBot({ auditHeadsPath: HEADS })
    await eventually(
      'a head is kept',
      async () => headsIn(await readFile(HEADS, 'utf8')).length > 0,
    )
    await first.stop(1_000)
    const head = headsIn(await readFile(HEADS, 'utf8')).at(-1)
    assert.ok(head)
    await house.database.pool.query(`
      alter table audit_event disable trigger all;
      delete from slack_message where audit_seq >= ${head.seq};
      delete from audit_event where seq >= ${head.seq};
      alter table audit_event enable trigger all;
      alter table audit_event enable always trigger audit_event_append_only;
      alter table audit_event enable always trigger audit_event_no_truncate;
      alter table audit_event enable always trigger audit_event_not_archived;
      alter table audit_event enable always trigger zz_chain_audit_event`)
    await house.startBot({ auditHeadsPath: HEADS })
    const alarm = await house.slack.waitFor(() =>
      posted().find((said) => said.includes('not as it was recorded')),
    )
    assert.match(
      alarm,
      new RegExp(`seq: ${head.seq}\nwhy: events\nproblem: (?:it is missing|its hash is not)`),
    )
    await house.startBot({ auditHeadsPath: HEADS })
    assert.equal((await events('audit.chain_broken')).length, 1)
  })

  it('refuses to start with a file of heads that cannot be used', async () => {
    await assert.rejects(house.startBot({ auditHeadsPath: '/nowhere/heads' }), {
      message: /^AUDIT_HEADS_FILE: .*name a file that the bot may read and add to/,
    })
  })
})
