import { loadCatalogue } from '../../src/catalogue/load.ts'
import { formatProblem } from '../../src/catalogue/problem.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import type { PomeriumSimulator } from '../simulators/pomerium/start-pomerium.ts'
import type { NewPerson } from '../simulators/slack/people.ts'
import type { SlackSimulator } from '../simulators/slack/simulator.ts'

export const APPROVALS = 'C0APPROVALS'
export const AUDIT = 'C0AUDIT'
/** Where cards go that {@link APPROVALS} does not take. */
export const FALLBACK = 'C0FALLBACK'
export const ENGINEERS = 'S0ENGINEERS'
export const RELIABILITY = 'S0RELIABILITY'
export const ONCALL = 'S0ONCALL'
export const SECURITY = 'S0SECURITY'
export const LEADS = 'S0LEADS'

/** Two resources, of which one takes one approval and the other two: what most stories need. */
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

/** The two, and one resource for each of the further rules. Keys of the file, such as `limits`, may be added below it. */
export const RULES_YAML = `${CATALOGUE_YAML.trimEnd()}
  # Levels: everybody reads after one approval; robin is denied the other level, which takes two.
  - id: kubernetes
    title: Kubernetes dashboard
    url: https://kubernetes.example.com
    policy: jit-kubernetes
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    levels:
      - id: read
        title: Read only
        risk: low
        constraints: [{ http_method: { in: [GET, HEAD] } }]
      - id: admin
        title: Everything
        risk: high
        requesters: { groups: [${ENGINEERS}], deny: { emails: [robin@example.com] } }
        approvals: 2
        duration: { default: 30m, max: 2h }
  # Stages: reliability, then security, where ada may answer and is not pinged.
  - id: vault
    title: Secrets vault
    url: https://vault.example.com
    policy: jit-vault
    risk: high
    requesters: { groups: [${ENGINEERS}] }
    stages:
      - { title: Reliability, approvers: { groups: [${RELIABILITY}] } }
      - title: Security
        approvers: { groups: [${SECURITY}], silent: { emails: [ada@example.com] } }
    duration: { default: 30m, max: 4h }
  # Automatic for those on call, three times a day; others need an approval.
  - id: logs
    title: Log search
    url: https://logs.example.com
    policy: jit-logs
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    auto_approve: [{ requesters: { groups: [${ONCALL}] }, max: 1h, limit: 3/24h }]
  # Everybody who may ask lets themselves in for an hour, with a reason.
  - id: staging
    title: Staging
    url: https://staging.example.com
    policy: jit-staging
    risk: low
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    reason: { min: 10 }
    self_activation: { max: 1h, limit: 5/24h }
  # Those on call break the glass for half an hour; it is reviewed within a day.
  - id: payments
    title: Payment switch
    url: https://payments.example.com
    policy: jit-payments
    risk: high
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}, ${SECURITY}] }
    break_glass: { requesters: { groups: [${ONCALL}] }, max: 30m, review: 24h }
  # Guests and others of partner.example, each with an engineer for a sponsor.
  - id: partner-portal
    title: Partner portal
    url: https://partners.example.com
    policy: jit-partner-portal
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    vendors: { people: { domains: [partner.example] }, sponsors: { groups: [${ENGINEERS}] } }
  # Time: choices, starts within a week, two extensions, reminders, and leads who are asked after half an hour.
  - id: warehouse
    title: Data warehouse
    url: https://warehouse.example.com
    policy: jit-warehouse
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    duration: { default: 1h, max: 4h, choices: [30m, 1h, 2h] }
    schedule: 7d
    extend: { times: 2, max: 1h }
    remind: 10m
    escalate: { after: 30m, to: { groups: [${LEADS}] } }
    lapse: 4h
fallback_channel: ${FALLBACK}
`

/** Everybody, by what they are for. */
const CAST = {
  /** Engineer: may ask. */
  alex: { email: 'alex@example.com', tz: 'Europe/Brussels' },
  /** Engineer: may ask, but not for every level. */
  robin: { email: 'robin@example.com', tz: 'America/New_York' },
  /** May answer. */
  kim: { email: 'kim@example.com' },
  /** May answer, and ask. */
  sam: { email: 'sam@example.com' },
  /** Administrator; may answer for billing-db, and silently for vault. */
  ada: { email: 'ada@example.com' },
  /** A member with no rights. */
  eve: { email: 'eve@example.com' },
  /** Engineer on call: some requests need no answer. */
  olga: { email: 'olga@example.com' },
  /** Security: answers at the second stage. */
  sid: { email: 'sid@example.com' },
  /** Lead: may answer what waits too long. */
  lea: { email: 'lea@example.com' },
  /** A guest whom a resource names as a vendor. */
  vic: { email: 'vic@partner.example', kind: 'guest', tz: 'Asia/Kolkata' },
  /** A full member with an address elsewhere, named as a vendor too. */
  pia: { email: 'pia@partner.example' },
  /** A guest whom nothing names but a group. */
  guest: { name: 'gus', email: 'gus@example.com', kind: 'guest' },
  /** Of another company, in a shared channel. */
  external: { name: 'pat', email: 'pat@partner.example', kind: 'external' },
} as const satisfies { readonly [key: string]: Partial<NewPerson> & { readonly email: string } }

/** The Slack ids of the people of the workspace. */
export type People = { readonly [key in keyof typeof CAST]: string }

/** The address under which Pomerium knows somebody of the workspace. */
export function addressOf(who: keyof People): string {
  return CAST[who].email
}

/** Fills a workspace with people, groups and channels. */
export function populate(slack: SlackSimulator): People {
  const people = Object.fromEntries(
    Object.entries(CAST).map(([key, person]) => [
      key,
      slack.addPerson({ name: key, ...person }).id,
    ]),
  ) as People
  const { alex, robin, sam, kim, olga, sid, lea, ada, guest, external } = people
  slack.setGroup(ENGINEERS, 'engineers', [alex, robin, sam, olga, guest, external])
  slack.setGroup(RELIABILITY, 'reliability', [kim, sam])
  slack.setGroup(ONCALL, 'oncall', [olga])
  slack.setGroup(SECURITY, 'security', [sid])
  slack.setGroup(LEADS, 'leads', [lea])
  const everybody = [...Object.values(people), slack.botUserId]
  slack.addChannel({ id: APPROVALS, name: 'approvals', members: everybody })
  slack.addChannel({ id: AUDIT, name: 'audit', members: everybody, isPrivate: true })
  slack.addChannel({ id: FALLBACK, name: 'fallback', members: [kim, sam, ada] })
  return people
}

/** The catalogue of a YAML text that must be in order. */
export function catalogueOf(yaml: string): Catalogue {
  const loaded = loadCatalogue(yaml, 'catalogue.yaml')
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return loaded.catalogue
}

/** Attaches each policy to a route of the resource's host, as an administrator does once. */
export function attachRoutes(pomerium: PomeriumSimulator, { resources }: Catalogue): void {
  for (const { policy: name, url } of resources.values()) {
    if (url === undefined) continue
    const policy = pomerium.policyNamed(name)
    if (policy === undefined) throw new Error(`Pomerium has no policy ${name}`)
    pomerium.attach(policy.id, { routeName: name, host: new URL(url).host })
  }
}
