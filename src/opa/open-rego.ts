import { X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import type { RegoPolicy } from '../app/rego-policy.ts'
import type { RegoSettings } from '../domain/resource.ts'
import { BundleProblem } from './bundle.ts'
import { createRemoteRego } from './remote.ts'

/** Disposing lets questions under way end, and then lets go of connections and memory. */
export type OpenRego = RegoPolicy & AsyncDisposable

export type OpenedRego =
  | { readonly ok: true; readonly rego: OpenRego }
  /** One line that says what is to be done. */
  | { readonly ok: false; readonly problem: string }

/** The Rego policy that the catalogue asks for: its compiled file, else the OPA of the environment. */
export async function openRego(
  settings: RegoSettings,
  around: {
    /** The catalogue's; a relative `bundle` is below it. */
    readonly directory: string
    readonly opa?: { readonly url: string; readonly token?: string; readonly ca?: string }
    /** Milliseconds of a clock that never goes back. */
    readonly now: () => number
  },
): Promise<OpenedRego> {
  const { directory, opa, now } = around
  const { path, bundle } = settings
  if (bundle !== undefined) return compiled(resolve(directory, bundle), path, now)
  if (opa === undefined)
    return {
      ok: false,
      problem: 'rego has no bundle and there is no OPA_URL; give one of the two, or leave rego out',
    }
  const problem = opa.ca === undefined ? undefined : certificateProblem(opa.ca)
  if (problem !== undefined) return { ok: false, problem }
  return { ok: true, rego: createRemoteRego({ ...opa, path, now }) }
}

async function compiled(file: string, path: string, now: () => number): Promise<OpenedRego> {
  try {
    // Only then, since the engine takes some megabytes of memory.
    const { loadCompiledRego } = await import('./wasm.ts')
    const rego = await loadCompiledRego(file, path, { now })
    return { ok: true, rego: { ...rego, [Symbol.asyncDispose]: () => Promise.resolve() } }
  } catch (error) {
    if (!(error instanceof BundleProblem)) throw error
    return { ok: false, problem: `rego.bundle: ${error.message}` }
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** TLS itself passes over what it cannot read, and then trusts nobody. */
function certificateProblem(ca: string): string | undefined {
  const blocks = ca.match(CERTIFICATE) ?? []
  try {
    for (const block of blocks) void new X509Certificate(block)
    if (blocks.length > 0) return undefined
  } catch {
    // What is thrown says nothing that helps.
  }
  return 'OPA_CA has a certificate that cannot be read, or none; it must be PEM'
}
