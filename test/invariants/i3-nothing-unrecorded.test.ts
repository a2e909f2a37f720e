import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Ineligibility } from '../../src/domain/request.ts'
import { settled } from '../../src/domain/request.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { store, pool } = house.database

type Outcome =
  | { readonly status: 'cancelled'; readonly cancelledAt: Date; readonly why?: Ineligibility }
  | { readonly status: 'lapsed'; readonly lapsedAt: Date }

describe('I3: state and audit trail commit together', () => {
  it('refuses to commit a change without its event, and an event without its change', async () => {
    const id = (await story.ask('alex', 'grafana-prod 1h INC-1 on the record')) as RequestId
    const unrecorded = (step: (at: Date) => Outcome) =>
      store.transaction(async (tx) => {
        const request = await tx.requests.lock(id)
        assert.ok(request?.status === 'pending')
        const next = { ...settled(request), ...step(tx.now), version: request.version + 1 }
        await tx.requests.save(request, next)
      })
    const byBot = (at: Date) =>
      ({ status: 'cancelled', cancelledAt: at, why: 'deactivated' }) as const
    const lapsed = (at: Date) => ({ status: 'lapsed', lapsedAt: at }) as const
    for (const step of [byBot, lapsed]) await assert.rejects(unrecorded(step), /has no audit event/)
    await assert.rejects(
      unrecorded((at) => ({ status: 'cancelled', cancelledAt: at })),
      /was not cancelled by its requester/,
    )
    await assert.rejects(
      store.transaction(async (tx) => {
        tx.audit.append({
          action: 'request.cancelled',
          actor: { kind: 'bot' },
          via: 'bot',
          requestId: id,
          requestVersion: 2,
          alert: false,
          details: {},
        })
      }),
      /never had version 2/,
    )
    assert.equal((await story.request(id)).status, 'pending')
    assert.deepEqual(await story.events(id), ['request.created'])
    await story.command('alex', `cancel ${id}`)
  })

  it('cannot be edited or emptied', async () => {
    for (const sql of [
      `update audit_event set action = 'request.denied'`,
      'delete from audit_event',
      'truncate audit_event cascade',
    ])
      await assert.rejects(pool.query(sql), /append-only/, sql)
  })

  it('has one event for each version of each request, in order, with who and from where', async () => {
    const id = await story.ask('alex', 'billing-db 30m INC-2 a full life')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, '1 of 2')
    await story.command('sam', `approve ${id}`)
    await story.untilCard(id, 'Active')
    await story.click('ada', id, 'end')
    await story.untilCard(id, 'Ended')
    const { rows } = await pool.query(
      `select request_version as v, action, via, coalesce(actor_email, 'bot') as who
       from audit_event where request_id = $1 order by seq`,
      [id],
    )
    assert.deepEqual(rows, [
      { v: 1, action: 'request.created', via: 'command', who: 'alex@example.com' },
      { v: 2, action: 'request.approval_recorded', via: 'button', who: 'kim@example.com' },
      { v: 3, action: 'request.approved', via: 'command', who: 'sam@example.com' },
      { v: 4, action: 'grant.activated', via: 'reconciler', who: 'bot' },
      { v: 5, action: 'grant.ending', via: 'button', who: 'ada@example.com' },
      { v: 6, action: 'grant.ended', via: 'reconciler', who: 'bot' },
    ])
  })

  it('records refused attempts, on requests that exist and on ones that do not', async () => {
    const id = await story.ask('robin', 'grafana-prod 1h INC-3 hands off')
    await story.refusedClick('robin', id, 'approve')
    await story.refusedClick('eve', id, 'approve')
    await story.command('eve', `deny ${id} because`)
    await story.command('eve', `cancel ${id}`)
    await story.command('kim', `end ${id}`)
    await story.command('kim', 'approve 00000000')
    const { rows } = await pool.query(
      `select action, actor_email as who, details ->> 'refusal' as refusal, request_version as v
       from audit_event where request_id = $1 and details ? 'refusal'
          or details ->> 'id' = '00000000' order by seq`,
      [id],
    )
    assert.deepEqual(
      rows.map(({ action, who, refusal, v }) => [action, who, refusal, v].join(' ')),
      [
        'request.approve_refused robin@example.com own-request ',
        'request.approve_refused eve@example.com not-an-approver ',
        'request.deny_refused eve@example.com not-an-approver ',
        'request.cancel_refused eve@example.com not-your-request ',
        'grant.end_refused kim@example.com not-started ',
        'request.approve_refused kim@example.com no-such-request ',
      ],
    )
  })
})
