import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { LevelId, ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import type { NotAMember, Refusal } from '../../src/domain/refusal.ts'
import {
  code,
  enumerate,
  escapeMrkdwn,
  groupMention,
  inline,
  link,
  time,
  userMention,
} from '../../src/slack/mrkdwn.ts'
import { parseCommandLine } from '../../src/slack/command-line.ts'
import { askedText } from '../../src/slack/wording-done.ts'
import { durationProblemText, fieldProblem } from '../../src/words/field-problem.ts'
import { noticeText, refusalText } from '../../src/slack/wording.ts'
import { helpText, usageText } from '../../src/slack/wording-help.ts'
import {
  anyText,
  assertNothingInjected,
  at,
  extension,
  HOSTILE,
  identity,
  inUtc,
  request,
  view,
} from './samples.ts'

const grantOf = (state: 'active' | 'ended') => {
  const of = request({ state })
  if (of.status !== 'approved') throw new Error('not approved')
  return of.grant
}

const level = (id: string) => id as LevelId

const refusals = (words: string): readonly Refusal[] => [
  ...(
    [
      'unknown',
      'deactivated',
      'guest',
      'bot',
      'external',
      'invited',
      'no-email',
    ] satisfies NotAMember[]
  ).map((why) => ({ code: 'not-a-member', why }) as const),
  { code: 'email-domain', domains: [words, 'example.com'] },
  { code: 'email-changed' },
  { code: 'directory-unavailable' },
  { code: 'no-such-resource', resource: words },
  { code: 'duration-too-long', maxSeconds: 3_600 },
  { code: 'duration-not-offered', choices: [1_800, 3_600, 14_400] },
  { code: 'not-shorter', askedSeconds: 5_400 },
  { code: 'level-needed', levels: [level(words), level('admin')] },
  { code: 'level-needed', resource: 'grafana-prod' as ResourceId, levels: [level(words)] },
  { code: 'start-not-offered' },
  { code: 'start-in-past' },
  { code: 'start-unreadable' },
  { code: 'start-too-far', maxSeconds: 86_400 },
  { code: 'time-zone-unknown' },
  { code: 'beneficiary-not-listed', beneficiary: words },
  { code: 'no-break-glass' },
  { code: 'not-enough-approvers', needed: 2, available: 1 },
  { code: 'not-enough-approvers', needed: 1, available: 0 },
  { code: 'too-many-open-requests', most: 3 },
  { code: 'too-many-grants', most: 5 },
  { code: 'too-many-requests', most: 10 },
  { code: 'rego-denied', reasons: [words, 'freeze'] },
  { code: 'rego-denied', reasons: [] },
  { code: 'rego-silent' },
  { code: 'busy' },
  { code: 'reason-too-short', minLength: 10, hint: words },
  { code: 'reason-too-short', minLength: 1 },
  { code: 'reason-too-long', maxLength: 1_000 },
  { code: 'reason-mismatch', hint: words },
  { code: 'reason-mismatch' },
  { code: 'already-pending' },
  { code: 'no-such-request' },
  { code: 'resource-gone' },
  { code: 'own-request' },
  { code: 'not-an-approver' },
  { code: 'rego-other-approvers', groups: ['S0SRE' as SlackGroupId] },
  { code: 'rego-other-approvers', groups: [] },
  { code: 'approved-by-you-already' },
  { code: 'approved-without-step-up' },
  { code: 'stage-not-open', stage: words },
  { code: 'stage-not-open', stage: '' },
  { code: 'requester-not-eligible' },
  ...(['pending', 'active', 'denied', 'cancelled', 'lapsed'] as const).map(
    (state) => ({ code: 'already-decided', request: request({ state, words }) }) as const,
  ),
  {
    code: 'already-decided',
    request: request({ state: 'granting', automatic: 'self_activation' }),
  },
  { code: 'already-decided', request: request({ state: 'active', kind: 'break-glass' }) },
  { code: 'already-decided', request: request({ state: 'cancelled', why: 'deactivated' }) },
  { code: 'request-lapsed' },
  { code: 'not-your-request' },
  { code: 'not-yours-to-end' },
  { code: 'not-started' },
  { code: 'already-over', grant: grantOf('ended') },
  { code: 'already-over', grant: grantOf('active') },
  { code: 'already-ending', endedBy: identity('alex') },
  { code: 'not-yours-to-extend' },
  { code: 'not-extendable' },
  { code: 'extended-too-often', times: 2 },
  { code: 'extension-too-long', maxSeconds: 7_200 },
  { code: 'beyond-maximum', maxSeconds: 28_800, leftSeconds: 1_800 },
  { code: 'beyond-maximum', maxSeconds: 28_800, leftSeconds: 59 },
  { code: 'nothing-to-review' },
  { code: 'already-reviewed', by: identity('kim') },
  { code: 'nothing-due' },
  { code: 'link-needed' },
  { code: 'link-outdated' },
  { code: 'linked-to-another' },
  { code: 'link-code-wrong' },
  { code: 'link-email-differs' },
  { code: 'link-subject-taken' },
  { code: 'not-linked' },
  { code: 'no-pages' },
  { code: 'not-an-auditor' },
  { code: 'step-up-needed' },
  { code: 'step-up-needed', page: 'https://jit.example.com/requests/7K2M9QXR' },
]

describe('refusalText', () => {
  it('says why and what to do, a different sentence for each refusal', () => {
    const texts = refusals('Name the incident').map(refusalText)
    assert.deepEqual(
      texts.filter((text, index) => texts.indexOf(text) !== index),
      [],
    )
    for (const text of texts) {
      assert.match(text, /[.…]$/)
      assert.match(text, /[:;.] /)
      assert.doesNotMatch(inUtc(text).replace('<!subteam^S0SRE>', ''), /!/)
    }
  })

  it('fills in what it knows', () => {
    const said = (refusal: Refusal) => inUtc(refusalText(refusal))
    assert.deepEqual(
      [
        said({ code: 'email-domain', domains: ['example.com', 'example.org'] }),
        said({ code: 'no-such-resource', resource: '<b>' }),
        said({ code: 'level-needed', levels: [level('read'), level('admin')] }),
        said({
          code: 'level-needed',
          resource: 'grafana-prod' as ResourceId,
          levels: [level('read')],
        }),
        said({ code: 'duration-too-long', maxSeconds: 28_800 }),
        said({ code: 'duration-not-offered', choices: [1_800, 3_600, 14_400] }),
        said({ code: 'beneficiary-not-listed', beneficiary: 'user@partner.example' }),
        said({ code: 'not-enough-approvers', needed: 2, available: 1 }),
        said({ code: 'rego-denied', reasons: ['Change freeze.', 'No <b>'] }),
        said({ code: 'reason-mismatch', hint: 'Name the incident, e.g. INC-42' }),
        said({ code: 'stage-not-open', stage: 'Security' }),
        said({ code: 'stage-not-open', stage: '' }),
        said({
          code: 'rego-other-approvers',
          groups: ['S0SRE' as SlackGroupId, 'S0SEC' as SlackGroupId],
        }),
        said({ code: 'rego-other-approvers', groups: [] }),
        said({ code: 'already-decided', request: request({ state: 'denied' }) }),
        said({ code: 'already-over', grant: grantOf('ended') }),
        said({ code: 'step-up-needed', page: 'https://jit.example.com/requests/7K2M9QXR' }),
      ],
      [
        'Your Slack e-mail address is not one of ours (example.com and example.org): change it to your work address and try again.',
        'There is no resource `&lt;b&gt;` that you may ask for: `/jit resources` lists those that there are.',
        'This resource is asked for at a level (`read` and `admin`): write one behind the name, as in `resource:read`.',
        'This resource is asked for at a level (`read`): write one behind the name, as in `grafana-prod:read`.',
        'This is too long: ask for 8h or less.',
        'This resource is not offered for that long: ask for 30m, 1h or 4h.',
        'You may not ask for `user@partner.example` here: check the address and the resource, or ask an operator to list them.',
        'This takes 2 approvals and only one person could give one, so nothing was asked: ask an operator to name more approvers.',
        'The Rego policy does not allow this (Change freeze; No &lt;b&gt;): change what it objects to, or ask an operator.',
        'The reason lacks something that this resource asks for. Name the incident, e.g. INC-42.',
        'The stage that waits for an approval is “Security”, which is not yours: its approvers are named on the card.',
        'The stage that waits for an approval is not yours: its approvers are named on the card.',
        "The organisation's policy wants an approver from <!subteam^S0SRE> and <!subteam^S0SEC> here: ask one of them.",
        "The organisation's policy accepts no approver here: ask an operator.",
        '<@U0KIM> denied this request already: the requester has to ask again.',
        'This access was over 2026-11-20 10:00 UTC: nothing is left to end or to extend.',
        'A Slack account alone cannot open this: link yours to your Pomerium identity with `/jit link`, once, and decide on <https://jit.example.com/requests/7K2M9QXR|the page behind Pomerium>.',
      ],
    )
  })

  it('is short and injects nothing, whatever it quotes', () => {
    fc.assert(
      fc.property(anyText, (words) => {
        for (const text of refusals(words).map(refusalText)) {
          assert.ok(text.length > 20 && text.length <= 2_000)
          assertNothingInjected({ type: 'mrkdwn', text })
        }
      }),
    )
  })
})

describe('fieldProblem', () => {
  it('names the field that a refusal is about, and none for the others', () => {
    const fields = refusals('Name the incident').flatMap((refusal) => {
      const problem = fieldProblem(refusal)
      return problem === undefined ? [] : [[refusal.code, problem.field]]
    })
    assert.deepEqual(Object.fromEntries(fields), {
      'no-such-resource': 'resource',
      'level-needed': 'resource',
      'already-pending': 'resource',
      'no-break-glass': 'resource',
      'not-enough-approvers': 'resource',
      'beneficiary-not-listed': 'beneficiary',
      'duration-too-long': 'duration',
      'duration-not-offered': 'duration',
      'not-shorter': 'duration',
      'extension-too-long': 'duration',
      'beyond-maximum': 'duration',
      'start-not-offered': 'start',
      'start-in-past': 'start',
      'start-unreadable': 'start',
      'start-too-far': 'start',
      'time-zone-unknown': 'start',
      'reason-too-short': 'reason',
      'reason-too-long': 'reason',
      'reason-mismatch': 'reason',
    })
  })

  it('says what to write there, as plain text', () => {
    const said = (refusal: Refusal) => fieldProblem(refusal)?.text
    assert.deepEqual(
      [
        said({ code: 'level-needed', levels: [level('read'), level('admin')] }),
        said({ code: 'not-shorter', askedSeconds: 5_400 }),
        said({ code: 'start-too-far', maxSeconds: 86_400 }),
        said({ code: 'beyond-maximum', maxSeconds: 28_800, leftSeconds: 1_800 }),
        said({ code: 'beyond-maximum', maxSeconds: 28_800, leftSeconds: 0 }),
        said({ code: 'reason-too-short', minLength: 10, hint: 'Name <the> incident' }),
        said({ code: 'duration-not-offered', choices: [3_600] }),
        said({
          code: 'duration-not-offered',
          choices: Array.from({ length: 12 }, (_, n) => 60 * (n + 1)),
        }),
      ],
      [
        'This resource is asked for at a level: choose read or admin.',
        'What was asked, 1h30m, can only be shortened: name a shorter time, or none to approve it as it is.',
        'This start is too far away: choose one within 1d from now.',
        'The access may last 8h in all: ask for 30m more or less.',
        'The access lasts 8h already, the most that it may: ask for new access when it has ended.',
        'The reason is too short: write 10 characters or more. Name <the> incident.',
        'This resource is not offered for that long: ask for 1h.',
        'This resource is not offered for that long: ask for 1m, 2m, 3m, 4m, 5m, 6m, 7m, 8m, 9m, 10m or another one.',
      ],
    )
  })
})

describe('noticeText', () => {
  it('says why people decide this time', () => {
    assert.deepEqual(
      [
        noticeText({ code: 'rego-silent' }),
        noticeText({ code: 'automatic-limit-reached', count: 3, seconds: 86_400 }),
      ],
      [
        'The Rego policy gave no answer, so people decide; the operators were told.',
        'People decide this time: you had as many automatic approvals as one person may within 1d (3).',
      ],
    )
  })
})

describe('askedText', () => {
  it('says what was asked, for whom and from when, and what comes next', () => {
    const vendor = view({
      state: 'pending',
      kind: 'sponsored',
      beneficiary: 'user@partner.example',
      startsAt: at('14:00'),
    })
    assert.deepEqual(
      [
        askedText(vendor),
        askedText(view({ state: 'granting', kind: 'break-glass' })),
        askedText(extension({ state: 'pending' })),
        askedText(extension({ state: 'extended' })),
        askedText(view({ state: 'lapsed' })),
      ].map(inUtc),
      [
        'Asked for Grafana (production) (`grafana-prod`) for 1h30m, on behalf of `user@partner.example`, from 2026-11-20 14:00 UTC. Request `7K2M9QXR` waits for an answer; a direct message tells you how it goes on.',
        'Opening Grafana (production) (`grafana-prod`) for 1h30m. The audit channel reads of Request `7K2M9QXR`, and the approvers are asked to review it; a direct message says when Pomerium has confirmed the rule.',
        'Asked for 1h more of Grafana (production) (`grafana-prod`). Request `7K2M9QXR` waits for an answer; a direct message tells you how it goes on.',
        'Approved 1h more of Grafana (production) (`grafana-prod`). A direct message says when Pomerium has confirmed the later end.',
        'Request `7K2M9QXR`: Lapsed.',
      ],
    )
  })
})

describe('durationProblemText', () => {
  it('says what to write instead', () => {
    assert.deepEqual(
      (['missing', 'malformed', 'zero', 'too-long'] as const).map(durationProblemText),
      [
        'Say how long you need it, e.g. 30m, 1h30m or 2d.',
        'Write whole minutes, hours or days, e.g. 30m, 1h30m or 2d.',
        'Ask for one minute or more.',
        'Ask for 30 days or less.',
      ],
    )
  })
})

describe('helpText', () => {
  it('lists every command', () => {
    const commands = [...helpText().matchAll(/^`\/jit ?([\w-]*)/gm)].map((match) => match[1])
    assert.deepEqual(commands, [
      '',
      'request',
      'break-glass',
      'mine',
      'extend',
      'end',
      'cancel',
      'pending',
      'approve',
      'shorten',
      'deny',
      'reviews',
      'review',
      'review',
      'resources',
      'link',
      'audit',
      'help',
    ])
    assertNothingInjected({ type: 'mrkdwn', text: helpText() })
    assert.ok(helpText().length <= 3_000)
  })

  it('names no command that is not understood', () => {
    for (const [, line = ''] of helpText().matchAll(/^`(?:\/jit ?)([^`]*)`/gm)) {
      const typed = line
        .replaceAll(/&lt;id&gt;/g, '7K2M9QXR')
        .replaceAll(/&lt;duration&gt;/g, '2h')
        .replaceAll(/&lt;\w+&gt;|\[[^\]]*\]/g, (word) => (word.startsWith('[') ? '' : 'words'))
      assert.notEqual(parseCommandLine(typed).type, 'usage', typed)
    }
  })
})

describe('usageText', () => {
  it('says what was wrong and how to type it', () => {
    assert.deepEqual(
      [
        usageText({ code: 'missing-id', command: 'approve' }),
        usageText({ code: 'malformed-id', command: 'end', id: '<@U666>' }),
        usageText({ code: 'missing-reason', command: 'deny' }),
        usageText({ code: 'bad-duration', command: 'shorten', problem: 'missing' }),
        usageText({ code: 'bad-duration', command: 'shorten', problem: 'malformed' }),
        usageText({ code: 'missing-verdict', command: 'review' }),
        usageText({ code: 'audit-word', word: '<!channel>' }),
        usageText({ code: 'audit-mention', word: '@kim' }),
        usageText({ code: 'audit-several' }),
        usageText({ code: 'audit-window', problem: 'too-long' }),
        usageText({ code: 'audit-window', problem: 'zero' }),
        usageText({ code: 'unknown-command', command: 'frobnicate' }).split('\n')[0],
      ],
      [
        'The id of the request is missing. Type `/jit approve &lt;id&gt; [note]`.',
        '`&lt;@U666&gt;` is not the id of a request: ids have eight letters and digits. Type `/jit end &lt;id&gt; [reason]`.',
        'A reason is missing. Type `/jit deny &lt;id&gt; &lt;reason&gt;`.',
        'The time is missing. Type `/jit shorten &lt;id&gt; &lt;duration&gt; [note]`.',
        'Write whole minutes, hours or days, e.g. 30m, 1h30m or 2d. Type `/jit shorten &lt;id&gt; &lt;duration&gt; [note]`.',
        'Say whether the access was justified. Type `/jit review &lt;id&gt; justified [note]` or `/jit review &lt;id&gt; not-justified &lt;note&gt;`.',
        '`&lt;!channel&gt;` is neither a person, a resource nor the id of a request. Type `/jit audit [@user|address|resource|id] [7d]`.',
        'Slack did not say whom `@kim` means: choose the person from the list that Slack shows while you type, or give their e-mail address. Type `/jit audit [@user|address|resource|id] [7d]`.',
        'Give one person, resource or request, and one time. Type `/jit audit [@user|address|resource|id] [7d]`.',
        'So far back is too much for an answer in Slack: write 366d or less. Type `/jit audit [@user|address|resource|id] [7d]`.',
        'Ask for one minute or more. Type `/jit audit [@user|address|resource|id] [7d]`.',
        'There is no command `frobnicate`.',
      ],
    )
  })

  it('injects nothing', () => {
    for (const words of HOSTILE) {
      assertNothingInjected({
        type: 'mrkdwn',
        text: usageText({ code: 'unknown-command', command: words }),
      })
      assertNothingInjected({
        type: 'mrkdwn',
        text: usageText({ code: 'malformed-id', command: 'end', id: words }),
      })
    }
  })
})

describe('escapeMrkdwn', () => {
  it('escapes the three characters that Slack reads as control', () => {
    assert.equal(escapeMrkdwn('<!here> & <@U1> &amp;'), '&lt;!here&gt; &amp; &lt;@U1&gt; &amp;amp;')
  })
})

describe('inline', () => {
  it('is one escaped line', () => {
    assert.equal(inline(' a\n\n*b*\t<c> ', 50), 'a *b* &lt;c&gt;')
  })

  it('cuts between characters, not inside an escape', () => {
    assert.equal(inline('&&&&', 12), '&amp;&amp;…')
    assert.equal(inline('<<<<', 3), '…')
  })

  it('never exceeds the length and keeps what fits', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 300 }), (text, max) => {
        assert.ok(inline(text, max).length <= max)
      }),
    )
  })
})

describe('code', () => {
  it('cannot be left by a backtick', () => {
    assert.equal(code('a`b`', 20), "`a'b'`")
    assert.equal(code('\u200b', 20), '')
  })
})

describe('mentions', () => {
  it('mark people and groups', () => {
    assert.deepEqual(
      [userMention('U0ANN'), groupMention('S0SRE')],
      ['<@U0ANN>', '<!subteam^S0SRE>'],
    )
  })

  it('mark nothing that is not an id', () => {
    assert.deepEqual(
      [userMention('U1> <!channel'), groupMention('S1|<!here>'), userMention('U'.repeat(65))],
      ['U1&gt; &lt;!channel', 'S1|&lt;!here&gt;', `${'U'.repeat(63)}…`],
    )
  })
})

describe('time', () => {
  it('is in the zone of each reader, and in UTC where Slack cannot do better', () => {
    assert.equal(
      time(at('11:00')),
      '<!date^1795172400^{date_short_pretty} {time}|2026-11-20 11:00 UTC>',
    )
    assert.equal(time(new Date(Number.NaN)), 'an unknown time')
  })
})

describe('link', () => {
  it('links to http and https only', () => {
    assert.equal(link('https://a.example/?x=1&y=2', 'A'), '<https://a.example/?x=1&amp;y=2|A>')
    assert.equal(link('javascript:alert(1)', 'A'), 'A')
  })
})

describe('enumerate', () => {
  it('joins names and counts those beyond the tenth', () => {
    const names = Array.from('abcdefghijkl')
    assert.deepEqual(
      [
        enumerate([]),
        enumerate(['a']),
        enumerate(['a', 'b']),
        enumerate(names.slice(0, 10)),
        enumerate(names),
      ],
      [
        '',
        'a',
        'a and b',
        'a, b, c, d, e, f, g, h, i and j',
        'a, b, c, d, e, f, g, h, i and 3 more',
      ],
    )
  })
})
