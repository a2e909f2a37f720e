import { z } from 'zod'
import type { RegoPolicy, RegoTrace } from '../app/rego-policy.ts'
import type { Evaluation } from './answer.ts'
import { answerBy } from './answer.ts'
import type { HttpAnswer } from './http.ts'
import { createHttp } from './http.ts'

const BUDGET_MS = 1_500
const ANSWER_MAX_BYTES = 65_536
const FACT_MAX_CHARS = 200

export interface RemoteRegoOptions {
  /** Base address of the OPA, below which `v1/data` is. */
  readonly url: string
  readonly token?: string
  /** Certificates in PEM of those who may vouch for the OPA; absent: the system's. */
  readonly ca?: string
  /** Of the decision document, e.g. `jit/decision`. */
  readonly path: string
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** For everything that one question takes; 1,500 ms unless told. */
  readonly budgetMs?: number
}

/**
 * The Rego policy of an OPA server, asked through its data API. Source: https://www.openpolicyagent.org/docs/rest-api
 * A status proves nothing: an OPA that lacks its policy answers 200 to every question, so a usable document is asked for.
 */
export function createRemoteRego(options: RemoteRegoOptions): RegoPolicy & AsyncDisposable {
  const { token = '', now } = options
  const http = createHttp({
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    budgetMs: options.budgetMs ?? BUDGET_MS,
    maxBytes: ANSWER_MAX_BYTES,
  })
  const what = `v1/data/${options.path.split('/').map(encodeURIComponent).join('/')}`
  const url = `${options.url.replace(/\/+$/, '')}/${what}?provenance=true`

  async function evaluate(inputText: string): Promise<Evaluation> {
    const outcome = await http.post(url, `{"input":${inputText}}`)
    const silent = (cause: 'invalid' | 'error' | 'unavailable', why: string): Evaluation => ({
      ok: false,
      cause,
      detail: `POST ${what} at OPA: ${why}`,
    })
    if (!outcome.ok) return silent('unavailable', outcome.why)
    const { answer } = outcome
    if (answer.status !== 200) return silent('error', `${answer.status}${problemIn(answer, token)}`)
    const read = readAnswer(answer.body)
    return read ?? silent('invalid', '200 with a body that is not the JSON of the data API')
  }

  return {
    ask: (question) => answerBy('opa', now, question, evaluate),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

const bundle = z.object({ revision: z.string() })
const envelope = z.looseObject({
  decision_id: z.string().optional().catch(undefined),
  provenance: z
    .object({
      revision: z.string().optional(),
      bundles: z.record(z.string(), bundle).optional(),
    })
    .optional()
    .catch(undefined),
})
const problem = z.object({ code: z.string(), message: z.string().catch('') })

function readAnswer(body: Buffer): Evaluation | undefined {
  const parsed = envelope.safeParse(jsonOf(body))
  if (!parsed.success) return undefined
  const { decision_id: decisionId, provenance } = parsed.data
  const revision = revisionIn(provenance)
  const facts: Evaluation['facts'] = {
    ...(decisionId === undefined ? {} : { decisionId: fact(decisionId) }),
    ...(revision === undefined ? {} : { bundleRevision: fact(revision) }),
  }
  return { ok: true, document: parsed.data['result'], facts }
}

function revisionIn(
  provenance: z.output<typeof envelope>['provenance'],
): RegoTrace['bundleRevision'] {
  const named = Object.entries(provenance?.bundles ?? {}).map(
    ([name, { revision }]) => `${name}@${revision}`,
  )
  return named.length > 0 ? named.sort().join(' ') : provenance?.revision
}

/** What OPA says of a problem. Whatever stands in its place may give back what was sent, so the token is taken out. */
function problemIn({ body }: HttpAnswer, token: string): string {
  const parsed = problem.safeParse(jsonOf(body))
  if (!parsed.success) return ''
  const said = [parsed.data.code, parsed.data.message].filter((text) => text !== '')
  return said
    .map((text) => `: ${fact(token === '' ? text : text.replaceAll(token, '[removed]'))}`)
    .join('')
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // Neither UTF-8 nor JSON is a document.
    return undefined
  }
}

function fact(text: string): string {
  return text.replace(/[^ -~]+/g, ' ').slice(0, FACT_MAX_CHARS)
}
