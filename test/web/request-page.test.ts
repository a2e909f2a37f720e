import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Deed } from '../../src/app/page-cases.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import {
  MORNING,
  aGrant,
  aPendingRequest,
  aResource,
  aStage,
  after,
  alex,
  anApprovedRequest,
  kim,
  requestsInEveryState,
  sam,
} from '../support/build.ts'
import { actionsOf, assertSound, tagsOf, textOf } from './markup.ts'
import { HOSTILE, aSite, given, refused, shown, visitorOf } from './pages-support.ts'

const created: RecordedEvent = {
  seq: 1,
  schemaVersion: 1,
  hash: 'ab'.repeat(32),
  at: MORNING,
  action: 'request.created',
  actor: { kind: 'person', identity: identityOf(alex) },
  via: 'command',
  alert: false,
  details: { durationSeconds: 3_600, reason: 'INC-42 dashboards are red' },
}
const story = (
  request: AccessRequest,
  may: readonly Deed[] = [],
  more: Parameters<typeof shown>[2] = {},
  events: readonly RecordedEvent[] = [created],
) => given({ shown: shown(request, may, more), events })
const path = '/requests/A1B2C3D4'

describe('the page of a request', () => {
  it('reads the same when there is none and when it is not for the visitor', async () => {
    const none = await aSite().get(path)
    const malformed = await aSite({ story: story(aPendingRequest()) }).get('/requests/x')
    assert.equal(none.status, 404)
    assert.equal(malformed.status, 404)
    assert.equal(none.html, malformed.html)
    assertSound(none.html)
  })

  it('tells each state, with a picture that is told in words too', async () => {
    for (const request of Object.values(requestsInEveryState())) {
      const { html, status } = await aSite({ story: story(request) }).get(path)
      assert.equal(status, 200)
      assertSound(html)
      const [svg] = tagsOf(html).filter(({ attributes }) => attributes.get('role') === 'img')
      assert.match(svg?.attributes.get('aria-labelledby') ?? '', /^timeline-\w+ timeline-\w+-text$/)
      assert.match(html, /<desc id="[^"]*">\s*waiting for an answer: Mon 2 Mar 2026, 10:00/)
    }
  })

  it('looks again by itself only while Pomerium has to confirm, and not for long', async () => {
    const refresh = async (request: AccessRequest, seconds: number) => {
      const site = aSite({ story: story(request), now: after(seconds) })
      return (await site.get(path)).headers.get('refresh')
    }
    const { granting, ending, active, pending } = requestsInEveryState()
    assert.equal(await refresh(granting, 10), '3')
    assert.equal(await refresh(ending, 10), '3')
    assert.equal(await refresh(granting, 61), null)
    assert.equal(await refresh(active, 10), null)
    assert.equal(await refresh(pending, 10), null)
  })

  it('has forms for what may be done, and for nothing else', async () => {
    const of = async (request: AccessRequest, ...may: readonly Deed[]) =>
      actionsOf((await aSite({ story: story(request, may) }).get(path)).html)
    assert.deepEqual(await of(aPendingRequest()), [])
    assert.deepEqual(await of(aPendingRequest(), 'cancel'), [`${path}/cancel`])
    assert.deepEqual(await of(aPendingRequest(), 'deny', 'approve'), [
      `${path}/approve`,
      `${path}/approve`,
      `${path}/deny`,
    ])
    assert.deepEqual(await of(anApprovedRequest(aGrant('active')), 'end', 'extend'), [
      `${path}/extend`,
      `${path}/end`,
    ])
  })

  it('is where a linked identity approves what takes one, and sends others to link', async () => {
    const request = aPendingRequest({ needsStepUp: true })
    const of = async (isLinked: boolean, ...may: readonly Deed[]) => {
      const site = aSite({ visitor: { isLinked }, story: story(request, may) })
      const { html } = await site.get(path)
      return { actions: actionsOf(html), text: textOf(html) }
    }
    const linked = await of(true, 'approve')
    assert.deepEqual(linked.actions, [`${path}/approve`, `${path}/approve`])
    assert.match(linked.text, /approved here and not in Slack/)
    const not = await of(false, 'approve')
    assert.deepEqual(not.actions, [])
    assert.match(not.text, /Link your Slack account to approve/)
    assert.match((await of(true)).text, /approved on this page only/)
  })

  it('asks once more before what is risky is approved', async () => {
    const of = async (risk: 'medium' | 'high') => {
      const request = aPendingRequest()
      const site = aSite({ story: story(request, ['approve'], { resource: aResource({ risk }) }) })
      const { html } = await site.get(path)
      const folded = [...html.matchAll(/<details[\s\S]*?<\/details>/g)].join('')
      return [actionsOf(html).length, actionsOf(folded).length]
    }
    assert.deepEqual(await of('medium'), [2, 1])
    assert.deepEqual(await of('high'), [1, 1])
  })

  it('draws no access that Pomerium has not confirmed', async () => {
    const parts = async (request: AccessRequest) => {
      const { html } = await aSite({ story: story(request), now: after(1_800) }).get(path)
      return [...html.matchAll(/class="bar-(\w+)"/g)].map(([, part]) => part)
    }
    const states = requestsInEveryState()
    const extending = { ...aGrant(), state: 'granting', inForceUntil: after(2_700) } as const
    assert.deepEqual(await parts(states.granting), ['waited', 'unsure'])
    assert.deepEqual(await parts(anApprovedRequest(extending)), [
      'waited',
      'used',
      'left',
      'unsure',
    ])
    assert.deepEqual(await parts(states.active), ['waited', 'used', 'left'])
    assert.deepEqual(await parts(states.ending), ['waited', 'used', 'unsure'])
    assert.deepEqual(await parts(states.ended), ['waited', 'used', 'cut'])
    assert.deepEqual(await parts(states['never-active']), ['waited', 'cut'])
    assert.deepEqual(await parts(anApprovedRequest(aGrant('active'), { approvals: [] })), [
      'used',
      'left',
    ])
  })

  it('tells whoever asked what comes next, and nobody else', async () => {
    const { denied, pending } = requestsInEveryState()
    const notice = { code: 'automatic-limit-reached', count: 3, seconds: 86_400 }
    const noticed = { ...created, details: { ...created.details, notice } }
    const of = async (request: AccessRequest, actor = alex.userId) =>
      textOf(
        (await aSite({ visitor: { actor }, story: story(request, [], {}, [noticed]) }).get(path))
          .html,
      )
    assert.match(
      await of({ ...pending, escalatesAt: after(1_800) }),
      /People decide this time: .* 1 d \(3\)\. The question goes to its approvers in Slack; .* From Mon 2 Mar 2026, 10:30 CET others may answer too/,
    )
    assert.doesNotMatch(await of(pending, kim.userId), /People decide|The question goes/)
    assert.match(await of(denied), /rejected it .* not today .* Ask again/)
    assert.doesNotMatch(await of(denied, kim.userId), /Ask again/)
    assert.doesNotMatch(await of(pending), /Ask again/)
  })

  it('shows conditions, stages and what everybody said', async () => {
    const resource = aResource({
      constraints: [{ source_ip: ['203.0.113.0/24'] }, { http_method: { in: ['GET', 'HEAD'] } }],
      stages: [aStage({ title: 'Security' }), aStage({ title: 'Owner' })],
    })
    const approval = { by: identityOf(sam), at: after(60), stage: 0, note: 'fine' }
    const request = aPendingRequest({
      approvalsNeeded: 2,
      approvalsCounted: 1,
      approvals: [approval],
    })
    const approved: RecordedEvent = {
      ...created,
      seq: 2,
      via: 'web',
      action: 'request.approval_recorded',
      actor: { kind: 'person', identity: identityOf(sam) },
      details: { approvals: 1, needed: 2, stage: 'Security', note: 'fine' },
    }
    const site = aSite({ story: story(request, [], { resource }, [created, approved]) })
    const text = textOf((await site.get(path)).html)
    assert.match(text, /From the network: 203\.0\.113\.0\/24/)
    assert.match(text, /HTTP method: GET or HEAD/)
    assert.match(text, /Security: 1 of 1 – sam@example\.com Owner: 0 of 1/)
    assert.match(text, /sam@example\.com approved for Security \(1 of 2\)\. .* on a page fine/)
  })

  it('leads the holder, and nobody else, to the resource, by http only', async () => {
    const links = async (url: string, actor = alex.userId) => {
      const request = anApprovedRequest(aGrant('active'))
      const site = aSite({
        visitor: { actor },
        story: story(request, [], { resource: aResource({ url }) }),
      })
      return tagsOf((await site.get(path)).html).filter(
        ({ attributes }) => attributes.has('rel') && attributes.get('rel') !== 'stylesheet',
      ).length
    }
    assert.equal(await links('https://grafana.example.com/?a=1&b=2'), 1)
    assert.equal(await links('javascript:alert(1)'), 0)
    assert.equal(await links('https://grafana.example.com', kim.userId), 0)
  })

  it('shows hostile words as text', async () => {
    const by = { ...identityOf(kim), email: HOSTILE }
    const hostile = {
      ...created,
      actor: { kind: 'person', identity: by } as const,
      details: { reason: HOSTILE, beneficiary: HOSTILE },
    }
    const resource = aResource({
      title: HOSTILE,
      stages: [aStage({ title: HOSTILE }), aStage()],
      constraints: [{ source_ip: HOSTILE }, { [HOSTILE]: { [HOSTILE]: [HOSTILE] } }],
    })
    const request = aPendingRequest({
      reason: HOSTILE,
      requester: by,
      approvals: [{ by, at: after(1), stage: 0 }],
    })
    const { html } = await aSite({
      story: story(request, ['approve', 'deny'], { resource }, [hostile]),
    }).get(path)
    assertSound(html)
    assert.ok(textOf(html).includes('<img src=x onerror=alert(1)>'))
  })
})

describe('a form of a request', () => {
  const act = { actor: alex.userId, assertion: visitorOf().assertion, via: 'web', id: 'A1B2C3D4' }
  const rows: readonly (readonly [Deed, Readonly<Record<string, string>>, string, object])[] = [
    ['approve', {}, 'approveRequest', {}],
    [
      'approve',
      { duration: '30m', note: ' ok ' },
      'approveRequest',
      { durationSeconds: 1_800, note: 'ok' },
    ],
    ['deny', { reason: 'not today' }, 'denyRequest', { reason: 'not today' }],
    ['deny', {}, 'denyRequest', { reason: '' }],
    ['cancel', { reason: 'x' }, 'cancelRequest', {}],
    ['end', {}, 'endGrant', {}],
    ['end', { reason: 'done' }, 'endGrant', { reason: 'done' }],
    [
      'extend',
      { duration: '1h', reason: 'more' },
      'extendGrant',
      { durationSeconds: 3_600, reason: 'more', idempotencyKey: 'web:key-1' },
    ],
    ['review', { verdict: 'justified' }, 'reviewGrant', { verdict: 'justified' }],
    [
      'review',
      { verdict: 'not-justified', note: 'no' },
      'reviewGrant',
      { verdict: 'not-justified', note: 'no' },
    ],
  ]
  for (const [deed, fields, name, expected] of rows)
    it(`does what it says: ${deed} ${JSON.stringify(fields)}`, async () => {
      const site = aSite({ outcome: given({ request: aPendingRequest() }) })
      const answer = await site.post(`${path}/${deed}`, { from: 'request', ...fields })
      assert.deepEqual(site.acts, [[name, { ...act, ...expected }]])
      assert.equal(answer.status, 303)
      assert.equal(answer.headers.get('location'), path)
    })

  it('does nothing while a field cannot be read', async () => {
    const site = aSite({ story: story(aPendingRequest(), ['approve', 'deny']) })
    const answer = await site.post(`${path}/approve`, { duration: HOSTILE, note: 'kept' })
    assert.deepEqual(site.acts, [])
    assert.equal(answer.status, 422)
    assertSound(answer.html)
    assert.match(answer.html, />\s*kept<\/textarea/)
    const review = await aSite({ story: story(aPendingRequest(), ['review']) }).post(
      `${path}/review`,
      { verdict: 'yes' },
    )
    assert.match(textOf(review.html), /Say whether it was justified/)
  })

  it('comes back with the sentence when it is refused', async () => {
    const rows = [
      [{ code: 'own-request' }, 403, /cannot answer your own request/],
      [{ code: 'request-lapsed' }, 409, /lapsed before your answer/],
      [{ code: 'step-up-needed' }, 403, /linked identity only/],
      [{ code: 'directory-unavailable' }, 503, /nothing was decided/],
      [{ code: 'not-shorter', askedSeconds: 3_600 }, 422, /asked, 1 h, can only be shortened/],
    ] as const
    for (const [refusal, status, text] of rows) {
      const site = aSite({
        story: story(aPendingRequest(), ['approve']),
        outcome: refused(refusal),
      })
      const answer = await site.post(`${path}/approve`, { from: 'request', duration: '2h' })
      assert.equal(answer.status, status, refusal.code)
      assertSound(answer.html)
      assert.match(textOf(answer.html), text)
    }
  })

  it('knows no other act, and no request that is not written like one', async () => {
    const site = aSite()
    assert.equal((await site.post(`${path}/destroy`, {})).status, 404)
    assert.equal((await site.post('/requests/..%2fadmin/approve', {})).status, 404)
    assert.deepEqual(site.acts, [])
  })
})
