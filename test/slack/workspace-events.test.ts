import type { App } from '@slack/bolt'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refuseForeign } from '../../src/slack/foreign.ts'
import type { WorkspaceChanges } from '../../src/slack/workspace-events.ts'
import { WORKSPACE_EVENTS, registerWorkspaceEvents } from '../../src/slack/workspace-events.ts'
import { createWebClient, slackIdentity } from '../../src/slack/web-client.ts'
import { stage } from '../simulators/slack/bolt-stage.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { quietLogger } from './stage.ts'

/** A Bolt app that notes what it hears of, in a workspace with Ann and Bob. */
async function listening(
  changes: Partial<WorkspaceChanges> = {},
  mode: 'http' | 'socket' = 'http',
) {
  const on = await stage({ events: Object.keys(WORKSPACE_EVENTS) })
  on.slack.setGroup('S0SRE', 'sre', [on.ann])
  const heard: string[] = []
  const errors: object[] = []
  const { apiUrl, botToken } = on.slack
  const identity = await slackIdentity(createWebClient({ apiUrl, botToken, logger: quietLogger() }))
  const register = (app: App): void => {
    app.use(refuseForeign(identity, silentLog))
    registerWorkspaceEvents(app, {
      personChanged: (userId) => void heard.push(userId),
      groupsChanged: (groupId) => void heard.push(groupId),
      ...changes,
      log: {
        ...silentLog,
        error: (fields, message) => void errors.push({ ...fields, message }),
      },
    })
  }
  await on[mode](register)
  return {
    ...on,
    heard,
    errors,
    untilHeard: (count: number) =>
      eventually(`${count} changes were heard of`, () => heard.length === count),
    [Symbol.asyncDispose]: () => on[Symbol.asyncDispose](),
  }
}

describe('registerWorkspaceEvents', () => {
  for (const mode of ['http', 'socket'] as const)
    it(`hears of people and of groups that changed, over ${mode}`, async () => {
      await using on = await listening({}, mode)
      on.slack.update(on.ann, { kind: 'deactivated' })
      await on.untilHeard(1)
      on.slack.setGroup('S0SRE', 'sre', [on.bob])
      await on.untilHeard(3)
      assert.deepEqual(on.heard, [on.ann, 'S0SRE', 'S0SRE'])
    })

  it('hears of both ids of a member of an organisation', async () => {
    await using on = await listening()
    const user = { id: 'U0IN', enterprise_user: { id: 'W0ORG', enterprise_id: 'E0' } }
    await on.slack.event({ type: 'user_change', user })
    await on.untilHeard(2)
    await on.slack.event({ type: 'user_change', user: { id: 7 } })
    await on.slack.event({ type: 'user_change' })
    await on.slack.event({ type: 'subteam_updated' })
    await on.slack.event({ type: 'subteam_members_changed', subteam_id: 7 })
    assert.deepEqual(on.heard, ['U0IN', 'W0ORG'])
    assert.deepEqual(on.errors, [])
  })

  it('hears of nothing from another workspace or for another app, and not of other events', async () => {
    await using on = await listening()
    const event = { type: 'user_change', user: { id: on.ann } }
    const acks = [
      await on.slack.event(event, { teamId: 'T0OTHER' }),
      await on.slack.event(event, { apiAppId: 'A0OTHER' }),
      await on.slack.event(
        { type: 'subteam_updated', subteam: { id: 'S0SRE' } },
        { teamId: 'T0OTHER' },
      ),
      await on.slack.event({ type: 'subteam_created' }),
    ]
    assert.deepEqual(
      acks.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    await on.slack.event(event)
    await on.untilHeard(1)
    assert.deepEqual(on.heard, [on.ann])
  })

  it('acknowledges at once, whatever its work does', async () => {
    const groupEvent = { type: 'subteam_updated', subteam: { id: 'S0SRE' } }
    const never = new Promise<void>(() => {})
    await using on = await listening({
      personChanged: () => never,
      groupsChanged: (): Promise<void> => Promise.reject(new Error('the database is away')),
    })
    const ack = await on.slack.event({ type: 'user_change', user: { id: on.ann } })
    assert.equal(ack.status, 200)
    assert.ok(ack.elapsedMs < 1_000, `${ack.elapsedMs} ms`)
    assert.equal((await on.slack.event(groupEvent)).status, 200)
    await eventually('the failure was logged', () => on.errors.length > 0)
    assert.deepEqual(
      on.errors.map((fields) => ({ ...fields, err: undefined })),
      [
        {
          err: undefined,
          event: 'subteam_updated',
          message: 'a change in the workspace was not followed',
        },
      ],
    )
  })
})
