import { regoInput } from '../../src/domain/rego-input.ts'
import type { ResourceId } from '../../src/domain/ids.ts'
import { loadCompiledRego } from '../../src/opa/wasm.ts'
import { measureRego } from '../opa/measure-rego.ts'
import { PATH, bundleFile } from '../opa/support.ts'
import { REVISION, aPendingRequest, aResource, after, alex, kim } from '../support/build.ts'
import type { Report } from './report.ts'

const ROUNDS = 10_000
const WARM_UP = 1_000

/** One question after the other to the compiled example policy, in this process. */
export async function measureCompiledRego(report: Report): Promise<void> {
  const now = () => performance.now()
  const startedAt = now()
  const rego = await loadCompiledRego(bundleFile, PATH, { now })
  const loadedMs = now() - startedAt
  const question = (n: number) => {
    const resourceId = `service-${n % 1_000}` as ResourceId
    const input = regoInput('approve', {
      now: after(60),
      request: aPendingRequest({ resourceId }),
      resource: aResource({ id: resourceId }),
      requester: alex,
      approver: kim,
      openRequests: n % 5,
      catalogueRevision: REVISION,
      shareReason: true,
    })
    return { stage: 'approve', input } as const
  }
  const measured = await measureRego(rego, question, { warmUp: WARM_UP, rounds: ROUNDS, now })
  const { medianMs, p99Ms, grownBytes, gists } = measured
  if (gists['needs_approval'] !== ROUNDS)
    throw new Error(`the policy answered ${JSON.stringify(gists)}`)
  report.line(
    'compiled Rego, warm, one question',
    `p50 ${medianMs.toFixed(3)} ms, p99 ${p99Ms.toFixed(3)} ms`,
    '< 1 ms',
  )
  report.line(
    '  loading it; memory that questions kept',
    `${loadedMs.toFixed(0)} ms; ${grownBytes} bytes`,
  )
}
