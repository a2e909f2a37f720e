import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { filesInTar } from '../../src/opa/tar.ts'
import { tarOf } from './archive.ts'

function texts(archive: Buffer): Readonly<Record<string, string>> {
  return Object.fromEntries([...filesInTar(archive)].map(([name, file]) => [name, String(file)]))
}

describe('filesInTar', () => {
  it('gives the regular files by their names below the root', () => {
    const archive = tarOf(
      { name: '/data.json', content: '{}' },
      { name: './.manifest', content: 'm'.repeat(512) },
      { name: 'policy', type: '5' },
      { name: 'pax_header', content: '20 path=elsewhere\n', type: 'x' },
      { name: 'old', content: 'n', type: '\0' },
      { name: 'link', type: '2' },
      { name: 'jit.rego', content: '', prefix: '/long/way' },
    )
    assert.deepEqual(texts(archive), {
      'data.json': '{}',
      '.manifest': 'm'.repeat(512),
      old: 'n',
      'long/way/jit.rego': '',
    })
  })

  it('gives the last one of a name, and nothing of what comes after the end', () => {
    const first = { name: 'a', content: '1' }
    const archive = Buffer.concat([tarOf(first, { name: '/a', content: '2' }), tarOf(first)])
    assert.deepEqual(texts(archive), { a: '2' })
  })

  it('refuses an archive that is cut off anywhere before its end', () => {
    const archive = tarOf({ name: 'a', content: 'x'.repeat(700) }, { name: 'b', content: 'y' })
    const whole = archive.length - 1_024
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole + 511 }), (length) => {
        assert.throws(() => filesInTar(archive.subarray(0, length)), RangeError)
      }),
    )
  })

  it('refuses a header with any bit turned', () => {
    const archive = tarOf({ name: 'a', content: 'x' })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), fc.integer({ min: 0, max: 6 }), (at, bit) => {
        const damaged = Buffer.from(archive)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        try {
          // Space, NUL and what follows NUL in the field of the sum may change without changing it.
          assert.deepEqual(texts(damaged), { a: 'x' })
          assert.ok(at >= 148 && at < 156)
        } catch (error) {
          assert.ok(error instanceof RangeError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
