import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { letIn } from './caller.ts'
import { shareRules } from './shared-rules.ts'

describe('shareRules', () => {
  it('takes equal rules from the document before, and nothing else', () => {
    const before = shareRules([letIn('alex@example.com'), letIn('sam@example.com')], undefined)
    const after = shareRules([letIn('sam@example.com'), letIn('kim@example.com')], before)
    assert.ok(Array.isArray(before) && Array.isArray(after))
    assert.equal(after[0], before[1])
    assert.deepEqual(after, [letIn('sam@example.com'), letIn('kim@example.com')])
  })

  it('leaves the given document changeable and its own not', () => {
    const given = [letIn('alex@example.com')]
    const kept = shareRules(given, undefined) as typeof given
    given[0]?.allow.and.pop()
    assert.deepEqual(kept, [letIn('alex@example.com')])
    assert.throws(() => kept[0]?.allow.and.pop(), TypeError)
  })
})
