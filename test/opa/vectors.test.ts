import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readBundle } from '../../src/opa/bundle.ts'
import type { CompiledRego } from '../../src/opa/wasm.ts'
import { loadCompiledRego } from '../../src/opa/wasm.ts'
import { createRemoteRego } from '../../src/opa/remote.ts'
import type { RunningOpa } from './opa-program.ts'
import { opa, regoDirectory, startRealOpa, withoutOpa } from './opa-program.ts'
import { bundleFile, gist, PATH, question, tickingClock, withFiles } from './support.ts'
import { documentOf, vectors } from './vectors.ts'

const now = tickingClock(1)
const TOKEN = 'token-of-the-tests'

/** Each vector by name, with what a policy makes of it. */
async function documentsBy(rego: Pick<CompiledRego, 'ask'>) {
  const answers = await Promise.all(vectors.map(({ question: asked }) => rego.ask(asked)))
  return vectors.map(({ name }, index) => {
    const answer = answers[index]
    assert.ok(answer !== undefined)
    return [name, documentOf(answer)]
  })
}

const expected = vectors.map(({ name, decision }) => [name, decision])

describe('the example policy', () => {
  it('is the one that is compiled beside the tests', async () => {
    const sources = await Promise.all(
      ['jit.rego', 'data.json'].map((name) => readFile(join(regoDirectory, name))),
    )
    const revision = createHash('sha256').update(Buffer.concat(sources)).digest('hex')
    const remedy = 'rego/ changed; compile it again as test/opa/fixtures/README.md says'
    assert.equal((await readBundle(bundleFile)).revision, revision, remedy)
  })

  it('decides each vector when it is compiled', async () => {
    assert.deepEqual(await documentsBy(await loadCompiledRego(bundleFile, PATH, { now })), expected)
  })
})

describe('the example policy in a real OPA', () => {
  let server: RunningOpa | undefined
  before(async () => {
    if (withoutOpa === false) server = await startRealOpa(TOKEN)
  })
  after(() => server?.[Symbol.asyncDispose]())

  const remote = (facts: { readonly token?: string; readonly path?: string } = {}) =>
    createRemoteRego({ url: server?.url ?? '', token: TOKEN, path: PATH, now, ...facts })

  it('decides each vector', { skip: withoutOpa }, async () => {
    await using rego = remote()
    assert.deepEqual(await documentsBy(rego), expected)
  })

  it(
    'tells the id of its decision and the revision of its bundle',
    { skip: withoutOpa },
    async () => {
      await using rego = remote()
      const { trace } = await rego.ask({ stage: 'request', input: { v: 1 } })
      assert.match(trace.decisionId ?? '', /^[0-9a-f-]{36}$/)
      assert.match(trace.bundleRevision ?? '', /\bjit\.tar\.gz@rev-7$/)
    },
  )

  it(
    'has no decision where there is no rule, and none for strangers',
    { skip: withoutOpa },
    async () => {
      await using elsewhere = remote({ path: 'jit/nowhere' })
      assert.equal(
        gist(await elsewhere.ask(question)),
        'undefined: the policy defines no decision for this input',
      )
      await using stranger = remote({ token: 'another-token' })
      assert.equal(
        gist(await stranger.ask(question)),
        'error: POST v1/data/jit/decision at OPA: 401: unauthorized: request rejected by administrative policy',
      )
    },
  )
})

describe('the example policy by the opa program', () => {
  it('is checked, formatted and passes its own tests', { skip: withoutOpa }, async () => {
    await opa('check', '--strict', regoDirectory)
    assert.equal(await opa('fmt', '--list', regoDirectory), '')
    await opa('test', regoDirectory)
  })

  it(
    'decides each vector when it is compiled by the opa that is here',
    { skip: withoutOpa },
    async () => {
      const documents = await withFiles({}, async (directory) => {
        const file = join(directory, 'bundle.tar.gz')
        const ignored = ['--ignore', '*_test.rego', '--ignore', '*.md']
        await opa('build', '-b', regoDirectory, '-t', 'wasm', '-e', PATH, ...ignored, '-o', file)
        return documentsBy(await loadCompiledRego(file, PATH, { now }))
      })
      assert.deepEqual(documents, expected)
    },
  )
})
