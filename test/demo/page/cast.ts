import type { People } from '../../support/world.ts'
import { RULES_YAML, addressOf, catalogueOf } from '../../support/world.ts'

/** Somebody whose place a visitor of the page can take. */
export interface Persona {
  readonly key: keyof People
  readonly role: string
  readonly about: string
}

/** The people of the workspace, in the order of the story. */
export const CAST: readonly Persona[] = [
  { key: 'alex', role: 'requester', about: 'an engineer: may ask' },
  { key: 'robin', role: 'requester', about: 'an engineer: may ask, but not for every level' },
  { key: 'kim', role: 'approver', about: 'of reliability: may answer' },
  { key: 'sam', role: 'both', about: 'may ask and answer, never for themselves' },
  { key: 'sid', role: 'approver', about: 'of security: answers at the second stage' },
  { key: 'lea', role: 'approver', about: 'a lead: may answer what waits too long' },
  { key: 'olga', role: 'on-call', about: 'an engineer on call: some requests need no answer' },
  { key: 'ada', role: 'admin', about: 'may end any access, and answer for some resources' },
  { key: 'vic', role: 'guest', about: 'a guest whom the partner portal names as a vendor' },
  { key: 'pia', role: 'external', about: 'a member with an address elsewhere, a vendor too' },
  { key: 'guest', role: 'guest', about: 'a guest whom no resource names' },
  { key: 'external', role: 'external', about: 'of another company, in a shared channel' },
  { key: 'eve', role: 'nobody', about: 'a member without rights' },
]

/** Addresses that knock at doors: those of the cast, and one of somebody who is not in Slack. */
export const VISITORS: ReadonlyMap<string, string> = new Map([
  ...CAST.map(({ key }) => [key as string, addressOf(key)] as const),
  ['dana', 'dana@partner.example'],
])

/** Routes that the simulated cluster serves. */
export const DOORS: readonly { readonly host: string; readonly policy: string }[] = [
  ...catalogueOf(RULES_YAML).resources.values(),
].flatMap(({ policy, url }) => (url === undefined ? [] : [{ host: new URL(url).host, policy }]))

/** Where a visitor of a door can come from. */
export const NETWORKS = { office: '203.0.113.7', elsewhere: '198.51.100.20' } as const
/** What a visitor of a door can want. */
export const METHODS = ['GET', 'POST'] as const

/** What somebody's account can become. */
export const ACCOUNTS = ['member', 'guest', 'deactivated'] as const

/** How to knock. */
export interface Approach {
  readonly network: keyof typeof NETWORKS
  readonly method: (typeof METHODS)[number]
}
