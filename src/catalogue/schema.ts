import { z } from 'zod'
import type { LevelId, ResourceId } from '../domain/ids.ts'
import { line, list, mapping, orOff, saying, text, wholeNumber } from './field-kinds.ts'
import { channelId, domain, durationUpTo, idOf, link } from './field-values.ts'
import { people } from './people-schema.ts'
import { terms } from './terms-schema.ts'

const LEVELS_MAX = 100
/** Rights that are older than a day are nobody’s. */
const OUTAGE_MAX_SECONDS = 24 * 3_600

const level = mapping('a level: id, title and what differs from the resource', {
  id: idOf<LevelId>().describe('As people write it after the colon: grafana-prod:read.'),
  title: line(75).describe('As people see it.'),
  ...terms,
}).meta({
  id: 'level',
  description:
    'A named level of the resource. It inherits what it does not say; constraints are added to those of the resource, and off turns something inherited off.',
})

/** One resource as the file has it. */
export const resourceSchema = mapping('a resource: id, title, policy, requesters, approvers …', {
  id: idOf<ResourceId>().describe('As people type it.'),
  title: line(75).describe('As people see it.'),
  url: link.optional().describe('Shown to the holder.'),
  policy: line(100).describe('Name of the Pomerium policy, one for each resource.'),
  channel: channelId
    .optional()
    .describe('Slack channel where its requests are posted, instead of the file’s.'),
  ...terms,
  rego_may_approve: z
    .literal(true, saying('true, or be left out'))
    .optional()
    .describe('Whether allow of the Rego policy approves a request. Needs rego.'),
  foreign_rules: z
    .enum(['keep', 'remove'], saying('keep or remove'))
    .optional()
    .describe(
      'What becomes of rules of others that allow something in its policy: keep unless told. Rules that deny stay.',
    ),
  levels: list('a list of levels', level)
    .min(1, 'is an empty list; add a level, or leave it out')
    .max(LEVELS_MAX, `must be a list of at most ${LEVELS_MAX} levels`)
    .optional()
    .describe('When given, access is asked for at one of them only.'),
}).meta({ id: 'resource', description: 'Something that can be asked for: one Pomerium policy.' })

const rego = mapping('path, bundle and share_reason', {
  path: text(
    'a path of names such as jit/decision',
    { pattern: '^\\w[\\w-]*(?:/\\w[\\w-]*)*$' },
    (value) => /^\w[\w-]*(?:\/\w[\w-]*)*$/.test(value),
  )
    .optional()
    .meta({
      description: 'Where the decision document is, jit/decision unless told.',
      default: 'jit/decision',
    }),
  bundle: text(
    'a path that ends in .wasm or .tar.gz, as opa build -t wasm makes them',
    { pattern: '^[^\\0]*\\.(?:wasm|tar\\.gz)$' },
    (value) => /^[^\0]*\.(?:wasm|tar\.gz)$/.test(value),
  )
    .optional()
    .describe('The compiled policy, beside this file; when it is left out, the OPA at OPA_URL.'),
  share_reason: z.boolean(saying('true or false')).optional().meta({
    description: 'Whether the policy reads the reasons that people type.',
    default: false,
  }),
})

/** The file; its resources are read one by one, so that one's mistakes hide nobody else's. */
export const fileSchema = mapping('a mapping with domains and resources', {
  domains: list('a list of your e-mail domains, such as [example.com]', domain)
    .min(1, 'is an empty list; name the e-mail domains that count as yours')
    .describe('E-mail domains that count as yours. Others are served as vendors only.'),
  channel: channelId
    .optional()
    .describe('Slack channel where requests are posted unless a resource says otherwise.'),
  audit_channel: channelId
    .optional()
    .describe('Slack channel for operators: trouble, and every emergency access.'),
  fallback_channel: channelId
    .optional()
    .describe(
      'Slack channel for what cannot be delivered to its own channel; audit_channel unless told.',
    ),
  admins: people.optional().describe('May end anybody’s access, and review emergency access.'),
  auditors: people.optional().describe('May read and export the audit trail, as admins may.'),
  outage: orOff(durationUpTo(OUTAGE_MAX_SECONDS))
    .optional()
    .describe(
      'While Slack cannot be asked, people who come through Pomerium act by what Slack said last, unless it is older than this, 24h at most; off (or left out): nobody acts then.',
    ),
  limits: mapping('open_requests, grants and requests_per_hour', {
    open_requests: wholeNumber(1, 100).optional().describe('Requests that wait for an answer.'),
    grants: wholeNumber(1, 100).optional().describe('Access at one time.'),
    requests_per_hour: wholeNumber(1, 1_000).optional().describe('Requests made within an hour.'),
  })
    .optional()
    .describe(
      'What one person may have at a time; no limit unless told. Emergencies do not count.',
    ),
  rego: rego
    .optional()
    .describe('A Rego policy that is asked too. It narrows what this file allows.'),
  resources: list('a list of resources', z.unknown()).min(
    1,
    'is an empty list; add a resource to ask for',
  ),
})

/** The whole file at once, as the published JSON Schema describes it. */
export const wholeSchema = fileSchema
  .extend({
    resources: list('a list of resources', resourceSchema)
      .min(1)
      .describe('What can be asked for.'),
  })
  .describe('What can be asked for in Slack, by whom, and who answers.')

export type LevelEntry = z.output<typeof level>
export type ResourceEntry = z.output<typeof resourceSchema>
export type FileEntry = z.output<typeof fileSchema>
export type Terms = Omit<LevelEntry, 'id' | 'title'>
