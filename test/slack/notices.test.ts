import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../src/domain/ppl.ts'
import { alertMessage } from '../../src/slack/alert.ts'
import { headsIn } from '../../src/trail/heads.ts'
import { anyText, assertSound, event, lines } from './samples.ts'

const BY_BOT = { actor: { kind: 'bot' }, via: 'bot', alert: true } as const
const PRINT = /^Audit event 42, `audit\.\w+`, 2026-11-20 09:30 UTC$/

const numbers = {
  month: '2026-02',
  grants: 78,
  byResource: [
    ['grafana-prod', 60],
    ['db', 15],
    ['vault-root', 1],
  ],
  others: 2,
  automatic: 26,
  breakGlass: 22,
  unreviewed: 5,
  denied: 3,
  drift: 4,
  foreign: 0,
  blocked: 6,
}
const summary = (details: { readonly [name: string]: Json }) =>
  alertMessage(event('audit.month_summed_up', { ...BY_BOT, details }))

describe('the notice of a head', () => {
  const head = { seq: 41, hash: 'cd'.repeat(32) }
  const message = alertMessage(event('audit.head_published', { ...BY_BOT, details: head }))

  it('shows one head, that of the event itself, and up to where the trail was verified', () => {
    assertSound(message)
    const [title, todo = '', print = '', last] = lines(message)
    assert.equal(title, '🧾 Head of the audit trail')
    assert.match(todo, /The bot has verified everything up to event 41\.$/)
    assert.match(print, PRINT)
    assert.equal(last, `Head \`42:${'ab'.repeat(32)}\``)
    assert.deepEqual(headsIn(JSON.stringify(message)), [{ seq: 42, hash: 'ab'.repeat(32) }])
  })

  it('raises no alarm', () => {
    assert.doesNotMatch(JSON.stringify(message), /🚨/)
  })
})

describe('the summary of a month', () => {
  it('shows the numbers, and a bar for each resource as long as its share of the largest', () => {
    const message = summary(numbers)
    assertSound(message)
    const shown = lines(message)
    assert.deepEqual(shown.slice(0, -2), [
      '🧾 Access in February 2026',
      '*Granted*',
      '78',
      '*By a rule, without approver*',
      '26',
      '*Break-glass*',
      '22',
      '*Break-glass not reviewed yet*',
      '5',
      '*Denied*',
      '3',
      '*Drift repaired*',
      '4',
      '*Foreign rules found*',
      '0',
      '*Policies blocked*',
      '6',
      'grafana-prod  ████████████████████ 60',
      'db            █████ 15',
      'vault-root    ▍ 1',
      '(others)      ▋ 2',
      '5 reviews of break-glass access are still open: find approvers who say whether it was justified.',
    ])
    assert.match(shown.at(-2) ?? '', PRINT)
  })

  it('says it in one line for notifications and screen readers', () => {
    assert.equal(
      summary(numbers).text,
      'Access in February 2026: 78 grants, 22 break-glass, 5 of any time not reviewed.',
    )
  })

  it('has no picture of a month in which nothing was granted', () => {
    const message = summary({ ...numbers, grants: 0, byResource: [], others: 0, unreviewed: 0 })
    assertSound(message)
    assert.doesNotMatch(JSON.stringify(message), /█|preformatted/)
    assert.match(lines(message).join(), /is this the access that people need/)
  })

  it('is a message that Slack takes, whatever the names and numbers', () => {
    const anyNumber = fc.oneof(fc.nat(), fc.double(), fc.constant(-1), anyText, fc.constant(null))
    const anyNumbers = fc.record(
      {
        month: fc.oneof(anyText, fc.constant('2026-12'), fc.constant('2026-13')),
        byResource: fc.oneof(
          fc.array(fc.tuple(anyText, anyNumber), { maxLength: 50 }),
          fc.array(fc.jsonValue().map((value) => value as Json)),
          anyText,
        ),
        ...Object.fromEntries(
          ['grants', 'others', 'unreviewed', 'breakGlass', 'denied'].map((n) => [n, anyNumber]),
        ),
      },
      { requiredKeys: [] },
    )
    fc.assert(fc.property(anyNumbers, (details) => assertSound(summary(details as typeof numbers))))
  })
})
