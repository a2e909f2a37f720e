import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AuditAction } from '../../src/domain/event.ts'
import type { ResourceId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { alertMessage } from '../../src/slack/alert.ts'
import { EVENT_WORDS } from '../../src/slack/wording-event.ts'
import { anyDetails, anyText, assertSound, event, identity, inUtc, lines } from './samples.ts'

const ACTIONS = Object.keys(EVENT_WORDS) as readonly AuditAction[]
const anyAction = fc.constantFrom(...ACTIONS)

const HEAD = `Head \`42:${'ab'.repeat(32)}\``

describe('alertMessage', () => {
  it('says what happened, to whom, what to do, and which event it was', () => {
    const recorded = event('identity.email_changed', {
      actor: { kind: 'person', identity: identity('ann') },
      details: { pinned: 'ann@example.com', now: 'root@example.com' },
    })
    assert.deepEqual(lines(alertMessage(recorded)), [
      '🚨 An e-mail address changed',
      '*By*',
      '<@U0ANN>',
      '*Resource*',
      '`grafana-prod`',
      '*Request*',
      '`7K2M9QXR`',
      'This person can neither ask nor approve until the change is settled: find out whether it is genuine, and if it is, run `jit identity forget`.',
      'pinned: ann@example.com',
      'now: root@example.com',
      'Audit event 42, `identity.email_changed`, 2026-11-20 09:30 UTC',
      HEAD,
    ])
  })

  it('is loud about break-glass access: who, what, until when, why, and when it is reviewed', () => {
    const recorded = event('request.break_glass', {
      actor: { kind: 'person', identity: identity('ann') },
      alert: true,
      details: {
        reason: 'INC-42 the <database> burns',
        level: 'admin',
        endsAt: '2026-11-20T10:00:00.000Z',
        reviewDueAt: '2026-11-21T09:30:00.000Z',
        constraints: [],
      },
    })
    const message = alertMessage(recorded)
    assert.deepEqual(lines(message), [
      '🚨 BREAK-GLASS ACCESS OPENED',
      '*Opened by*',
      '<@U0ANN>',
      '*Resource*',
      '`grafana-prod:admin`',
      '*Request*',
      '`7K2M9QXR`',
      '*Ends by itself*',
      '2026-11-20 10:00 UTC',
      '*Review due*',
      '2026-11-21 09:30 UTC',
      'Reason',
      'INC-42 the <database> burns',
      'Nobody approved it. Its card asks the approvers whether it was justified: end the access there if it was not.',
      'Audit event 42, `request.break_glass`, 2026-11-20 09:30 UTC',
      HEAD,
    ])
    assert.equal(
      inUtc(message.text),
      'Break-glass access was opened: <@U0ANN>, `grafana-prod:admin`, to end 2026-11-20 10:00 UTC; review due 2026-11-21 09:30 UTC: INC-42 the &lt;database&gt; burns',
    )
  })

  it('leaves out what an event does not tell', () => {
    const { resourceId: _resource, ...recorded } = event('request.break_glass')
    assert.deepEqual(lines(alertMessage({ ...recorded, details: { endsAt: 'soon' } })), [
      '🚨 BREAK-GLASS ACCESS OPENED',
      '*Opened by*',
      '<@U0KIM>',
      '*Request*',
      '`7K2M9QXR`',
      'Reason',
      '–',
      'Nobody approved it. Its card asks the approvers whether it was justified: end the access there if it was not.',
      'Audit event 42, `request.break_glass`, 2026-11-20 09:30 UTC',
      HEAD,
    ])
  })

  it('notifies with the same in one line', () => {
    const { requestId: _id, ...recorded } = event('policy.blocked', { actor: { kind: 'bot' } })
    assert.equal(
      inUtc(alertMessage(recorded).text),
      'A policy is blocked: The bot, `grafana-prod`. New access to this resource waits until the cause below is gone; access that is already open still ends on time by its own rule.',
    )
  })

  it('names the Slack accounts and both addresses where linking was refused', () => {
    const door = { teamId: '' as SlackTeamId, userId: '' as SlackUserId }
    const {
      requestId: _id,
      resourceId: _resource,
      ...recorded
    } = event('identity.link_refused', {
      actor: {
        kind: 'person',
        identity: { ...door, email: 'mal<b>@example.com', subject: 'sub-1' },
      },
      details: {
        user: 'U0ANN',
        team: 'T0TEAM',
        slackAddress: 'ann@example.com',
        pomeriumAddress: 'mal<b>@example.com',
        linkedTo: 'U0MAL',
        refusal: 'link-subject-taken',
      },
    })
    const message = alertMessage(recorded)
    assertSound(message)
    assert.deepEqual(lines(message).slice(0, 11), [
      '🚨 Linking was refused',
      '*By*',
      'mal<b>@example.com',
      '*Slack account*',
      '<@U0ANN>',
      '*Address in Slack*',
      '`ann@example.com`',
      '*Address in Pomerium*',
      '`mal<b>@example.com`',
      '*Linked to*',
      '<@U0MAL>',
    ])
    assert.match(
      message.text,
      /^Linking was refused: mal&lt;b&gt;@example\.com, <@U0ANN>, `ann@example\.com`, /,
    )
  })

  it('has a remedy for every event that asks for attention', () => {
    const remedies = ACTIONS.filter((action) => EVENT_WORDS[action].remedy !== undefined)
    assert.deepEqual(remedies, [
      'request.break_glass',
      'grant.end_unconfirmed',
      'grant.never_active',
      'grant.review_overdue',
      'identity.email_changed',
      'identity.relinked',
      'identity.link_refused',
      'policy.created',
      'policy.blocked',
      'policy.failing',
      'policy.unblocked',
      'policy.drift_repaired',
      'policy.foreign_rules',
      'policy.foreign_removed',
      'policy.rule_returned',
      'policy.settings_changed',
      'policy.detached',
      'catalogue.rejected',
      'rego.no_decision',
      'message.rerouted',
      'audit.head_published',
      'audit.chain_broken',
      'audit.trail_behind',
      'audit.restore_adopted',
      'audit.heads_not_kept',
      'audit.month_summed_up',
      'audit.stream_failing',
      'audit.archived',
    ])
  })

  it('shows details that are not texts as JSON and stops after twenty', () => {
    const details = Object.fromEntries(
      Array.from({ length: 23 }, (_, n) => [`d${n}`, { n: [n, null] }]),
    )
    const shown = lines(alertMessage(event('policy.foreign_rules', { details })))
    assert.ok(shown.includes('d19: {"n":[19,null]}'))
    assert.ok(!shown.some((line) => line.startsWith('d20')))
    assert.ok(shown.includes('and 3 more'))
  })

  it('bounds the details', () => {
    const details = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`d${n}`, 'x'.repeat(5_000)]),
    )
    const shown = lines(alertMessage(event('policy.blocked', { details })))
    assert.ok(shown.includes(`d0: ${'x'.repeat(399)}…`))
    assert.ok(shown.join('\n').length < 3_000)
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(
      fc.property(anyAction, anyDetails, anyText, (action, details, words) => {
        const resourceId = words as ResourceId
        assertSound(alertMessage(event(action, { details, resourceId })))
      }),
    )
  })
})
