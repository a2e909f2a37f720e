import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { ENGINEERS, RULES_YAML } from '../support/world.ts'

const KUBERNETES = 'kubernetes.example.com'
const POLICY = 'jit-kubernetes'

const house = await startHouse({ catalogue: RULES_YAML })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { people } = house

const visit = (who: Name, method: string) => story.visit(who, KUBERNETES, { method })
const refused = async (who: Name, line: string) =>
  (await story.command(who, `request ${line}`)).split('\n')[0]

describe('levels of a resource', () => {
  it('open what the level names, and no more', async () => {
    const id = await story.ask('alex', 'kubernetes:read 1h look at the pods')
    const card = await story.untilCard(id, id)
    assert.match(card, /Kubernetes dashboard – Read only \(`kubernetes:read`\)/)
    assert.match(card, /1 approval needed/)
    assert.match(await story.untilDirect('alex', id, 'You asked'), /dashboard – Read only/)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const [rule, ...others] = story.rules(POLICY)
    assert.deepEqual(others, [])
    const { and } = (rule as { allow: { and: readonly object[] } }).allow
    assert.deepEqual(
      and.filter((criterion) => !('date' in criterion)),
      [{ email: { is: 'alex@example.com' } }, { http_method: { in: ['GET', 'HEAD'] } }],
    )
    assert.deepEqual(
      await Promise.all(['GET', 'HEAD', 'POST', 'DELETE'].map((method) => visit('alex', method))),
      [200, 200, 403, 403],
    )
    assert.equal((await story.recorded(id, 'request.created'))?.details['level'], 'read')
    await story.command('alex', `end ${id}`)
    await story.untilRules(0, POLICY)
  })

  it('are two rules when one person holds both, and the end of one leaves the other', async () => {
    const read = await story.ask('alex', 'kubernetes:read 1h look at the pods')
    const admin = await story.ask('alex', 'kubernetes:admin 30m restart the pods')
    assert.match(await story.untilCard(admin, admin), /high risk[^]*Everything[^]*2 approvals/)
    assert.match(
      (await refused('alex', 'kubernetes:admin 30m once more')) ?? '',
      /is waiting already/,
      'each level is asked for once at a time',
    )
    await story.click('kim', read, 'approve')
    await story.untilCard(read, 'Active')
    await story.click('kim', admin, 'approve')
    await story.untilCard(admin, `1 of 2: <@${people.kim}>`)
    assert.equal(await visit('alex', 'POST'), 403, 'one of two approvals opens nothing')
    await story.click('sam', admin, 'approve')
    await story.untilCard(admin, 'Active')
    assert.equal(story.rules(POLICY).length, 2)
    assert.equal(await visit('alex', 'POST'), 200)

    await story.click('alex', read, 'end')
    await story.untilCard(read, 'Ended')
    assert.equal(story.rules(POLICY).length, 1)
    assert.deepEqual([await visit('alex', 'GET'), await visit('alex', 'POST')], [200, 200])

    const again = await story.ask('alex', 'kubernetes:read 1h look at the pods')
    await story.click('kim', again, 'approve')
    await story.untilCard(again, 'Active')
    await story.click('alex', admin, 'end')
    await story.untilCard(admin, 'Ended')
    assert.deepEqual([await visit('alex', 'GET'), await visit('alex', 'POST')], [200, 403])
    await story.command('alex', `end ${again}`)
    await story.untilRules(0, POLICY)
  })

  it('have to be named, and only those are told that somebody may ask for', async () => {
    assert.match(
      (await refused('alex', 'kubernetes 1h look at the pods')) ?? '',
      /^This resource is asked for at a level \(`read` and `admin`\): write one behind the name/,
    )
    assert.match((await refused('robin', 'kubernetes 1h look at the pods')) ?? '', /\(`read`\)/)
    const unknown = (name: string) =>
      `There is no resource \`${name}\` that you may ask for: \`/jit resources\` lists those that there are.`
    for (const [who, name] of [
      ['eve', 'kubernetes'],
      ['eve', 'kubernetes:read'],
      ['alex', 'kubernetes:root'],
      ['alex', 'kubernetes:read:admin'],
      ['alex', 'kubernetes:'],
      ['alex', 'grafana-prod:read'],
    ] as const)
      assert.equal(await refused(who, `${name} 1h look at the pods`), unknown(name))
    assert.deepEqual(story.rules(POLICY), [])
  })

  it('are denied to whom a list denies them, whatever group names them, as if they did not exist', async () => {
    const answer = async (level: string) =>
      (await refused('robin', `kubernetes:${level} 1h restart the pods`))?.replaceAll(
        level,
        'LEVEL',
      )
    assert.equal(await answer('admin'), await answer('nonsense'))
    assert.deepEqual((await story.refusals('robin')).slice(-2), [
      'request.create_refused: no-such-resource',
      'request.create_refused: no-such-resource',
    ])
    const offers = await story.command('robin', 'resources')
    assert.match(offers, /`kubernetes:read`/)
    assert.doesNotMatch(offers, /kubernetes:admin/)
    const id = await story.ask('robin', 'kubernetes:read 1h look at the pods')
    await story.command('robin', `cancel ${id}`)
  })

  it('end together with the group that they were had by', async () => {
    const id = await story.ask('robin', 'kubernetes:read 1h look at the pods')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    story.leaves('robin', ENGINEERS)
    assert.match(
      await story.untilCard(id, 'Ended'),
      /because the requester is no longer among those who may ask for it/,
    )
    assert.equal(await visit('robin', 'GET'), 403)
    story.joins('robin', ENGINEERS)
  })
})
