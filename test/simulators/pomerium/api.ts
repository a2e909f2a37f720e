import { changesetOperations } from './api-changesets.ts'
import { organizationOperations } from './api-organization.ts'
import { entityOperations } from './api-entities.ts'
import type { Cloud } from './cloud.ts'
import type { Json } from './model.ts'
import { ApiProblem, badRequest, roleRequired } from './problem.ts'
import type { Tokens } from './tokens.ts'

/** A request below `/api/v0`, its body as text. */
export interface ApiRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
}

export interface Answer {
  readonly status: number
  /** Absent on 204. */
  readonly body?: Json
}

/** What one operation gets: the steps of the path that its pattern leaves open, in order. */
export interface Call {
  readonly ids: readonly string[]
  readonly query: URLSearchParams
  readonly json: () => unknown
}

/** `"GET /policies/:id"` and what answers it. */
export type Operations = Readonly<Record<string, (call: Call) => Answer>>

/** A request that passed the door of the API; `perform` reads or changes the state, at once or later. */
export interface Admitted {
  perform(): Answer
}

/** Checks who asks and finds the operation. Throws {@link ApiProblem}. */
export type AdmitRequest = (request: ApiRequest) => Admitted

/** The REST API over a simulated organization. */
export function createApi(cloud: Cloud, tokens: Tokens): AdmitRequest {
  const all = {
    ...organizationOperations(cloud),
    ...changesetOperations(cloud),
    ...entityOperations(cloud),
  }
  const table = Object.entries(all).map(([key, run]) => {
    const [method = '', pattern = ''] = key.split(' ')
    return { method, steps: pattern.split('/'), run }
  })

  return (request) => {
    const json = (): unknown => parseBody(request)
    if (request.path === '/token') {
      if (request.method !== 'POST') throw new ApiProblem(405, 'method not allowed')
      return { perform: () => ({ status: 200, body: { ...tokens.exchange(json()) } }) }
    }
    tokens.check(request.authorization)
    const steps = withinOrganization(cloud, request.path).split('/')
    const fitting = table.filter((operation) => fits(operation.steps, steps))
    if (fitting.length === 0) throw new ApiProblem(404, 'no matching operation was found')
    const operation = fitting.find(({ method }) => method === request.method)
    if (!operation) throw new ApiProblem(405, 'method not allowed')
    const ids = steps.filter((_, index) => operation.steps[index]?.startsWith(':'))
    return { perform: () => operation.run({ ids, query: request.query, json }) }
  }
}

/** The path behind `/organizations/{id}`; an organization that the caller does not see is a 403. */
function withinOrganization(cloud: Cloud, path: string): string {
  const found = /^\/organizations(?:\/([^/]+)(\/.*)?)?$/.exec(path)
  if (!found) return path
  const [, organizationId, rest] = found
  if (organizationId === undefined) return '/organizations'
  if (organizationId !== cloud.settings.organizationId) throw roleRequired('viewer')
  return rest ?? '/'
}

function fits(pattern: readonly string[], steps: readonly string[]): boolean {
  return (
    pattern.length === steps.length &&
    pattern.every((step, index) =>
      step.startsWith(':') ? steps[index] !== '' : step === steps[index],
    )
  )
}

function parseBody({ contentType, body }: ApiRequest): unknown {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
    throw badRequest('request body has an error: header Content-Type has unexpected value')
  }
  try {
    return JSON.parse(body) as unknown
  } catch {
    throw badRequest('request body has an error: failed to decode request body')
  }
}
