/** A refusal that goes over the wire as `{"error": "<text>"}`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const badRequest = (message: string): ApiProblem => new ApiProblem(400, message)
export const conflict = (message: string): ApiProblem => new ApiProblem(409, message)

/** What a caller without the role hears, and what everybody hears about an entity that is gone or never was. */
export const roleRequired = (role: 'viewer' | 'manager'): ApiProblem =>
  new ApiProblem(403, `${role} user required`)
