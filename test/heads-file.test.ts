import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { headsFile, requireHeadsFile } from '../src/heads-file.ts'
import { givingUp, headsInFile } from '../src/trail/heads.ts'
import { MORNING } from './support/build.ts'

const head = (seq: number) => ({ seq, hash: seq.toString(16).padStart(64, 'a') })

describe('headsFile', () => {
  let folder: string
  let path: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jit-heads-'))
    path = join(folder, 'heads')
  })
  after(() => rm(folder, { recursive: true }))

  it('is made for its owner alone, and gets a line for each head', async () => {
    await requireHeadsFile(path)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const file = headsFile(path)
    assert.deepEqual(await file.read(), [])
    await file.keep(head(1), MORNING)
    await file.keep(head(2), MORNING)
    await requireHeadsFile(path)
    assert.deepEqual(await file.read(), [head(1), head(2)])
    const [line] = (await readFile(path, 'utf8')).split('\n')
    assert.equal(line, `2026-03-02T09:00:00.250Z 1:${head(1).hash}`)
  })

  it('loses no other head to a line that a crash cut off', async () => {
    const file = headsFile(path)
    await appendFile(path, '2026-03-02T09:00:00.250Z 3:aaaa')
    await file.keep(head(4), MORNING)
    assert.deepEqual(await file.read(), [head(1), head(2), head(4)])
  })

  it('leaves out heads that were given up after a restore, and only those before that line', async () => {
    const file = headsFile(path)
    await file.keep(head(9), MORNING)
    // What a crash cut off, and words of somebody else that say the same, give nothing up.
    await appendFile(path, `2026-03-02T09:00:00.250Z 10:aaaa\n${givingUp(4, MORNING)}\n`)
    await appendFile(path, `> eve said: ${givingUp(1, MORNING)}\n`)
    await file.keep(head(6), MORNING)
    assert.deepEqual(await file.read(), [head(1), head(2), head(4), head(6)])
    assert.equal(headsInFile(await readFile(path, 'utf8')).givenUp, 1)
  })

  it('cannot be a folder, nor be where there is none', async () => {
    for (const wrong of [folder, join(folder, 'none', 'heads')])
      await assert.rejects(requireHeadsFile(wrong), {
        name: 'StartError',
        message: /^AUDIT_HEADS_FILE: E\w+: .*; name a file that the bot may read and add to/,
      })
  })
})
