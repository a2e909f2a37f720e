import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import { filesInTar } from './tar.ts'

const FILE_MAX_BYTES = 32 * 1_048_576
const UNPACKED_MAX_BYTES = 64 * 1_048_576

/** What `opa build -t wasm` makes. */
export interface Bundle {
  readonly wasm: Buffer
  /** The data document, as JSON text. */
  readonly data: Buffer | undefined
  /** As the manifest says; absent when it says none. */
  readonly revision?: string
  /** SHA-256 of the file, and of the data beside it, in hex. */
  readonly hash: string
}

/** Why something cannot be used; the message says what is to be done. */
export class BundleProblem extends Error {
  override readonly name = 'BundleProblem'
}

/**
 * Reads a `bundle.tar.gz`, or a `policy.wasm` with the `data.json` that may lie beside it. Throws BundleProblem.
 * Source: https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format
 */
export async function readBundle(file: string): Promise<Bundle> {
  const bytes = await bytesOf(file)
  if (bytes === undefined) throw new BundleProblem(`${file} is not there`)
  if (isWasm(bytes)) {
    const data = await bytesOf(join(dirname(file), 'data.json'))
    return { wasm: bytes, data: checkedData(file, data), hash: hashOf(bytes, data) }
  }
  if (!isGzip(bytes))
    throw new BundleProblem(`${file} is neither WebAssembly nor a bundle; build it with ${BUILD}`)
  const files = await unpacked(file, bytes)
  const wasm = files.get('policy.wasm')
  if (wasm === undefined || !isWasm(wasm))
    throw new BundleProblem(`${file} has no policy.wasm in it; build it with ${BUILD}`)
  const revision = revisionIn(file, files.get('.manifest'))
  return {
    wasm,
    data: checkedData(file, files.get('data.json')),
    hash: hashOf(bytes),
    ...(revision === '' ? {} : { revision }),
  }
}

const BUILD = '"opa build -t wasm -e <path>"'

async function bytesOf(file: string): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(file)
    if (size > FILE_MAX_BYTES)
      throw new BundleProblem(`${file} has ${size} bytes, more than ${FILE_MAX_BYTES}`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ENOENT') return undefined
      throw new BundleProblem(`${file} cannot be read (${String(error.code)})`, { cause: error })
    }
    throw error
  }
}

function isWasm(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).equals(Buffer.from('\0asm'))
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

async function unpacked(file: string, bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  try {
    return filesInTar(await promisify(gunzip)(bytes, { maxOutputLength: UNPACKED_MAX_BYTES }))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BundleProblem(`${file} cannot be unpacked: ${why}`, { cause: error })
  }
}

function checkedData(file: string, data: Buffer | undefined): Buffer | undefined {
  if (data === undefined) return undefined
  const value = jsonOf(data)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BundleProblem(`the data.json of ${file} is not a JSON object`)
  return data
}

const manifest = z.object({ revision: z.string().max(200).default('') })

function revisionIn(file: string, bytes: Buffer | undefined): string {
  if (bytes === undefined) return ''
  const parsed = manifest.safeParse(jsonOf(bytes))
  if (!parsed.success) throw new BundleProblem(`the manifest of ${file} cannot be read`)
  return parsed.data.revision
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Whoever asks takes this for the wrong kind of value.
    return undefined
  }
}

function hashOf(...parts: readonly (Buffer | undefined)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) if (part !== undefined) hash.update(part)
  return hash.digest('hex')
}
