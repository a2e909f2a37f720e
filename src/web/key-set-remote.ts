import { createLocalJWKSet, errors } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import { Agent, request } from 'undici'
import { parseKeySet } from './key-set.ts'
import type { KeyPlace, KeySet, KeySetFault } from './key-set.ts'

const MAX_AGE_MS = 10 * 60_000
/** The shortest time between two looks for a key that the set does not have. */
const COOL_DOWN_MS = 10_000
/** How long a failed look stands for everybody who asks. */
const RETRY_MS = 1_000
const TIMEOUT_MS = 5_000
const MAX_BYTES = 64 * 1_024

/** The public key that the header of a token names. Throws KeySetUnavailable, and JWKSNoMatchingKey of jose. */
export type FindKey = JWTVerifyGetKey

export type Unavailable =
  KeySetFault | 'unreachable' | 'timed-out' | 'status' | 'too-large' | 'not-json'

/** Nobody's assertion can be verified. */
export class KeySetUnavailable extends Error {
  override readonly name = 'KeySetUnavailable'
  readonly code: Unavailable

  constructor(code: Unavailable, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface KeyOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** From connection to last byte, default 5 s. */
  readonly timeoutMs?: number
}

/** Finds keys where they are: fixed ones at once, remote ones by {@link remoteKeys}. */
export function keysAt(place: KeyPlace, options: KeyOptions): FindKey {
  return 'url' in place ? remoteKeys(place.url, options) : localKeys(place.keySet)
}

interface Loaded {
  readonly find: FindKey
  readonly at: number
}

/**
 * Finds keys in a published set, which is fetched when a key is wanted: kept for ten minutes, and looked at again for
 * an unknown `kid` at most every ten seconds; one fetch at a time. Older keys are never used. jose's own remote set
 * reads the system's clock and asks again at once after a failure.
 */
function remoteKeys(url: string, { now, timeoutMs = TIMEOUT_MS }: KeyOptions): FindKey {
  let loaded: Loaded | undefined
  let failed: { readonly error: unknown; readonly at: number } | undefined
  let loading: Promise<Loaded> | undefined

  function isWithin(at: number, spanMs: number): boolean {
    const age = now() - at
    // A clock that was set back proves nothing.
    return age >= 0 && age < spanMs
  }

  async function fetchKeys(): Promise<Loaded> {
    const at = now()
    try {
      loaded = { find: localKeys(await fetchKeySet(url, timeoutMs)), at }
      return loaded
    } catch (error) {
      failed = { error, at: now() }
      throw error
    } finally {
      loading = undefined
    }
  }

  async function load(): Promise<Loaded> {
    if (failed !== undefined && isWithin(failed.at, RETRY_MS)) throw failed.error
    loading ??= fetchKeys()
    return loading
  }

  return async (header, token) => {
    const known = loaded !== undefined && isWithin(loaded.at, MAX_AGE_MS) ? loaded : await load()
    try {
      return await known.find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || isWithin(known.at, COOL_DOWN_MS))
        throw error
    }
    const newer = await load()
    return newer.find(header, token)
  }
}

function localKeys({ keys }: KeySet): FindKey {
  return createLocalJWKSet({ keys: [...keys] })
}

/** The keys that are published there now. Throws {@link KeySetUnavailable}; `timeoutMs` is from connection to last byte. */
export async function fetchKeySet(url: string, timeoutMs: number): Promise<KeySet> {
  const unavailable = (code: Unavailable, what: string, options?: ErrorOptions) =>
    new KeySetUnavailable(code, `GET ${url}: ${what}`, options)
  const signal = AbortSignal.timeout(timeoutMs)
  const body = await exchange(url, signal).catch((cause: unknown) => {
    if (signal.aborted) throw unavailable('timed-out', `no answer within ${timeoutMs} ms`)
    throw unavailable('unreachable', 'no answer', { cause })
  })
  if (typeof body === 'number') throw unavailable('status', String(body))
  if (body === 'too-large') throw unavailable('too-large', `200 with more than ${MAX_BYTES} bytes`)
  const value = jsonOf(body)
  if (value === undefined) throw unavailable('not-json', '200 with something that is not JSON')
  const parsed = parseKeySet(value)
  if (!parsed.ok) throw unavailable(parsed.why, `200 with a key set that cannot be used`)
  return parsed.keySet
}

/** The body of a 200, or another status; undici follows no redirect. */
async function exchange(url: string, signal: AbortSignal): Promise<Buffer | 'too-large' | number> {
  // A fetch in ten minutes leaves no connection behind.
  const agent = new Agent({ connections: 1, pipelining: 0 })
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      headers: { accept: 'application/json', 'user-agent': 'pomerium-jit' },
      signal,
    })
    if (statusCode !== 200) return statusCode
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_BYTES) return 'too-large'
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    await agent.destroy()
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Whoever asks takes this for no JSON.
    return undefined
  }
}
