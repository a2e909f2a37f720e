import { z } from 'zod'
import type { Via } from '../domain/event.ts'
import { instant, isPersonal } from './vocabulary-terms.ts'
import { VOCABULARY } from './vocabulary.ts'

/** Where events come from, each with what it means. */
export const ORIGINS: Readonly<Record<Via, string>> = {
  command: 'a command in Slack',
  button: 'a button in Slack',
  modal: 'a form in Slack',
  web: 'a page behind Pomerium',
  bot: 'the bot by itself: time, a rule, or what Slack says of people',
  reconciler: 'the bot by itself: Pomerium’s policies compared with the grants',
  cli: 'a command on a terminal',
}

const person = z.strictObject({
  teamId: z.string().describe('Slack workspace; empty when it is not known.'),
  userId: z.string().describe('Slack user; empty when Slack does not know them.'),
  email: z.string().describe('Empty when it is not known.'),
  subject: z.string().optional().describe('Pomerium’s id of the person.'),
})

/** What every event says. */
export const recordedEvent = z.strictObject({
  seq: z.int().positive().describe('Its number; each event has the next one.'),
  schemaVersion: z
    .int()
    .nonnegative()
    .describe('The version of the schema of its details; 0 before there was one.'),
  hash: z.string().describe('SHA-256 over this event and all before it, in hex.'),
  at: instant.describe('By the database’s clock.'),
  action: z.enum(Object.keys(VOCABULARY)).describe('What happened.'),
  via: z.enum(Object.keys(ORIGINS)).describe(`Where it came from. ${originsText()}.`),
  actor: z
    .union([
      z.strictObject({ kind: z.literal('bot') }),
      z.strictObject({ kind: z.literal('person'), identity: person }),
    ])
    .describe('Who did it.'),
  source: z.string().optional().describe('The network address that it came from.'),
  requestId: z.string().optional().describe('The request that it is about.'),
  requestVersion: z
    .int()
    .positive()
    .optional()
    .describe('The version of it that this change made.'),
  resourceId: z.string().optional().describe('The resource that it is about.'),
  alert: z.boolean().describe('Whether somebody has to look.'),
  details: z.record(z.string(), z.unknown()).describe('By action.'),
})

/**
 * The JSON Schema of an event as it is exported, for those who read the trail with other programs: draft 2020-12, with
 * one definition of details for each action. Personal details have the mark `x-personal` and may be missing from any
 * event, since they can be erased.
 */
export function auditJsonSchema(): { readonly [key: string]: unknown } {
  const { $schema, ...envelope } = z.toJSONSchema(recordedEvent)
  const kinds = Object.entries(VOCABULARY)
  return {
    $schema,
    title: 'Event of the audit trail',
    ...envelope,
    oneOf: kinds.map(([action, { version }]) => ({
      type: 'object',
      properties: {
        action: { const: action },
        schemaVersion: { const: version },
        details: { $ref: `#/$defs/${action}` },
      },
    })),
    $defs: Object.fromEntries(
      kinds.map(([action, { meaning, version, details }]) => {
        const { $schema: _same, ...schema } = z.toJSONSchema(erasable(details))
        return [action, { title: `${action}, version ${version}`, description: meaning, ...schema }]
      }),
    ),
  }
}

/** Details of which the personal ones may be missing. */
function erasable(details: z.ZodObject): z.ZodObject {
  const shape = Object.entries(details.shape).map(([name, detail]) => [
    name,
    isPersonal(detail) ? z.optional(detail) : detail,
  ])
  return z.strictObject(Object.fromEntries(shape))
}

function originsText(): string {
  return Object.entries(ORIGINS)
    .map(([via, meaning]) => `${via}: ${meaning}`)
    .join('; ')
}
