import { PolicyApiError } from '../app/policy-api.ts'
import { invalidAnswer, refusalError, type Attempt } from './errors.ts'
import type { Http } from './http.ts'
import type { Log } from '../app/ports.ts'
import { parseJson, tokenSchema } from './schema.ts'

export interface Session {
  /** An ID token that is good for now. */
  idToken(): Promise<string>
  /** Another ID token than the one that was refused. */
  replace(refusedIdToken: string): Promise<string>
}

interface Held {
  readonly idToken: string
  readonly renewAt: number
  readonly expiresAt: number
}

const attempt: Attempt = { method: 'POST', what: 'token', write: false }
const renewBeforeMs = 60_000
const retryRenewalMs = 5_000
const tokenBytes = 64 * 1024

/**
 * Exchanges the API user token for ID tokens, one exchange at a time for all callers.
 * A token is renewed in its last minute (or half, of a shorter life); while a renewal fails, it serves to its end.
 * Throws PolicyApiError; a failure is never remembered.
 */
export function createSession(options: {
  readonly http: Http
  readonly apiUserToken: string
  readonly now: () => number
  readonly log?: Pick<Log, 'debug' | 'warn'> | undefined
}): Session {
  const { http, apiUserToken, now, log } = options
  let held: Held | undefined
  let inFlight: Promise<Held> | undefined

  async function exchange(): Promise<Held> {
    const askedAt = now()
    const answer = await http.send({
      ...attempt,
      path: 'token',
      body: JSON.stringify({ refreshToken: apiUserToken }),
      maxBytes: tokenBytes,
    })
    if (answer.status < 200 || answer.status > 299) {
      throw credentialError(
        refusalError(attempt, answer, { nowMs: now(), secrets: [apiUserToken] }),
      )
    }
    const token = parseJson(answer.text, tokenSchema)
    if (!token.ok) throw invalidAnswer(attempt, `${answer.status} with ${token.why}`)
    const lifeMs = token.value.expiresInSeconds * 1000
    return {
      idToken: token.value.idToken,
      renewAt: askedAt + lifeMs - Math.min(renewBeforeMs, lifeMs / 2),
      expiresAt: askedAt + lifeMs,
    }
  }

  async function renew(): Promise<string> {
    inFlight ??= exchange().finally(() => {
      inFlight = undefined
    })
    held = await inFlight
    return held.idToken
  }

  return {
    async idToken() {
      if (held === undefined || now() >= held.expiresAt) return renew()
      if (now() < held.renewAt) return held.idToken
      const serving = held
      try {
        return await renew()
      } catch (error) {
        if (now() >= serving.expiresAt) throw error
        // The token still has life; the next renewal is tried a little later.
        log?.warn({ err: error }, 'ID token not renewed in time, using it to its end')
        if (held === serving) held = { ...serving, renewAt: now() + retryRenewalMs }
        return serving.idToken
      }
    },
    async replace(refusedIdToken) {
      if (held?.idToken === refusedIdToken) held = undefined
      return held !== undefined && now() < held.expiresAt ? held.idToken : renew()
    },
  }
}

/** At the exchange, every refusal of the request is a refusal of the API user token. */
function credentialError(error: PolicyApiError): PolicyApiError {
  const { code } = error
  if (code !== 'unauthorized' && code !== 'forbidden' && code !== 'rejected') return error
  return new PolicyApiError(`${error.message}; check the API user token`, {
    code: 'unauthorized',
    retryable: false,
    ambiguous: false,
  })
}
