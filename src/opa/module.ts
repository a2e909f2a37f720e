import type { LoadedPolicy } from '@open-policy-agent/opa-wasm'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import { BundleProblem } from './bundle.ts'
import { TIME_BUILTINS } from './time-builtins.ts'

/** Compiled WebAssembly, without memory. */
export type WasmModule = object
type WasmFunctions = { readonly [name: string]: (...args: number[]) => number }

// TypeScript has these only among the types of browsers.
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    compile(bytes: Uint8Array): Promise<WasmModule>
    readonly Module: { exports(module: WasmModule): readonly { readonly name: string }[] }
  }
}

/** Of 64 kB. */
const FIRST_PAGES = 32
/** 64 MB, for data and whatever an evaluation needs. */
const MAX_PAGES = 1_024

/** What the engine calls. Source: https://www.openpolicyagent.org/docs/wasm#exports */
const EXPORTS = [
  'opa_wasm_abi_version',
  'opa_wasm_abi_minor_version',
  'builtins',
  'entrypoints',
  'opa_eval',
  'opa_malloc',
  'opa_json_parse',
  'opa_json_dump',
  'opa_heap_ptr_get',
  'opa_heap_ptr_set',
]

/** Rego functions outside of WebAssembly that the engine brings itself. */
export const ENGINE_BUILTINS: readonly string[] = [
  'json.is_valid',
  'regex.split',
  'sprintf',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
]

/** Compiles WebAssembly and checks that it is a policy that can be evaluated here. Throws BundleProblem. */
export async function compilePolicy(
  wasm: Buffer,
  data: Buffer | undefined,
  path: string,
): Promise<WasmModule> {
  const module = await WebAssembly.compile(new Uint8Array(wasm)).catch((error: unknown) => {
    throw new BundleProblem(`its WebAssembly is not valid: ${lineOf(error)}`)
  })
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name))
  const missing = EXPORTS.filter((name) => !names.has(name))
  if (missing.length > 0)
    throw new BundleProblem(`its WebAssembly is no Rego policy, it lacks ${missing.join(', ')}`)
  let policy: LoadedPolicy
  let unknown: readonly string[]
  try {
    policy = await instantiate(module, data)
    unknown = neededBuiltins(policy).filter((name) => !isBuiltIn(name))
  } catch (error) {
    throw new BundleProblem(`it does not load: ${lineOf(error)}`)
  }
  if (unknown.length > 0) {
    const calls = unknown.join(', ')
    throw new BundleProblem(
      `it calls ${calls}, which a compiled policy cannot; the time is in input.now, and an OPA server has the rest`,
    )
  }
  const entrypoints = Object.keys(policy.entrypoints as object)
  if (!entrypoints.includes(path))
    throw new BundleProblem(
      `it has no entrypoint ${path}, only ${entrypoints.join(', ')}; build it with "opa build -t wasm -e ${path}"`,
    )
  return module
}

/** An instance with memory and data of its own. Throws whatever the engine throws. */
export async function instantiate(
  module: WasmModule,
  data: Buffer | undefined,
): Promise<LoadedPolicy> {
  const memory = { initial: FIRST_PAGES, maximum: MAX_PAGES }
  const policy = await loadPolicy(module, memory, TIME_BUILTINS)
  if (data !== undefined) policy.setData(exactly(data))
  return policy
}

/** The bytes as the engine takes JSON text: in a buffer with nothing else. */
export function exactly(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** The memory that an instance has taken; it never gives any back. */
export function memoryBytes(policy: LoadedPolicy): number {
  return policy.mem.buffer.byteLength
}

/** One line about whatever the engine threw: it throws text and plain objects too. */
export function lineOf(error: unknown): string {
  if (typeof error === 'string') return error
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message)
  return String(error)
}

function isBuiltIn(name: string): boolean {
  return ENGINE_BUILTINS.includes(name) || Object.hasOwn(TIME_BUILTINS, name)
}

function neededBuiltins(policy: LoadedPolicy): readonly string[] {
  const { exports } = policy.wasmInstance as { exports: WasmFunctions }
  const { builtins, opa_json_dump: dump } = exports
  if (builtins === undefined || dump === undefined) throw new TypeError('builtins are not told')
  const bytes = new Uint8Array(policy.mem.buffer)
  const start = dump(builtins())
  const text = new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)))
  return Object.keys(JSON.parse(text) as object)
}
