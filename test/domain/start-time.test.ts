import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Start } from '../../src/domain/start-time.ts'
import { instantOf } from '../../src/domain/start-time.ts'

type Day = (Start & { readonly type: 'wall' })['day']

function wall(day: Day, time: string): Start {
  const [hour, minute] = time.split(':').map(Number)
  return { type: 'wall', day, hour: hour ?? Number.NaN, minute: minute ?? Number.NaN }
}

/** What a clock in a zone shows, to the minute, as `2026-03-02 09:00`. */
const clocks = new Map<string, Intl.DateTimeFormat>()
function shown(at: Date, timeZone: string): string {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  clocks.set(timeZone, clock)
  return clock.format(at)
}

const minutesBefore = (at: Date, minutes: number) => new Date(at.getTime() - minutes * 60_000)

describe('instantOf', () => {
  const BRUSSELS = 'Europe/Brussels'
  const monday = new Date('2026-03-02T09:00:20Z')
  const rows: readonly (readonly [string, Start, Date, string, string])[] = [
    ['a time today', wall('soonest', '14:05'), monday, BRUSSELS, '2026-03-02T13:05:00Z'],
    ['a time over today', wall('soonest', '09:59'), monday, BRUSSELS, '2026-03-03T08:59:00Z'],
    ['the minute that runs', wall('soonest', '10:00'), monday, BRUSSELS, '2026-03-03T09:00:00Z'],
    ['a time tomorrow', wall('tomorrow', '10:30'), monday, BRUSSELS, '2026-03-03T09:30:00Z'],
    [
      'today where it is tomorrow already',
      wall('soonest', '23:00'),
      new Date('2026-03-02T20:00:00Z'),
      'Pacific/Kiritimati',
      '2026-03-03T09:00:00Z',
    ],
    [
      'tomorrow where it is yesterday still',
      wall('tomorrow', '00:00'),
      new Date('2026-03-02T09:00:00Z'),
      'Pacific/Niue',
      '2026-03-02T11:00:00Z',
    ],
    [
      'tomorrow at the end of a year',
      wall('tomorrow', '00:15'),
      new Date('2027-12-31T12:00:00Z'),
      'Asia/Kathmandu',
      '2027-12-31T18:30:00Z',
    ],
    ['a date', wall({ date: '2028-02-29' }, '08:00'), monday, BRUSSELS, '2028-02-29T07:00:00Z'],
    [
      'a time that the clock skips: the next that it shows',
      wall({ date: '2026-03-29' }, '02:30'),
      monday,
      BRUSSELS,
      '2026-03-29T01:00:00Z',
    ],
    [
      'a time skipped by half an hour',
      wall({ date: '2026-10-04' }, '02:10'),
      monday,
      'Australia/Lord_Howe',
      '2026-10-03T15:30:00Z',
    ],
    [
      'midnight where the clock skips it',
      wall({ date: '2026-04-24' }, '00:00'),
      monday,
      'Africa/Cairo',
      '2026-04-23T22:00:00Z',
    ],
    [
      'a day that the calendar skips',
      wall('tomorrow', '12:00'),
      new Date('2011-12-30T00:00:00Z'),
      'Pacific/Apia',
      '2011-12-30T10:00:00Z',
    ],
    [
      'a time that the clock shows twice: the first',
      wall({ date: '2026-10-25' }, '02:30'),
      monday,
      BRUSSELS,
      '2026-10-25T00:30:00Z',
    ],
    [
      'an instant, on its minute',
      { type: 'instant', at: new Date('2026-03-02T10:00:59.9Z') },
      monday,
      BRUSSELS,
      '2026-03-02T10:00:00Z',
    ],
  ]
  for (const [name, start, now, timeZone, expected] of rows)
    it(`reads ${name} (F39)`, () => {
      assert.deepEqual(instantOf(start, now, timeZone), new Date(expected))
    })

  const refused: readonly (readonly [string, Start, string | undefined, string])[] = [
    ['a time without a zone', wall('soonest', '14:00'), undefined, 'time-zone-unknown'],
    ['a zone that there is not', wall('soonest', '14:00'), 'Europe/Atlantis', 'time-zone-unknown'],
    ['an empty zone', wall('soonest', '14:00'), '', 'time-zone-unknown'],
    ['a date gone by', wall({ date: '2026-03-01' }, '23:59'), BRUSSELS, 'start-in-past'],
    ['a time of today gone by', wall({ date: '2026-03-02' }, '10:00'), BRUSSELS, 'start-in-past'],
    ['a year before all clocks', wall({ date: '0001-01-01' }, '00:00'), BRUSSELS, 'start-in-past'],
    ['an instant gone by', { type: 'instant', at: monday }, BRUSSELS, 'start-in-past'],
    [
      'an instant in the minute that runs',
      { type: 'instant', at: new Date('2026-03-02T09:00:59Z') },
      undefined,
      'start-in-past',
    ],
    ['30 February', wall({ date: '2026-02-30' }, '10:00'), BRUSSELS, 'start-unreadable'],
    ['29 February in 2027', wall({ date: '2027-02-29' }, '10:00'), BRUSSELS, 'start-unreadable'],
    ['a thirteenth month', wall({ date: '2026-13-01' }, '10:00'), BRUSSELS, 'start-unreadable'],
    ['a date in words', wall({ date: 'next week' }, '10:00'), BRUSSELS, 'start-unreadable'],
    ['a long year', wall({ date: '12026-01-01' }, '10:00'), BRUSSELS, 'start-unreadable'],
    ['hour 24', wall('tomorrow', '24:00'), BRUSSELS, 'start-unreadable'],
    ['minute 60', wall('tomorrow', '23:60'), BRUSSELS, 'start-unreadable'],
    ['half an hour of an hour', wall('tomorrow', '9.5:00'), BRUSSELS, 'start-unreadable'],
    ['no time', wall('tomorrow', 'noon'), BRUSSELS, 'start-unreadable'],
    ['no instant', { type: 'instant', at: new Date(Number.NaN) }, undefined, 'start-unreadable'],
  ]
  for (const [name, start, timeZone, code] of refused)
    it(`refuses ${name}`, () => {
      assert.deepEqual(instantOf(start, monday, timeZone), { code })
    })

  it('takes an instant whatever the zone', () => {
    const at = new Date('2026-03-02T14:00:00Z')
    assert.deepEqual(instantOf({ type: 'instant', at }, monday, undefined), at)
  })

  it('is the first instant at which the clock shows the time, or the next time that it shows (F39)', () => {
    fc.assert(
      fc.property(aZone, aYear, fc.nat(), aTime, (timeZone, year, pick, time) => {
        const date = interestingDay(timeZone, year, pick)
        const now = new Date(`${year - 1}-06-01T00:00:00Z`)
        const at = instantOf(wall({ date }, time), now, timeZone)
        assert.ok(at instanceof Date)
        const wanted = `${date} ${time}`
        const found = shown(at, timeZone)
        if (found === wanted) {
          for (const minutes of [20, 30, 60, 120, 180, 1_440])
            assert.notEqual(shown(minutesBefore(at, minutes), timeZone), wanted)
        } else {
          assert.ok(found > wanted, `${found} is before ${wanted}`)
          assert.ok(shown(minutesBefore(at, 1), timeZone) < wanted, `${at.toISOString()} is late`)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is never later than a day and an hour from now for a time of today or tomorrow', () => {
    fc.assert(
      fc.property(aZone, aMoment, aTime, (timeZone, now, time) => {
        const at = instantOf(wall('soonest', time), now, timeZone)
        assert.ok(at instanceof Date && at > now)
        assert.ok(at.getTime() - now.getTime() <= 25 * 3_600_000)
        const tomorrow = instantOf(wall('tomorrow', time), now, timeZone)
        assert.ok(tomorrow instanceof Date && tomorrow >= at)
        assert.notEqual(
          shown(tomorrow, timeZone).slice(0, 10),
          shown(now, timeZone).slice(0, 10),
          'tomorrow is another day',
        )
      }),
      { numRuns: 500 },
    )
  })
})

const aZone = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'))
const aYear = fc.integer({ min: 2012, max: 2036 })
const aMoment = fc.date({
  min: new Date('2012-01-01T00:00:00Z'),
  max: new Date('2036-12-31T00:00:00Z'),
  noInvalidDate: true,
})
const aTime = fc
  .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }))
  .map(([hour, minute]) => [hour, minute].map((n) => String(n).padStart(2, '0')).join(':'))

/** One of the days of a year on which a zone's clocks are moved, where there is any; else any day. */
function interestingDay(timeZone: string, year: number, pick: number): string {
  const days = Array.from({ length: 365 }, (_, day) => new Date(Date.UTC(year, 0, 1 + day)))
  const time = (at: Date) => shown(at, timeZone).slice(11)
  const moved = days.filter((day) => time(day) !== time(new Date(day.getTime() + 86_400_000)))
  const chosen = (moved.length === 0 ? days : moved)[pick % (moved.length || days.length)]
  return chosen?.toISOString().slice(0, 10) ?? `${year}-01-01`
}
