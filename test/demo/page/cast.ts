import type { People } from '../../support/world.ts'
import { ENGINEERS, RELIABILITY } from '../../support/world.ts'

/** Somebody whose place a visitor of the page can take. */
export interface Persona {
  readonly key: keyof People
  readonly role: string
  readonly about: string
}

/** The people of the workspace, in the order of the story. */
export const CAST: readonly Persona[] = [
  { key: 'alex', role: 'requester', about: 'in @engineers: may ask' },
  { key: 'robin', role: 'requester', about: 'in @engineers: may ask' },
  { key: 'kim', role: 'approver', about: 'in @reliability: may answer' },
  { key: 'sam', role: 'both', about: 'in both groups: may ask and answer, never for themselves' },
  { key: 'ada', role: 'admin', about: 'may end any access, and answer for billing-db' },
  { key: 'eve', role: 'nobody', about: 'a member without rights' },
  { key: 'guest', role: 'guest', about: 'a guest, although in @engineers' },
  { key: 'external', role: 'external', about: 'of another company, although in @engineers' },
]

/** Names of the user groups by id. */
export const GROUPS: ReadonlyMap<string, string> = new Map([
  [ENGINEERS, 'engineers'],
  [RELIABILITY, 'reliability'],
])

/** Routes that the simulated cluster serves. */
export const DOORS: readonly { readonly host: string; readonly policy: string }[] = [
  { host: 'grafana.example.com', policy: 'jit-grafana-prod' },
  { host: 'billing-db.example.com', policy: 'jit-billing-db' },
]

/** Where a visitor of a door can come from. */
export const NETWORKS = { office: '203.0.113.7', elsewhere: '198.51.100.20' } as const
