import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TIME_BUILTINS } from '../../src/opa/time-builtins.ts'

function call(name: string, ...args: readonly unknown[]): unknown {
  return TIME_BUILTINS[`time.${name}`]?.(...args)
}

const ns = (text: string) => Date.parse(text) * 1e6

describe('TIME_BUILTINS', () => {
  it('has no clock', () => {
    assert.deepEqual(Object.keys(TIME_BUILTINS).sort(), [
      'time.clock',
      'time.date',
      'time.parse_rfc3339_ns',
      'time.weekday',
    ])
  })

  it('reads a moment in UTC unless a zone is named, with its summer', () => {
    const winter = ns('2026-03-01T23:30:05Z')
    const summer = ns('2026-07-01T22:30:05Z')
    const brussels = (moment: number) => [moment, 'Europe/Brussels']
    assert.deepEqual(call('clock', winter), [23, 30, 5])
    assert.deepEqual(call('clock', [winter, '']), [23, 30, 5])
    assert.deepEqual(call('clock', [winter]), [23, 30, 5])
    assert.deepEqual(call('clock', brussels(winter)), [0, 30, 5])
    assert.deepEqual(call('clock', brussels(summer)), [0, 30, 5])
    assert.deepEqual(call('date', winter), [2026, 3, 1])
    assert.deepEqual(call('date', brussels(winter)), [2026, 3, 2])
    assert.deepEqual(call('weekday', winter), 'Sunday')
    assert.deepEqual(call('weekday', brussels(winter)), 'Monday')
    assert.deepEqual(call('weekday', [summer, 'Asia/Kolkata']), 'Thursday')
  })

  it('is undefined where OPA has an error', () => {
    const at = ns('2026-03-01T23:30:05Z')
    const moments = [
      null,
      '1',
      NaN,
      1e300,
      [],
      [null],
      [at, 7],
      [at, 'Local'],
      [at, '+02:00'],
      [at, 'Mars/Olympus'],
      [at, '../etc'],
      [at, 'UTC', 'x'],
    ]
    for (const name of ['clock', 'date', 'weekday'])
      for (const moment of moments) assert.equal(call(name, moment), undefined, String(moment))
    const texts = [
      null,
      1,
      '',
      '2026-03-01',
      '2026-03-01 10:00:00Z',
      '2026-02-30T10:00:00Z',
      '2026-13-01T10:00:00Z',
      '2026-03-01T24:00:01Z',
      '2026-03-01T10:00:00',
      'March 1, 2026',
    ]
    for (const text of texts) assert.equal(call('parse_rfc3339_ns', text), undefined, String(text))
  })

  it('turns RFC 3339 into nanoseconds, exactly where seconds are whole', () => {
    assert.equal(call('parse_rfc3339_ns', '2026-03-01T10:00:01Z'), 1772359201 * 1e9)
    assert.equal(
      JSON.stringify(call('parse_rfc3339_ns', '2199-12-31T23:59:59Z')),
      '7258118399000000000',
    )
    assert.equal(call('parse_rfc3339_ns', '2026-03-01T12:00:01+02:00'), 1772359201 * 1e9)
    assert.equal(call('parse_rfc3339_ns', '1970-01-01T00:00:00.000000512Z'), 512)
    assert.equal(call('parse_rfc3339_ns', '1970-01-01T00:00:00.5Z'), 5e8)
  })

  it('goes on after more zones than it remembers', () => {
    const at = ns('2026-03-01T12:00:00Z')
    const zones = Intl.supportedValuesOf('timeZone').slice(0, 100)
    const clocks = () => zones.map((zone) => call('clock', [at, zone]))
    assert.deepEqual(clocks(), clocks())
    assert.ok(clocks().every((clock) => Array.isArray(clock)))
  })
})
