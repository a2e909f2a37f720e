import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Button } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, CATALOGUE_YAML, ENGINEERS, RELIABILITY } from '../support/world.ts'

const LEDGER = 'ledger.example.com'
const POLICY = 'jit-ledger'
const YAML = `${CATALOGUE_YAML.trimEnd()}
  - id: ledger
    title: Ledger
    url: https://${LEDGER}
    policy: ${POLICY}
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    reason: { min: 10 }
    step_up: true
    self_activation: { max: 30m, limit: 3/24h }
    break_glass: { requesters: { groups: [${ENGINEERS}] }, max: 30m }
`
const REASON = 'INC-42 the books do not balance'

const house = await startHouse({ catalogue: YAML, pages: true })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, front } = house

const asked = () => story.ask('alex', `ledger 1h ${REASON}`)
const pageOf = (id: string) => `${front.origin}/requests/${id}`
const linkTo = (id: string) => `<${pageOf(id)}|the page behind Pomerium>`

function buttonsOf(id: string) {
  const blocks = story.card(id)?.blocks ?? []
  const elements = blocks.flatMap((block) => (block['elements'] ?? []) as object[])
  return elements.filter((each) => 'type' in each && each.type === 'button')
}

/** A click as somebody would forge it, by a button that the card does not have. */
function forged(id: string, button: Button): Promise<unknown> {
  const card = story.card(id)
  assert.ok(card !== undefined)
  const place = { channel: APPROVALS, ts: card.ts }
  const alter = (payload: object) => ({
    ...payload,
    actions: [{ type: 'button', action_id: `jit:${button}`, block_id: 'forged', value: id }],
  })
  return slack.click(people.kim, place, 'jit:deny', { alter })
}

describe('a resource that a Slack account alone does not open', () => {
  it('has a card that leads to its page, where the approval is given', async () => {
    const id = await asked()
    const card = plainly(await story.untilCard(id, 'Waiting'))
    assert.match(card, /Approved on its page behind Pomerium only/)
    assert.deepEqual(
      buttonsOf(id).map((each) =>
        'url' in each ? each.url : 'action_id' in each && each.action_id,
      ),
      [pageOf(id), 'jit:deny'],
    )
    const place = { channel: APPROVALS, ts: story.card(id)?.ts ?? '' }
    const ack = await slack.click(people.kim, place, 'jit:open-page')
    assert.deepEqual([ack.status, ack.problem], [200, undefined])
    assert.equal((await story.request(id)).status, 'pending')
    await story.command('alex', `cancel ${id}`)
  })

  it('is opened by no click, no command and no form of Slack', async () => {
    const id = await asked()
    const words = [
      await story.told('kim', () => forged(id, 'approve')),
      await story.command('kim', `approve ${id}`),
      await story.command('kim', `shorten ${id} 10m`),
      await story.told('kim', async () => {
        await forged(id, 'shorten')
        await story.submit('kim', 'shorten', { duration: '10m' })
      }),
    ]
    for (const said of words) assert.ok(said.includes(linkTo(id)), said)
    assert.deepEqual((await story.events(id)).slice(1), Array(4).fill('request.approve_refused'))
    const { details } = (await story.recorded(id, 'request.approve_refused')) ?? {}
    assert.equal(details?.['refusal'], 'step-up-needed')
    assert.deepEqual(story.rules(POLICY), [])
    assert.equal(await story.visit('alex', LEDGER), 403)
    await story.command('alex', `cancel ${id}`)
  })

  it('waits for people though a rule would open it', async () => {
    const id = await story.ask('alex', `ledger 20m ${REASON}`)
    await story.untilCard(id, 'Waiting')
    assert.deepEqual(await story.events(id), ['request.created'])
    assert.equal((await story.recorded(id, 'request.created'))?.details['stepUp'], true)
    await story.command('alex', `cancel ${id}`)
  })

  it('is opened by no emergency in Slack', async () => {
    await slack.command(people.robin, APPROVALS, '/jit', `break-glass ledger 20m ${REASON}`)
    await story.submit('robin', 'break-glass', {})
    await slack.waitFor(() => {
      const view = slack.views(people.robin).at(-1)
      const said = view === undefined ? '' : slack.visibleText(view.content)
      return said.includes(`<${front.origin}/|the page behind Pomerium>`)
    })
    assert.deepEqual(await story.refusals('robin'), ['request.create_refused: step-up-needed'])
    assert.deepEqual(story.rules(POLICY), [])
  })

  it('is denied in Slack, which only takes away', async () => {
    const id = await asked()
    await story.click('kim', id, 'deny')
    await story.submit('kim', 'deny', { reason: 'use the copy' })
    await story.untilCard(id, 'Denied')
    assert.deepEqual(buttonsOf(id), [])
  })

  it('leaves the others as they are', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h dashboards are red')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
  })
})
