import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
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
import { durationProblemText, fieldProblem, refusalText } from '../../src/slack/wording.ts'
import { helpText, usageText } from '../../src/slack/wording-help.ts'
import { anyText, assertNothingInjected, at, HOSTILE, identity, inUtc, request } from './samples.ts'

const grantOf = (state: 'active' | 'ended') => {
  const of = request({ state })
  if (of.status !== 'approved') throw new Error('not approved')
  return of.grant
}

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
  { code: 'approved-by-you-already' },
  { code: 'requester-not-eligible' },
  ...(['pending', 'active', 'denied', 'cancelled', 'lapsed'] as const).map(
    (state) => ({ code: 'already-decided', request: request({ state, words }) }) as const,
  ),
  { code: 'request-lapsed' },
  { code: 'not-your-request' },
  { code: 'not-yours-to-end' },
  { code: 'not-started' },
  { code: 'already-over', grant: grantOf('ended') },
  { code: 'already-over', grant: grantOf('active') },
  { code: 'already-ending', endedBy: identity('alex') },
  { code: 'nothing-due' },
]

describe('refusalText', () => {
  it('says why and what to do, a different sentence for each refusal', () => {
    const texts = refusals('Name the incident').map(refusalText)
    assert.equal(new Set(texts).size, texts.length)
    for (const text of texts) {
      assert.match(text, /[.…]$/)
      assert.match(text, /[:;.] /)
      assert.doesNotMatch(inUtc(text), /!/)
    }
  })

  it('fills in what it knows', () => {
    const said = (refusal: Refusal) => inUtc(refusalText(refusal))
    assert.deepEqual(
      [
        said({ code: 'email-domain', domains: ['example.com', 'example.org'] }),
        said({ code: 'no-such-resource', resource: '<b>' }),
        said({ code: 'duration-too-long', maxSeconds: 28_800 }),
        said({ code: 'reason-mismatch', hint: 'Name the incident, e.g. INC-42' }),
        said({ code: 'already-decided', request: request({ state: 'denied' }) }),
        said({ code: 'already-over', grant: grantOf('ended') }),
      ],
      [
        'Your Slack e-mail address is not one of ours (example.com and example.org): change it to your work address and try again.',
        'There is no resource `&lt;b&gt;` that you may ask for: `/jit resources` lists those that there are.',
        'This is too long: ask for 8h or less.',
        'The reason lacks something that this resource asks for. Name the incident, e.g. INC-42.',
        '<@U0KIM> denied this request already: the requester has to ask again.',
        'This access was over 2026-11-20 10:00 UTC: nothing is left to end.',
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
      return problem === undefined ? [] : [[refusal.code, problem.field, problem.text]]
    })
    assert.deepEqual(fields, [
      ['no-such-resource', 'resource', 'You may not ask for this resource: choose another one.'],
      ['duration-too-long', 'duration', 'This is too long: ask for 1h or less.'],
      [
        'reason-too-short',
        'reason',
        'The reason is too short: write 10 characters or more. Name the incident.',
      ],
      ['reason-too-short', 'reason', 'The reason is too short: write one character or more.'],
      ['reason-too-long', 'reason', 'The reason is too long: write 1000 characters or fewer.'],
      [
        'reason-mismatch',
        'reason',
        'The reason lacks something that this resource asks for. Name the incident.',
      ],
      [
        'reason-mismatch',
        'reason',
        'The reason lacks something that this resource asks for. Ask an approver what it has to name.',
      ],
      [
        'already-pending',
        'resource',
        'A request of yours for this resource is waiting already: choose another one, or wait.',
      ],
    ])
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
    const commands = [...helpText().matchAll(/^`\/jit ?(\w*)/gm)].map((match) => match[1])
    assert.deepEqual(commands, [
      '',
      'request',
      'mine',
      'pending',
      'approve',
      'deny',
      'cancel',
      'end',
      'resources',
      'help',
    ])
    assertNothingInjected({ type: 'mrkdwn', text: helpText() })
  })
})

describe('usageText', () => {
  it('says what was wrong and how to type it', () => {
    assert.deepEqual(
      [
        usageText({ code: 'missing-id', command: 'approve' }),
        usageText({ code: 'malformed-id', command: 'end', id: '<@U666>' }),
        usageText({ code: 'missing-reason', command: 'deny' }),
        usageText({ code: 'unknown-command', command: 'frobnicate' }).split('\n')[0],
      ],
      [
        'The id of the request is missing. Type `/jit approve &lt;id&gt; [note]`.',
        '`&lt;@U666&gt;` is not the id of a request: ids have eight letters and digits. Type `/jit end &lt;id&gt; [reason]`.',
        'A reason is missing. Type `/jit deny &lt;id&gt; &lt;reason&gt;`.',
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
