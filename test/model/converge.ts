import { eventually } from '../support/eventually.ts'
import { readGrants, rulesIn, says } from '../support/rules.ts'
import { assertVocabulary } from '../support/vocabulary.ts'
import { APPROVALS } from '../support/world.ts'
import { REQUESTERS, TERMS } from './catalogue.ts'
import { look } from './look.ts'
import type { Plot } from './plot.ts'
import type { Seen } from './reference.ts'
import { headingOf } from './reference.ts'
import type { Stage } from './stage.ts'

/** Longer than any request waits and any access lasts. */
const ALL_IS_OVER_SECONDS = 13 * 3_600
/** Longer than any lease. */
const STEP_SECONDS = 31
/** Longer than any of the bot's own waits; what takes longer never comes. */
const BOUND_SECONDS = 15 * 60
const PATIENCE_MS = 40_000
/** An address that every resource lets in. */
const INSIDE = '203.0.113.7'

/**
 * The end of a story: everything is well again, and everything owed happens without anybody's help; then time goes by
 * until all is over, and nobody is let in any more. Returns how many seconds of the story the first took.
 */
export async function converge(stage: Stage, plot: Plot): Promise<number> {
  stage.tell('everything is well again')
  stage.liftSlack(plot)
  stage.liftPomerium(plot)
  stage.liftDatabase(plot)
  await stage.startMissing(plot)
  const seconds = await untilNothingIsOwed(stage)
  await stage.check()
  stage.tell('13 hours go by')
  await stage.advance(ALL_IS_OVER_SECONDS)
  await untilNothingIsOwed(stage)
  await stage.check()
  await allIsOver(stage)
  await assertVocabulary(stage.town.database)
  return seconds
}

/** Lets time go by whenever nobody is at work; throws with what is owed when that takes too long. */
async function untilNothingIsOwed(stage: Stage): Promise<number> {
  // Nobody does what a killed replica was at before its lease is over.
  let seconds = STEP_SECONDS
  await stage.advance(seconds)
  let last: readonly string[] = []
  await eventually(
    'nothing is owed any more',
    async () => {
      last = await owed(stage)
      if (last.length === 0) return true
      if (!(await stage.story.isIdle())) return false
      if (seconds > BOUND_SECONDS) throw new Error('time does not help')
      seconds += STEP_SECONDS
      await stage.advance(STEP_SECONDS)
      return false
    },
    PATIENCE_MS,
  ).catch((error: unknown) => {
    throw new Error(`after ${seconds} s this is still owed:\n${last.join('\n')}`, { cause: error })
  })
  return seconds
}

/** I15 to I18: what people, policies and messages wait for. */
async function owed(stage: Stage): Promise<readonly string[]> {
  const { town } = stage
  const { seen, now } = await look(town)
  const { rows: work } = await town.database.pool.query<{ what: string }>(`
    select format('work: %s, tried %s times, %s', key, attempts, coalesce(last_error, '')) as what from work
    where blocked or lease_until > jit_now() or due_at <= jit_now() or attempts > 0 and kind <> 'moment'`)
  return [
    ...work.map(({ what }) => what),
    ...seen.flatMap((request) => undecided(request, now)),
    ...(await outdatedMessages(stage, seen)),
    ...(await differingPolicies(stage)),
    ...(await doors(stage, seen)),
  ]
}

/** I16: what time or Pomerium should have moved on. */
function undecided({ id, status, grant, lapsesAt }: Seen, now: Date): readonly string[] {
  if (status === 'pending' && lapsesAt <= now) return [`request ${id} has not lapsed`]
  if (grant === null) return []
  if (grant.state === 'granting' || grant.state === 'ending') return [`${id} is ${grant.state}`]
  return grant.state === 'active' && grant.endsAt <= now ? [`access of ${id} has not ended`] : []
}

/** I17: the card and the requester's own message say how the request stands. */
async function outdatedMessages(
  { town }: Stage,
  seen: readonly Seen[],
): Promise<readonly string[]> {
  const { slack, database } = town
  const { rows } = await database.pool.query<Record<'id' | 'kind' | 'channel' | 'ts', string>>(
    'select request_id as id, kind, channel, ts from slack_message where not gone and request_id is not null',
  )
  return seen.flatMap((request) => {
    const heading = headingOf(request)
    return ['card', 'direct'].flatMap((kind) => {
      const places = rows.filter((row) => row.id === request.id && row.kind === kind)
      if (places.length === 0) return [`request ${request.id} has no ${kind}`]
      return places.flatMap(({ channel, ts }) => {
        const shown = slack.messages(channel).find((message) => message.ts === ts)
        const says = shown === undefined ? '' : (slack.visibleText(shown).split('\n')[0] ?? '')
        return says.includes(heading)
          ? []
          : [`the ${kind} of ${request.id} says "${says}", not "${heading}"`]
      })
    })
  })
}

/** I15 and I18: each policy holds a rule for each live grant and none for any other, and the cluster enforces it. */
async function differingPolicies({ town }: Stage): Promise<readonly string[]> {
  const { pomerium, database } = town
  const grants = await readGrants(town)
  const { rows: states } = await database.pool.query<{ id: string; foreign: boolean }>(
    `select policy_id as id, coalesce(foreign_digest, '') <> '' as foreign from policy_state`,
  )
  return Object.values(TERMS).flatMap(({ policy: name }) => {
    const policy = pomerium.policyNamed(name)
    if (policy === undefined) return [`policy ${name} is gone`]
    const rules = rulesIn({ policy })
    const enforced = pomerium.enforced(policy.id)
    const ours = grants.filter((grant) => grant.policy_id === policy.id)
    const live = ours.filter(({ state }) => state === 'active')
    const strangers = rules.filter((rule) => !ours.some((grant) => says(grant, rule)))
    const missing = live.filter((grant) => !rules.some((rule) => says(grant, rule)))
    const count = rules.length - strangers.length
    const isReported = states.find(({ id }) => id === policy.id)?.foreign === strangers.length > 0
    return [
      ...missing.map((grant) => `policy ${name} lacks the rule of ${grant.request_id}`),
      ...(count === live.length
        ? []
        : [`policy ${name} has ${count} of our rules, not ${live.length}`]),
      ...(JSON.stringify(enforced?.ppl) === JSON.stringify(policy.ppl)
        ? []
        : [`policy ${name} is not enforced as it is stored`]),
      ...(isReported ? [] : [`rules of others in ${name} are not reported`]),
    ]
  })
}

/** Who has access is let in. */
async function doors({ story, town }: Stage, seen: readonly Seen[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { id, who, resource, grant } of seen) {
    if (grant?.state !== 'active') continue
    const status = await story.visit(who, TERMS[resource].host, INSIDE)
    const { now } = await look(town)
    if (status !== 200 && now < grant.endsAt)
      problems.push(`${who} is not let in by ${id}: ${status}`)
  }
  return problems
}

/** I16 and I17: nothing is open, nobody is let in, and nothing was posted twice without a reason. */
async function allIsOver(stage: Stage): Promise<void> {
  const { story, town } = stage
  const { seen } = await look(town)
  const open = seen.filter(({ status, grant }) => status === 'pending' || grant?.state === 'active')
  const problems = open.map(({ id }) => `request ${id} is open 13 hours later`)
  for (const who of REQUESTERS)
    for (const { host } of Object.values(TERMS))
      if ((await story.visit(who, host, INSIDE)) === 200)
        problems.push(`${who} is let in to ${host} when all is over`)
  if (!stage.mayRepeat) problems.push(...repeated(stage))
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** I17: with no answer lost and nobody killed, each card and each line in its thread is there once. */
function repeated({ town, seen }: Stage): readonly string[] {
  const { slack } = town
  const posted = slack.messages(APPROVALS)
  return seen.flatMap(({ id }) => {
    const cards = posted.filter(
      (message) =>
        message.threadTs === undefined && slack.visibleText(message).includes(`Request \`${id}\``),
    )
    const lines = posted
      .filter(({ threadTs }) => threadTs === cards[0]?.ts)
      .flatMap((message) => slack.visibleText(message).split('\n'))
    const twice = lines.filter((line, index) => lines.indexOf(line) !== index)
    return [
      ...(cards.length === 1 ? [] : [`request ${id} has ${cards.length} cards`]),
      ...twice.map((line) => `the thread of ${id} says twice: ${line}`),
    ]
  })
}
