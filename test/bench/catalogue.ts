export const PEOPLE = 50
export const RESOURCES = 10
export const MANY_RESOURCES = 1_000
export const CHANNEL = 'C0BENCH'
export const ASKERS = 'S0ASKERS'
export const ANSWERERS = 'S0ANSWERERS'
export const OWNERS = 'S0OWNERS'

/** A catalogue of ten resources that fifty people may ask for. */
export function benchCatalogue(): string {
  return fileOf(
    '',
    Array.from({ length: RESOURCES }, (_, n) => plain(n)),
  )
}

/** A catalogue of a thousand resources: a quarter each is plain, has stages, has levels, and has the other rules. */
export function largeCatalogue(): string {
  const kinds = [plain, staged, levelled, ruled]
  return fileOf(
    `audit_channel: ${CHANNEL}\n`,
    Array.from({ length: MANY_RESOURCES }, (_, n) => kinds[n % kinds.length]?.(n)),
  )
}

function fileOf(settings: string, resources: readonly (string | undefined)[]): string {
  return `domains: [example.com]\nchannel: ${CHANNEL}\n${settings}resources:${resources.join('')}\n`
}

function entry(n: number, rules: string): string {
  return `
  - id: service-${n}
    title: Service ${n}
    policy: jit-service-${n}
    requesters: { groups: [${ASKERS}] }
    duration: { default: 1h, max: 8h }${rules}`
}

function plain(n: number): string {
  return entry(n, `\n    approvers: { groups: [${ANSWERERS}] }`)
}

function staged(n: number): string {
  return entry(
    n,
    `
    stages:
      - { title: Owner, approvers: { groups: [${OWNERS}] } }
      - { title: Security, approvers: { groups: [${ANSWERERS}], silent: { users: [U0CTO] } } }
    reason: { min: 10, pattern: 'INC-\\d+', hint: Name the incident }
    constraints: [{ source_ip: [203.0.113.${n % 256}/32] }]`,
  )
}

function levelled(n: number): string {
  return entry(
    n,
    `
    approvers: { groups: [${ANSWERERS}] }
    reason: { min: 10 }
    levels:
      - { id: read, title: Look, constraints: [{ http_method: { is: GET } }], self_activation: { max: 30m, limit: 5/24h } }
      - { id: admin, title: Everything, approvals: 2, duration: { max: 2h } }`,
  )
}

function ruled(n: number): string {
  return entry(
    n,
    `
    url: https://service-${n}.example.com
    risk: high
    approvers: { groups: [${ANSWERERS}], silent: { groups: [${OWNERS}] }, deny: { groups: [S0INTERNS] } }
    approvals: 2
    remind: 30m
    escalate: { after: 2h, to: { groups: [S0LEADS] } }
    extend: { times: 2, max: 1h }
    auto_approve: [{ requesters: { groups: [S0ONCALL] }, max: 1h, limit: 3/24h }]
    break_glass: { requesters: { groups: [S0ONCALL] }, max: 30m, review: 24h }
    vendors: { people: { domains: [partner.example] }, sponsors: { groups: [${OWNERS}] } }`,
  )
}
