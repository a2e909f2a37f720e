import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EXPORT_FORMATS } from '../../src/app/audit-export.ts'
import type { ExportFormat } from '../../src/app/audit-export.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import type { RequestId, ResourceId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'
import { exportText } from '../../src/trail/export-formats.ts'
import { genesisOf } from '../../src/trail/entry.ts'
import { FileForged, verifyFile } from '../../src/trail/verify-file.ts'
import { after, alex, kim } from '../support/build.ts'
import { LOG_ID, chainOf, exportOf } from '../support/chain.ts'

const ACTIONS: readonly AuditAction[] = [
  'request.created',
  'request.approved',
  'grant.activated',
  'grant.ended',
  'request.deny_refused',
  'policy.blocked',
  'audit.exported',
]

const events: readonly RecordedEvent[] = Array.from({ length: 42 }, (_, n) => ({
  seq: n + 1,
  hash: '',
  schemaVersion: 1,
  at: after(n),
  action: ACTIONS[n % ACTIONS.length] ?? 'audit.read',
  actor:
    n % 3 === 0
      ? { kind: 'bot' }
      : { kind: 'person', identity: identityOf(n % 2 === 0 ? alex : kim) },
  via: 'button',
  ...(n % 4 === 0 ? {} : { requestId: 'A1B2C3D4' as RequestId }),
  resourceId: `r${n % 3}` as ResourceId,
  alert: n % 7 === 5,
  details: {
    ...(n % 7 === 4 ? { refusal: 'own-request' } : {}),
    reason: `INC-${n}, "why",\n=1+1`,
    email: 'alex@example.com',
  },
}))

const isWanted = ({ resourceId }: RecordedEvent) => resourceId === 'r1'
const chain = chainOf(events, isWanted)
const head = { seq: 42, hash: chain.at(-1)?.hash ?? '' }

async function textOf(format: ExportFormat, from = 0): Promise<string> {
  async function* batches() {
    yield chain.slice(from, 20)
    yield chain.slice(20)
  }
  const before = chain[from - 1]
  const facts =
    before === undefined ? {} : { after: { seq: before.seq, hash: before.hash }, last: 42 }
  let text = ''
  for await (const part of exportText(exportOf(batches(), facts), format)) text += part
  return text
}

async function* linesOf(text: string) {
  yield* text.split(/\r?\n/).slice(0, text.endsWith('\n') ? -1 : undefined)
}

describe('an export', () => {
  for (const format of EXPORT_FORMATS) {
    it(`as ${format} proves what it holds and what it leaves out, up to a published head`, async () => {
      const verified = await verifyFile(linesOf(await textOf(format)), [head])
      assert.deepEqual(verified, {
        events: 14,
        leftOut: 28,
        withheld: 0,
        filter: {},
        after: { seq: 0, hash: genesisOf(LOG_ID) },
        head,
        isRooted: true,
        vouched: 42,
      })
      const part = await verifyFile(linesOf(await textOf(format, 10)), [])
      assert.deepEqual([part.after.seq, part.isRooted, part.vouched], [10, false, 0])
      const known = { seq: 10, hash: chain[9]?.hash ?? '' }
      const rooted = await verifyFile(linesOf(await textOf(format, 10)), [known])
      assert.equal(rooted.isRooted, true)
    })

    it(`as ${format} shows every line that is changed, left out, put in, moved or cut off`, async () => {
      const text = await textOf(format)
      const lines = text.split('\n').slice(0, -1)
      const index = fc.nat({ max: lines.length - 1 })
      const mutation = fc.oneof(
        index.map((at) => lines.toSpliced(at, 1)),
        index.map((at) => lines.toSpliced(at, 0, lines[at] ?? '')),
        index.map((at) => lines.slice(0, at)),
        fc
          .tuple(index, index)
          .filter(([a, b]) => a !== b)
          .map(([a, b]) => lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '')),
        fc
          .tuple(
            index,
            fc.nat({ max: 10_000 }),
            fc.constantFrom('0', '1', 'a', 'b', '"', '{', 'X', ' '),
          )
          .map(([at, place, character]) => {
            const line = (lines[at] ?? '').replace(/\r$/, '')
            const where = place % line.length
            return lines.with(at, `${line.slice(0, where)}${character}${line.slice(where + 1)}`)
          })
          .filter(
            (changed) =>
              changed.join('\n').replaceAll('\r', '') !== lines.join('\n').replaceAll('\r', ''),
          ),
      )
      await fc.assert(
        fc.asyncProperty(mutation, async (changed) => {
          await assert.rejects(verifyFile(linesOf(`${changed.join('\n')}\n`), [head]), FileForged)
        }),
        { numRuns: 150 },
      )
    })
  }

  it('says when somebody took out who acted, and refuses another person in their place', async () => {
    const lines = (await textOf('jsonl')).split('\n')
    const at = lines.findIndex((line) => line.startsWith('{"actor"'))
    const line = lines[at] ?? ''
    const out = lines.with(at, line.replace(/^\{"actor":\[.*?\],"entry"/, '{"entry"'))
    assert.equal((await verifyFile(linesOf(out.join('\n')), [])).withheld, 1)
    const other = lines.with(at, line.replace('kim@example.com', 'sam@example.com'))
    assert.notEqual(other[at], line)
    await assert.rejects(
      verifyFile(linesOf(other.join('\n')), []),
      /who acted in event \d+.*changed/,
    )
  })

  it('is not taken for the real trail when a published head says otherwise', async () => {
    const wrong = { seq: 7, hash: 'ab'.repeat(32) }
    await assert.rejects(
      verifyFile(linesOf(await textOf('jsonl')), [wrong]),
      /event 7 is not the one that was published/,
    )
  })

  it('is nothing when it is something else', async () => {
    for (const text of ['', '\n', 'hello\n', '{"end":{}}\n', 'seq,at\n', '{"after":1}\n'])
      await assert.rejects(verifyFile(linesOf(text), []), FileForged)
  })
})
