import { loadCatalogue } from '../../src/catalogue/load.ts'
import { formatProblem } from '../../src/catalogue/problem.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import type { PomeriumSimulator } from '../simulators/pomerium/start-pomerium.ts'
import type { SlackSimulator } from '../simulators/slack/simulator.ts'

export const APPROVALS = 'C0APPROVALS'
export const AUDIT = 'C0AUDIT'
export const ENGINEERS = 'S0ENGINEERS'
export const RELIABILITY = 'S0RELIABILITY'

/** The catalogue of the tests and the demo. */
export const CATALOGUE_YAML = `
admins: { emails: [ada@example.com] }
domains: [example.com]
channel: ${APPROVALS}
audit_channel: ${AUDIT}
resources:
  - id: grafana-prod
    title: Grafana (production)
    url: https://grafana.example.com
    policy: jit-grafana-prod
    risk: medium
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    duration: { default: 1h, max: 8h }
    reason: { min: 5, hint: Say what you will do there }
  - id: billing-db
    title: Billing database
    url: https://billing-db.example.com
    policy: jit-billing-db
    risk: high
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}], emails: [ada@example.com] }
    approvals: 2
    duration: { default: 30m, max: 2h }
    reason: { min: 10, pattern: 'INC-\\d+', hint: 'Name the incident, e.g. INC-42' }
    constraints: [{ source_ip: [203.0.113.0/24] }]
`

/** People of the workspace, by what they are for. */
export interface People {
  /** May ask. */
  readonly alex: string
  /** May ask too. */
  readonly robin: string
  /** May answer. */
  readonly kim: string
  /** May answer, and ask. */
  readonly sam: string
  /** Administrator, may answer for billing-db. */
  readonly ada: string
  /** A member with no rights. */
  readonly eve: string
  readonly guest: string
  readonly external: string
}

/** Fills a workspace with people, groups and channels. */
export function populate(slack: SlackSimulator): People {
  const member = (name: string) =>
    slack.addPerson({ name, email: `${name}@example.com`, kind: 'member' }).id
  const people: People = {
    alex: member('alex'),
    robin: member('robin'),
    kim: member('kim'),
    sam: member('sam'),
    ada: member('ada'),
    eve: member('eve'),
    guest: slack.addPerson({ name: 'gus', email: 'gus@example.com', kind: 'guest' }).id,
    external: slack.addPerson({ name: 'pat', email: 'pat@partner.example', kind: 'external' }).id,
  }
  slack.setGroup(ENGINEERS, 'engineers', [
    people.alex,
    people.robin,
    people.sam,
    people.guest,
    people.external,
  ])
  slack.setGroup(RELIABILITY, 'reliability', [people.kim, people.sam])
  const members = [...Object.values(people), slack.botUserId]
  slack.addChannel({ id: APPROVALS, name: 'approvals', members })
  slack.addChannel({ id: AUDIT, name: 'audit', members, isPrivate: true })
  return people
}

/** The catalogue of a YAML text that must be in order. */
export function catalogueOf(yaml: string): Catalogue {
  const loaded = loadCatalogue(yaml, 'catalogue.yaml')
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return loaded.catalogue
}

/** Attaches a resource's policy to a route, as an administrator does once. */
export function attachRoutes(pomerium: PomeriumSimulator): void {
  for (const [name, host] of [
    ['jit-grafana-prod', 'grafana.example.com'],
    ['jit-billing-db', 'billing-db.example.com'],
  ] as const) {
    const policy = pomerium.policyNamed(name)
    if (policy === undefined) throw new Error(`Pomerium has no policy ${name}`)
    pomerium.attach(policy.id, { routeName: name, host })
  }
}
