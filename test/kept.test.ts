import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTime, kept } from '../src/kept.ts'

describe('kept', () => {
  function asked() {
    let now = 0
    const questions: PromiseWithResolvers<string>[] = []
    const ask = kept(
      () => {
        const question = Promise.withResolvers<string>()
        questions.push(question)
        return question.promise
      },
      { ms: 1_000, steady: () => now },
    )
    const advance = (ms: number) => {
      now += ms
    }
    return { ask, questions, advance }
  }

  it('asks once for all who ask at the same time, however long that takes', async () => {
    const { ask, questions, advance } = asked()
    const first = ask()
    advance(60_000)
    const second = ask()
    questions[0]?.resolve('yes')
    assert.deepEqual(await Promise.all([first, second]), ['yes', 'yes'])
    assert.equal(questions.length, 1)
  })

  it('goes by an answer for its time from the answer on, then asks again', async () => {
    const { ask, questions, advance } = asked()
    const first = ask()
    advance(5_000)
    questions[0]?.resolve('yes')
    await first
    await Promise.resolve()
    advance(999)
    assert.equal(await ask(), 'yes')
    advance(1)
    void ask()
    assert.equal(questions.length, 2)
  })

  it('goes by a failure as long, so that what is down is not asked by everybody', async () => {
    const { ask, questions } = asked()
    const first = ask()
    questions[0]?.reject(new Error('down'))
    await assert.rejects(first, /down/)
    await assert.rejects(ask(), /down/)
    assert.equal(questions.length, 1)
  })
})

describe('inTime', () => {
  it('is the answer, or nothing when it is late or there is none', async () => {
    assert.equal(await inTime(1_000, Promise.resolve('yes')), 'yes')
    assert.equal(await inTime(1_000, Promise.reject(new Error('down'))), undefined)
    assert.equal(await inTime(1, new Promise<string>(() => {})), undefined)
  })
})
