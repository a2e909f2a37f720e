import type { RegoSubject } from '../domain/rego-input.ts'
import { regoInput } from '../domain/rego-input.ts'
import type { RegoStage } from '../domain/rego.ts'
import type { Deps } from './deps.ts'
import type { RegoQuestion } from './rego-policy.ts'

/** A question to the Rego policy, under the catalogue in force. */
export function questionOn(
  deps: Pick<Deps, 'catalogue'>,
  stage: RegoStage,
  about: Omit<RegoSubject, 'catalogueRevision' | 'shareReason'>,
): RegoQuestion {
  const { revision: catalogueRevision, rego } = deps.catalogue()
  const shareReason = rego?.shareReason === true
  return { stage, input: regoInput(stage, { ...about, catalogueRevision, shareReason }) }
}
