import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResourceId } from '../../src/domain/ids.ts'
import {
  after,
  aGrant,
  aLevel,
  alex,
  anApprovedRequest,
  aPendingRequest,
  aResource,
  people,
  requestsInEveryState,
} from '../support/build.ts'
import { actionsOf, assertSound, tagsOf, textOf } from './markup.ts'
import { HOSTILE, aSite, given, offer, refused, shown } from './pages-support.ts'

const FIELDS = {
  resource: 'grafana-prod',
  duration: '1h 30m',
  reason: 'INC-42 dashboards\nare red',
}
const named = (id: string, more: Parameters<typeof aResource>[0] = {}) =>
  offer({
    resource: aResource({ id: id as ResourceId, title: `The ${id}`, scheduleSeconds: 0, ...more }),
  })
const two = given([named('one'), named('two')])
const names = (html: string) =>
  tagsOf(html).flatMap(({ name, attributes }) =>
    ['input', 'select', 'textarea'].includes(name) ? (attributes.get('name') ?? []) : [],
  )
const optionsOf = (html: string) =>
  tagsOf(html)
    .filter(({ name, attributes }) => name === 'option' && attributes.has('value'))
    .map(({ attributes }) => `${attributes.get('value')}${attributes.has('selected') ? ' *' : ''}`)
    .filter((value) => value !== '' && !/^\d+[mh]$/.test(value))

describe('the form that asks for access', () => {
  it('asks as the visitor, with what the fields say, once for each form', async () => {
    const request = aPendingRequest()
    const site = aSite({ outcome: given({ request }) })
    const answer = await site.post('/', FIELDS)
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), `/requests/${request.id}`)
    assert.deepEqual(site.acts, [
      [
        'requestAccess',
        {
          resource: 'grafana-prod',
          durationSeconds: 5_400,
          reason: FIELDS.reason,
          actor: alex.userId,
          assertion: { subject: 'sub-alex', email: alex.email, issuedAt: after(0) },
          via: 'web',
          idempotencyKey: 'web:key-1',
        },
      ],
    ])
  })

  it('takes a start on the visitor’s clock, somebody else’s address and an emergency', async () => {
    const wish = async (fields: Readonly<Record<string, string>>, timeZone?: string) => {
      const site = aSite(timeZone === undefined ? {} : { visitor: { timeZone } })
      await site.post('/', { ...FIELDS, ...fields })
      const { start, beneficiary, breakGlass } = Object(site.acts[0]?.[1])
      return { start, beneficiary, breakGlass }
    }
    assert.deepEqual(
      await wish({ start: '2026-03-03T09:05', beneficiary: 'vera@partner.example' }),
      {
        start: { type: 'wall', day: { date: '2026-03-03' }, hour: 9, minute: 5 },
        beneficiary: 'vera@partner.example',
        breakGlass: undefined,
      },
    )
    assert.equal((await wish({ emergency: 'yes' })).breakGlass, true)
    assert.equal((await wish({ emergency: '' })).breakGlass, undefined)
  })

  const mistakes: readonly (readonly [string, Readonly<Record<string, string>>, string, RegExp])[] =
    [
      ['no resource', { resource: '' }, 'ask-resource', /Choose what you need/],
      ['no time', { duration: ' ' }, 'ask-duration', /Say how long/],
      ['a time that is none', { duration: '1x' }, 'ask-duration', /whole minutes/],
      ['an endless time', { duration: '99d' }, 'ask-duration', /30 days or less/],
      ['no reason', { reason: '\u200b ' }, 'ask-reason', /Say why/],
      ['a start that is none', { start: 'soon' }, 'ask-start', /no such day/],
      ['an address that is none', { beneficiary: 'vera' }, 'ask-beneficiary', /e-mail address/],
    ]
  for (const [name, fields, id, text] of mistakes)
    it(`comes back with what was typed when there is ${name}`, async () => {
      const offers = given([offer({ resource: aResource(), isSponsor: true })])
      const site = aSite({ offers })
      const answer = await site.post('/', { ...FIELDS, ...fields })
      assert.equal(answer.status, 422)
      assert.deepEqual(site.acts, [])
      assertSound(answer.html)
      const field = tagsOf(answer.html).find(({ attributes }) => attributes.get('id') === id)
      assert.equal(field?.attributes.get('aria-invalid'), 'true')
      assert.match(field.attributes.get('aria-describedby') ?? '', new RegExp(`${id}-problem`))
      assert.match(textOf(answer.html), text)
      assert.match(textOf(answer.html), /Not asked yet/)
      for (const typed of Object.values({ ...FIELDS, ...fields }).filter((each) =>
        /^\w/.test(each),
      ))
        assert.ok(answer.html.includes(typed), typed)
    })

  it('comes back with what was typed when it is refused, beside the field that it is about', async () => {
    const offers = given([
      offer({ kinds: ['standard', 'break-glass'], resource: aResource(), isSponsor: true }),
    ])
    const typed = { ...FIELDS, start: '2026-03-03T09:05', beneficiary: HOSTILE.replaceAll(' ', '') }
    const site = aSite({
      offers,
      outcome: refused({ code: 'duration-too-long', maxSeconds: 3_600 }),
    })
    const fields = { ...typed, beneficiary: 'vera@partner.example', emergency: 'yes' }
    const answer = await site.post('/', fields)
    assert.equal(answer.status, 422)
    assertSound(answer.html)
    assert.match(textOf(answer.html), /This is too long: ask for 1 h or less/)
    const values = tagsOf(answer.html).map(({ attributes }) => attributes.get('value'))
    for (const value of ['1h 30m', '2026-03-03T09:05', 'vera@partner.example'])
      assert.ok(values.includes(value), value)
    assert.match(answer.html, /type="checkbox"[^>]*checked/)
    assert.deepEqual(optionsOf(answer.html), ['grafana-prod *'])
  })

  it('tells everything that is wrong at once, from the top, each beside its field', async () => {
    const resource = aResource({ reason: { minLength: 20 } })
    const invalid = async (
      fields: Readonly<Record<string, string>>,
      outcome?: ReturnType<typeof refused>,
    ) => {
      const site = aSite({
        offers: given([offer({ resource })]),
        ...(outcome === undefined ? {} : { outcome }),
      })
      const { html } = await site.post('/', { ...FIELDS, ...fields })
      assertSound(html)
      const links = [...html.matchAll(/href="#(ask-\w+)"/g)].map(([, id]) => id)
      const marked = tagsOf(html).flatMap(({ attributes }) =>
        attributes.get('aria-invalid') === 'true' ? attributes.get('id') : [],
      )
      assert.deepEqual(links, marked)
      return links
    }
    const tooLong = refused({ code: 'duration-too-long', maxSeconds: 28_800 })
    assert.deepEqual(await invalid({ resource: '', duration: 'x', reason: '' }), [
      'ask-resource',
      'ask-duration',
      'ask-reason',
    ])
    assert.deepEqual(await invalid({ duration: '9h', reason: 'short' }, tooLong), [
      'ask-duration',
      'ask-reason',
    ])
    assert.deepEqual(await invalid({ duration: '9h' }, tooLong), ['ask-duration'])
  })

  it('says above itself what is about no field', async () => {
    const answer = await aSite({ outcome: refused({ code: 'too-many-requests', most: 3 }) }).post(
      '/',
      FIELDS,
    )
    assert.equal(answer.status, 409)
    assert.match(textOf(answer.html), /Not asked You asked as often/)
    const away = await aSite({ outcome: refused({ code: 'directory-unavailable' }) }).post(
      '/',
      FIELDS,
    )
    assert.equal(away.status, 503)
  })

  it('shows hostile text as text', async () => {
    const hostile = { resource: HOSTILE, duration: HOSTILE, reason: HOSTILE, start: HOSTILE }
    const answer = await aSite({ offers: two }).post('/', hostile)
    assertSound(answer.html)
    const title = aSite({
      offers: given([named('x', { title: HOSTILE, reason: { minLength: 1, hint: HOSTILE } })]),
    })
    assertSound((await title.get('/')).html)
  })

  it('has the fields only that something is offered for', async () => {
    const plain = await aSite({ offers: two }).get('/')
    assert.deepEqual(names(plain.html), ['_token', 'resource', 'duration', 'reason'])
    const more = given([
      offer({ resource: aResource(), isSponsor: true, kinds: ['standard', 'break-glass'] }),
    ])
    assert.deepEqual(names((await aSite({ offers: more }).get('/')).html), [
      '_token',
      'resource',
      'duration',
      'reason',
      'emergency',
      'start',
      'beneficiary',
    ])
  })

  it('names the zone in which a start is typed', async () => {
    const offers = given([offer({ resource: aResource() })])
    assert.match(textOf((await aSite({ offers }).get('/')).html), /clock of Europe\/Brussels/)
    const nowhere = aSite({ offers, visitor: { timeZone: 'Nowhere/Land' } })
    assert.match(textOf((await nowhere.get('/')).html), /clock of UTC/)
  })

  it('proposes what a link names, and does nothing by itself', async () => {
    const site = aSite({ offers: two })
    const answer = await site.get('/?resource=two')
    assert.deepEqual(optionsOf(answer.html), ['one', 'two *'])
    assert.ok(answer.html.includes('value="1h"'))
    assert.deepEqual(site.acts, [])
    const unknown = await aSite({ offers: two }).get('/?resource=secret')
    assert.equal(unknown.status, 200)
    assert.match(textOf(unknown.html), /You may not ask for this resource: choose another one/)
    assert.deepEqual(optionsOf(unknown.html), ['one', 'two'])
  })

  it('offers levels, and asks for one when a link names none', async () => {
    const offers = given([
      offer({ resource: aLevel('read') }),
      offer({ resource: aLevel('admin') }),
    ])
    const answer = await aSite({ offers }).get('/?resource=grafana-prod')
    assert.deepEqual(optionsOf(answer.html), ['grafana-prod:read', 'grafana-prod:admin'])
    assert.match(textOf(answer.html), /This resource is asked for at a level: choose read or admin/)
  })

  it('finds resources where they do not fit into a list', async () => {
    const offers = given(Array.from({ length: 130 }, (_, index) => named(`db-${index}`)))
    const all = await aSite({ offers }).get('/')
    assert.equal(optionsOf(all.html).length, 100)
    assert.match(textOf(all.html), /130 resources/)
    const some = await aSite({ offers }).get('/?q=DB-12')
    assert.equal(optionsOf(some.html).length, 11)
    const none = await aSite({ offers }).get('/?q=%3Cscript%3E')
    assertSound(none.html)
    assert.equal(optionsOf(none.html).length, 100)
    assert.deepEqual(names((await aSite({ offers: two }).get('/')).html).includes('q'), false)
  })

  it('says why nothing can be asked for', async () => {
    const nothing = await aSite({ offers: given([]) }).get('/')
    assert.match(textOf(nothing.html), /nothing that you may ask for/)
    const guest = refused({ code: 'not-a-member', why: 'guest' })
    assert.match(textOf((await aSite({ offers: guest }).get('/')).html), /Guests can ask/)
  })
})

describe('the list of what somebody has', () => {
  const active = anApprovedRequest(aGrant('active'))

  it('shows until when, how long that is, and what may be done', async () => {
    const site = aSite({ mine: given([shown(active, ['end', 'extend'])]), now: after(1_500) })
    const { html } = await site.get('/')
    assertSound(html)
    assert.match(textOf(html), /Until Mon 2 Mar 2026, 11:01 CET , 35 min left/)
    assert.deepEqual(actionsOf(html), ['/', '/requests/A1B2C3D4/extend', '/requests/A1B2C3D4/end'])
  })

  it('has forms for nothing else', async () => {
    const mine = given([
      shown(active),
      shown(aPendingRequest({ id: 'B1B2C3D4' as typeof active.id }), ['cancel']),
    ])
    assert.deepEqual(actionsOf((await aSite({ mine }).get('/')).html), [
      '/',
      '/requests/B1B2C3D4/cancel',
    ])
  })

  it('shows every state in words that claim no more than is confirmed', async () => {
    const mine = Object.values(requestsInEveryState()).map((request, index) =>
      shown({ ...request, id: `A1B2C3D${index}` as typeof active.id }, [], {}),
    )
    const { html } = await aSite({
      mine: given(
        mine.map((each, index) =>
          shown({ ...each.view.request, id: `X${index}000000` as typeof active.id }),
        ),
      ),
    }).get('/')
    assertSound(html)
    const text = textOf(html)
    for (const words of [
      'Approved: waiting for Pomerium',
      'Ending: waiting for Pomerium',
      'Active',
      'Rejected',
      'Lapsed',
      'Not confirmed',
    ])
      assert.ok(text.includes(words), words)
  })

  it('comes back when an act is refused, with the sentence at the request that it is about', async () => {
    const mine = given([shown(active, ['end'])])
    const outcome = refused({ code: 'already-ending', endedBy: alex })
    const site = aSite({ mine, outcome })
    const answer = await site.post('/requests/a1b2c3d4/end', { from: 'home', reason: 'done' })
    assert.equal(answer.status, 409)
    assertSound(answer.html)
    assert.match(textOf(answer.html), /Not ended alex@example\.com ended this access already/)
    assert.match(answer.html, />\s*done<\/textarea/)
    const gone = await aSite({ outcome }).post('/requests/a1b2c3d4/end', { from: 'home' })
    assert.match(textOf(gone.html), /Not ended alex@example\.com ended this access already/)
  })

  it('is empty for a guest who may ask for something', async () => {
    const mine = refused({ code: 'not-a-member', why: 'guest' })
    const offers = given([named('portal')])
    assert.match(textOf((await aSite({ mine, offers }).get('/')).html), /You have no access now/)
    const none = await aSite({ mine, offers: mine }).get('/')
    assert.match(textOf(none.html), /Your access Guests can ask/)
  })

  it('leads to what is active, and back to what is over', async () => {
    const { ended } = requestsInEveryState()
    const resource = aResource({ url: 'https://grafana.example.com/d' })
    const mine = given([
      shown(active, [], { resource }),
      shown({ ...ended, id: 'B1B2C3D4' as typeof active.id }, [], { resource }),
    ])
    const { html } = await aSite({ mine }).get('/')
    const hrefs = tagsOf(html).flatMap(({ attributes }) => attributes.get('href') ?? [])
    assert.ok(hrefs.includes('https://grafana.example.com/d'))
    assert.equal(hrefs.filter((href) => href === '/?resource=grafana-prod').length, 1)
  })

  it('says why it cannot be shown', async () => {
    const { html } = await aSite({ mine: refused({ code: 'directory-unavailable' }) }).get('/')
    assert.match(textOf(html), /Slack did not say who belongs where/)
  })

  it('shows hostile words as text', async () => {
    const request = aPendingRequest({ reason: HOSTILE, beneficiary: HOSTILE, kind: 'sponsored' })
    const resource = aResource({ title: HOSTILE, stages: [], requesters: people() })
    const { html } = await aSite({ mine: given([shown(request, ['cancel'], { resource })]) }).get(
      '/',
    )
    assertSound(html)
  })
})
