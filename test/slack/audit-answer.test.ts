import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AuditFilter } from '../../src/app/audit-cases.ts'
import { WINDOWS_MAX } from '../../src/app/audit-cases.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import type { RequestId, ResourceId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { auditAnswer } from '../../src/slack/audit-answer.ts'
import type { Message } from '../../src/slack/wording-blocks.ts'
import { EVENT_WORDS } from '../../src/slack/wording-event.ts'
import {
  accessWindow,
  anyText,
  assertSound,
  at,
  buttonsOf,
  digest,
  event,
  identity,
  lines,
} from './samples.ts'

const PAGE = 'https://jit.example.com/audit?resource=grafana-prod&from=2026-11-20T08%3A00'
const times = <T>(count: number, value: T): readonly T[] =>
  Array.from({ length: count }, () => value)
const headingOf = (filter: AuditFilter) => lines(auditAnswer(digest({ filter })))[0]
const urlsOf = ({ blocks }: Message) =>
  blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.map((each) => 'url' in each && each.url) : [],
  )

describe('auditAnswer', () => {
  it('says what happened, by whom, who has access and until when, and where the rest is', () => {
    const { requestId: _, ...withoutRequest } = event('policy.blocked', {
      alert: true,
      actor: { kind: 'bot' },
    })
    const message = auditAnswer(
      digest({
        page: PAGE,
        events: [
          event('grant.activated', { actor: { kind: 'bot' } }),
          event('request.create_refused', {
            details: { refusal: 'reason-too-short', reason: 'INC *1* `x`' },
          }),
          withoutRequest,
        ],
        families: new Map([
          ['request', 2],
          ['grant', 1],
        ]),
        counted: 3,
        windows: [
          accessWindow(),
          accessWindow({ from: at('10:30') }),
          accessWindow({ to: at('09:50'), isOver: true }),
        ],
      }),
    )
    assertSound(message)
    assert.deepEqual(lines(message), [
      '*On record of `grafana-prod` since 2026-11-20 08:00 UTC*',
      '3 events: `request` 2 and `grant` 1.',
      '*Who had access*',
      '`ann@example.com` has `grafana-prod` (`7K2M9QXR`) since 2026-11-20 09:30 UTC, until 2026-11-20 11:00 UTC',
      '`ann@example.com` is to have `grafana-prod` (`7K2M9QXR`) from 2026-11-20 10:30 UTC to 2026-11-20 11:00 UTC',
      '`ann@example.com` had `grafana-prod` (`7K2M9QXR`) from 2026-11-20 09:30 UTC to 2026-11-20 09:50 UTC',
      '*Newest events*',
      '2026-11-20 09:30 UTC Access became active, by the bot, `grafana-prod`, `7K2M9QXR`',
      "2026-11-20 09:30 UTC A request was refused, by <@U0KIM>, `grafana-prod`, `7K2M9QXR`, reason too short, `INC *1* 'x'`",
      '2026-11-20 09:30 UTC 🚨 A policy is blocked, by the bot, `grafana-prod`',
      'That you read this is on record.',
      'Open in the audit page',
      'CSV',
    ])
    assert.deepEqual(urlsOf(message), [PAGE, `${PAGE}#export`])
  })

  for (const [filter, heading] of [
    [{}, '*On record*'],
    [{ from: at('08:00') }, '*On record since 2026-11-20 08:00 UTC*'],
    [{ person: { userId: 'U0KIM' as SlackUserId } }, '*On record of <@U0KIM>*'],
    [{ person: { email: 'a@b.example' } }, '*On record of `a@b.example`*'],
    [{ requestId: '7K2M9QXR' as RequestId }, '*On record of request `7K2M9QXR`*'],
  ] as const)
    it(`is headed ${heading}`, () => assert.equal(headingOf(filter), heading))

  it('says that there is nothing, with nothing to take', () => {
    const nothing = { events: [], families: new Map(), counted: 0, windows: [] }
    const small = 'That you read this is on record.'
    const heading = '*On record of `grafana-prod` since 2026-11-20 08:00 UTC*'
    assert.deepEqual(lines(auditAnswer(digest(nothing))), [heading, 'No event.', small])
    const paged = auditAnswer(digest({ ...nothing, page: PAGE }))
    assert.deepEqual(urlsOf(paged), [PAGE])
  })

  it('says that it counted the newest alone, and shows some of much access', () => {
    const many = digest({
      families: new Map([['grant', 1_000]]),
      counted: 1_000,
      isCountedOut: false,
      windows: times(9, accessWindow()),
    })
    const shown = lines(auditAnswer(many))
    assert.equal(shown[1], 'More than 1000 events; of the newest 1000: `grant` 1000.')
    assert.equal(shown.filter((line) => line.includes(' has ')).length, 8)
    assert.ok(shown.includes('Access that was found: 9; 8 are shown.'))
    const cut = auditAnswer({ ...many, windows: times(WINDOWS_MAX, accessWindow()) })
    assert.ok(lines(cut).includes('Access that was found: 200 or more; 8 are shown.'))
  })

  it('names the command for the CSV where there are no pages, safe for a shell', () => {
    const commandOf = (filter: AuditFilter) => {
      const message = auditAnswer(digest({ filter }))
      assert.deepEqual(buttonsOf(message), [])
      return lines(message).find((line) => line.startsWith('As CSV'))
    }
    const command = 'As CSV, an operator exports it: `npm run jit -- audit export --format csv'
    assert.equal(
      commandOf({ resourceId: 'grafana-prod' as ResourceId, from: at('08:00') }),
      `${command} --from 2026-11-20T08:00:00.000Z --resource grafana-prod\``,
    )
    assert.equal(
      commandOf({ person: { email: '$HOME&reboot@b.example' } }),
      `${command} --person '$HOME&reboot@b.example'\``,
    )
  })

  it('is taken by Slack and notifies nobody, whatever people wrote', () => {
    const actions = Object.keys(EVENT_WORDS) as AuditAction[]
    const anyEvent = fc
      .record({ action: fc.constantFrom(...actions), text: anyText, knowsUser: fc.boolean() })
      .map(({ action, text, knowsUser }) =>
        event(action, {
          actor: {
            kind: 'person',
            identity: knowsUser
              ? identity('kim')
              : { teamId: '' as SlackTeamId, userId: '' as SlackUserId, email: text },
          },
          alert: true,
          resourceId: text as ResourceId,
          details: { reason: text, refusal: text },
        }),
      )
    fc.assert(
      fc.property(
        fc.array(anyEvent, { minLength: 1, maxLength: 10, size: 'max' }),
        anyText,
        fc.constantFrom(PAGE, undefined),
        (events, text, page) => {
          const windows = times(
            10,
            accessWindow({ email: text, resourceId: text as ResourceId, isOver: true }),
          )
          for (const filter of [
            { person: { email: text }, from: at('08:00') },
            { person: { userId: 'U0KIM' as SlackUserId } },
            { resourceId: text as ResourceId },
          ])
            assertSound(auditAnswer(digest({ filter, events, windows, ...(page && { page }) })))
        },
      ),
      { numRuns: 60 },
    )
  })
})
