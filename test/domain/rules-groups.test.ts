import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import { approverSets, groupsIn, groupsOf, requesterSets } from '../../src/domain/rules.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aCatalogue,
  aLevel,
  aResource,
  aResourceWithLevels,
  aStage,
  people,
} from '../support/build.ts'
import { LEADS, SECURITY } from './commands.ts'

const BOSSES = 'S0BOSSES' as SlackGroupId

describe('groupsOf and groupsIn', () => {
  const wiki = aResource({
    id: 'wiki' as ResourceId,
    requesters: people({ groups: [RELIABILITY] }),
  })
  const db = aResource({
    requesters: people({ groups: [ENGINEERS] }),
    stages: [aStage({ approvers: people({ groups: [ENGINEERS] }) })],
  })
  const catalogue = aCatalogue({ admins: people({ groups: [BOSSES] }) }, wiki, db)

  it('name every group once', () => {
    assert.deepEqual([...groupsOf(catalogue)], [BOSSES, RELIABILITY, ENGINEERS])
  })

  it('name the groups of sets of people, those that are there', () => {
    assert.deepEqual([...groupsIn(catalogue.admins, db.requesters)], [BOSSES, ENGINEERS])
    assert.deepEqual([...groupsIn(undefined, db.requesters, db.stages[0]?.approvers)], [ENGINEERS])
    assert.deepEqual([...groupsIn()], [])
  })

  it('leave out no group by which somebody may ask, may answer, or is denied', () => {
    const group = (id: string) => id as SlackGroupId
    const of = (...ids: string[]) => people({ groups: ids.map(group) })
    const full = aResource({
      requesters: { ...of('S0REQ'), deny: of('S0REQDENY') },
      stages: [
        aStage({ approvers: { ...of('S0APP'), deny: of('S0APPDENY') }, silent: of('S0SILENT') }),
        aStage({ approvers: of('S0APP2') }),
      ],
      escalation: { afterSeconds: 60, to: of('S0UP') },
      automatic: [{ name: 'auto_approve[0]', requesters: of('S0AUTO'), maxSeconds: 60 }],
      breakGlass: { requesters: of('S0GLASS'), maxSeconds: 60, reviewSeconds: 60 },
      vendors: { people: of('S0VENDOR'), sponsors: of('S0SPONSOR') },
    })
    const asks = ['S0REQ', 'S0REQDENY', 'S0GLASS', 'S0VENDOR', 'S0SPONSOR', 'S0AUTO']
    const answers = ['S0APP', 'S0APPDENY', 'S0SILENT', 'S0APP2', 'S0UP', 'S0SPONSOR']
    assert.deepEqual([...groupsIn(...requesterSets(full))], asks)
    assert.deepEqual([...groupsIn(...approverSets(full))], answers)
    assert.deepEqual([...groupsOf(aCatalogue({}, full))], [...new Set([...asks, ...answers])])
  })

  it('name the groups of auditors too', () => {
    const auditors = people({ groups: [LEADS], deny: people({ groups: [SECURITY] }) })
    const all = [LEADS, SECURITY, ENGINEERS, RELIABILITY]
    assert.deepEqual([...groupsOf(aCatalogue({ auditors }))], all)
  })

  it('name the groups of levels, and not those of the resource that has them', () => {
    const read = aLevel('read', { requesters: people({ groups: [LEADS] }) })
    const write = aLevel('write', { requesters: people({ groups: [SECURITY] }) })
    const catalogue = aCatalogue({}, aResourceWithLevels(read, write))
    assert.deepEqual([...groupsOf(catalogue)], [LEADS, RELIABILITY, SECURITY])
  })
})
