import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EXPORT_FORMATS } from '../../src/app/audit-export.ts'
import type { ExportFormat } from '../../src/app/audit-export.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { ChainedEvent } from '../../src/domain/chained-event.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Json } from '../../src/domain/ppl.ts'
import { digestOf, entryText, genesisOf, nextHash } from '../../src/trail/entry.ts'
import { CSV_HEADER } from '../../src/trail/export-csv.ts'
import { exportText, lineWriter, recordText } from '../../src/trail/export-formats.ts'
import type { ExportRecord } from '../../src/trail/export-record.ts'
import { FileForged, verifyFile } from '../../src/trail/verify-file.ts'
import { after, alex, kim } from '../support/build.ts'
import { LOG_ID, chainOf, exportOf } from '../support/chain.ts'

const anEvent = (facts: Partial<RecordedEvent> = {}): RecordedEvent => ({
  schemaVersion: 1,
  seq: 0,
  hash: '',
  at: after(0),
  action: 'request.denied',
  actor: { kind: 'person', identity: identityOf(alex) },
  via: 'web',
  alert: false,
  details: { reason: 'INC-42', refusal: 'own-request' },
  ...facts,
})

type Marked = ReturnType<typeof chainOf>[number]

async function textOf(
  chain: readonly Marked[],
  format: ExportFormat,
  facts: Parameters<typeof exportOf>[1] = {},
): Promise<string> {
  async function* batches() {
    yield chain
  }
  let text = ''
  for await (const part of exportText(exportOf(batches(), facts), format)) text += part
  return text
}

async function* linesOf(text: string) {
  yield* text.split(/\r?\n/).slice(0, -1)
}

const verified = (text: string, heads: Parameters<typeof verifyFile>[1] = []) =>
  verifyFile(linesOf(text), heads)

/** The same events with other contents or numbers, chained anew. */
function rechained(
  chain: readonly Marked[],
  change: (event: Marked, index: number) => Partial<ChainedEvent>,
): readonly Marked[] {
  let hash = genesisOf(LOG_ID)
  return chain.map((event, index) => {
    const changed = { ...event, ...change(event, index) }
    hash = nextHash(hash, digestOf(entryText(changed)))
    return { ...changed, hash }
  })
}

describe('an export from a trail that had gaps before it was chained', () => {
  const numbers = [2, 5, 6, 9, 10, 11]
  for (const format of EXPORT_FORMATS)
    it(`can be verified as ${format}, whatever is left out`, async () => {
      for (let wanted = 0; wanted < 2 ** numbers.length; wanted += 1) {
        const events = numbers.map(() => anEvent())
        const chain = rechained(chainOf(events), (_, index) => ({ seq: numbers[index] ?? 0 }))
        const marked = chain.map((event, index) => ({
          ...event,
          isWanted: (wanted & (1 << index)) !== 0,
        }))
        const head = { seq: 11, hash: chain.at(-1)?.hash ?? '' }
        const known = { seq: 5, hash: chain[1]?.hash ?? '' }
        const result = await verified(await textOf(marked, format, { gapsUntil: 9 }), [head, known])
        assert.deepEqual([result.events + result.leftOut, result.vouched], [numbers.length, 11])
      }
    })
})

describe('whoever edits an export with care', () => {
  const events = Array.from({ length: 12 }, (_, n) =>
    anEvent({
      action: n % 4 === 0 ? 'grant.activated' : 'request.created',
      at: after(n),
      alert: n % 5 === 0,
      ...(n % 3 === 0 ? { actor: { kind: 'bot' } } : {}),
    }),
  )
  const chain = chainOf(events).map((event, n) => ({ ...event, isWanted: n % 5 < 2 }))
  const head = { seq: 12, hash: chain.at(-1)?.hash ?? '' }

  /** Paths to the leaves of a value. */
  const leaves = (value: Json, path: readonly string[] = []): readonly (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, each]) => leaves(each, [...path, name]))
      : [path]
  const editedAt = (value: Json, [name, ...rest]: readonly string[], at: number): Json => {
    if (name === undefined) {
      if (typeof value === 'number') return value + 1 + (at % 3)
      if (typeof value === 'boolean') return !value
      const text = typeof value === 'string' ? value : ''
      const place = at % (text.length || 1)
      const other = text[place] === 'a' ? 'b' : 'a'
      return text.slice(0, place) + other + text.slice(place + 1)
    }
    const members = value as Readonly<Record<string, Json>>
    const edited = { ...members, [name]: editedAt(members[name] ?? null, rest, at) }
    return Array.isArray(value) ? Object.values(edited) : edited
  }
  const timeOf = (record: Json) =>
    Date.parse((record as { entry?: { at: string } }).entry?.at ?? after(0).toISOString())
  /** What nothing in the chain says: why events are left out, and which numbers were never given. */
  const isWord = ([name]: readonly string[]) => name === 'filter' || name === 'gapsUntil'

  for (const format of EXPORT_FORMATS)
    it(`is found out in ${format}, though each line is one that the bot could write`, async () => {
      const text = await textOf(chain, format)
      const lines = text.split(/\r?\n/).slice(format === 'csv' ? 1 : 0, -1)
      const records = lines.map((line) => JSON.parse(recordText(line, format) ?? '') as Json)
      const written = (changed: readonly Json[]) => {
        const line = lineWriter(format)
        const head = format === 'csv' ? CSV_HEADER : ''
        return head + changed.map((each) => line(each as unknown as ExportRecord)).join('')
      }
      assert.equal(written(records), text)
      const edit = fc
        .nat({ max: records.length - 1 })
        .chain((index) => {
          const paths = leaves(records[index] ?? null).filter((path) => !isWord(path))
          return fc.tuple(fc.constant(index), fc.constantFrom(...paths), fc.nat({ max: 500 }))
        })
        .map(([index, path, at]) => records.with(index, editedAt(records[index] ?? null, path, at)))
        // The bot writes no time that there is not.
        .filter((changed) => changed.every((record) => !isNaN(timeOf(record))))
      await fc.assert(
        fc.asyncProperty(edit, async (changed) => {
          await assert.rejects(async () => verified(written(changed), [head]), FileForged)
        }),
        { numRuns: 200 },
      )
    })

  it('cannot say that a whole trail is of another log', async () => {
    const text = await textOf(chain, 'jsonl')
    const other = text.replace(LOG_ID, LOG_ID.replace('7', '8'))
    assert.notEqual(other, text)
    await assert.rejects(verified(other), /^FileForged: line 1: .*not that of the beginning/)
  })

  it('cannot hide behind a second head that says otherwise, whichever comes last', async () => {
    const text = await textOf(chain, 'jsonl')
    const heads = [head, { seq: 12, hash: 'ab'.repeat(32) }]
    for (const known of [heads, heads.toReversed()])
      await assert.rejects(verified(text, known), /event 12 was published with two hashes/)
  })

  it('can leave out an event as the filter would have, which the count of those left out shows', async () => {
    const fewer = chain.map((event) => (event.seq === 6 ? { ...event, isWanted: false } : event))
    const [whole, part] = [
      await verified(await textOf(chain, 'jsonl'), [head]),
      await verified(await textOf(fewer, 'jsonl'), [head]),
    ]
    assert.deepEqual(
      [part.events, part.leftOut, part.vouched],
      [whole.events - 1, whole.leftOut + 1, 12],
    )
  })
})

describe('what people wrote', () => {
  it('can be verified whatever its members are called', async () => {
    const reason = JSON.parse('{"__proto__":{"a":1},"constructor":"x","toJSON":1}') as Json
    for (const format of EXPORT_FORMATS) {
      const text = await textOf(chainOf([anEvent({ details: { reason } })]), format)
      assert.equal((await verified(text)).events, 1)
    }
  })

  it('can be verified whatever it is', async () => {
    const said = fc.string({ unit: 'binary' })
    await fc.assert(
      fc.asyncProperty(said, said, said, async (reason, email, resource) => {
        const actor = { kind: 'person', identity: { ...identityOf(kim), email } } as const
        const event = anEvent({ actor, details: { reason, refusal: resource } })
        for (const format of EXPORT_FORMATS)
          assert.equal((await verified(await textOf(chainOf([event]), format))).withheld, 0)
      }),
      { numRuns: 60 },
    )
  })

  it('is not exported as if it could be verified, when it is not in canonical form', async () => {
    for (const change of [
      { publicDetails: '{"b":1,"a":2}' },
      { publicDetails: '{"a":1.0}' },
      { publicDetails: '{"a":1,"a":1}' },
    ])
      await assert.rejects(
        textOf(
          rechained(chainOf([anEvent()]), () => change),
          'jsonl',
        ),
        /event 1 is not written as the bot writes events/,
      )
  })

  for (const separator of [',', ';', '\t'])
    it(`is no formula to a spreadsheet that parts cells at ${JSON.stringify(separator)}`, async () => {
      const attack = `x${separator}=HYPERLINK("http://evil.example")`
      const more = [
        `a; +1`,
        `b"${separator}@SUM(A1)`,
        `";=1`,
        `c${separator}\t-1`,
        ';\u200b=1',
        `x${separator}"=1+1${separator}"`,
      ]
      const chain = chainOf(
        [attack, ...more].map((said) =>
          anEvent({
            actor: { kind: 'person', identity: { ...identityOf(alex), email: said } },
            details: { reason: said, [said]: said },
          }),
        ),
      )
      const text = await textOf(chain, 'csv', { filter: { person: attack } })
      assert.equal((await verified(text)).events, chain.length)
      for (const row of text.split('\r\n'))
        for (const cell of cellsOf(row, separator))
          assert.doesNotMatch(cell, /^[\s\p{C}"]*[=+\-@]/u, row)
    })
})

/** The cells of a row to a program that parts them at something, and takes quotes for quotes where a cell begins. */
function cellsOf(row: string, separator: string): readonly string[] {
  const cells: string[] = []
  let rest = row
  while (rest !== '') {
    const [whole, quoted] = /^"((?:[^"]|"")*)"/.exec(rest) ?? []
    const cell = whole ?? rest.split(separator, 1)[0] ?? ''
    cells.push(quoted ?? cell)
    const end = rest.indexOf(separator, cell.length)
    rest = end === -1 ? '' : rest.slice(end + 1)
  }
  return cells
}
