import { markIfOpen } from '../app/eligibility.ts'
import { unlinkUser } from '../app/link-identity.ts'
import type { RecordedEvent } from '../app/ports.ts'
import type { Transaction } from '../app/store.ts'
import type { SlackUser } from '../app/identity-store.ts'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { cleanText } from '../domain/text.ts'
import { createStore } from '../postgres/store.ts'
import type { CliCommand, CliResult } from './command.ts'
import { BY_OPERATOR, operator } from './operator.ts'
import { withDatabase } from './database.ts'

const COLLISIONS_SECONDS = 30 * 86_400

/** An operator's word on who somebody is: in Slack, and behind Pomerium. */
export const identityCommand: CliCommand = {
  usage: [
    'identity forget <team-id> <user-id> — accept the address that Slack has at the next use; takes the link away too',
    'identity allow <team-id> <user-id> <email> — let them link as this address of Pomerium, whatever Slack has',
    'identity unlink <team-id> <user-id> — take the link to their Pomerium identity away',
    'identity list — who is linked to what, and the links that were refused within 30 days',
  ],
  run([verb, team, user, email, ...rest]) {
    if (verb === 'list' && team === undefined) return inTransaction(list)
    if (team === undefined || user === undefined || rest.length > 0) return { type: 'usage' }
    const of = { teamId: team as SlackTeamId, userId: user as SlackUserId }
    if (verb === 'allow' && email !== undefined) {
      if (!isWritableEmail(email))
        return { type: 'usage', problem: `${email} is no e-mail address` }
      return inTransaction((tx) => allow(tx, of, email))
    }
    if (email !== undefined) return { type: 'usage' }
    if (verb === 'forget') return inTransaction((tx) => forget(tx, of))
    if (verb === 'unlink') return inTransaction((tx) => unlink(tx, of))
    return { type: 'usage' }
  },
}

function inTransaction(run: (tx: Transaction) => Promise<CliResult>): Promise<CliResult> {
  return withDatabase((db) => createStore(db).transaction(run))
}

async function forget(tx: Transaction, { teamId, userId }: SlackUser): Promise<CliResult> {
  const known = await tx.identities.forget(teamId, userId)
  if (known === undefined) return nobody({ teamId, userId })
  const { pinned, link, allowed } = known
  tx.audit.append({
    ...BY_OPERATOR,
    action: 'identity.forgotten',
    alert: false,
    details: {
      user: userId,
      team: teamId,
      was: pinned,
      ...(link === undefined ? {} : { subject: link.subject, pomeriumAddress: link.email }),
      ...(allowed === undefined ? {} : { allowed }),
      ...operator(),
    },
  })
  await markIfOpen(tx, userId)
  const also = link === undefined ? '' : `, and the link to ${link.email} (${link.subject})`
  return { type: 'ok', text: `${userId}: address forgotten${also}` }
}

async function allow(tx: Transaction, of: SlackUser, email: string): Promise<CliResult> {
  const { teamId, userId } = of
  const known = await tx.identities.find(teamId, userId)
  if (known === undefined || !(await tx.identities.allow(teamId, userId, email)))
    return nobody(of, '; let them use the bot once, so that it knows who it is')
  const details = { user: userId, team: teamId, pomeriumAddress: email, ...operator() }
  tx.audit.append({
    ...BY_OPERATOR,
    action: 'identity.address_allowed',
    alert: false,
    details,
  })
  return {
    type: 'ok',
    text: `${userId}: may link as ${email}, spelled exactly so; Slack has ${known.pinned}`,
  }
}

async function unlink(tx: Transaction, of: SlackUser): Promise<CliResult> {
  const { teamId, userId } = of
  return (await unlinkUser(tx, of, BY_OPERATOR, operator()))
    ? { type: 'ok', text: `${userId}: link taken away` }
    : { type: 'failed', text: `user ${userId} of team ${teamId} is not linked` }
}

async function list(tx: Transaction): Promise<CliResult> {
  const links = await tx.identities.links()
  const refused = await tx.identities.refusedLinks(COLLISIONS_SECONDS)
  const linked = links.map(({ teamId, userId, pinned, link, at }) =>
    line(teamId, userId, pinned, '→', link.email, link.subject, `since ${at.toISOString()}`),
  )
  return {
    type: 'ok',
    text: [
      ...(linked.length === 0 ? ['nobody is linked yet'] : linked),
      ...(refused.length === 0 ? [] : ['refused within 30 days:', ...refused.map(refusedLine)]),
    ].join('\n'),
  }
}

/** When, whose code, why not, and who was at the door. */
function refusedLine({ at, actor, details }: RecordedEvent): string {
  const known = (name: string) => {
    const value = details[name]
    return typeof value === 'string' ? [value] : []
  }
  const door = actor.kind === 'person' ? `${actor.identity.email} ${actor.identity.subject}` : ''
  const [refusal = ''] = known('refusal')
  const whose = [...known('team'), ...known('user'), ...known('slackAddress')]
  const holder = known('linkedTo').map((user) => `linked to ${user}`)
  return line(at.toISOString(), refusal, ...whose, `by ${door}`, ...holder)
}

function line(...words: readonly string[]): string {
  return words.map((word) => cleanText(word, { multiline: false })).join('  ')
}

function nobody({ teamId, userId }: SlackUser, remedy = ''): CliResult {
  const text = `no address is pinned for user ${userId} of team ${teamId}${remedy}`
  return { type: 'failed', text }
}
