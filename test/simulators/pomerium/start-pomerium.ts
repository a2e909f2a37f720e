import type { AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import { createApi } from './api.ts'
import { createCloud, createId, namespacesAbove, type Cloud, type CloudSettings } from './cloud.ts'
import { createConsole, type Console } from './console.ts'
import { visitDoor, type Verdict, type Visit } from './door.ts'
import { createFaults, type Faults } from './faults.ts'
import type { PolicyVersion, StoredPolicy } from './model.ts'
import { createApiServer, type Outcome } from './server.ts'
import { createTokens } from './tokens.ts'

const KEPT_REQUESTS = 10_000

export interface PomeriumOptions extends Partial<Omit<CloudSettings, 'apiUser'>> {
  readonly apiUserToken?: string
  /** Default 3600. */
  readonly tokenLifetimeSeconds?: number
  /** Default true. */
  readonly autoApplyChangesets?: boolean
  /** Leave changesets in `applying` until `settleChangesets()`. Default false. */
  readonly holdChangesets?: boolean
  /** Default 0. */
  readonly latencyMs?: number
  /** Default 0: a free one. */
  readonly port?: number
}

export interface LoggedRequest {
  readonly method: string
  /** Below `/api/v0`, with its query. */
  readonly path: string
  readonly status: Outcome
  /** Milliseconds since the epoch, by the simulator's clock, when it arrived. */
  readonly fromMs: number
  /** When the answer left. */
  readonly atMs: number
}

export interface Counters {
  requests: number
  /** Calls of `POST /token`. */
  tokenExchanges: number
  /** Writes that were answered with a success. */
  writes: number
  inFlight: number
  maxInFlight: number
}

/** A Pomerium Zero on loopback: its API, its console and a cluster's door. */
export interface PomeriumSimulator extends AsyncDisposable, Console {
  readonly origin: string
  readonly apiUrl: string
  readonly organizationId: string
  readonly clusterId: string
  readonly namespaceId: string
  /** The API user's token, as a secret would be given to the bot. */
  readonly apiUserToken: string
  /** Id of the API user in activity logs. */
  readonly apiUserId: string
  readonly faults: Faults
  /** Added to every request. */
  latencyMs: number
  tokenLifetimeSeconds: number
  /** Ends every ID token, so that the next call is a 401. */
  revokeIdTokens(): void
  /** Every document ever stored, oldest first. */
  readonly history: readonly PolicyVersion[]
  /** The last requests, oldest first. */
  readonly requests: readonly LoggedRequest[]
  readonly counters: Readonly<Counters>
  /** What the cluster enforces for a policy, whatever is stored. */
  enforced(policyId: string): StoredPolicy | undefined
  /** Applies the writes of `apply-late` faults in the order they came; gives their number. */
  landLateWrites(): number
  /** Decides a request at the cluster's door by what it enforces. */
  visit(visit: Visit): Verdict
  /** Resolves when `predicate` holds, now or after a change; rejects after `timeoutMs` (default 15000). */
  waitFor(predicate: () => boolean, options?: { readonly timeoutMs?: number }): Promise<void>
}

/** Starts a simulator on 127.0.0.1. Dispose of it to close its connections and end its waits. */
export async function startPomerium(options: PomeriumOptions = {}): Promise<PomeriumSimulator> {
  const cloud = createCloud(readSettings(options), {
    autoApply: options.autoApplyChangesets ?? true,
    holdChangesets: options.holdChangesets ?? false,
  })
  const { settings, signal } = cloud
  const stop = new AbortController()
  const faults = createFaults(signal.emit, stop.signal)
  const tuning = {
    latencyMs: options.latencyMs ?? 0,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
  }
  const apiUserToken = options.apiUserToken ?? randomBytes(32).toString('base64url')
  const tokens = createTokens({
    apiUserToken: () => apiUserToken,
    lifetimeSeconds: () => tuning.tokenLifetimeSeconds,
    now: settings.now,
  })
  const traffic = createTraffic(cloud)
  const late: (() => void)[] = []
  const server = createApiServer({
    admit: createApi(cloud, tokens),
    faults,
    latencyMs: () => tuning.latencyMs,
    stopped: stop.signal,
    keepLate: (land) => late.push(land),
    onStart: traffic.onStart,
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return Object.assign(tuning, createConsole(cloud), {
    origin,
    apiUrl: `${origin}/api/v0`,
    organizationId: settings.organizationId,
    clusterId: settings.clusterId,
    namespaceId: settings.namespaceId,
    apiUserToken,
    apiUserId: settings.apiUser.id,
    faults,
    revokeIdTokens: tokens.revokeAll,
    history: cloud.history,
    requests: traffic.requests,
    counters: traffic.counters,
    enforced: (policyId: string) => cloud.enforced.policies.get(policyId),
    landLateWrites: () => {
      const landing = late.splice(0)
      for (const land of landing) land()
      signal.emit()
      return landing.length
    },
    visit: (visit: Visit) =>
      visitDoor(cloud.enforced, visit, (namespaceId) => namespacesAbove(cloud, namespaceId)),
    waitFor: signal.waitFor,
    async [Symbol.asyncDispose]() {
      stop.abort()
      faults.clear()
      signal.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  })
}

function readSettings(options: PomeriumOptions): CloudSettings {
  const organizationType = options.organizationType ?? 'professional'
  return {
    now: options.now ?? (() => new Date()),
    edition: options.edition ?? '2026-08',
    organizationId: options.organizationId ?? createId(),
    organizationType,
    clusterId: options.clusterId ?? createId(),
    namespaceId: options.namespaceId ?? createId(),
    role: options.role ?? 'manager',
    apiUser: { id: createId(), displayName: 'jit bot' },
    // Source: https://www.pomerium.com/docs/deploy/cloud/billing
    policyLimit: options.policyLimit ?? (organizationType === 'personal' ? 5 : 100),
    quotaStatus: options.quotaStatus ?? 403,
    emptyText: options.emptyText === undefined ? '' : options.emptyText,
    pageSize: options.pageSize ?? 100,
    maxPageSize: options.maxPageSize ?? 1_000,
  }
}

function createTraffic({ settings, signal }: Cloud) {
  const requests: LoggedRequest[] = []
  const counters: Counters = {
    requests: 0,
    tokenExchanges: 0,
    writes: 0,
    inFlight: 0,
    maxInFlight: 0,
  }
  return {
    requests,
    counters,
    onStart: (method: string, path: string, search: string) => {
      counters.requests += 1
      if (path === '/token') counters.tokenExchanges += 1
      counters.inFlight += 1
      counters.maxInFlight = Math.max(counters.maxInFlight, counters.inFlight)
      const fromMs = settings.now().getTime()
      return (status: Outcome): void => {
        counters.inFlight -= 1
        const isWrite = method !== 'GET' && path !== '/token'
        if (isWrite && typeof status === 'number' && status < 300) counters.writes += 1
        const atMs = settings.now().getTime()
        requests.push({ method, path: path + search, status, fromMs, atMs })
        if (requests.length > KEPT_REQUESTS) requests.shift()
        signal.emit()
      }
    },
  }
}
