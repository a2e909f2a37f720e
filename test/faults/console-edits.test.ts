import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import type { Story } from '../support/story.ts'
import { BILLING, plainly, storyOf } from '../support/story.ts'
import { CATALOGUE_YAML, attachRoutes, catalogueOf } from '../support/world.ts'

const DENY = { deny: { and: [{ source_ip: '198.51.100.0/24' }] } }
const ALLOW = { allow: { or: [{ domain: { is: 'partner.example' } }] } }

describe('an administrator in Pomerium’s console', () => {
  let house: House
  let story: Story
  let policyId: string
  before(async () => {
    house = await startHouse()
    story = storyOf(house)
    policyId = house.pomerium.policyNamed('jit-grafana-prod')?.id ?? ''
  })
  after(() => house[Symbol.asyncDispose]())

  const told = (what: string) =>
    story
      .alerts()
      .map(plainly)
      .filter((text) => text.includes(what))
  const events = async (action: string) => {
    const { rows } = await house.database.pool.query<{ details: Record<string, string> }>(
      'select details from audit_event where action = $1 order by seq',
      [action],
    )
    return rows.map(({ details }) => details)
  }
  it('may edit texts and name: they stay, operators are told once, and who it was is on record (F26)', async () => {
    house.pomerium.edit(policyId, (policy) => {
      policy.explanation = 'Ask the platform team.'
      policy.name = 'grafana, edited'
    })
    await house.startBot()
    await story.minutesUntil('it is told', () => told('A policy was edited').length > 0)
    assert.match(
      told('A policy was edited')[0] ?? '',
      /name: "jit-grafana-prod" → "grafana, edited"[^]*explanation: "[^"]*" → "Ask the platform team\."/,
    )
    await story.minutesUntil(
      'the log was read',
      async () => (await events('policy.changed_outside')).length > 0,
    )
    const [{ who, activity, policyId: of } = {}, ...more] = await events('policy.changed_outside')
    assert.deepEqual(
      { who, activity, of, more },
      { who: 'ada@example.com', activity: 'update', of: policyId, more: [] },
    )
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 by the edited policy')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex'), 200)
    const policy = house.pomerium.policy(policyId)
    assert.equal(policy?.explanation, 'Ask the platform team.')
    assert.equal(told('A policy was edited').length, 1)
    assert.equal((await events('policy.changed_outside')).length, 1, 'the bot’s own writes are not')
    house.pomerium.edit(policyId, (policy) => {
      policy.name = 'jit-grafana-prod'
    })
  })

  it('may put a rule back that was taken out for good: it goes again, and that is told (F26)', async () => {
    const id = await story.ask('robin', 'grafana-prod 1h INC-2 over and back')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const rules = story.rules()
    await story.click('robin', id, 'end')
    await story.untilCard(id, 'Ended')
    house.pomerium.edit(policyId, (policy) => {
      policy.ppl = rules as typeof policy.ppl
    })
    assert.equal(await story.visit('robin'), 200)
    await house.advance(31)
    await story.minutesUntil('it is told', () => told('Access that was over came back').length > 0)
    assert.match(told('Access that was over came back')[0] ?? '', /robin@example\.com until/)
    assert.equal(await story.visit('robin'), 403)
  })

  it('may take a policy off its routes: access that opens nothing is told (F26)', async () => {
    const id = await story.ask('sam', 'billing-db 1h INC-3 detached')
    await story.click('kim', id, 'approve')
    await story.click('ada', id, 'approve')
    await story.untilCard(id, 'Active')
    const policy = house.pomerium.policyNamed('jit-billing-db')
    house.pomerium.detach(policy?.id ?? '')
    assert.equal(await story.visit('sam', BILLING, '203.0.113.7'), 403)
    await house.startBot()
    await story.minutesUntil('it is told', () => told('A policy has no route').length > 0)
    assert.equal(told('A policy has no route').length, 1)
    attachRoutes(house.pomerium, catalogueOf(house.catalogueSource))
    await house.startBot()
    await story.minutesUntil(
      'it has one again',
      async () => (await events('policy.attached')).length === 1,
    )
    assert.equal(await story.visit('sam', BILLING, '203.0.113.7'), 200)
    assert.equal(told('A policy has no route').length, 1)
  })
})

describe('foreign_rules: remove', () => {
  it('takes out what others allow, keeps what they deny, and tells operators', async () => {
    const catalogue = CATALOGUE_YAML.replace(
      'policy: jit-grafana-prod\n',
      'policy: jit-grafana-prod\n    foreign_rules: remove\n',
    )
    assert.notEqual(catalogue, CATALOGUE_YAML)
    await using house = await startHouse({ catalogue })
    const story = storyOf(house)
    house.pomerium.edit(house.pomerium.policyNamed('jit-grafana-prod')?.id ?? '', (policy) => {
      policy.ppl = [ALLOW, DENY]
    })
    const id = await story.ask('alex', 'grafana-prod 1h INC-4 alone in the policy')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(story.rules().length, 2)
    assert.deepEqual(story.rules()[0], DENY)
    const removed = await house.slack.waitFor(() =>
      story.alerts().find((text) => text.includes('Rules of others were removed')),
    )
    assert.match(removed, /partner\.example/)
  })
})

describe('a cluster that does not apply what is stored', () => {
  it('is told after two minutes, once, and access becomes active when it does', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    house.pomerium.setHoldChangesets(true)
    const id = await story.ask('alex', 'grafana-prod 8h INC-5 a cluster that is stuck')
    await story.click('kim', id, 'approve')
    const stuck = () =>
      story.alerts().filter((text) => /its cluster does not apply them/.test(text))
    await story.minutesUntil('it is told', () => stuck().length > 0)
    assert.equal((await story.request(id)).state, 'granting')
    house.pomerium.setHoldChangesets(false)
    house.pomerium.settleChangesets()
    await story.minutesUntil(
      'it is active',
      async () => (await story.request(id)).state === 'active',
    )
    assert.equal(stuck().length, 1)
  })
})
