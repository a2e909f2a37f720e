import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAnswers } from '../../src/slack/answers.ts'
import { helpText, usageText } from '../../src/slack/wording-help.ts'
import { refusalText } from '../../src/slack/wording.ts'
import { silentLog } from '../support/log.ts'
import { startApi } from './api.ts'
import { digest, identity, lines, view } from './samples.ts'
import type { Stage } from './stage.ts'
import { ANN, CHANNEL, KIM, startStage, toldTo } from './stage.ts'

const ID = '7K2M9QXR'
const REFUSAL = { code: 'not-an-approver' } as const
const refused = () => Promise.resolve({ ok: false as const, refusal: REFUSAL })

/** Types a command as Ann and waits until everything that follows it is over. */
async function type(stage: Stage, text: string): Promise<void> {
  const ack = await stage.slack.command(ANN, CHANNEL, '/jit', text)
  assert.deepEqual([ack.status, ack.problem], [200, undefined])
  assert.equal(await stage.app.drained(5_000), true)
}

const keysOf = (stage: Stage) =>
  stage.useCases.calls.map(({ input }) => (input as { idempotencyKey: string }).idempotencyKey)

/** The first line of a text as people read it. */
const shown = (mrkdwn: string) =>
  lines({ text: mrkdwn, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: mrkdwn } }] })[0]

describe('/jit in one line', () => {
  it('asks for access and says what comes next', async () => {
    await using stage = await startStage()
    await type(stage, 'request grafana-prod 1h30m INC-42 dashboards are red')
    const idempotencyKey = keysOf(stage)[0]
    assert.match(idempotencyKey ?? '', /^command:\S+$/)
    const input = {
      actor: ANN,
      via: 'command',
      resource: 'grafana-prod',
      durationSeconds: 5_400,
      reason: 'INC-42 dashboards are red',
      idempotencyKey,
    }
    assert.deepEqual(stage.useCases.calls, [{ method: 'requestAccess', input }])
    assert.match(toldTo(stage, ANN).join(), /Asked for Grafana.* for 1h30m\. Request .*7K2M9QXR/)
  })

  it('gives a repeated delivery the same key, and another command another one', async () => {
    await using stage = await startStage()
    await type(stage, 'request grafana-prod 1h INC-42')
    await stage.slack.redeliver(2)
    await stage.app.drained(5_000)
    await type(stage, 'request grafana-prod 1h INC-42')
    const keys = keysOf(stage)
    assert.equal(keys.length, 4)
    assert.equal(new Set(keys.slice(0, 3)).size, 1)
    assert.equal(new Set(keys).size, 2)
  })

  it('hands back what was typed when it is refused, as words that are no markup', async () => {
    await using stage = await startStage()
    const refusal = { code: 'duration-too-long', maxSeconds: 3_600 } as const
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal }))
    await type(stage, 'request grafana-prod 9h <!channel> &lt;!here&gt; `INC`')
    const [told] = stage.slack.ephemerals(ANN)
    assert.equal(told?.text, refusalText(refusal))
    const marked = JSON.stringify(told?.blocks)
    assert.match(marked, /You typed: `\/jit request grafana-prod 9h @channel &lt;!here&gt; 'INC'`/)
  })

  it('opens the form with everything that was typed and the problem on its field', async () => {
    await using stage = await startStage()
    const refusal = { code: 'reason-mismatch', hint: 'Name the incident' } as const
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal }))
    const vendor = '<mailto:user@partner.example|user@partner.example>'
    await type(stage, `request grafana-prod for ${vendor} 90m from tomorrow 9:05 no number`)
    const [top] = stage.slack.views(ANN)
    const held = Object.values(top?.values ?? {}).flatMap(Object.values) as readonly {
      value?: string
      selected_option?: { value: string }
    }[]
    assert.deepEqual(
      held.map((state) => state.selected_option?.value ?? state.value),
      ['grafana-prod', 'user@partner.example', '1h30m', 'tomorrow 9:05', 'no number'],
    )
    const shown = stage.slack.visibleText(top?.content ?? {})
    assert.match(
      shown,
      /The reason lacks something that this resource asks for\. Name the incident/,
    )
    assert.match(toldTo(stage, ANN).join(), /The reason lacks something.*You typed/s)
  })

  it('says it in words alone when the form does not open, or would not help', async () => {
    await using stage = await startStage()
    const refusals = [
      { code: 'duration-too-long', maxSeconds: 3_600 },
      { code: 'too-many-requests', most: 10 },
    ] as const
    stage.slack.fail('views.open', { kind: 'error', error: 'expired_trigger_id' }, 1)
    for (const refusal of refusals) {
      stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal }))
      await type(stage, 'request grafana-prod 9h INC-42')
    }
    assert.deepEqual(stage.slack.views(ANN), [])
    const told = toldTo(stage, ANN)
    assert.equal(told.length, 2)
    for (const text of told) assert.match(text, /You typed: .\/jit request grafana-prod 9h INC-42/)
    assert.doesNotMatch(told.join(), /did not open/)
  })

  it('is acknowledged while the work hangs', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('requestAccess', async () => {
      await gate.promise
      return refused()
    })
    const ack = await stage.slack.command(ANN, CHANNEL, '/jit', 'request grafana-prod 1h INC-42')
    assert.deepEqual([ack.status, ack.body], [200, ''])
    assert.equal(stage.app.inFlight(), 1)
    gate.resolve()
    await stage.app.drained(5_000)
    assert.equal(toldTo(stage, ANN).length, 1)
  })
})

describe('/jit in one line, beyond the common request', () => {
  it('asks for a level, for a vendor, from a time on', async () => {
    await using stage = await startStage()
    const vendor = '<mailto:user@partner.example|user@partner.example>'
    await type(stage, `request grafana-prod:read for ${vendor} 2h from tomorrow 9:00 INC-42 audit`)
    const input = {
      actor: ANN,
      via: 'command',
      resource: 'grafana-prod:read',
      durationSeconds: 7_200,
      reason: 'INC-42 audit',
      start: { type: 'wall', day: 'tomorrow', hour: 9, minute: 0 },
      beneficiary: 'user@partner.example',
      idempotencyKey: keysOf(stage)[0],
    }
    assert.deepEqual(stage.useCases.calls, [{ method: 'requestAccess', input }])
  })

  it('asks for a later end', async () => {
    await using stage = await startStage()
    await type(stage, `extend ${ID} 1h still red`)
    const idempotencyKey = keysOf(stage)[0]
    assert.match(idempotencyKey ?? '', /^command:\S+$/)
    const input = {
      actor: ANN,
      via: 'command',
      id: ID,
      durationSeconds: 3_600,
      reason: 'still red',
      idempotencyKey,
    }
    assert.deepEqual(stage.useCases.calls, [{ method: 'extendGrant', input }])
    assert.match(toldTo(stage, ANN).join(), /Asked for 1h more of Grafana/)
  })

  for (const [what, value, notice, texts] of [
    [
      'that a rule approved it',
      view({ state: 'granting', automatic: 'self_activation' }),
      undefined,
      [/Approved Grafana.* for 1h30m/, /when Pomerium has confirmed/],
    ],
    [
      'that people decide, for want of an answer of the policy',
      view({ state: 'pending' }),
      { code: 'rego-silent' },
      [/waits for an answer/, /policy gave no answer, so people decide/],
    ],
    [
      'that the automatic approvals are used up',
      view({ state: 'pending' }),
      { code: 'automatic-limit-reached', count: 3, seconds: 86_400 },
      [/waits for an answer/, /as many automatic approvals as one person may within 1d \(3\)/],
    ],
    [
      'how a request stands that was answered when its command came again',
      view({ state: 'denied' }),
      undefined,
      [/Request .7K2M9QXR.: Denied/],
    ],
  ] as const)
    it(`says ${what}`, async () => {
      await using stage = await startStage()
      const told = notice === undefined ? {} : { notice }
      stage.useCases.script('requestAccess', () => Promise.resolve({ ok: true, value, ...told }))
      await type(stage, 'request grafana-prod 90m INC-42 is red')
      for (const text of texts) assert.match(toldTo(stage, ANN).join(), text)
    })

  it('hands a reason of thousands of characters to the decision, which refuses it', async () => {
    await using stage = await startStage()
    const refusal = { code: 'reason-too-long', maxLength: 1_000 } as const
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal }))
    await type(stage, `request grafana-prod 1h ${'x'.repeat(3_900)}`)
    assert.match(toldTo(stage, ANN).join(), /write 1000 characters or fewer/)
  })
})

describe('/jit with a request id', () => {
  for (const [line, method, input] of [
    [`approve ${ID}`, 'approveRequest', { id: ID }],
    [`Approve ${ID} fine`, 'approveRequest', { id: ID, note: 'fine' }],
    [`shorten ${ID} 30m`, 'approveRequest', { id: ID, durationSeconds: 1_800 }],
    [
      `shorten ${ID} 30m is enough`,
      'approveRequest',
      { id: ID, durationSeconds: 1_800, note: 'is enough' },
    ],
    [`deny ${ID} not now`, 'denyRequest', { id: ID, reason: 'not now' }],
    [`review ${ID} justified`, 'reviewGrant', { id: ID, verdict: 'justified' }],
    [
      `review ${ID} not-justified no incident`,
      'reviewGrant',
      { id: ID, verdict: 'not-justified', note: 'no incident' },
    ],
    [`cancel ${ID}`, 'cancelRequest', { id: ID }],
    [`end ${ID}`, 'endGrant', { id: ID }],
    [`end ${ID} done`, 'endGrant', { id: ID, reason: 'done' }],
  ] as const) {
    it(`does "${line}" and says so`, async () => {
      await using stage = await startStage()
      await type(stage, line)
      const wish = { actor: ANN, via: 'command', ...input }
      assert.deepEqual(stage.useCases.calls, [{ method, input: wish }])
      assert.match(toldTo(stage, ANN).join(), /7K2M9QXR/)
    })

    it(`says why "${line}" was refused`, async () => {
      await using stage = await startStage()
      stage.useCases.script(method, refused)
      await type(stage, line)
      const told = toldTo(stage, ANN).join()
      assert.match(told, /You may not answer this request/)
      assert.ok(told.includes(`/jit ${line}`), told)
    })
  }

  for (const command of [
    `deny ${ID}`,
    `approve ${ID}`,
    `shorten ${ID} 30m`,
    `end ${ID}`,
    `review ${ID} not-justified`,
  ])
    it(`takes no words behind "${command}" that are longer than a reason may be`, async () => {
      await using stage = await startStage()
      await type(stage, `${command} ${'x'.repeat(1_001)}`)
      assert.deepEqual(stage.useCases.calls, [])
      assert.match(toldTo(stage, ANN).join(), /write 1000 characters or fewer/)
    })

  it('hands back what was typed when the form of an extension does not open', async () => {
    await using stage = await startStage()
    stage.slack.fail('views.open', { kind: 'error', error: 'expired_trigger_id' })
    await type(stage, `extend ${ID} still <@U1|kim> at it`)
    const told = toldTo(stage, ANN).join()
    assert.match(told, /The form did not open: try again, or type .\/jit extend 7K2M9QXR duration/)
    assert.match(told, /You typed: .\/jit extend 7K2M9QXR still @kim at it/)
  })

  it('says that an approver cannot lengthen what was asked, with what was typed', async () => {
    await using stage = await startStage()
    const refusal = { code: 'not-shorter', askedSeconds: 3_600 } as const
    stage.useCases.script('approveRequest', () => Promise.resolve({ ok: false, refusal }))
    await type(stage, `shorten ${ID} 8h sure`)
    const told = toldTo(stage, ANN).join()
    assert.match(told, /What was asked, 1h, can only be shortened/)
    assert.match(told, /You typed: .\/jit shorten 7K2M9QXR 8h sure/)
  })

  it('says who reviewed already, and that nobody reviews their own', async () => {
    await using stage = await startStage()
    for (const [refusal, text] of [
      [{ code: 'own-request' }, /You cannot answer your own request/],
      [{ code: 'already-reviewed', by: identity('kim') }, /U0KIM.* reviewed this access already/],
      [{ code: 'nothing-to-review' }, /There is nothing to review here/],
    ] as const) {
      stage.useCases.script('reviewGrant', () => Promise.resolve({ ok: false, refusal }))
      await type(stage, `review ${ID} justified`)
      assert.match(toldTo(stage, ANN).at(-1) ?? '', text)
    }
  })
})

describe('/jit lists', () => {
  for (const [line, method, heading] of [
    ['mine', 'requestsOf', 'Your requests'],
    ['pending', 'requestsWaitingFor', 'Requests that wait for your answer'],
    ['reviews', 'reviewsWaitingFor', 'that waits for your review'],
    ['resources', 'offersFor', 'You may ask for'],
  ] as const) {
    it(`shows ${line}`, async () => {
      await using stage = await startStage()
      await type(stage, line)
      assert.deepEqual(stage.useCases.calls, [{ method, input: ANN }])
      assert.ok(toldTo(stage, ANN).join().includes(heading))
    })

    it(`says why it does not show ${line}`, async () => {
      await using stage = await startStage()
      stage.useCases.script(method, () =>
        Promise.resolve({ ok: false, refusal: { code: 'directory-unavailable' } }),
      )
      await type(stage, line)
      assert.match(toldTo(stage, ANN).join(), /nothing was decided/)
    })
  }
})

describe('/jit link', () => {
  const CODE = 'AB12-CD34'

  it('gives the code, its page and how long it works to the asker alone', async () => {
    await using stage = await startStage()
    await type(stage, 'link')
    const call = { method: 'issueLinkCode', input: { actor: ANN, via: 'command' } } as const
    assert.deepEqual(stage.useCases.calls, [call])
    const [told] = stage.slack.ephemerals(ANN)
    assert.deepEqual(told && lines({ text: told.text, blocks: told.blocks }), [
      'Open <https://jit.example.com/link|https://jit.example.com/link> and enter `AB12-CD34` there to link this Slack account to the identity that Pomerium has of you: access is then opened for that identity.',
      'The code works once, within 10m: until 2026-11-20 09:40 UTC. Enter it yourself and give it to nobody; another `/jit link` makes it void.',
    ])
    assert.deepEqual(stage.slack.dm(ANN), [])
    assert.doesNotMatch(stage.logged.join(), new RegExp(CODE))
  })

  it('gives the code in passing or not at all', async () => {
    await using stage = await startStage()
    stage.slack.fail('response_url', { kind: 'http', status: 500 }, 1)
    await type(stage, 'link')
    assert.equal(stage.slack.calls.at(-1)?.method, 'chat.postEphemeral')
    assert.match(toldTo(stage, ANN).join(), new RegExp(CODE))
    stage.slack.fail('response_url', { kind: 'http', status: 404 })
    stage.slack.fail('chat.postEphemeral', { kind: 'error', error: 'channel_not_found' })
    await type(stage, 'link')
    assert.equal(toldTo(stage, ANN).length, 1)
    assert.deepEqual(stage.slack.dm(ANN), [])
    assert.doesNotMatch(stage.logged.join(), new RegExp(CODE))
  })

  it('says why there is no code', async () => {
    await using stage = await startStage()
    const refusal = { code: 'no-pages' } as const
    stage.useCases.script('issueLinkCode', () => Promise.resolve({ ok: false, refusal }))
    await type(stage, 'link')
    assert.deepEqual(toldTo(stage, ANN), [refusalText(refusal)])
  })
})

describe('/jit audit', () => {
  it('asks for what is named, as far back as it says, and answers the asker alone', async () => {
    await using stage = await startStage()
    await type(stage, 'audit <@U0KIM|kim> 7d')
    await type(stage, 'audit')
    const by = { actor: ANN, via: 'command' }
    const about = { person: { userId: 'U0KIM' } }
    assert.deepEqual(stage.useCases.calls, [
      { method: 'auditDigest', input: { ...by, about, seconds: 604_800 } },
      { method: 'auditDigest', input: { ...by, about: {} } },
    ])
    const told = toldTo(stage, ANN)
    assert.equal(told.length, 2)
    for (const text of told) assert.match(text, /On record of .grafana-prod. since/)
    assert.deepEqual(toldTo(stage, KIM), [])
  })

  it('is acknowledged while the trail is read, and so are the buttons of the answer', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    const page = 'https://jit.example.com/audit?resource=grafana-prod'
    stage.useCases.script('auditDigest', async () => {
      await gate.promise
      return { ok: true, value: digest({ page }) }
    })
    const ack = await stage.slack.command(ANN, CHANNEL, '/jit', 'audit grafana-prod')
    assert.deepEqual([ack.status, ack.body], [200, ''])
    assert.equal(stage.app.inFlight(), 1)
    gate.resolve()
    await stage.app.drained(5_000)
    const [told] = stage.slack.ephemerals(ANN)
    if (told === undefined) assert.fail()
    for (const action of ['jit:audit-page', 'jit:audit-csv']) {
      const { status, problem } = await stage.slack.click(ANN, told, action)
      assert.deepEqual([status, problem], [200, undefined])
    }
    assert.equal(stage.slack.ephemerals(ANN).length, 1)
  })

  it('says why nothing is shown, whatever was named', async () => {
    await using stage = await startStage()
    const refusal = { code: 'not-an-auditor' } as const
    stage.useCases.script('auditDigest', () => Promise.resolve({ ok: false, refusal }))
    for (const line of ['audit', 'audit grafana-prod', `audit ${ID}`]) await type(stage, line)
    assert.deepEqual(
      toldTo(stage, ANN),
      [1, 2, 3].map(() => refusalText(refusal)),
    )
  })
})

describe('/jit with something else', () => {
  for (const [line, text] of [
    ['help', helpText()],
    ['HELP me', helpText()],
    ['frobnicate', usageText({ code: 'unknown-command', command: 'frobnicate' })],
    ['approve', usageText({ code: 'missing-id', command: 'approve' })],
    ['audit a:b', usageText({ code: 'audit-word', word: 'a:b' })],
    ['deny 7K2M9QXR', usageText({ code: 'missing-reason', command: 'deny' })],
    [
      'shorten 7K2M9QXR',
      usageText({ code: 'bad-duration', command: 'shorten', problem: 'missing' }),
    ],
    ['review 7K2M9QXR', usageText({ code: 'missing-verdict', command: 'review' })],
    ['review 7K2M9QXR not-justified', usageText({ code: 'missing-reason', command: 'review' })],
    ['request '.padEnd(10_000, 'x'), 'That is too long: write 4000 characters or fewer.'],
    ['x'.repeat(4_001), 'That is too long: write 4000 characters or fewer.'],
  ] as const)
    it(`answers ${JSON.stringify(line.slice(0, 20))} by itself`, async () => {
      await using stage = await startStage()
      await type(stage, line)
      assert.deepEqual(stage.useCases.calls, [])
      const said = toldTo(stage, ANN)[0] ?? ''
      assert.equal(said.split('\n')[0], shown(text))
      const isUsage = !line.toLowerCase().startsWith('help') && line.length <= 4_000
      assert.equal(said.includes(`You typed: \`/jit ${line}\``), isUsage, said)
    })

  it('tells of an error with an id that is in the log too, and of nothing else', async () => {
    await using stage = await startStage()
    stage.useCases.script('approveRequest', () => Promise.reject(new Error('hunter2 at db:5432')))
    await type(stage, `approve ${ID}`)
    const told = toldTo(stage, ANN).join()
    assert.match(told, /nothing is certain: check .\/jit mine.*Error .E1/)
    assert.doesNotMatch(told, /hunter2/)
    assert.equal(stage.logged.filter((line) => line.includes('"errorId":"E1"')).length, 1)
  })
})

describe('payloads of others', () => {
  for (const [what, overrides] of [
    ['another workspace', { teamId: 'T0EVIL' }],
    ['another app', { apiAppId: 'A0EVIL' }],
    ['no app', { alter: (payload: object) => ({ ...payload, api_app_id: '' }) }],
    ['no workspace', { alter: (payload: object) => ({ ...payload, team_id: '' }) }],
  ] as const)
    it(`drops a command of ${what} without a word`, async () => {
      await using stage = await startStage()
      const ack = await stage.slack.command(ANN, CHANNEL, '/jit', `approve ${ID}`, overrides)
      await stage.app.drained(2_000)
      assert.deepEqual([ack.status, ack.body], [200, ''])
      assert.deepEqual(stage.useCases.calls, [])
      assert.deepEqual(toldTo(stage, ANN), [])
      assert.equal(stage.logged.filter((line) => line.includes('was dropped')).length, 1)
    })
})

describe('private answers', () => {
  it('reach the asker another way when their address does not work', async () => {
    await using stage = await startStage()
    stage.slack.fail('response_url', { kind: 'http', status: 500 })
    await type(stage, 'mine')
    assert.match(toldTo(stage, ANN).join(), /Your requests/)
    assert.equal(stage.slack.calls.at(-1)?.method, 'chat.postEphemeral')
    stage.slack.fail('response_url', { kind: 'http', status: 404 })
    stage.slack.fail('chat.postEphemeral', { kind: 'error', error: 'channel_not_found' })
    await type(stage, 'mine')
    assert.equal(stage.slack.dm(ANN).length, 1)
  })

  it('undo nothing when nobody can be reached', async () => {
    await using stage = await startStage()
    stage.slack.fail('response_url', { kind: 'reset' })
    stage.slack.fail('chat.postEphemeral', { kind: 'http', status: 500 })
    stage.slack.fail('chat.postMessage', { kind: 'http', status: 500 })
    await type(stage, `approve ${ID}`)
    assert.equal(stage.useCases.calls.length, 1)
    assert.doesNotMatch(stage.logged.join(), /"level":"error"/)
  })
})

describe('createAnswers', () => {
  const message = { text: 'Hello', blocks: [] }

  it('posts to the loopback origin of a simulated API only', async () => {
    await using api = await startApi(() => ({ ok: true }))
    await using other = await startApi(() => ({ ok: true }))
    const answer = createAnswers({ apiUrl: `${api.url}api/`, log: silentLog })
    assert.equal(await answer(`${api.url}commands/T0/1/x`, message), true)
    assert.deepEqual(api.received, [
      {
        path: '/commands/T0/1/x',
        body: '{"response_type":"ephemeral","replace_original":false,"text":"Hello","blocks":[]}',
      },
    ])
    assert.equal(await answer(`${other.url}commands/T0/1/x`, message), false)
    assert.deepEqual(other.received, [])
  })

  it('calls no other host, whatever the payload says', async () => {
    await using api = await startApi(() => ({ ok: true }))
    const { port } = new URL(api.url)
    const warned: string[] = []
    const warn = (_: object, text: string) => void warned.push(text)
    const log = { ...silentLog, warn }
    const answer = createAnswers({ apiUrl: 'https://slack.com/api/', log })
    for (const url of [
      api.url,
      `http://169.254.169.254:${port}/latest/meta-data`,
      `https://hooks.slack.com@127.0.0.1:${port}/`,
      `https://user:pw@hooks.slack.com/`,
      `https://hooks.slack.com:${port}/`,
      `https://hooks.slack.com.127.0.0.1.nip.io/`,
      `https://evil.slack.com/`,
      'http://hooks.slack.com/',
      'file:///etc/passwd',
      'not an address',
      '',
      undefined,
      { href: api.url },
    ])
      assert.equal(await answer(url, message), false, JSON.stringify(url))
    assert.deepEqual(new Set(warned), new Set([warned[0]]))
    assert.match(warned[0] ?? '', /its address is not one of Slack/)
    assert.deepEqual(api.received, [])
  })

  it('follows no redirect', async () => {
    await using elsewhere = await startApi(() => ({ ok: true }))
    await using api = await startApi((_, response) => {
      response.writeHead(307, { location: elsewhere.url }).end()
      return undefined
    })
    const answer = createAnswers({ apiUrl: api.url, log: silentLog })
    assert.equal(await answer(`${api.url}x`, message), false)
    assert.deepEqual(elsewhere.received, [])
  })

  it('never logs the address', async () => {
    await using api = await startApi((_, response) => {
      response.destroy()
      return undefined
    })
    const logged: string[] = []
    const warn = (fields: object, text: string) => {
      logged.push(JSON.stringify(fields), text)
    }
    const answer = createAnswers({ apiUrl: api.url, log: { ...silentLog, warn } })
    await answer(`${api.url}secret-path`, message)
    await answer('https://evil.example/secret-path', message)
    assert.equal(logged.length, 4)
    assert.doesNotMatch(logged.join(), /secret-path|evil/)
  })
})
