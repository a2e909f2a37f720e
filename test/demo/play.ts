import type { House } from '../support/house.ts'
import type { Approach, Name, Story } from '../support/story.ts'
import { GRAFANA, storyOf } from '../support/story.ts'
import { APPROVALS, ENGINEERS, addressOf } from '../support/world.ts'
import type { Transcript } from './transcript.ts'
import { createTranscript } from './transcript.ts'

const HOUR_SECONDS = 3_600

/** What a chapter is played with. */
interface Play {
  readonly house: House
  readonly story: Story
  readonly say: Transcript
}

/** Plays what people do on the real bot, checking each step, and writes the transcript. */
export async function play(house: House, out: NodeJS.WritableStream): Promise<void> {
  const stage = { house, story: storyOf(house), say: createTranscript(house, out) }
  await fromAskingToTheEnd(stage)
  await aLevel(stage)
  await withoutAnApprover(stage)
  await leaving(stage)
  stage.say.chapter('All of it is on record')
  await audit(stage)
}

async function fromAskingToTheEnd(stage: Play): Promise<void> {
  const { house, story, say } = stage
  say.chapter('An engineer asks in Slack')
  const id = await ask(stage, 'alex', 'grafana-prod 1h INC-42 dashboards are red')

  say.chapter('Nobody else can answer, and nobody can answer themselves')
  await refusedClick(stage, 'eve', id, 'not one of the approvers')
  await refusedClick(stage, 'alex', id, 'own request')

  say.chapter('An approver clicks Approve, Pomerium lets the engineer in')
  await knock(stage, 'alex', 403)
  await approve(stage, id)
  await knock(stage, 'alex', 200)
  await knock(stage, 'robin', 403)

  say.chapter('The engineer gives it back early')
  say.act('alex', 'clicks "End now"')
  await story.click('alex', id, 'end')
  await showCard(stage, id, 'Ended')
  await knock(stage, 'alex', 403)

  say.chapter('Access ends by itself, even while the bot is down')
  const second = await ask(stage, 'alex', 'grafana-prod 1h INC-42 once more, alerts are quiet')
  await approve(stage, second)
  await house.bot.stop(5_000)
  say.act('operator', 'stops the bot; an hour passes')
  await house.advance(HOUR_SECONDS)
  await knock(stage, 'alex', 403)
  say.act('operator', 'starts the bot')
  await house.startBot()
  await showCard(stage, second, 'Ended')
  await story.untilRules(0)
  say.expect(story.rules().length === 0, 'the rule is pruned from the policy')
}

async function aLevel(stage: Play): Promise<void> {
  stage.say.chapter('A level of a resource is a rule of its own: this one reads only')
  const id = await ask(stage, 'alex', 'kubernetes:read 1h what is restarting there')
  await approve(stage, id, 'jit-kubernetes')
  const host = 'kubernetes.example.com'
  await knock(stage, 'alex', 200, host, { method: 'GET' })
  await knock(stage, 'alex', 403, host, { method: 'POST' })
}

async function withoutAnApprover(stage: Play): Promise<void> {
  const { house, story, say } = stage
  say.chapter('On call, nobody needs to answer')
  const id = await ask(stage, 'olga', 'logs 30m a pager went off')
  await showCard(stage, id, 'Active')
  await knock(stage, 'olga', 200, 'logs.example.com')

  say.chapter('In an emergency the glass is broken, and approvers look at it afterwards')
  const line = 'break-glass payments 15m cards are declined everywhere'
  say.act('olga', `/jit ${line}`)
  const broken = await story.asks('olga', async () => {
    await house.slack.command(house.people.olga, APPROVALS, '/jit', line)
    say.act('olga', 'confirms the form')
    await story.submit('olga', 'break-glass', {})
  })
  await showCard(stage, broken, 'Active')
  await knock(stage, 'olga', 200, 'payments.example.com')
  const alert = await house.slack.waitFor(() =>
    story.alerts().find((text) => text.includes(broken)),
  )
  say.seen('#audit', alert)
  say.act('kim', 'clicks "Justified"')
  await story.click('kim', broken, 'justified')
  await house.slack.waitFor(() => story.trail(broken).some((text) => /justified/i.test(text)))
  say.seen('#approvals', story.trail(broken).at(-1) ?? '')
}

async function leaving(stage: Play): Promise<void> {
  const { house, story, say } = stage
  say.chapter('Whoever leaves loses access within seconds')
  const id = await ask(stage, 'robin', 'grafana-prod 1h INC-43 a last look')
  await approve(stage, id)
  await knock(stage, 'robin', 200)
  say.act('operator', 'takes robin out of @engineers')
  story.leaves('robin', ENGINEERS)
  await showCard(stage, id, 'Ended')
  await knock(stage, 'robin', 403)
  say.seen('to robin', await story.untilDirect('robin', id, 'ended'))
  say.expect(house.slack.notices(house.people.robin).length === 0, 'nothing went wrong in Slack')
}

async function ask({ house, story, say }: Play, who: Name, line: string): Promise<string> {
  say.act(who, `/jit request ${line}`)
  const id = await story.ask(who, line)
  say.seen('#approvals', house.slack.visibleText(story.card(id) ?? {}))
  return id
}

async function refusedClick(
  { story, say }: Play,
  who: Name,
  id: string,
  why: string,
): Promise<void> {
  say.act(who, 'clicks "Approve"')
  say.seen(`to ${who}`, await story.refusedClick(who, id, 'approve'))
  say.expect(story.rules().length === 0, `no rule was written: ${why}`)
}

async function approve(stage: Play, id: string, policy?: string): Promise<void> {
  const { story, say } = stage
  say.act('kim', 'clicks "Approve"')
  await story.click('kim', id, 'approve')
  await showCard(stage, id, 'Active')
  for (const rule of story.rules(policy)) say.seen('policy', JSON.stringify(rule))
}

async function showCard({ story, say }: Play, id: string, state: string): Promise<void> {
  say.seen('#approvals', await story.untilCard(id, state))
}

async function knock(
  { house, say }: Play,
  who: Name,
  expected: 200 | 403,
  host = GRAFANA,
  { method = 'GET' }: Approach = {},
): Promise<void> {
  const at = await house.database.clock.now()
  const verdict = house.pomerium.visit({ email: addressOf(who), host, at, method })
  const time = at.toISOString().slice(11, 19)
  say.act(who, `${method === 'GET' ? 'visits' : 'writes to'} https://${host} at ${time} UTC`)
  say.seen('Pomerium', `${verdict.status}, ${verdict.why}`)
  say.expect(verdict.status === expected, `${expected} is right`)
}

async function audit({ house, say }: Play): Promise<void> {
  const { rows } = await house.database.pool.query<{ line: string }>(`
    select lpad(seq::text, 3) || '  ' || to_char(at, 'HH24:MI:SS') || '  ' || rpad(action, 26)
      || rpad(coalesce(actor_email, 'bot'), 20) || coalesce(request_id || ' v' || request_version, request_id, '')
      || coalesce('  refused: ' || (details ->> 'refusal'), '') as line
    from audit_event order by seq`)
  for (const { line } of rows) say.seen('audit', line.trimEnd())
  const refused = await house.database.pool.query('delete from audit_event').then(
    () => 'it was done',
    (error: Error) => error.message,
  )
  say.seen('psql ▸', 'delete from audit_event;')
  say.expect(refused.includes('append-only'), `Postgres refuses: ${refused}`)
}
