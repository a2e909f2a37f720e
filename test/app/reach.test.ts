import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quorumProblem } from '../../src/app/reach.ts'
import type { SlackGroupId } from '../../src/domain/ids.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aPerson,
  aResource,
  aStage,
  alex,
  anApprover,
  kim,
  people,
  sam,
} from '../support/build.ts'
import { aDirectory } from './directory.ts'

const LEADS = 'S0LEADS' as SlackGroupId
const twoOf = aResource({ stages: [aStage({ approvals: 2 })] })

describe('quorumProblem', () => {
  it('is none while enough people may approve', async () => {
    const directory = aDirectory(alex, kim, sam)
    assert.equal(await quorumProblem({ directory }, alex, twoOf), undefined)
  })

  it('says how many are left once a group has shrunk', async () => {
    const directory = aDirectory(alex, kim)
    assert.deepEqual(await quorumProblem({ directory }, alex, twoOf), {
      code: 'not-enough-approvers',
      needed: 2,
      available: 1,
    })
  })

  it('does not count who asks, nor for whom', async () => {
    const directory = aDirectory(kim, sam)
    const refusal = { code: 'not-enough-approvers', needed: 2, available: 1 }
    assert.deepEqual(await quorumProblem({ directory }, kim, twoOf), refusal)
    const byAddress = aResource({
      stages: [aStage({ approvers: people({ emails: ['pat@partner.example'] }) })],
    })
    const wish = { beneficiary: 'Pat@partner.example' }
    assert.deepEqual(await quorumProblem({ directory }, alex, byAddress, wish), {
      code: 'not-enough-approvers',
      needed: 1,
      available: 0,
    })
  })

  it('counts those who come in by escalation, and the sponsor of a guest', async () => {
    const lea = aPerson('lea', { groups: [LEADS] })
    const directory = aDirectory(kim, lea)
    const to = people({ groups: [LEADS] })
    const escalating = { ...twoOf, escalation: { afterSeconds: 60, to } }
    assert.equal(await quorumProblem({ directory }, alex, escalating), undefined)
    const guest = aPerson('gus', { standing: 'guest' })
    const vendors = { people: people({ everyone: true }), sponsors: people({ groups: [LEADS] }) }
    const sponsored = aResource({ vendors })
    assert.equal(await quorumProblem({ directory }, guest, sponsored), undefined)
    const alone = aDirectory(anApprover('lea', { groups: [LEADS, RELIABILITY] }))
    assert.deepEqual(await quorumProblem({ directory: alone }, guest, sponsored), {
      code: 'not-enough-approvers',
      needed: 2,
      available: 1,
    })
  })

  it('needs more people where more approvals are asked for', async () => {
    const directory = aDirectory(kim, sam)
    const more = { leastApprovals: 3 }
    assert.deepEqual(await quorumProblem({ directory }, alex, twoOf, more), {
      code: 'not-enough-approvers',
      needed: 3,
      available: 2,
    })
  })

  it('counts only those whom the Rego policy accepts', async () => {
    const lea = anApprover('lea', { groups: [LEADS, RELIABILITY] })
    const directory = aDirectory(kim, sam, lea)
    assert.deepEqual(await quorumProblem({ directory }, alex, twoOf, { groups: [LEADS] }), {
      code: 'not-enough-approvers',
      needed: 2,
      available: 1,
    })
    const wider = { groups: [LEADS, RELIABILITY] }
    assert.equal(await quorumProblem({ directory }, alex, twoOf, wider), undefined)
    directory.fail(LEADS)
    assert.equal(await quorumProblem({ directory }, alex, twoOf, { groups: [LEADS] }), undefined)
  })

  it('is none while a group has no answer, and asks for no other groups', async () => {
    const directory = aDirectory(alex)
    directory.fail(RELIABILITY)
    const requesters = people({ groups: [ENGINEERS] })
    assert.equal(await quorumProblem({ directory }, alex, { ...twoOf, requesters }), undefined)
    assert.deepEqual(directory.asked, [RELIABILITY])
  })

  it('throws what is no failed look-up', async () => {
    const directory = {
      ...aDirectory(),
      groupMembers: () => Promise.reject(new TypeError('a mistake')),
    }
    await assert.rejects(quorumProblem({ directory }, alex, twoOf), TypeError)
  })
})
