import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sourceAddressOf } from '../../src/web/source-address.ts'

const of = (...lines: readonly string[]) =>
  sourceAddressOf({ headersDistinct: { 'x-forwarded-for': [...lines] } })

describe('sourceAddressOf', () => {
  it('is the last address, which Pomerium appended, of the last line', () => {
    assert.equal(of('203.0.113.9'), '203.0.113.9')
    assert.equal(of('198.51.100.1, 203.0.113.9'), '203.0.113.9')
    assert.equal(of('198.51.100.1', '192.0.2.7,203.0.113.9 '), '203.0.113.9')
    assert.equal(of('198.51.100.1, 2001:db8::7'), '2001:db8::7')
  })

  for (const [what, last] of [
    ['nothing', ''],
    ['a word', 'unknown'],
    ['a port', '203.0.113.9:4711'],
    ['brackets', '[2001:db8::7]'],
    ['a zone', 'fe80::1%eth0'],
    ['a network', '203.0.113.0/24'],
    ['leading zeros', '203.0.113.009'],
    ['a line end', '203.0.113.9\n198.51.100.1'],
    ['markup', '<b>203.0.113.9</b>'],
  ] as const)
    it(`is unknown where ${what} stands last, and never an earlier one`, () => {
      assert.equal(of(`198.51.100.1, ${last}`), undefined)
    })

  it('is unknown without the header', () => {
    assert.equal(sourceAddressOf({ headersDistinct: {} }), undefined)
    assert.equal(sourceAddressOf({ headersDistinct: { 'x-real-ip': ['203.0.113.9'] } }), undefined)
  })
})
