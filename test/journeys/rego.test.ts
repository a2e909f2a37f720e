import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import type { RegoPolicy, RegoQuestion } from '../../src/app/rego-policy.ts'
import { createRemoteRego } from '../../src/opa/remote.ts'
import { startOpa } from '../simulators/opa/start-opa.ts'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { BILLING, plainly, storyOf } from '../support/story.ts'
import {
  APPROVALS,
  ENGINEERS,
  ONCALL,
  RELIABILITY,
  RULES_YAML,
  SECURITY,
} from '../support/world.ts'

/** The one resource where the Rego policy may approve; a vendor's there too. */
const SANDBOX = `
  - id: sandbox
    title: Sandbox
    url: https://sandbox.example.com
    policy: jit-sandbox
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    rego_may_approve: true
    vendors: { people: { domains: [partner.example] }, sponsors: { groups: [${ENGINEERS}] } }
`
const CATALOGUE = `${RULES_YAML.replace('fallback_channel:', `${SANDBOX}fallback_channel:`)}rego: {}\n`

interface Input {
  readonly stage: string
  readonly request: Readonly<Record<string, unknown>>
  readonly approvals: readonly { readonly slack_id: string }[]
  readonly approver: { readonly slack_id: string } | null
}
type Policy = (input: Input) => object | undefined

const NEEDS_APPROVAL = { v: 1, effect: 'needs_approval' }
const ALLOW = { v: 1, effect: 'allow' }

let policy: Policy
/** What a question has to wait for. */
let gate: (question: RegoQuestion) => Promise<void>
beforeEach(() => {
  policy = () => NEEDS_APPROVAL
  gate = () => Promise.resolve()
})

const opa = await startOpa({
  decisionIds: Array.from({ length: 500 }, (_, index) => `decision-${index}`),
  bundles: { jit: 'r7' },
})
opa.define('jit/decision', (input) => policy(input as Input))
const remote = createRemoteRego({
  url: opa.url,
  path: 'jit/decision',
  now: () => performance.now(),
})
const rego: RegoPolicy = {
  async ask(question) {
    await gate(question)
    return remote.ask(question)
  },
}
const house = await startHouse({ catalogue: CATALOGUE, rego })
after(async () => {
  await house[Symbol.asyncDispose]()
  await remote[Symbol.asyncDispose]()
  await opa[Symbol.asyncDispose]()
})
const story = storyOf(house)
const { slack, people, database } = house

/** Runs something and gives the questions that came of it. */
async function questionsOf(run: () => Promise<unknown>): Promise<readonly Input[]> {
  const before = opa.questions.length
  await run()
  return opa.questions.slice(before).map(({ body }) => (JSON.parse(body) as { input: Input }).input)
}

/** What the audit trail has of the policy's answers about a request. */
async function answers(id: string): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ said: string }>(
    `select concat_ws(' ', details ->> 'stage', coalesce(details ->> 'effect', details ->> 'cause')) as said
     from audit_event where request_id = $1 and action in ('rego.decided', 'rego.no_decision') order by seq`,
    [id],
  )
  return rows.map(({ said }) => said)
}

const asked = (who: Name, line: string) =>
  story.asks(who, () => slack.command(people[who], APPROVALS, '/jit', `request ${line}`))

async function done(who: Name, id: string): Promise<void> {
  const { status } = await story.request(id)
  await story.command(who, `${status === 'pending' ? 'cancel' : 'end'} ${id}`)
  await story.untilCard(id, status === 'pending' ? 'Cancelled' : 'Ended')
}

const inSeconds = (from: Date | null, to: Date | null) =>
  ((to?.getTime() ?? 0) - (from?.getTime() ?? 0)) / 1_000

describe('a Rego policy that says no', () => {
  it('refuses a wish with its reasons, and there is no request', async () => {
    policy = () => ({
      v: 1,
      effect: 'deny',
      reasons: [
        { code: 'freeze', text: 'Nothing changes until Monday.' },
        { code: 'quota', text: 'You have had <enough>' },
      ],
    })
    let said = ''
    const posted = slack.messages(APPROVALS).length
    const [question, ...more] = await questionsOf(async () => {
      said = await story.command('alex', 'request grafana-prod 1h a secret reason')
    })
    assert.equal(
      said.split('\n')[0],
      'The Rego policy does not allow this (Nothing changes until Monday; You have had <enough>): change what it objects to, or ask an operator.',
    )
    assert.deepEqual(more, [])
    assert.equal(question?.stage, 'request')
    assert.doesNotMatch(JSON.stringify(question), /secret reason/)
    assert.equal((await story.refusals('alex')).at(-1), 'request.create_refused: rego-denied')
    const { rows } = await database.pool.query(
      `select resource_id, request_id, actor_user_id as actor, details ->> 'effect' as effect
       from audit_event where action = 'rego.decided' and request_id is null and actor_user_id = $1`,
      [people.alex],
    )
    assert.deepEqual(rows, [
      { resource_id: 'grafana-prod', request_id: null, actor: people.alex, effect: 'deny' },
    ])
    assert.equal(slack.messages(APPROVALS).length, posted)
  })

  it('stops the approval too, and is asked again at the next click (F36)', async () => {
    const id = await asked('alex', 'grafana-prod 1h a look')
    policy = ({ stage }) => (stage === 'activate' ? { v: 1, effect: 'deny' } : ALLOW)
    assert.equal(
      await story.refusedClick('kim', id, 'approve'),
      'The Rego policy does not allow this: change what it objects to, or ask an operator.',
    )
    assert.equal((await story.request(id)).status, 'pending')
    assert.equal(await story.visit('alex'), 403)
    policy = () => NEEDS_APPROVAL
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    assert.deepEqual(await answers(id), [
      'request needs_approval',
      'approve allow',
      'activate deny',
      'approve needs_approval',
      'activate needs_approval',
    ])
    await done('alex', id)
  })

  it('is not asked about what the catalogue refuses', async () => {
    const id = await asked('alex', 'grafana-prod 1h a look')
    const questions = await questionsOf(async () => {
      await story.command('alex', 'request grafana-prod 9h too long a look')
      await story.command('eve', 'request grafana-prod 1h not for me')
      await story.refusedClick('alex', id, 'approve')
      await story.refusedClick('eve', id, 'approve')
    })
    assert.deepEqual(questions, [])
    await done('alex', id)
  })
})

describe('a Rego policy that allows', () => {
  it('approves alone only where the resource leaves that to it, and never for a vendor', async () => {
    policy = () => ALLOW
    const waiting = await asked('alex', 'grafana-prod 1h a look')
    assert.equal((await story.request(waiting)).status, 'pending')
    assert.equal(await story.visit('alex'), 403)
    const open = await asked('alex', 'sandbox 1h a look')
    await story.untilState(open, 'active')
    assert.equal((await story.recorded(open, 'request.auto_approved'))?.details['rule'], 'rego')
    await story.untilCard(open, 'the Rego policy, without an approver')
    assert.equal(await story.visit('alex', 'sandbox.example.com'), 200)
    assert.deepEqual(await answers(open), ['request allow', 'activate allow'])
    const vendor = await asked('vic', 'sandbox 1h a look')
    const sponsored = await asked('robin', 'sandbox for vic2@partner.example 1h a look')
    for (const id of [vendor, sponsored]) assert.equal((await story.request(id)).status, 'pending')
    for (const [who, id] of [
      ['alex', waiting],
      ['alex', open],
      ['vic', vendor],
      ['robin', sponsored],
    ] as const)
      await done(who, id)
  })

  it('leaves the rules of the catalogue to it, which it turns off by asking for people', async () => {
    policy = () => ALLOW
    const first = await asked('olga', 'logs 1h on call')
    await story.untilState(first, 'active')
    assert.equal(
      (await story.recorded(first, 'request.auto_approved'))?.details['rule'],
      'auto_approve[0]',
    )
    await done('olga', first)
    for (const narrower of [
      () => NEEDS_APPROVAL,
      () => ({ ...ALLOW, required_approvals: 1 }),
      ({ stage }: Input) => (stage === 'activate' ? NEEDS_APPROVAL : ALLOW),
    ]) {
      policy = narrower
      const id = await asked('olga', 'logs 1h on call')
      assert.equal((await story.request(id)).status, 'pending')
      await done('olga', id)
    }
  })
})

describe('a Rego policy beyond the limit of an automatic rule', () => {
  it('does not approve in its stead', async () => {
    policy = () => ALLOW
    const states = []
    for (let count = 0; count < 4; count += 1) {
      const id = await asked('olga', 'logs 1h on call')
      const { status } = await story.request(id)
      if (status === 'approved') await story.untilState(id, 'active')
      states.push(status)
      await done('olga', id)
    }
    // One of the three was used before, when the other stories run too.
    assert.equal(states.at(-1), 'pending')
  })
})

describe('a Rego policy that narrows', () => {
  it('shortens the time, and adds to the conditions of the rule', async () => {
    policy = ({ stage }) => ({
      ...NEEDS_APPROVAL,
      max_duration_s: stage === 'activate' ? 900 : 1_800,
      constraints: [{ source_ip: ['203.0.113.0/24'] }],
    })
    const id = await asked('alex', 'grafana-prod 1h a look')
    await story.click('kim', id, 'approve')
    const row = await story.untilState(id, 'active')
    const seconds = inSeconds(row.starts_at, row.ends_at)
    assert.ok(seconds > 898 && seconds <= 900, `${seconds} s`)
    assert.match(JSON.stringify(story.rules()), /"source_ip":\["203\.0\.113\.0\/24"\]/)
    assert.equal(await story.visit('alex', undefined, '203.0.113.9'), 200)
    assert.equal(await story.visit('alex', undefined, '198.51.100.9'), 403)
    assert.equal(await story.visit('alex'), 403)
    await done('alex', id)
  })

  it('never widens: a longer time and fewer approvals than the catalogue has change nothing', async () => {
    policy = () => ({ ...ALLOW, max_duration_s: 86_400, required_approvals: 0 })
    const id = await asked('alex', 'billing-db 1h INC-42 refunds look wrong')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, '1 of 2')
    assert.equal(await story.visit('alex', BILLING, '203.0.113.9'), 403)
    await story.click('sam', id, 'approve')
    const row = await story.untilState(id, 'active')
    assert.ok(inSeconds(row.starts_at, row.ends_at) <= 3_600)
    assert.equal(await story.visit('alex', BILLING, '198.51.100.9'), 403, 'the constraint holds')
    await done('alex', id)
  })

  it('asks for more approvals', async () => {
    policy = () => ({ ...NEEDS_APPROVAL, required_approvals: 2 })
    const id = await asked('alex', 'grafana-prod 1h a look')
    await story.untilCard(id, '2 approvals needed')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, '1 of 2')
    assert.equal((await story.request(id)).status, 'pending')
    assert.equal(await story.visit('alex'), 403)
    await story.click('sam', id, 'approve')
    await story.untilState(id, 'active')
    await done('alex', id)
  })

  it('refuses what so many cannot approve', async () => {
    policy = () => ({ ...NEEDS_APPROVAL, required_approvals: 3 })
    assert.match(
      await story.command('alex', 'request grafana-prod 1h a look'),
      /^This takes 3 approvals and only 2 people could give one, so nothing was asked/,
    )
    assert.equal(
      (await story.refusals('alex')).at(-1),
      'request.create_refused: not-enough-approvers',
    )
  })

  it('asks for approvers of its own groups, whether the catalogue knows them or not', async () => {
    policy = () => ({ ...NEEDS_APPROVAL, approver_groups: [SECURITY] })
    const known = await asked('alex', 'payments 1h a refund')
    assert.match(await story.refusedClick('kim', known, 'approve'), / wants an approver from /)
    await story.click('sid', known, 'approve')
    await story.untilState(known, 'active')
    await done('alex', known)

    policy = () => ({ ...NEEDS_APPROVAL, approver_groups: [ONCALL] })
    assert.match(
      await story.command('alex', 'request grafana-prod 1h a look'),
      /^This takes 1 approval and nobody could give one/,
      'nobody of the group is an approver',
    )
    story.joins('sam', ONCALL)
    await house.advance(61)
    const other = await asked('alex', 'grafana-prod 1h a look')
    assert.match(await story.refusedClick('kim', other, 'approve'), / wants an approver from /)
    // Whoever is in the group and no approver of the catalogue gains nothing.
    assert.match(await story.refusedClick('olga', other, 'approve'), /^You may not answer/)
    await story.click('sam', other, 'approve')
    await story.untilState(other, 'active')
    story.leaves('sam', ONCALL)
    await done('alex', other)
  })
})

describe('a Rego policy that is asked about a request that moves', () => {
  it('is asked again about what the request has become', async () => {
    const id = await asked('alex', 'billing-db 1h INC-42 refunds look wrong')
    const arrived = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    gate = async ({ input }) => {
      const { stage, approver } = input as unknown as Input
      if (stage !== 'approve' || approver?.slack_id !== people.kim) return
      gate = () => Promise.resolve()
      arrived.resolve()
      await held.promise
    }
    const questions = await questionsOf(async () => {
      await story.click('kim', id, 'approve')
      await arrived.promise
      await story.click('sam', id, 'approve')
      await story.untilCard(id, '1 of 2')
      held.resolve()
      await story.untilState(id, 'active')
    })
    const seen = questions.map(({ stage, approver, approvals }) =>
      [stage, approver?.slack_id, ...approvals.map(({ slack_id: by }) => by)].join(' '),
    )
    const { kim, sam } = people
    assert.deepEqual(seen.toSorted(), [
      `activate ${kim} ${sam}`,
      `approve ${kim}`,
      `approve ${kim} ${sam}`,
      `approve ${sam}`,
    ])
    await done('alex', id)
  })
})

describe('a Rego policy that gives no answer', () => {
  const silences: readonly [what: string, cause: string, silence: () => void][] = [
    ['has no decision', 'undefined', () => (policy = () => undefined)],
    ['says something else', 'invalid', () => (policy = () => ({ ...ALLOW, v: 2 }))],
    [
      'fails',
      'error',
      () =>
        opa.next(...Array.from({ length: 2 }, () => ({ kind: 'status', status: 500 }) as const)),
    ],
    [
      'is away',
      'unavailable',
      () => opa.next(...Array.from({ length: 4 }, () => ({ kind: 'reset' }) as const)),
    ],
  ]
  for (const [what, cause, silence] of silences)
    it(`leaves it to people when it ${what} (F35)`, async () => {
      silence()
      const said = await story.command('olga', 'request logs 1h on call')
      const id = /`([0-9A-Z]{8})`/.exec(said)?.[1] ?? ''
      assert.equal(
        said.split('\n')[1],
        'The Rego policy gave no answer, so people decide; the operators were told.',
      )
      assert.equal((await story.request(id)).status, 'pending', 'not by the automatic rule')
      assert.deepEqual(await answers(id), [`request ${cause}`, `activate ${cause}`])
      policy = () => NEEDS_APPROVAL
      await story.untilCard(id, 'Waiting')
      await story.untilDirect('olga', id, 'Waiting')
      await story.click('kim', id, 'approve')
      await story.untilState(id, 'active')
      await done('olga', id)
    })

  it('tells the operators once, however often it is asked', async () => {
    policy = () => undefined
    for (const who of ['alex', 'robin'] as const) {
      const id = await asked(who, 'grafana-prod 1h a look')
      await done(who, id)
    }
    await slack.waitFor(() => story.alerts().length > 0)
    await story.untilIdle()
    const [alert = '', ...more] = story.alerts()
    assert.deepEqual(more, [])
    assert.match(alert, /The Rego policy gave no decision/)
    assert.match(alert, /cause: \w+/)
  })

  it('approves nothing: the request waits for the next click (F35)', async () => {
    const id = await asked('alex', 'grafana-prod 1h a look')
    for (const silentAt of ['approve', 'activate']) {
      policy = ({ stage }) => (stage === silentAt ? undefined : ALLOW)
      assert.equal(
        await story.refusedClick('kim', id, 'approve'),
        'The Rego policy gave no answer, so nothing was decided, and the operators were told: try again in a minute.',
      )
      assert.equal((await story.request(id)).status, 'pending')
    }
    assert.deepEqual((await story.refusals('kim')).slice(-2), [
      'request.approve_refused: rego-silent',
      'request.approve_refused: rego-silent',
    ])
    assert.equal(await story.visit('alex'), 403)
    assert.match(await story.command('kim', `deny ${id} denying needs no policy`), /^Denied/)
  })

  it('opens no emergency access, nor does one that wants people', async () => {
    const breakGlass = async () => {
      await slack.command(
        people.olga,
        APPROVALS,
        '/jit',
        'break-glass payments 20m cards are declined everywhere',
      )
      await story.submit('olga', 'break-glass', {})
    }
    const refused = async (words: RegExp) => {
      await breakGlass()
      await slack.waitFor(() =>
        slack.views(people.olga).some((view) => words.test(slack.visibleText(view.content))),
      )
      for (const view of slack.views(people.olga)) await slack.close(people.olga, view.id)
    }
    policy = () => undefined
    await refused(/The Rego policy gave no answer, so nothing was decided/)
    policy = ({ stage }) => (stage === 'activate' ? undefined : ALLOW)
    await refused(/The Rego policy gave no answer, so nothing was decided/)
    const { rows } = await database.pool.query(
      `select details ->> 'stage' as stage, action from audit_event
       where actor_user_id = $1 and action like 'rego.%' and request_id is null order by seq`,
      [people.olga],
    )
    assert.deepEqual(rows, [
      { stage: 'breakglass', action: 'rego.no_decision' },
      { stage: 'activate', action: 'rego.no_decision' },
      { stage: 'breakglass', action: 'rego.decided' },
      { stage: 'activate', action: 'rego.no_decision' },
    ])
    policy = () => NEEDS_APPROVAL
    await refused(/The Rego policy does not allow this/)
    policy = () => ({ v: 1, effect: 'deny', reasons: [{ code: 'no', text: 'Not tonight' }] })
    await refused(/The Rego policy does not allow this \(Not tonight\)/)
    assert.deepEqual(story.rules('jit-payments'), [])
    assert.equal(await story.visit('olga', 'payments.example.com'), 403)
    assert.deepEqual((await story.refusals('olga')).slice(-4), [
      'request.create_refused: rego-silent',
      'request.create_refused: rego-silent',
      'request.create_refused: rego-denied',
      'request.create_refused: rego-denied',
    ])

    policy = () => ALLOW
    const id = await story.asks('olga', breakGlass)
    await story.untilState(id, 'active')
    assert.equal(await story.visit('olga', 'payments.example.com'), 200)
    assert.deepEqual(await answers(id), ['breakglass allow', 'activate allow'])
    await done('olga', id)
  })
})

describe('a Rego policy in the record', () => {
  it('is there with each answer, by which engine and bundle it came about', async () => {
    policy = () => ({
      ...NEEDS_APPROVAL,
      reasons: [{ code: 'office-hours', text: 'It is late' }],
      max_duration_s: 1_800,
      policy_version: '2026-11',
    })
    const id = await asked('alex', 'warehouse 1h the load of tonight')
    const decided = await story.recorded(id, 'rego.decided')
    const { inputHash, latencyMs, decisionId, ...rest } = decided?.details ?? {}
    assert.deepEqual(rest, {
      stage: 'request',
      engine: 'opa',
      bundleRevision: 'jit@r7',
      policyVersion: '2026-11',
      effect: 'needs_approval',
      reasons: [{ code: 'office-hours', text: 'It is late' }],
      narrowing: { maxSeconds: 1_800, constraints: [] },
    })
    assert.match(String(inputHash), /^[0-9a-f]{64}$/)
    assert.match(String(decisionId), /^decision-\d+$/)
    assert.ok(Number(latencyMs) >= 0)
    assert.deepEqual([decided?.actor, decided?.via], [people.alex, 'command'])

    await story.click('kim', id, 'approve')
    const row = await story.untilState(id, 'active')
    const [question, ...more] = await questionsOf(async () => {
      const wish = await story.asks('alex', () =>
        slack.command(people.alex, APPROVALS, '/jit', `extend ${id} 30m still loading`),
      )
      assert.deepEqual(await answers(wish), ['extend needs_approval'])
      await done('alex', wish)
    })
    assert.deepEqual(more, [])
    assert.deepEqual(
      [question?.stage, question?.request['extends'], question?.request['total_s']],
      ['extend', id, Math.ceil(inSeconds(row.starts_at, row.ends_at)) + 1_800],
    )
    assert.equal((await story.recorded(id, 'rego.decided'))?.actor, people.kim)
    assert.match(plainly(await story.untilCard(id, 'Active')), /until TIME/)
    await done('alex', id)
  })
})
