import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readBundle } from '../../src/opa/bundle.ts'
import type { Entry } from './archive.ts'
import { tarOf } from './archive.ts'
import { withFiles } from './support.ts'

const wasm = Buffer.from('\0asm and so on')
const policy = { name: '/policy.wasm', content: wasm }

function read(name: string, files: Readonly<Record<string, Buffer>>) {
  return withFiles(files, (directory) => readBundle(join(directory, name)))
}

function packed(...entries: readonly Entry[]) {
  return read('b.tar.gz', { 'b.tar.gz': gzipSync(tarOf(...entries)) })
}

function hashOf(...parts: readonly Buffer[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex')
}

describe('readBundle', () => {
  it('takes policy, data and revision out of a bundle', async () => {
    const file = gzipSync(
      tarOf(
        { name: '/data.json', content: '{"a":1}' },
        { name: '/jit.rego', content: 'package jit' },
        policy,
        { name: '/.manifest', content: '{"revision":"rev-7","roots":[""]}' },
      ),
    )
    assert.deepEqual(await read('b.tar.gz', { 'b.tar.gz': file }), {
      wasm,
      data: Buffer.from('{"a":1}'),
      revision: 'rev-7',
      hash: hashOf(file),
    })
  })

  it('does without data, manifest and revision', async () => {
    const { data, revision } = await packed(policy)
    assert.deepEqual([data, revision], [undefined, undefined])
    const unnamed = await packed(policy, { name: '.manifest', content: '{"revision":""}' })
    assert.equal(unnamed.revision, undefined)
  })

  it('takes a policy by itself with the data beside it, and hashes both', async () => {
    const data = Buffer.from('{"b":2}')
    assert.deepEqual(await read('p.wasm', { 'p.wasm': wasm }), {
      wasm,
      data: undefined,
      hash: hashOf(wasm),
    })
    assert.deepEqual(await read('p.wasm', { 'p.wasm': wasm, 'data.json': data }), {
      wasm,
      data,
      hash: hashOf(wasm, data),
    })
  })

  it('refuses what cannot be used, and says why', async () => {
    const refused = async (reading: Promise<unknown>, message: RegExp) =>
      assert.rejects(reading, { name: 'BundleProblem', message })
    await refused(read('gone.wasm', {}), /gone\.wasm is not there$/)
    await refused(
      withFiles({}, async (directory) => {
        await mkdir(join(directory, 'p.wasm'))
        return readBundle(join(directory, 'p.wasm'))
      }),
      /cannot be read \(EISDIR\)$/,
    )
    await refused(
      packed({ name: 'data.json', content: '{}' }),
      /has no policy\.wasm in it; build it with "opa build -t wasm -e <path>"$/,
    )
    await refused(packed({ name: 'policy.wasm', content: 'text' }), /has no policy\.wasm/)
    await refused(packed(policy, { name: 'data.json', content: '[]' }), /is not a JSON object$/)
    await refused(packed(policy, { name: '.manifest', content: '{' }), /manifest of .* be read$/)
    await refused(
      packed(policy, { name: '.manifest', content: '{"revision":7}' }),
      /manifest of .* be read$/,
    )
    const cut = gzipSync(tarOf(policy)).subarray(0, 30)
    await refused(read('b.tar.gz', { 'b.tar.gz': cut }), /cannot be unpacked: unexpected end/)
    const short = gzipSync(tarOf(policy).subarray(0, 700))
    await refused(read('b.tar.gz', { 'b.tar.gz': short }), /cannot be unpacked: the archive has no/)
  })

  it('refuses more than 32 MB, and more than 64 MB once it is unpacked', async () => {
    const large = Buffer.alloc(32 * 1_048_576 + 1)
    await assert.rejects(read('p.wasm', { 'p.wasm': large }), {
      name: 'BundleProblem',
      message: /has 33554433 bytes, more than 33554432$/,
    })
    const bomb = gzipSync(Buffer.alloc(65 * 1_048_576), { level: 1 })
    await assert.rejects(read('b.tar.gz', { 'b.tar.gz': bomb }), {
      name: 'BundleProblem',
      message: /cannot be unpacked: Cannot create a Buffer larger than 67108864 bytes$/,
    })
  })
})
