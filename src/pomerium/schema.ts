import { z } from 'zod'
import type { LivePolicy } from '../app/policy-api.ts'
import type { Json } from '../domain/ppl.ts'

const id = z.string().min(1)
const instantMs = z
  .string()
  .transform((value) => Date.parse(value))
  .refine((ms) => !Number.isNaN(ms), 'expected an instant')
/** Text comes back as null or as "null" too. Source: rasschaert/terraform-provider-pomeriumzero, policy_resource.go. */
const text = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === undefined || value === 'null' ? '' : value))

/** `expiresInSeconds` is a decimal string on the wire. */
export const tokenSchema = z.object({
  expiresInSeconds: z
    .string()
    .regex(/^[1-9][0-9]{0,6}$/)
    .transform(Number),
  idToken: z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .max(16_384),
})

export const clusterSchema = z.object({ id, namespaceId: id })

/** The settings hold secrets; nothing else of them is read. */
export const settingsSchema = z.object({ autoApplyChangesets: z.boolean() })

/** A policy and the instant of its last write. */
export interface StoredPolicy {
  readonly policy: LivePolicy
  readonly updatedAtMs: number
}

export const policySchema = z
  .object({
    id,
    name: z.string(),
    description: text,
    explanation: text,
    remediation: text,
    enforced: z.boolean(),
    namespaceId: id,
    originatorId: text,
    ppl: z.unknown().refine((value) => value !== undefined, 'expected a policy document'),
    routes: z.array(z.object({ name: z.string() })).nullish(),
    updatedAt: instantMs,
  })
  .transform(({ originatorId, ppl, routes, updatedAt, ...rest }): StoredPolicy => {
    const policy = {
      ...rest,
      ppl: ppl as Json,
      ...(routes ? { routes: routes.map(({ name }) => name) } : {}),
    }
    return {
      policy: originatorId === '' ? policy : { ...policy, originatorId },
      updatedAtMs: updatedAt,
    }
  })

/** An entry of a list, parsed no further: one odd policy must not hide the others. */
export const listedPoliciesSchema = z.array(z.looseObject({ id, name: text }))
export type ListedPolicy = z.infer<typeof listedPoliciesSchema>[number]

export const changeSetSchema = z.object({
  id,
  status: z.string(),
  failureMessage: text,
  createdAt: instantMs,
  updatedAt: instantMs,
})
export const changeSetsSchema = z.array(changeSetSchema)
export type ChangeSet = z.infer<typeof changeSetSchema>

const activitySchema = z.object({
  activityType: z.string(),
  entity: z.object({ id, type: z.string() }),
  user: z.object({ id: text }).nullish(),
  createdAt: instantMs,
  updatedAt: instantMs,
})
export const activitiesSchema = z.array(activitySchema)
export type Activity = z.infer<typeof activitySchema>

/** As the log has it, with who it was. */
export const activityLogSchema = z.array(
  activitySchema.extend({
    id,
    user: z.object({ id: text, email: text, displayName: text }).nullish(),
  }),
)
export type LoggedActivity = z.infer<typeof activityLogSchema>[number]

export const comparisonSchema = z.object({
  endChangeset: z.object({ id }),
  entities: z.array(activitiesSchema).nullish(),
})

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

/** JSON text through a schema. The reason for a refusal names places, never values. */
export function parseJson<T>(body: string, schema: z.ZodType<T>): Parsed<T> {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return { ok: false, why: 'a body that is not JSON' }
  }
  return parseValue(json, schema)
}

/** A JSON value through a schema, as {@link parseJson}. */
export function parseValue<T>(json: unknown, schema: z.ZodType<T>): Parsed<T> {
  const result = schema.safeParse(json)
  if (result.success) return { ok: true, value: result.data }
  const places = result.error.issues.slice(0, 3).map(({ path }) => `"${path.join('.')}"`)
  return { ok: false, why: `an unexpected body at ${places.join(', ')}` }
}
