import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseCommandLine } from '../../src/slack/command-line.ts'
import { anyText } from './samples.ts'

const ID = '7K2M9QXR'
const usage = (problem: object) => ({ type: 'usage', problem })

const TABLE: readonly (readonly [line: string, meaning: object])[] = [
  ['', { type: 'form', values: {}, problems: {} }],
  ['   ', { type: 'form', values: {}, problems: {} }],
  ['request', { type: 'form', values: {}, problems: {} }],
  [
    'request grafana 2h INC-42 dashboards are red',
    {
      type: 'request',
      resource: 'grafana',
      durationSeconds: 7_200,
      reason: 'INC-42 dashboards are red',
    },
  ],
  [
    '  REQUEST\tgrafana  1h30m \n two  words ',
    { type: 'request', resource: 'grafana', durationSeconds: 5_400, reason: 'two  words' },
  ],
  [
    'request grafana 2h a &amp; b &lt;c&gt;',
    { type: 'request', resource: 'grafana', durationSeconds: 7_200, reason: 'a & b <c>' },
  ],
  [
    'request grafana 2h \u202eevil\u0000',
    { type: 'request', resource: 'grafana', durationSeconds: 7_200, reason: 'evil' },
  ],
  [
    'request grafana',
    {
      type: 'form',
      values: { resource: 'grafana' },
      problems: { duration: 'missing', reason: 'missing' },
    },
  ],
  [
    'request grafana 2h',
    {
      type: 'form',
      values: { resource: 'grafana', duration: '2h' },
      problems: { reason: 'missing' },
    },
  ],
  [
    'request grafana 2x INC-42',
    {
      type: 'form',
      values: { resource: 'grafana', duration: '2x', reason: 'INC-42' },
      problems: { duration: 'malformed' },
    },
  ],
  [
    'request grafana 0m INC-42',
    {
      type: 'form',
      values: { resource: 'grafana', duration: '0m', reason: 'INC-42' },
      problems: { duration: 'zero' },
    },
  ],
  [
    'request grafana 31d INC-42',
    {
      type: 'form',
      values: { resource: 'grafana', duration: '31d', reason: 'INC-42' },
      problems: { duration: 'too-long' },
    },
  ],
  [
    'request grafana INC-42 is red',
    {
      type: 'form',
      values: { resource: 'grafana', reason: 'INC-42 is red' },
      problems: { duration: 'missing' },
    },
  ],
  ['mine', { type: 'mine' }],
  ['Mine please', { type: 'mine' }],
  ['pending', { type: 'pending' }],
  ['RESOURCES', { type: 'resources' }],
  ['help', { type: 'help' }],
  [`approve ${ID}`, { type: 'approve', id: ID }],
  ['approve 7k2m9qxr', { type: 'approve', id: ID }],
  [`approve \`${ID}\` looks good`, { type: 'approve', id: ID, note: 'looks good' }],
  ['approve', usage({ code: 'missing-id', command: 'approve' })],
  ['approve nope', usage({ code: 'malformed-id', command: 'approve', id: 'nope' })],
  [`deny ${ID} not during the freeze`, { type: 'deny', id: ID, reason: 'not during the freeze' }],
  [`deny ${ID}`, usage({ code: 'missing-reason', command: 'deny' })],
  [`deny ${ID} \u200b`, usage({ code: 'missing-reason', command: 'deny' })],
  ['deny', usage({ code: 'missing-id', command: 'deny' })],
  [`cancel ${ID}`, { type: 'cancel', id: ID }],
  ['cancel', usage({ code: 'missing-id', command: 'cancel' })],
  [`end ${ID}`, { type: 'end', id: ID }],
  [`end ${ID} done early`, { type: 'end', id: ID, reason: 'done early' }],
  ['end 123', usage({ code: 'malformed-id', command: 'end', id: '123' })],
  ['grafana 2h', usage({ code: 'unknown-command', command: 'grafana' })],
  ['constructor', usage({ code: 'unknown-command', command: 'constructor' })],
]

describe('parseCommandLine', () => {
  for (const [line, meaning] of TABLE)
    it(`reads ${JSON.stringify(line)}`, () => assert.deepEqual(parseCommandLine(line), meaning))

  it('finds a meaning in any text and never throws', () => {
    const commands = fc.constantFrom('', 'request', 'approve', 'DENY', 'cancel', 'end', 'mine')
    fc.assert(
      fc.property(commands, anyText, (command, rest) => {
        assert.ok(parseCommandLine(`${command} ${rest}`).type.length > 0)
        assert.ok(parseCommandLine(rest).type.length > 0)
      }),
    )
  })

  it('keeps every word of an unfinished request', () => {
    const words = fc.array(fc.stringMatching(/^[a-z0-9-]{1,8}$/), { maxLength: 6 })
    fc.assert(
      fc.property(words, (typed) => {
        const line = parseCommandLine(`request ${typed.join(' ')}`)
        if (line.type !== 'form') return
        const { resource, duration, reason } = line.values
        const kept = [resource, duration, reason].filter((part) => part !== undefined)
        assert.equal(kept.join(' '), typed.join(' '))
      }),
    )
  })
})
