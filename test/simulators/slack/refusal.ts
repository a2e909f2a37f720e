import type { Json } from './json.ts'

/** An answer `{ ok: false, error }` of the Web API. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly extra: Json

  constructor(code: string, extra: Json = {}) {
    super(`Slack answers ${code}`)
    this.code = code
    this.extra = extra
  }
}

/** `invalid_arguments` (or another code) with the reasons where Slack puts them. */
export function refuseWith(code: string, problems: readonly string[]): Refusal {
  const messages = problems.map((problem) => `[ERROR] ${problem}`)
  return new Refusal(code, { response_metadata: { messages } })
}
