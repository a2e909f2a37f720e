import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { askProblems, longestSeconds, textProblem } from '../../src/domain/rules.ts'
import { aResource } from '../support/build.ts'
import { anEmergencyResource } from './commands.ts'

describe('askProblems', () => {
  const resource = aResource({
    duration: { defaultSeconds: 60, maxSeconds: 3_600, choices: [] },
    reason: { minLength: 10, pattern: /INC-\d+/u, hint: 'Name the incident' },
  })
  const problems = (durationSeconds: number, reason: string) =>
    askProblems(resource, { durationSeconds, reason, kind: 'standard' })

  it('finds nothing wrong with a good wish', () => {
    assert.deepEqual(problems(3_600, 'INC-42 dashboards are red'), [])
  })

  it('names duration and reason at once', () => {
    assert.deepEqual(problems(3_601, 'INC-42'), [
      { code: 'duration-too-long', maxSeconds: 3_600 },
      { code: 'reason-too-short', minLength: 10, hint: 'Name the incident' },
    ])
  })

  it('gives the hint when the pattern does not match', () => {
    assert.deepEqual(problems(60, 'dashboards are red'), [
      { code: 'reason-mismatch', hint: 'Name the incident' },
    ])
  })

  it('counts characters, not code units', () => {
    assert.deepEqual(problems(60, `INC-42${'🔥'.repeat(994)}`), [])
    assert.deepEqual(problems(60, `INC-42${'🔥'.repeat(995)}`), [
      { code: 'reason-too-long', maxLength: 1_000 },
    ])
    assert.deepEqual(problems(60, 'INC-4🔥🔥🔥🔥')[0]?.code, 'reason-too-short')
  })

  it('wants some reason even where the catalogue asks for none', () => {
    const lenient = aResource({ reason: { minLength: 0 } })
    const wish = { durationSeconds: 60, reason: '', kind: 'standard' } as const
    assert.deepEqual(askProblems(lenient, wish), [{ code: 'reason-too-short', minLength: 1 }])
    assert.deepEqual(askProblems(lenient, { ...wish, reason: ' \n' }), [
      { code: 'reason-too-short', minLength: 1 },
    ])
  })

  it('answers the same twice, whatever the flags of the pattern', () => {
    const sticky = aResource({ reason: { minLength: 1, pattern: /INC-\d+/g } })
    const wish = { durationSeconds: 60, reason: 'INC-42', kind: 'standard' } as const
    assert.deepEqual([askProblems(sticky, wish), askProblems(sticky, wish)], [[], []])
  })
})

describe('askProblems, of durations', () => {
  const resource = anEmergencyResource({
    duration: { defaultSeconds: 900, maxSeconds: 3_600, choices: [900, 3_600] },
  })
  const problems = (durationSeconds: number, kind: 'standard' | 'break-glass' = 'standard') =>
    askProblems(resource, { durationSeconds, kind, reason: 'INC-42 dashboards are red' })

  it('offers the choices and nothing else', () => {
    assert.deepEqual(problems(900), [])
    assert.deepEqual(problems(901), [{ code: 'duration-not-offered', choices: [900, 3_600] }])
    assert.deepEqual(problems(3_601), [{ code: 'duration-too-long', maxSeconds: 3_600 }])
  })

  it('bounds an emergency by its own maximum, whatever the choices', () => {
    assert.deepEqual(problems(1_800, 'break-glass'), [])
    assert.deepEqual(problems(1_801, 'break-glass'), [
      { code: 'duration-too-long', maxSeconds: 1_800 },
    ])
    assert.equal(longestSeconds(resource, 'break-glass'), 1_800)
    assert.equal(longestSeconds(resource, 'sponsored'), 3_600)
  })

  it('takes nothing for a duration that is none', () => {
    for (const durationSeconds of [0, -3_600, 0.5, Number.NaN, Infinity])
      assert.deepEqual(
        askProblems(aResource(), { durationSeconds, kind: 'standard', reason: 'INC-42' }),
        [{ code: 'duration-too-long', maxSeconds: 28_800 }],
      )
  })
})

describe('askProblems, in an emergency', () => {
  it('wants ten characters at least, and more where the catalogue asks for more', () => {
    const wish = { durationSeconds: 60, kind: 'break-glass' } as const
    const lenient = anEmergencyResource({ reason: { minLength: 0 } })
    assert.deepEqual(askProblems(lenient, { ...wish, reason: 'it burns!' }), [
      { code: 'reason-too-short', minLength: 10 },
    ])
    assert.deepEqual(askProblems(lenient, { ...wish, reason: 'it burns!!' }), [])
    const strict = anEmergencyResource({ reason: { minLength: 20 } })
    assert.deepEqual(askProblems(strict, { ...wish, reason: 'it burns!!' }), [
      { code: 'reason-too-short', minLength: 20 },
    ])
  })
})

describe('textProblem', () => {
  it('wants one visible character and at most a thousand', () => {
    assert.equal(textProblem('x'), undefined)
    assert.equal(textProblem('🔥'.repeat(1_000)), undefined)
    assert.deepEqual(textProblem(' \n'), { code: 'reason-too-short', minLength: 1 })
    assert.deepEqual(textProblem('🔥'.repeat(1_001)), { code: 'reason-too-long', maxLength: 1_000 })
  })
})
