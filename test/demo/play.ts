import type { House } from '../support/house.ts'
import { APPROVALS } from '../support/world.ts'
import type { Transcript } from './transcript.ts'
import { cardOf, createTranscript } from './transcript.ts'

const HOST = 'grafana.example.com'
const HOUR_SECONDS = 3_600

/** Plays the main job on the real bot, checking each step, and writes the transcript. */
export async function play(house: House, out: NodeJS.WritableStream): Promise<void> {
  const say = createTranscript(house, out)
  const { people } = house

  say.chapter('An engineer asks in Slack')
  const id = await ask(house, say, 'request grafana-prod 1h INC-42 dashboards are red')

  say.chapter('Nobody else can answer, and nobody can answer themselves')
  await refusedClick(house, say, 'eve', id, 'not one of the approvers')
  await refusedClick(house, say, 'alex', id, 'own request')

  say.chapter('An approver clicks Approve, Pomerium lets the engineer in')
  await knock(house, say, 'alex', 403)
  await approve(house, say, id)
  await knock(house, say, 'alex', 200)
  await knock(house, say, 'robin', 403)

  say.chapter('The engineer gives it back early')
  say.act('alex', 'clicks "End now"')
  await house.slack.click(people.alex, await card(house, id), 'jit:end')
  await untilCard(house, id, 'Ended')
  showCard(house, say, id)
  await knock(house, say, 'alex', 403)

  say.chapter('Access ends by itself, even while the bot is down')
  const second = await ask(house, say, 'request grafana-prod 1h INC-42 once more, alerts are quiet')
  await approve(house, say, second)
  await house.bot.stop(5_000)
  say.act('operator', 'stops the bot; an hour passes')
  await house.database.clock.advance(HOUR_SECONDS)
  await knock(house, say, 'alex', 403)
  say.act('operator', 'starts the bot')
  await house.startBot()
  await untilCard(house, second, 'Ended')
  showCard(house, say, second)
  await house.pomerium.waitFor(() => rules(house).length === 0)
  say.expect(rules(house).length === 0, 'the rule is pruned from the policy')

  say.chapter('All of it is on record')
  await audit(house, say)
}

async function ask(house: House, say: Transcript, text: string): Promise<string> {
  const { slack, people } = house
  say.act('alex', `/jit ${text}`)
  const before = slack.messages(APPROVALS).length
  await slack.command(people.alex, APPROVALS, '/jit', text)
  const posted = await slack.waitFor(() =>
    slack
      .messages(APPROVALS)
      .slice(before)
      .find((message) => message.threadTs === undefined),
  )
  say.seen('#approvals', slack.visibleText(posted))
  const id = /Request `([0-9A-Z]{8})`/.exec(slack.visibleText(posted))?.[1]
  if (id === undefined) throw new Error('the card shows no request id')
  return id
}

async function refusedClick(
  house: House,
  say: Transcript,
  name: 'eve' | 'alex',
  id: string,
  why: string,
): Promise<void> {
  const { slack, people } = house
  say.act(name, 'clicks "Approve"')
  const before = slack.ephemerals(people[name]).length
  await slack.click(people[name], await card(house, id), 'jit:approve')
  const answer = await slack.waitFor(() => slack.ephemerals(people[name])[before])
  say.seen(`to ${name}`, slack.visibleText(answer))
  say.expect(rules(house).length === 0, `no rule was written: ${why}`)
}

async function approve(house: House, say: Transcript, id: string): Promise<void> {
  say.act('kim', 'clicks "Approve"')
  await house.slack.click(house.people.kim, await card(house, id), 'jit:approve')
  await untilCard(house, id, 'Active')
  showCard(house, say, id)
  for (const rule of rules(house)) say.seen('policy', JSON.stringify(rule))
}

async function knock(
  house: House,
  say: Transcript,
  name: 'alex' | 'robin',
  expected: 200 | 403,
): Promise<void> {
  const at = await house.database.clock.now()
  const verdict = house.pomerium.visit({ email: `${name}@example.com`, host: HOST, at })
  const time = at.toISOString().slice(11, 19)
  say.act(name, `visits https://${HOST} at ${time} UTC`)
  say.seen('Pomerium', `${verdict.status}, ${verdict.why}`)
  say.expect(verdict.status === expected, `${expected} is right`)
}

function rules(house: House): readonly unknown[] {
  const ppl = house.pomerium.policyNamed('jit-grafana-prod')?.ppl
  return Array.isArray(ppl) ? ppl : [ppl]
}

async function card(house: House, id: string) {
  return house.slack.waitFor(() => cardOf(house, APPROVALS, id))
}

async function untilCard(house: House, id: string, state: string): Promise<void> {
  await house.slack.waitFor(() => {
    const shown = cardOf(house, APPROVALS, id)
    return shown !== undefined && house.slack.visibleText(shown).includes(state)
  })
}

function showCard(house: House, say: Transcript, id: string): void {
  say.seen('#approvals', house.slack.visibleText(cardOf(house, APPROVALS, id) ?? {}))
}

async function audit(house: House, say: Transcript): Promise<void> {
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
