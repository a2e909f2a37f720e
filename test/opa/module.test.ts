import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ENGINE_BUILTINS } from '../../src/opa/module.ts'

describe('ENGINE_BUILTINS', () => {
  it('are those that the engine has', async () => {
    const engine = import.meta.resolve('@open-policy-agent/opa-wasm')
    const { default: builtins } = (await import(new URL('builtins/index.js', engine).href)) as {
      readonly default: object
    }
    assert.deepEqual(Object.keys(builtins).sort(), ENGINE_BUILTINS)
  })
})
