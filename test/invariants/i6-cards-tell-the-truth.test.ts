import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { AUDIT } from '../support/world.ts'
import type { Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'

/** The heading of every version of the card, each with what Pomerium's door said to the requester then. */
function watch(house: House, story: Story, id: string) {
  const seen: { heading: string; status: number; at: Date }[] = []
  let versions = 0
  const stop = house.slack.onChange(() => {
    const headings = story.headings(id)
    if (headings.length === versions) return
    versions = headings.length
    const at = new Date(house.clock.wall())
    const { status } = house.pomerium.visit({
      email: 'alex@example.com',
      host: 'grafana.example.com',
      at,
    })
    seen.push({ heading: (headings.at(-1) ?? '').replace(/^\S+ /, ''), status, at })
  })
  return { seen, stop }
}

describe('I6: what a card says is true', () => {
  it('says Active only when the rule is in force, and Ended only when it is not', async () => {
    await using house = await startHouse({ pomerium: { holdChangesets: true } })
    const { pomerium } = house
    pomerium.settleChangesets()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 a slow change set')
    const { seen } = watch(house, story, id)
    await story.click('kim', id, 'approve')
    await story.untilRules(1)
    await story.untilCard(id, 'Pomerium has not confirmed the rule yet')
    assert.equal(await story.visit('alex'), 403, 'stored is not enforced')
    assert.equal((await story.request(id)).state, 'granting')
    pomerium.settleChangesets()
    await story.untilCard(id, 'Active')
    await story.click('alex', id, 'end')
    await story.untilRules(0)
    await story.untilCard(id, 'Access may still work until Pomerium confirms')
    assert.equal(await story.visit('alex'), 200)
    assert.equal((await story.request(id)).state, 'ending')
    pomerium.settleChangesets()
    await story.untilCard(id, 'Ended')
    assert.deepEqual(
      seen.map(({ heading, status }) => `${heading} ${status}`),
      [
        'Waiting for approval 403',
        'Approved: granting… 403',
        'Active 200',
        'Ending… 200',
        'Ended 403',
      ],
    )
  })

  it('does not take an accepted write for a rule in force when its change set fails (F28)', async () => {
    await using house = await startHouse()
    const { pomerium, slack } = house
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 a broken change set')
    pomerium.failNextChangeset('failed to build bundle')
    await story.click('kim', id, 'approve')
    await slack.waitFor(() =>
      slack.messages(AUDIT).some((m) => slack.visibleText(m).includes('failed to build bundle')),
    )
    assert.equal((await story.request(id)).state, 'granting')
    assert.equal(await story.visit('alex'), 403)
    assert.ok(!story.headings(id).some((heading) => heading.includes('Active')))
    pomerium.edit(pomerium.policyNamed('jit-billing-db')?.id ?? '', (policy) => {
      policy.description += ' '
    })
    await house.advance(31)
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex'), 200)
  })

  it('applies its own change set when nobody else has edits in it (F28)', async () => {
    await using house = await startHouse()
    house.pomerium.setAutoApply(false)
    await house.advance(61)
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 auto-apply is off')
    const { seen } = watch(house, story, id)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex'), 200)
    assert.ok(seen.every(({ heading, status }) => heading !== 'Active' || status === 200))
  })

  it('leaves edits of others unpublished, and says that an administrator must apply them (F28)', async () => {
    await using house = await startHouse()
    const { pomerium, slack } = house
    const story = storyOf(house)
    // What the start writes is to be in force by then: the alert is to be about the edit alone.
    await story.untilIdle()
    pomerium.setAutoApply(false)
    const policyId = pomerium.policyNamed('jit-billing-db')?.id ?? ''
    pomerium.attach(policyId, { routeName: 'half-done', host: 'half.example.com', stage: true })
    await house.advance(61)
    const id = await story.ask('alex', 'grafana-prod 1h INC-4 somebody is editing')
    await story.click('kim', id, 'approve')
    const alert = await slack.waitFor(() =>
      slack.messages(AUDIT).find((m) => /must review and apply/.test(slack.visibleText(m))),
    )
    assert.match(slack.visibleText(alert), /A policy is blocked/)
    assert.equal(await story.visit('alex'), 403)
    assert.equal(story.headings(id).at(-1), '🟡 Approved: granting…')
    assert.equal(
      pomerium.visit({
        host: 'half.example.com',
        at: new Date(house.clock.wall()),
        email: 'alex@example.com',
      }).status,
      404,
      'the half-done route is not published',
    )
    pomerium.applyPending()
    await house.advance(31)
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex'), 200)
    const count = slack.messages(AUDIT).filter((m) => /blocked/.test(slack.visibleText(m))).length
    assert.equal(count, 1)
  })
})
