import { CATALOGUE_YAML, ENGINEERS, RELIABILITY } from '../support/world.ts'
import type { Name } from '../support/story.ts'

/** The two resources of most stories, and one whose access may be extended twice. */
export const MODEL_YAML = `${CATALOGUE_YAML.trimEnd()}
  - id: warehouse
    title: Data warehouse
    url: https://warehouse.example.com
    policy: jit-warehouse
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    duration: { default: 1h, max: 4h }
    remind: 10m
    extend: { times: 2, max: 1h }
    lapse: 4h
`

export type ResourceName = 'grafana-prod' | 'billing-db' | 'warehouse'

/** The catalogue again, in the words of whoever wrote it: what the bot makes of the file is not asked. */
export interface Terms {
  readonly host: string
  readonly policy: string
  readonly approvers: readonly Name[]
  readonly approvals: number
  readonly maxMinutes: number
  readonly lapseMinutes: number
  readonly extensions: number
  readonly extensionMinutes: number
}

const COMMON = {
  approvers: ['kim', 'sam'],
  approvals: 1,
  extensions: 0,
  extensionMinutes: 0,
} as const

export const TERMS: Readonly<Record<ResourceName, Terms>> = {
  'grafana-prod': {
    ...COMMON,
    host: 'grafana.example.com',
    policy: 'jit-grafana-prod',
    maxMinutes: 480,
    lapseMinutes: 480,
  },
  'billing-db': {
    ...COMMON,
    host: 'billing-db.example.com',
    policy: 'jit-billing-db',
    approvers: ['kim', 'sam', 'ada'],
    approvals: 2,
    maxMinutes: 120,
    lapseMinutes: 480,
  },
  warehouse: {
    ...COMMON,
    host: 'warehouse.example.com',
    policy: 'jit-warehouse',
    maxMinutes: 240,
    lapseMinutes: 240,
    extensions: 2,
    extensionMinutes: 60,
  },
}

export const REQUESTERS: readonly Name[] = ['alex', 'robin', 'sam']
export const ADMIN: Name = 'ada'
