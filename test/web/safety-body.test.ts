import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Readable } from 'node:stream'
import { FORM, FROM_HERE, ORIGIN, postWith, startSite } from './site-stage.ts'

const DONE = { status: 303, deeds: 1 }

describe('the body of a form', () => {
  for (const [what, type] of [
    ['JSON', 'application/json'],
    ['plain text, as a form of another site can send', 'text/plain'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['a form in another encoding', `${FORM}; charset=iso-8859-1`],
    ['something that begins like a form', `${FORM}-x`],
    ['two kinds at once', `${FORM}, text/plain`],
    ['no kind', ''],
  ] as const)
    it(`is not taken as ${what}`, async () => {
      await using stage = await startSite()
      const replied = await postWith(stage, { ...FROM_HERE, 'content-type': type })
      assert.deepEqual(replied, { status: 415, deeds: 0 })
    })

  for (const type of [`${FORM};charset=UTF-8`, `${FORM.toUpperCase()}; charset="utf-8"`])
    it(`is taken as ${type}`, async () => {
      await using stage = await startSite()
      assert.deepEqual(await postWith(stage, { ...FROM_HERE, 'content-type': type }), DONE)
    })

  it('is not taken compressed', async () => {
    await using stage = await startSite()
    const replied = await postWith(stage, { ...FROM_HERE, 'content-encoding': 'gzip' })
    assert.deepEqual(replied, { status: 415, deeds: 0 })
  })

  for (const [what, body] of [
    ['a field twice', 'what=x&what=y'],
    ['a field twice, spelled otherwise', 'what=x&%77hat=y'],
    ['a sequence that is no UTF-8', 'what=%ff'],
    ['an overlong form of a slash', 'what=%c0%af'],
    ['half a surrogate pair', 'what=%ed%a0%80'],
    ['half an escape', 'what=%4'],
    ['an escape of no digits', 'what=%zz'],
    ['a bare space', 'what=a b'],
    ['a line break', 'what=a\r\nb'],
    ['bytes beyond ASCII', 'what=caf\u00e9'],
    ['a field without a name', '=x'],
    ['a field without a value sign', 'what'],
    ['nothing between two fields', 'a=1&&b=2'],
  ])
    it(`is refused with ${what}`, async () => {
      await using stage = await startSite()
      const token = encodeURIComponent(await stage.token('/deeds'))
      const replied = await postWith(stage, FROM_HERE, { body: `_token=${token}&${body}` })
      assert.deepEqual(replied, { status: 400, deeds: 0 })
    })

  it('keeps every character of what was typed, and names of any kind', async () => {
    await using stage = await startSite()
    const fields = {
      reason: 'INC-42: 100 % +1 & more; “ok”?\r\n\u{1f600}\u0000',
      constructor: 'a',
      // oxlint-disable-next-line no-proto
      ['__proto__']: 'b',
      '7': 'c',
    }
    assert.equal((await stage.send('/deeds', fields)).status, 303)
    assert.deepEqual(stage.deeds, [new Map(Object.entries(fields))])
  })

  it('may be 16 KiB long and no longer', async () => {
    await using stage = await startSite()
    const start = `_token=${await stage.token('/deeds')}&what=`
    const fits = start + 'x'.repeat(16 * 1024 - start.length)
    assert.equal((await postWith(stage, FROM_HERE, { body: fits })).status, 303)
    assert.equal((await postWith(stage, FROM_HERE, { body: `${fits}x` })).status, 413)
    assert.equal(stage.deeds.length, 1)
  })

  it('is cut off when it is too long without saying so', async () => {
    await using stage = await startSite()
    let sent = 0
    async function* endless() {
      for (; sent < 64 * 1024 * 1024; sent += 4096) yield Buffer.alloc(4096, 'x')
    }
    const reply = await stage
      .ask('/deeds', {
        method: 'POST',
        headers: { 'content-type': FORM, ...FROM_HERE },
        body: Readable.from(endless()),
      })
      // The answer may be lost with the connection that is still written to.
      .catch(() => undefined)
    assert.ok(reply === undefined || reply.status === 413)
    assert.equal(stage.deeds.length, 0)
    const line = stage.log.find(({ fields }) => fields['status'] === 413)
    assert.equal(line?.level, 'info')
  })

  it('is not waited for, nor refused aloud, when the sender goes away', async () => {
    await using stage = await startSite()
    const head = rawPost('/deeds', ['content-length: 100'])
    await stage.hangUpAfter(`${head}_token=`)
    await stage.logged(({ fields }) => fields['status'] === 400)
    assert.deepEqual(
      stage.log.filter(({ level }) => level !== 'info'),
      [],
    )
  })

  it('is cut off when it comes too slowly', async () => {
    await using stage = await startSite({ patienceMs: 500 })
    const answer = await stage.raw(`${rawPost('/deeds', ['content-length: 100'])}_token=`)
    assert.match(answer, /^HTTP\/1\.1 408 |^$/)
    assert.equal(stage.deeds.length, 0)
    assert.deepEqual(
      stage.log.filter(({ level }) => level !== 'info'),
      [],
    )
  })
})

function rawPost(path: string, more: readonly string[]): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    'host: jit.example.com',
    'x-test-identity: alex',
    `content-type: ${FORM}`,
    `origin: ${ORIGIN}`,
    ...more,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
