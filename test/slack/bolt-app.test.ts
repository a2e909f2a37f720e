import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ANN, startStage } from './stage.ts'

describe('createSlackApp', () => {
  it('hears of people and groups that change', async () => {
    await using stage = await startStage()
    await stage.slack.event({ type: 'user_change', user: { id: ANN, deleted: true } })
    await stage.slack.event({ type: 'subteam_updated', subteam: { id: 'S0SRE' } })
    await stage.slack.event({ type: 'subteam_members_changed', subteam_id: 'S0SRE' })
    assert.equal(await stage.app.drained(5_000), true)
    assert.deepEqual(stage.changed.toSorted(), [ANN, 'groups', 'groups'])
  })

  it('hears of none in another workspace or app', async () => {
    await using stage = await startStage()
    const event = { type: 'user_change', user: { id: ANN, deleted: true } }
    await stage.slack.event(event, { teamId: 'T0EVIL' })
    await stage.slack.event(event, { apiAppId: 'A0EVIL' })
    assert.equal(await stage.app.drained(5_000), true)
    assert.deepEqual(stage.changed, [])
  })
})
