import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalJson } from '../../src/domain/canonical.ts'
import type { LevelId, RequestId, SlackGroupId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { RegoSubject } from '../../src/domain/rego-input.ts'
import { regoInput } from '../../src/domain/rego-input.ts'
import {
  aGrant,
  aLevel,
  anApproval,
  anApprovedRequest,
  anEngineer,
  aPendingRequest,
  aResource,
  aStage,
  after,
  alex,
  ENGINEERS,
  kim,
  people,
  RELIABILITY,
  REVISION,
  sam,
} from '../support/build.ts'

function subject(facts: Partial<RegoSubject> = {}): RegoSubject {
  return {
    now: after(90),
    request: aPendingRequest(),
    resource: aResource(),
    requester: alex,
    openRequests: 2,
    catalogueRevision: REVISION,
    shareReason: false,
    ...facts,
  }
}

type Part = Readonly<Record<string, unknown>>

describe('regoInput', () => {
  it('says everything that there is about an extension at a click', () => {
    const request = aPendingRequest({
      kind: 'sponsored',
      level: 'read' as LevelId,
      beneficiary: 'Vera@Partner.Example',
      extends: 'E1F2G3H4' as RequestId,
      startsAt: after(3_600),
      durationSeconds: 1_800,
      approvals: [{ ...anApproval(identityOf(sam), after(30), 'a note'), durationSeconds: 900 }],
    })
    const resource = aLevel('read', {
      risk: 'high',
      stages: [
        aStage({ approvals: 2, silent: people({ groups: [ENGINEERS] }) }),
        aStage({ approvers: people({ groups: [RELIABILITY], users: [kim.userId] }) }),
      ],
      constraints: [{ source_ip: ['203.0.113.0/24'] }],
    })
    const requester = anEngineer('alex', {
      email: 'Alex@Example.com',
      subject: 'sub-1',
      groups: [RELIABILITY, ENGINEERS],
    })
    const extended = anApprovedRequest(aGrant('active'))
    const about = subject({ request, resource, requester, approver: kim, extended })
    assert.deepEqual(regoInput('approve', about), {
      v: 1,
      stage: 'approve',
      now: { rfc3339: '2026-03-02T09:01:30Z', epoch_s: 1_772_442_090 },
      request: {
        id: 'A1B2C3D4',
        kind: 'sponsored',
        resource: 'grafana-prod',
        level: 'read',
        duration_s: 1_800,
        total_s: 5_400,
        starts_at: '2026-03-02T10:00:00Z',
        reason_present: true,
        beneficiary: 'vera@partner.example',
        extends: 'E1F2G3H4',
        created_at: '2026-03-02T09:00:00Z',
      },
      target: {
        id: 'grafana-prod',
        level: 'read',
        title: 'Grafana (production)',
        risk: 'high',
        max_duration_s: 28_800,
        approvals: 3,
        approver_groups: [ENGINEERS, RELIABILITY],
        constraints: [{ source_ip: ['203.0.113.0/24'] }],
      },
      requester: {
        slack_id: 'U0ALEX',
        team_id: 'T0TEAM',
        email: 'alex@example.com',
        groups: [ENGINEERS, RELIABILITY],
        standing: 'member',
      },
      approver: {
        slack_id: 'U0KIM',
        team_id: 'T0TEAM',
        email: 'kim@example.com',
        groups: [RELIABILITY],
        standing: 'member',
      },
      approvals: [
        {
          slack_id: 'U0SAM',
          email: 'sam@example.com',
          at: '2026-03-02T09:00:30Z',
          stage: 0,
          duration_s: 900,
        },
      ],
      context: { open_requests_of_requester: 2, catalogue_revision: REVISION },
    })
  })

  it('shares the reason, well-formed, only where it may', () => {
    const request = aPendingRequest({ reason: 'the secret \ud800plan' })
    const reasonIn = (shareReason: boolean) => {
      const input = regoInput('request', subject({ request, shareReason }))
      const text = canonicalJson(input)
      return [(input['request'] as Part)['reason'], text.includes('secret')]
    }
    assert.deepEqual(reasonIn(false), [undefined, false])
    assert.deepEqual(reasonIn(true), ['the secret \ufffdplan', true])
  })

  it('tells of a blank reason that it is none', () => {
    const input = regoInput('request', subject({ request: aPendingRequest({ reason: ' ' }) }))
    assert.equal((input['request'] as Part)['reason_present'], false)
  })

  it('is the same text for the same facts in another order', () => {
    const text = (...groups: readonly SlackGroupId[]) =>
      canonicalJson(regoInput('request', subject({ requester: anEngineer('alex', { groups }) })))
    assert.equal(text(ENGINEERS, RELIABILITY), text(RELIABILITY, ENGINEERS))
  })

  it('has the maximum and the approvals of the kind that is asked for', () => {
    const sponsors = people({ groups: [RELIABILITY] })
    const resource = aResource({
      breakGlass: { requesters: people(), maxSeconds: 1_800, reviewSeconds: 3_600 },
      vendors: { people: people(), sponsors },
    })
    const targetOf = (kind: 'standard' | 'sponsored' | 'break-glass') => {
      const request = aPendingRequest({ kind })
      const target = regoInput('request', subject({ request, resource }))['target'] as Part
      return [target['max_duration_s'], target['approvals']]
    }
    assert.deepEqual(targetOf('standard'), [28_800, 1])
    assert.deepEqual(targetOf('sponsored'), [28_800, 2])
    assert.deepEqual(targetOf('break-glass'), [1_800, 1])
  })

  it('does not know the total of an extension of what is not there', () => {
    const request = aPendingRequest({ extends: 'E1F2G3H4' as RequestId })
    for (const facts of [{}, { extended: aPendingRequest() }]) {
      const input = regoInput('extend', subject({ request, ...facts }))
      assert.equal((input['request'] as Part)['total_s'], null)
    }
  })
})
