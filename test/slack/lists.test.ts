import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ResourceId } from '../../src/domain/ids.ts'
import { mineList, pendingList, resourcesList } from '../../src/slack/lists.ts'
import { anyText, anyView, assertSound, HOSTILE, lines, resource, STATES, view } from './samples.ts'

const times = <T>(count: number, value: T): readonly T[] =>
  Array.from({ length: count }, () => value)

describe('mineList', () => {
  it('shows every request with its state and the time that matters', () => {
    const sample = (state: (typeof STATES)[number]) => view({ state })
    assert.deepEqual(lines(mineList(STATES.map(sample))), [
      '*Your requests*',
      '`7K2M9QXR` *Waiting for approval* Grafana (production), 1h30m asked, 0 of 1 approvals, lapses 2026-11-20 17:00 UTC',
      '`7K2M9QXR` *Denied* Grafana (production), by <@U0KIM> 2026-11-20 09:30 UTC',
      'Not during the freeze',
      '`7K2M9QXR` *Cancelled* Grafana (production), 2026-11-20 09:30 UTC',
      '`7K2M9QXR` *Lapsed* Grafana (production), 2026-11-20 17:00 UTC',
      '`7K2M9QXR` *Approved: granting…* Grafana (production), not confirmed by Pomerium yet, ends 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Active* Grafana (production), until 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Ending…* Grafana (production), may still work until Pomerium confirms',
      '`7K2M9QXR` *Ended* Grafana (production), ended 2026-11-20 10:00 UTC',
      '`7K2M9QXR` *Not confirmed* Grafana (production), never confirmed by Pomerium, over now',
    ])
  })

  it('says so when there is none', () => {
    assert.deepEqual(lines(mineList([])), [
      'You have not asked for anything yet: `/jit` opens the form.',
    ])
  })

  it('shows twenty and counts the others', () => {
    const shown = lines(mineList(times(23, view({ state: 'active' }))))
    assert.equal(shown.filter((line) => line.includes('*Active*')).length, 20)
    assert.equal(shown.at(-1), '3 more are not shown.')
  })
})

describe('pendingList', () => {
  it('shows who asks for what, how long and why, and how to answer', () => {
    assert.deepEqual(lines(pendingList([view({ state: 'pending' })])), [
      '*Requests that wait for your answer*',
      '`7K2M9QXR` <@U0ANN> asks for Grafana (production) for 1h30m, 0 of 1 approvals, lapses 2026-11-20 17:00 UTC',
      'INC-42 dashboards are red',
      'Answer with `/jit approve id [note]` or `/jit deny id reason`.',
    ])
  })

  it('cuts long reasons', () => {
    const shown = lines(pendingList([view({ state: 'pending', reason: 'x'.repeat(500) })]))
    assert.equal(shown[2], `${'x'.repeat(119)}…`)
  })

  it('says so when there is none', () => {
    assert.deepEqual(lines(pendingList([])), ['No request waits for your answer.'])
  })
})

describe('resourcesList', () => {
  it('shows what may be asked for and on which terms', () => {
    const db = resource({ id: 'db' as ResourceId, title: 'Database', approvals: 2, risk: 'high' })
    assert.deepEqual(lines(resourcesList([resource(), db])), [
      '*You may ask for*',
      '`grafana-prod` Grafana (production), at most 8h, 1 approval',
      '`db` Database, at most 8h, 2 approvals, high risk',
      'Ask with `/jit`, or with `/jit request resource duration reason`.',
    ])
  })

  it('says so when there is nothing', () => {
    assert.deepEqual(lines(resourcesList([])), [
      'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
    ])
  })
})

describe('the lists', () => {
  it('keep hostile words literal, twenty times over', () => {
    for (const words of HOSTILE) {
      const changes = { title: words, id: words as ResourceId }
      for (const state of STATES)
        assertSound(mineList(times(25, view({ state, words, resourceId: words }, changes))))
      assertSound(pendingList(times(25, view({ state: 'pending', reason: words }, changes))))
      assertSound(resourcesList(times(25, resource(changes))))
    }
  })

  it('are messages that Slack takes, whatever they are made of', () => {
    const titles = fc.array(anyText, { maxLength: 30 })
    fc.assert(
      fc.property(fc.array(anyView, { maxLength: 30 }), titles, (views, texts) => {
        assertSound(mineList(views))
        assertSound(pendingList(views))
        assertSound(resourcesList(texts.map((title) => resource({ title }))))
      }),
      { numRuns: 40 },
    )
  })
})
