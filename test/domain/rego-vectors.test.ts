import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { neededBy, stagesOf } from '../../src/domain/approvals.ts'
import { automaticRule } from '../../src/domain/decide-alone.ts'
import { REGO_VERSION } from '../../src/domain/rego.ts'
import { regoInput } from '../../src/domain/rego-input.ts'
import type { RequestKind } from '../../src/domain/request.ts'
import type { Resource, Risk } from '../../src/domain/resource.ts'
import { askProblems } from '../../src/domain/rules.ts'
import type { Standing } from '../../src/domain/person.ts'
import { baseInput, vectors } from '../opa/vectors.ts'
import {
  aPendingRequest,
  aResource,
  aStage,
  alex,
  anEngineer,
  MORNING,
  people,
  RELIABILITY,
  REVISION,
} from '../support/build.ts'

/** What a catalogue says for the example policy of `rego/` where it can. */
const BY_RISK: Readonly<Record<Risk, Partial<Resource>>> = {
  low: { automatic: [{ name: 'auto_approve[0]', maxSeconds: 3_600 }] },
  medium: {},
  high: {
    stages: [aStage({ approvals: 2 })],
    reason: { minLength: 5, pattern: /\bINC-[0-9]+\b/ },
  },
}

describe('regoInput', () => {
  it('writes what the vectors begin with', () => {
    const subject = {
      now: MORNING,
      request: aPendingRequest(),
      resource: aResource(),
      requester: alex,
      openRequests: 0,
      catalogueRevision: REVISION,
      shareReason: true,
    }
    assert.deepEqual(regoInput('request', subject), { ...baseInput, v: REGO_VERSION })
  })
})

describe('the rules of the catalogue', () => {
  for (const { name, question, catalogue } of vectors) {
    if (catalogue === undefined) continue
    it(`come to the same as the example policy: ${name}`, () => {
      const { request, target, requester } = question.input as unknown as {
        readonly request: {
          readonly kind: RequestKind
          readonly duration_s: number
          readonly reason: string
        }
        readonly target: { readonly risk: Risk }
        readonly requester: { readonly standing: Standing }
      }
      const sponsors = people({ groups: [RELIABILITY] })
      const resource = aResource({
        ...BY_RISK[target.risk],
        vendors: { people: people({ domains: ['example.com'] }), sponsors },
      })
      const { kind, reason, duration_s: durationSeconds } = request
      const asked = aPendingRequest({ kind, reason, durationSeconds })
      const person = anEngineer('alex', { standing: requester.standing })
      assert.deepEqual(
        {
          approvals: neededBy(stagesOf(asked, resource)),
          automatic: automaticRule(asked, person, resource, undefined) !== undefined,
          problems: askProblems(resource, asked).map(({ code }) => code),
        },
        catalogue,
      )
    })
  }
})
