import assert from 'node:assert/strict'
import { secretsOf } from '../../src/config.ts'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import type { PolicyVersion } from '../simulators/pomerium/model.ts'
import type { House, Town } from './house.ts'
import type { GrantRow } from './rules.ts'
import { isLive, readGrants, rulesIn, says } from './rules.ts'
import { APPROVALS, AUDIT, FALLBACK } from './world.ts'

/** What a test knows of its story that cannot be seen afterwards. */
export interface Known {
  /** Whether rules of others may be taken out, as a catalogue may say. */
  readonly removesForeign?: boolean
}

/**
 * Throws when something that must never happen has happened, with all of it: rules without grants, lost rules of others,
 * decisions that nobody may take, changes without their events, a changed trail, two writes at once, secrets outside.
 * It goes by what Pomerium stored, what the database has and what Slack shows, and holds at every moment of every test.
 */
export async function assertInvariants(
  house: Town & Partial<Pick<House, 'logged'>>,
  known: Known = {},
): Promise<void> {
  const grants = await readGrants(house)
  const problems = [
    ...documentProblems(house, grants, known),
    ...overlappingWrites(house),
    ...(await decisionProblems(house)),
    ...(await historyProblems(house)),
    ...(await proofProblems(house, grants)),
    ...(await trailProblems(house)),
    ...(await secretProblems(house)),
  ]
  assert.deepEqual([...new Set(problems)], [], 'invariants are broken')
}

/** I1, I4 and I5: each document that the bot stored, against the one before it and the grants of that moment. */
export function documentProblems(
  { pomerium }: Pick<Town, 'pomerium'>,
  grants: readonly GrantRow[],
  { removesForeign = false }: Known = {},
): readonly string[] {
  const problems: string[] = []
  const last = new Map<string, PolicyVersion>()
  for (const version of pomerium.history) {
    const { policy, policyId, at, by, sequence } = version
    const before = last.get(policyId)
    last.set(policyId, version)
    if (policy === undefined || by.id !== pomerium.apiUserId) continue
    const problem = (sentence: string) => {
      problems.push(`${sentence}, in document ${sequence} of ${policy.name} at ${at.toISOString()}`)
    }
    if (policy.enforced) problem('I5: the bot wrote an enforced policy')
    const origin = originOf(pomerium, version)
    const of = grants.filter((grant) => grant.policy_id === policyId)
    const free = [...of]
    const strange = textsOf(before === undefined ? [] : rulesIn(before))
    const rules = rulesIn(version)
    for (const rule of rules) {
      const isThen = (grant: GrantRow) =>
        isLive(grant, at) ||
        isOver(rule, at) ||
        origin === undefined ||
        isLive(grant, origin.sentAt)
      const index = free.findIndex((grant) => says(grant, rule) && isThen(grant))
      if (index >= 0) {
        // One grant is one rule.
        free.splice(index, 1)
        continue
      }
      if (of.some((grant) => says(grant, rule)))
        problem(`I1: no grant is live that says ${JSON.stringify(rule)}`)
      else if (!strange.has(JSON.stringify(rule)) && origin?.read !== undefined)
        problem(`I1: nobody approved ${JSON.stringify(rule)}`)
    }
    // What somebody put in while the bot was at it is lost: Pomerium has no versions to compare.
    if (removesForeign || origin?.read === undefined) continue
    const left = textsOf(rules)
    for (const text of textsOf(rulesIn(origin.read)))
      if (
        strange.has(text) &&
        !left.has(text) &&
        !of.some((grant) => says(grant, JSON.parse(text)))
      )
        problem(`I5: the bot took out ${text}, which it never wrote`)
  }
  return problems
}

/**
 * Of which moment a document is that the bot stored: when its write was sent, and the document that was read before it.
 * `undefined` when the write landed long after its answer.
 */
function originOf(
  { requests, history }: Town['pomerium'],
  { policyId, at, sequence }: PolicyVersion,
): { readonly sentAt: Date; readonly read: PolicyVersion | undefined } | undefined {
  const ours = requests.filter(({ path }) => path.endsWith(`/policies/${policyId}`))
  const put = ours.find(
    ({ method, fromMs, atMs }) =>
      method === 'PUT' && fromMs <= at.getTime() && at.getTime() <= atMs,
  )
  if (put === undefined) {
    const isFirst = !history.some(
      (other) => other.policyId === policyId && other.sequence < sequence,
    )
    return isFirst ? { sentAt: at, read: undefined } : undefined
  }
  const got = ours.findLast(
    ({ method, status, atMs }) => method === 'GET' && status === 200 && atMs <= put.fromMs,
  )
  const read =
    got &&
    history.findLast((other) => other.policyId === policyId && other.at.getTime() <= got.fromMs)
  return { sentAt: new Date(put.fromMs), read }
}

const textsOf = (rules: readonly unknown[]) => new Set(rules.map((rule) => JSON.stringify(rule)))

/** Whether nobody gets in by the rule any more, wherever it stands. */
function isOver(rule: unknown, at: Date): boolean {
  const before = /"before":"([^"]+)"/.exec(JSON.stringify(rule))?.[1]
  return before !== undefined && new Date(before) <= at
}

/** How long a write may be under way; one that took longer was held up, and nobody waited for it. */
const PATIENCE_MS = 30_000

/** I12: one policy is written by one replica at a time. */
function overlappingWrites({ pomerium }: Town): readonly string[] {
  const last = new Map<string, { readonly atMs: number }>()
  const writes = pomerium.requests
    .filter(({ method, fromMs, atMs }) => method === 'PUT' && atMs - fromMs < PATIENCE_MS)
    .toSorted((one, other) => one.fromMs - other.fromMs)
  return writes.flatMap((write) => {
    const before = last.get(write.path)
    last.set(write.path, write)
    return before !== undefined && write.fromMs < before.atMs
      ? [`I12: a second write of ${write.path} began ${before.atMs - write.fromMs} ms too early`]
      : []
  })
}

/** I2, I3 and I10: who decided, and for how long. */
async function decisionProblems({ database, slack }: Town): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ problem: string }>(
    `
    select format('I2: request %s was opened with %s of %s approvals', id, n, approvals_needed) as problem
    from request, lateral (select count(*) as n from approval where request_id = id) as a
    where status in ('approved', 'extended') and automatic_rule is null and kind <> 'break-glass' and n < approvals_needed
    union all
    select format('I2: request %s was answered by its requester', id)
    from request r left join approval on request_id = id
    where r.requester_user_id in (approver_user_id, denied_by_user_id)
       or fold_email(r.requester_email) in (fold_email(approver_email), fold_email(denied_by_email))
    union all
    select format('I3: access of request %s lasts longer than its maximum', request_id) from access_grant
    where extract(epoch from ends_at - starts_at) > max_seconds
    union all
    select format('I3: access of request %s began before it was approved', g.request_id)
    from access_grant g join approval a using (request_id)
    where g.starts_at < a.approved_at
      and a.request_version = (select max(request_version) from approval b where b.request_id = a.request_id)
    union all
    select format('I10: %s of request %s is by somebody of team %s', action, request_id, actor_team_id) from audit_event
    where request_version is not null and actor_kind = 'person' and actor_team_id is distinct from $1`,
    [slack.teamId],
  )
  return rows.map(({ problem }) => problem)
}

type Phase = 'waiting' | 'opened' | 'live' | 'ending' | 'over' | 'closed'

/** Where a request stands after a change, unless the change leaves it where it stood. */
const LEADS_TO: Readonly<Record<string, Phase | undefined>> = {
  'request.created': 'waiting',
  'request.approved': 'opened',
  'request.break_glass': 'opened',
  'request.denied': 'closed',
  'request.cancelled': 'closed',
  'request.lapsed': 'closed',
  'request.extended': 'closed',
  'grant.scheduled': 'live',
  'grant.activated': 'live',
  // To be confirmed anew.
  'grant.extended': 'opened',
  'grant.ending': 'ending',
  'grant.ended': 'over',
  'grant.never_active': 'over',
}
const MAY_FOLLOW: Readonly<Record<Phase, readonly Phase[]>> = {
  waiting: ['opened', 'closed'],
  opened: ['opened', 'live', 'ending', 'over'],
  live: ['opened', 'live', 'ending', 'over'],
  ending: ['over'],
  over: [],
  closed: [],
}

/** I6 and I8: one event for each version, in order, by legal steps alone. */
async function historyProblems({ database }: Town): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{
    readonly id: string
    readonly version: number
    readonly extension: boolean
    readonly versions: readonly number[]
    readonly actions: readonly string[]
  }>(`
    select id, version, extends_request_id is not null as extension,
      array_agg(request_version order by seq) as versions, array_agg(action order by seq) as actions
    from request left join audit_event on request_id = id and request_version is not null
    group by id`)
  return rows.flatMap(({ id, version, versions, extension, actions }) => {
    const wanted = Array.from({ length: version }, (_, index) => index + 1)
    const said = `request ${id} (${actions.join(', ')})`
    if (JSON.stringify(versions) !== JSON.stringify(wanted))
      return [`I6: ${said} has events for versions ${versions.join(', ')}, not 1 to ${version}`]
    let phase: Phase | undefined
    for (const action of actions) {
      const automatic = extension ? 'closed' : 'opened'
      const next = action === 'request.auto_approved' ? automatic : LEADS_TO[action]
      if (next === undefined) continue
      if (phase !== undefined && !MAY_FOLLOW[phase].includes(next))
        return [`I8: ${said} was ${phase} and became ${next}`]
      phase = next
    }
    return []
  })
}

/** I14: access was called active, or ended before its time, when a document had been stored that proves it. */
async function proofProblems(
  { database, pomerium }: Town,
  grants: readonly GrantRow[],
): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ id: string; at: Date; before: Date; what: string }>(`
    select e.request_id as id, e.at, e.action as what, p.at as before
    from audit_event e join audit_event p on p.request_id = e.request_id and p.request_version = e.request_version - 1
    where e.action in ('grant.activated', 'grant.ended') and e.details ->> 'confirmedBy' = 'pomerium'`)
  return rows.flatMap(({ id, at, before, what }) => {
    const grant = grants.find((each) => each.request_id === id)
    if (grant === undefined) return []
    const documents = pomerium.history.filter(({ policyId }) => policyId === grant.policy_id)
    // What stood when it was decided, and what was stored from then on.
    const stood = documents.findLastIndex((version) => version.at < before)
    const seen = documents.filter((version, index) => index >= stood && version.at <= at)
    const holds = (version: (typeof documents)[number]) =>
      rulesIn(version).some((rule) => says(grant, rule))
    const isProved =
      what === 'grant.activated'
        ? seen.some(holds)
        : seen.some((version) => !holds(version) || hasTwin(grants, grant))
    return isProved ? [] : [`I14: ${what} of request ${id} at ${at.toISOString()} is not proved`]
  })
}

/** Whether another grant says the same, so that the rule of the one stays when the other ends. */
function hasTwin(grants: readonly GrantRow[], grant: GrantRow): boolean {
  return grants.some(
    (other) =>
      other.request_id !== grant.request_id &&
      other.policy_id === grant.policy_id &&
      other.email === grant.email &&
      other.ends_at.getTime() === grant.ends_at.getTime(),
  )
}

/** I7: the chain, its guards, and that no request moved without an event. */
async function trailProblems({ database }: Town): Promise<readonly string[]> {
  const { finding, problems } = await verifyTrail(database.db)
  const found = finding === undefined ? [] : [`event ${finding.seq}: ${finding.problem}`]
  return [...found, ...problems].map((problem) => `I7: ${problem}`)
}

/** I13: nothing that lets somebody in is where people, logs or auditors can read it. */
async function secretProblems(
  house: Town & Partial<Pick<House, 'logged'>>,
): Promise<readonly string[]> {
  const { slack, pomerium, database, config, people, logged = [] } = house
  const { rows } = await database.pool.query<{ everything: string | null }>(
    `select string_agg(to_jsonb(e)::text, ' ') as everything from audit_event e`,
  )
  const shown = [APPROVALS, AUDIT, FALLBACK]
    .flatMap((channel) => slack.messages(channel))
    .concat(Object.values(people).flatMap((who) => [...slack.dm(who), ...slack.ephemerals(who)]))
  const places = {
    log: logged.join('\n'),
    Slack: JSON.stringify(shown),
    'audit trail': rows[0]?.everything ?? '',
    Pomerium: JSON.stringify(pomerium.history.map(({ policy }) => policy)),
  }
  const secrets = [...secretsOf(config), 'Bearer ey', '/actions/', '/commands/']
  return Object.entries(places).flatMap(([place, text]) =>
    secrets.filter((secret) => text.includes(secret)).map(() => `I13: a secret is in the ${place}`),
  )
}
