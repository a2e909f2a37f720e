import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AccessWindow } from '../../src/app/audit-cases.ts'
import type { RequestId, ResourceId } from '../../src/domain/ids.ts'
import { ticksIn } from '../../src/web/ticks.ts'
import { windowsPicture } from '../../src/web/windows-picture.ts'

const at = (time: string) => new Date(`2026-11-20T${time}Z`)
const NOON = at('12:00:00')
const SPAN = { from: at('08:00:00'), to: at('16:00:00') }

const aWindow = (from: string, to: string, facts: Partial<AccessWindow> = {}): AccessWindow => ({
  requestId: 'A1B2C3D4' as RequestId,
  resourceId: 'grafana-prod' as ResourceId,
  email: 'alex@example.com',
  from: at(from),
  to: at(to),
  isOver: true,
  ...facts,
})

const drawn = async (windows: readonly AccessWindow[]) =>
  String(await windowsPicture(windows, SPAN, NOON)).replace(/\s+/g, ' ')
const barsIn = (picture: string) =>
  [
    ...picture.matchAll(/<rect class="pic-bar (\w+)" x="([\d.]+)%" y="(\d+)" width="([\d.]+)%"/g),
  ].map(([, kind, x, y, width]) => [kind, Number(x), Number(y), Number(width)])

describe('windowsPicture', () => {
  it('draws each window where it was, cut at the edges of the time shown', async () => {
    const picture = await drawn([
      aWindow('10:00:00', '12:00:00'),
      aWindow('06:00:00', '08:48:00'),
      aWindow('14:00:00', '20:00:00', { isOver: false }),
    ])
    assert.deepEqual(barsIn(picture), [
      ['over', 25, 91, 25],
      ['over', 0, 91, 10],
      ['live', 75, 91, 25],
    ])
  })

  it('has a row for each holder below each resource, by name', async () => {
    const picture = await drawn([
      aWindow('10:00:00', '11:00:00', { email: 'kim@example.com' }),
      aWindow('10:00:00', '11:00:00', { resourceId: 'billing' as ResourceId }),
      aWindow('10:00:00', '11:00:00'),
    ])
    const labels = [...picture.matchAll(/<text class="pic-(?:resource|holder)"[^>]*>([^<]+)</g)]
    assert.deepEqual(
      labels.map(([, label]) => label),
      ['billing', 'alex@example.com', 'grafana-prod', 'alex@example.com', 'kim@example.com'],
    )
  })

  it('tells a screen reader what it shows', async () => {
    const picture = await drawn([
      aWindow('10:00:00', '11:00:00'),
      aWindow('12:00:00', '13:00:00', { email: 'kim@example.com' }),
    ])
    assert.match(picture, /role="img" aria-labelledby="pic-title pic-desc"/)
    const said =
      /2 windows of access to 1 resource for 2 people, from 2026-11-20 08:00 UTC to 2026-11-20 16:00 UTC/
    assert.match(picture, said)
  })

  it('stays within bounds, and says how much it leaves to the table', async () => {
    const picture = await drawn(
      Array.from({ length: 60 }, (_, n) =>
        aWindow('10:00:00', '11:00:00', { email: `person${n}@example.com` }),
      ),
    )
    assert.equal(barsIn(picture).length, 40)
    assert.match(picture, /20 more rows only in the table/)
  })

  it('is none when no window reaches into the time', () => {
    const outside = [aWindow('06:00:00', '08:00:00'), aWindow('16:00:00', '18:00:00')]
    assert.equal(windowsPicture(outside, SPAN, NOON), undefined)
  })
})

describe('ticksIn', () => {
  const words = (from: string, to: string) =>
    ticksIn({ from: new Date(from), to: new Date(to) }).map(({ label, below }) => [label, below])

  it('puts marks at round times, with the day where it changes', () => {
    assert.deepEqual(words('2026-11-20T21:40Z', '2026-11-21T01:10Z'), [
      ['22:00', '20 Nov'],
      ['23:00', ''],
      ['00:00', '21 Nov'],
      ['01:00', ''],
    ])
    assert.deepEqual(words('2026-12-29T12:00Z', '2027-01-02T12:00Z'), [
      ['30 Dec', '2026'],
      ['31 Dec', ''],
      ['1 Jan', '2027'],
      ['2 Jan', ''],
    ])
  })

  it('never has more marks than have room, all within the span, whatever its length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 60_000, max: 8e12 }),
        (start, length) => {
          const span = { from: new Date(start), to: new Date(start + length) }
          const ticks = ticksIn(span)
          assert.ok(ticks.length <= 7)
          assert.ok(ticks.every(({ at }) => at >= span.from && at <= span.to))
        },
      ),
    )
  })
})
