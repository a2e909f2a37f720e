import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SlackUserId } from '../../src/domain/ids.ts'
import { MORNING } from '../support/build.ts'
import { actionsOf, assertSound, tagsOf, textOf } from './markup.ts'
import { HOSTILE, aSite, given, refused } from './pages-support.ts'

const link = {
  subject: 'sub-alex',
  email: 'Alex@example.com',
  slackUser: 'U0ALEX' as SlackUserId,
  slackAddress: 'alex@slack.example',
}

describe('the link page', () => {
  it('shows the address that would be bound before anything is sent', async () => {
    const { html } = await aSite().get('/link')
    assertSound(html)
    assert.match(textOf(html), /Linking binds your Slack account to alex@example\.com/)
    assert.match(textOf(html), /Type \/jit link in Slack/)
    assert.deepEqual(actionsOf(html), ['/link'])
  })

  it('sends the code, and then shows the link', async () => {
    const site = aSite({ linking: given({ link, isOutdated: false }) })
    const answer = await site.post('/link', { code: ' abcd-\u200b2345 ' })
    assert.deepEqual(site.acts, [['link', 'abcd-2345']])
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), '/link')
  })

  it('tells what is wrong with a code beside its field, and does not keep it', async () => {
    const answer = await aSite().post('/link', { code: 'ABCD-2345' })
    assert.equal(answer.status, 422)
    assertSound(answer.html)
    const field = tagsOf(answer.html).find(({ attributes }) => attributes.get('id') === 'link-code')
    assert.equal(field?.attributes.get('aria-invalid'), 'true')
    assert.doesNotMatch(answer.html, /ABCD-2345/)
    const empty = aSite()
    assert.equal((await empty.post('/link', { code: ' ' })).status, 422)
    assert.deepEqual(empty.acts, [])
  })

  it('says above itself what is not about the code', async () => {
    const rows = [
      ['link-email-differs', 403],
      ['link-subject-taken', 409],
      ['directory-unavailable', 503],
    ] as const
    for (const [code, status] of rows) {
      const answer = await aSite({ linking: refused({ code }) }).post('/link', {
        code: 'ABCD-2345',
      })
      assert.equal(answer.status, status)
      assertSound(answer.html)
      assert.match(textOf(answer.html), /Nothing was changed/)
    }
  })

  it('shows by which address somebody is linked, and unlinks', async () => {
    const site = aSite({ link: { link, isOutdated: false }, linking: given({ isOutdated: false }) })
    const { html } = await site.get('/link')
    assertSound(html)
    assert.match(
      textOf(html),
      /Linked Slack account alex@slack\.example U0ALEX .* Linked to Alex@example\.com/,
    )
    const answer = await site.post('/link', { wish: 'unlink' })
    assert.deepEqual(site.acts, [['unlink', undefined]])
    assert.equal(answer.status, 303)
  })

  it('says what to do when the address is another one by now', async () => {
    const { html } = await aSite({ link: { link, isOutdated: true } }).get('/link')
    assert.match(textOf(html), /Outdated .* You are alex@example\.com for Pomerium now\. Unlink/)
  })

  it('shows hostile addresses as text', async () => {
    const assertion = { subject: 's', email: HOSTILE, issuedAt: MORNING }
    for (const state of [
      { isOutdated: false },
      { isOutdated: true, link: { ...link, email: HOSTILE } },
    ])
      assertSound((await aSite({ visitor: { assertion }, link: state }).get('/link')).html)
  })
})
