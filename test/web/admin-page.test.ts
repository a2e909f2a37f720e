import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RequestId } from '../../src/domain/ids.ts'
import {
  aGrant,
  aPendingRequest,
  aResource,
  after,
  alex,
  anApprovedRequest,
} from '../support/build.ts'
import { actionsOf, assertSound, tagsOf, textOf } from './markup.ts'
import { HOSTILE, aSite, given, refused, shown } from './pages-support.ts'

const visitor = { mayDecide: true }
const id = (text: string) => text as RequestId
const pending = aPendingRequest({ id: id('P1B2C3D4') })
const active = anApprovedRequest(aGrant('active'), { id: id('A1B2C3D4') })
const emergency = anApprovedRequest(aGrant('active'), {
  id: id('E1B2C3D4'),
  kind: 'break-glass',
  approvals: [],
  review: { state: 'due', dueAt: after(86_400), remindAt: after(80_000), isOverdue: false },
})
const lists = { waiting: [], reviews: [], holding: [] }

describe('the page of people asking and people with access', () => {
  it('is for those who may decide something', async () => {
    const answer = await aSite().get('/admin')
    assert.equal(answer.status, 403)
    assertSound(answer.html)
    assert.match(textOf(answer.html), /only approvers and administrators/)
  })

  it('has forms for what may be done, and for nothing else', async () => {
    const overview = given({
      waiting: [
        shown(pending, ['approve', 'deny']),
        shown({ ...pending, id: id('Q1B2C3D4') }, ['deny']),
      ],
      reviews: [shown(emergency, ['review', 'end'])],
      holding: [shown(active, ['end']), shown({ ...active, id: id('B1B2C3D4') })],
    })
    const { html } = await aSite({ visitor, overview }).get('/admin')
    assertSound(html)
    assert.deepEqual(actionsOf(html), [
      '/requests/P1B2C3D4/approve',
      '/requests/P1B2C3D4/approve',
      '/requests/P1B2C3D4/deny',
      '/requests/Q1B2C3D4/deny',
      '/requests/E1B2C3D4/review',
      '/requests/E1B2C3D4/end',
      '/requests/A1B2C3D4/end',
    ])
  })

  it('shows each request once', async () => {
    const one = shown(emergency, ['review', 'end'])
    const overview = given({ ...lists, reviews: [one], holding: [one] })
    const { html } = await aSite({ visitor, overview }).get('/admin')
    assertSound(html)
    assert.match(textOf(html), /People with access 0/)
  })

  it('leads to the request’s own page where an approval takes a linked identity', async () => {
    const request = { ...pending, needsStepUp: true } as const
    const overview = given({ ...lists, waiting: [shown(request, ['approve', 'deny'])] })
    const of = async (isLinked: boolean) => {
      const { html } = await aSite({ visitor: { ...visitor, isLinked }, overview }).get('/admin')
      const links = tagsOf(html).flatMap(({ attributes }) =>
        attributes.get('class') === 'button primary' ? (attributes.get('href') ?? []) : [],
      )
      return [...links, ...actionsOf(html)]
    }
    assert.deepEqual(await of(true), ['/requests/P1B2C3D4', '/requests/P1B2C3D4/deny'])
    assert.deepEqual(await of(false), ['/link', '/requests/P1B2C3D4/deny'])
  })

  it('comes back with what was typed when a rejection has no reason', async () => {
    const overview = given({ ...lists, waiting: [shown(pending, ['approve', 'deny'])] })
    const outcome = refused({ code: 'reason-too-short', minLength: 1 })
    const site = aSite({ visitor, overview, outcome })
    const answer = await site.post('/requests/P1B2C3D4/deny', { from: 'admin', reason: ' ' })
    assert.equal(answer.status, 422)
    assertSound(answer.html)
    const field = tagsOf(answer.html).find(
      ({ attributes }) => attributes.get('id') === 'deny-P1B2C3D4-reason',
    )
    assert.equal(field?.attributes.get('aria-invalid'), 'true')
    assert.match(textOf(answer.html), /Decide .* The reason is too short/)
  })

  it('tells whoever was slower who was faster', async () => {
    const decided = { ...active, approvals: [{ by: alex, at: after(60), stage: 0 }] }
    const outcome = refused({ code: 'already-decided', request: decided })
    const site = aSite({ visitor, outcome })
    const answer = await site.post('/requests/P1B2C3D4/approve', { from: 'admin' })
    assert.equal(answer.status, 409)
    assert.match(
      textOf(answer.html),
      /Not approved Nothing was done, .* alex@example\.com approved it Mon 2 Mar 2026, 10:01 CET/,
    )
  })

  it('says why it cannot be shown', async () => {
    const answer = await aSite({
      visitor,
      overview: refused({ code: 'directory-unavailable' }),
    }).get('/admin')
    assert.equal(answer.status, 503)
    assert.match(textOf(answer.html), /Slack did not say/)
  })

  it('shows hostile words as text', async () => {
    const by = { ...alex, email: HOSTILE }
    const request = {
      ...pending,
      reason: HOSTILE,
      requester: by,
      approvals: [{ by, at: after(1), stage: 0 }],
    }
    const resource = aResource({ title: HOSTILE })
    const overview = given({
      ...lists,
      waiting: [shown(request, ['approve', 'deny'], { resource })],
    })
    const { html } = await aSite({ visitor, overview }).get('/admin')
    assertSound(html)
    assert.ok(textOf(html).includes('<script>alert(1)</script>'))
  })
})
