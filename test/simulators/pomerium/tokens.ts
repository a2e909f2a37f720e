import { randomBytes, timingSafeEqual } from 'node:crypto'
import { isObject } from './model.ts'
import { ApiProblem, badRequest } from './problem.ts'

const KEPT_TOKENS = 10_000

/** The exchange of the API user token for ID tokens. */
export interface Tokens {
  /** Answers `POST /token`; throws 400 on a wrong body and 401 on a wrong token. */
  exchange(body: unknown): { expiresInSeconds: string; idToken: string }
  /** Throws 401 unless the header carries an ID token in force, under the scheme `Bearer` or `Pomerium`. */
  check(authorization: string | undefined): void
  /** Ends every ID token handed out so far. */
  revokeAll: () => void
}

/** An exchange that hands out opaque ID tokens of `lifetimeSeconds()` each. */
export function createTokens(options: {
  readonly apiUserToken: () => string
  readonly lifetimeSeconds: () => number
  readonly now: () => Date
}): Tokens {
  const expiries = new Map<string, number>()

  return {
    exchange(body) {
      const refreshToken = isObject(body) ? body['refreshToken'] : undefined
      if (!isObject(body) || typeof refreshToken !== 'string' || Object.keys(body).length !== 1) {
        throw badRequest('request body has an error: property "refreshToken" is missing')
      }
      if (!isSame(refreshToken, options.apiUserToken())) {
        throw new ApiProblem(401, 'invalid refresh token')
      }
      const nowMs = options.now().getTime()
      const lifetimeSeconds = options.lifetimeSeconds()
      for (const [token, endMs] of expiries) {
        if (endMs <= nowMs || expiries.size >= KEPT_TOKENS) expiries.delete(token)
      }
      const idToken = randomBytes(48).toString('base64url')
      expiries.set(idToken, nowMs + lifetimeSeconds * 1000)
      return { expiresInSeconds: String(lifetimeSeconds), idToken }
    },
    check(authorization) {
      const token = /^(?:Bearer|Pomerium) +(\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) throw new ApiProblem(401, 'authorization required')
      const endMs = expiries.get(token)
      if (endMs === undefined) throw new ApiProblem(401, 'invalid token')
      if (endMs <= options.now().getTime()) throw new ApiProblem(401, 'token is expired')
    },
    revokeAll() {
      expiries.clear()
    },
  }
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
