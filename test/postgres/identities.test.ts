import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { AuditEvent } from '../../src/domain/event.ts'
import type { SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import type { Identity } from '../../src/domain/person.ts'
import { alex, anEngineer, kim } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase, commit, record } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase(12)
})
afterAll(() => database[Symbol.asyncDispose]())

let last = 0
/** A person whose address is pinned, and a subject that nobody else has. */
async function somebody(): Promise<{ readonly user: Identity; readonly subject: string }> {
  last += 1
  const user = anEngineer(`one${last}`)
  await database.store.transaction((tx) => tx.identities.pin(user))
  return { user, subject: `sub-${last}` }
}

const link = (user: Identity, subject: string, email = user.email) =>
  database.store.transaction((tx) => tx.identities.link(user, { subject, email }))
const find = ({ teamId, userId }: Identity) =>
  database.store.statement((db) => db.identities.find(teamId, userId))
const issue = (user: Identity, hash: string, seconds = 600) =>
  database.store.transaction((tx) => tx.identities.issueCode(user, hash, seconds))
const take = (hash: string) => database.store.transaction((tx) => tx.identities.takeCode(hash))
const hashOf = (n: number) => n.toString(16).padStart(64, '0')

describe('identities', () => {
  it('tell what is on record of somebody: the pinned address, the link and the allowed address', async () => {
    assert.equal(await find({ ...kim, userId: 'U0NOBODY' as SlackUserId }), undefined)
    const { user, subject } = await somebody()
    const { teamId, userId, email: pinned } = user
    assert.deepEqual(await find(user), { pinned })
    await link(user, subject, 'One@Example.com')
    const linked = { pinned, link: { subject, email: 'One@Example.com' } }
    assert.deepEqual(await find(user), linked)
    const allow = () =>
      database.store.transaction((tx) => tx.identities.allow(teamId, userId, 'x@example.com'))
    assert.equal(await allow(), true)
    assert.deepEqual(await find(user), { ...linked, allowed: 'x@example.com' })
    const forget = () => database.store.transaction((tx) => tx.identities.forget(teamId, userId))
    assert.deepEqual(await forget(), { ...linked, allowed: 'x@example.com' })
    assert.deepEqual(
      [await forget(), await find(user), await allow()],
      [undefined, undefined, false],
    )
  })

  it('find the Slack user of a subject until the link is taken away', async () => {
    const { user, subject } = await somebody()
    const { teamId, userId, email } = user
    const ofSubject = () => database.store.statement((db) => db.identities.linkOfSubject(subject))
    const unlink = () => database.store.transaction((tx) => tx.identities.unlink(teamId, userId))
    assert.equal(await ofSubject(), undefined)
    assert.deepEqual(await link(user, subject), { outcome: 'linked' })
    assert.deepEqual(await ofSubject(), { teamId, userId, subject, email })
    const ofAnother = database.store.transaction((tx) =>
      tx.identities.unlink(teamId, userId, 'sub-of-another'),
    )
    assert.equal(await ofAnother, undefined)
    assert.deepEqual(await unlink(), { subject, email })
    assert.deepEqual([await ofSubject(), await unlink()], [undefined, undefined])
    assert.deepEqual(await find(user), { pinned: email })
  })

  it('tell the link before, and who has a subject already', async () => {
    const { user, subject } = await somebody()
    const other = await somebody()
    await link(user, subject)
    const before = { subject, email: user.email }
    assert.deepEqual(await link(user, 'sub-again'), { outcome: 'linked', before })
    assert.deepEqual(await link(other.user, 'sub-again'), { outcome: 'taken', by: user.userId })
    assert.deepEqual(await link(other.user, subject), { outcome: 'linked' })
    const nobody = { ...kim, userId: 'U0NOBODY' as SlackUserId }
    assert.deepEqual(await link(nobody, 'sub-nobody'), { outcome: 'unknown' })
    const elsewhere = { ...user, teamId: 'T0OTHER' as SlackTeamId }
    assert.deepEqual(await link(elsewhere, 'sub-again'), { outcome: 'taken', by: user.userId })
  })

  it('let one of several Slack users have a subject, whoever comes at once', async () => {
    const users = await Promise.all(Array.from({ length: 6 }, somebody))
    const outcomes = await Promise.all(users.map(({ user }) => link(user, 'sub-wanted')))
    assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), [
      'linked',
      ...Array.from({ length: 5 }, () => 'taken'),
    ])
  })

  it('tell each but the first of several subjects of one Slack user which one it replaced', async () => {
    const { user } = await somebody()
    const subjects = Array.from({ length: 5 }, (_, index) => `sub-many-${index}`)
    const outcomes = await Promise.all(subjects.map((subject) => link(user, subject)))
    const replaced = outcomes.map((made) => made.outcome === 'linked' && made.before?.subject)
    const now = (await find(user))?.link?.subject
    assert.ok(now !== undefined)
    assert.deepEqual(new Set([...replaced, now]), new Set([undefined, ...subjects]))
  })

  it('refuse half a link, a blank one and a subject of two, whoever writes it', async () => {
    const [one, two] = [await somebody(), await somebody()]
    const set = (user: Identity, columns: string) =>
      commit(database, `update identity set ${columns} where user_id = '${user.userId}'`)
    const whole = (subject: string, email = 'x@example.com') =>
      `subject = '${subject}', linked_email = '${email}', linked_at = jit_now()`
    await set(one.user, whole('sub-taken'))
    const refused = [
      [`subject = 'sub-half'`, 'identity_link_complete'],
      [`linked_email = 'x@example.com'`, 'identity_link_complete'],
      [whole(' '), 'identity_subject_not_blank'],
      [whole('sub-blank', ' '), 'identity_linked_email_not_blank'],
      [`allowed_email = ''`, 'identity_allowed_email_not_blank'],
      [whole('sub-taken'), 'identity_subject_unique'],
    ] as const
    for (const [columns, constraint] of refused)
      await assert.rejects(set(two.user, columns), { constraint }, columns)
  })
})

describe('link codes', () => {
  it('are taken once', async () => {
    const { user } = await somebody()
    const { teamId, userId } = user
    await issue(user, hashOf(1))
    const takes = await Promise.all(Array.from({ length: 6 }, () => take(hashOf(1))))
    assert.deepEqual(
      takes.filter((found) => found !== undefined),
      [{ teamId, userId }],
    )
    assert.equal(await take(hashOf(1)), undefined)
  })

  it('expire by the clock of the database', async () => {
    const { user } = await somebody()
    const expiresAt = await issue(user, hashOf(2))
    const left = expiresAt.getTime() - (await database.clock.now()).getTime()
    assert.ok(left > 590_000 && left <= 600_000, `${left} ms`)
    await database.clock.advance(601)
    assert.equal(await take(hashOf(2)), undefined)
    await issue(user, hashOf(3))
    await database.clock.advance(590)
    assert.notEqual(await take(hashOf(3)), undefined)
  })

  it('are one for each Slack user: the newest', async () => {
    const { user } = await somebody()
    await issue(user, hashOf(4))
    await issue(user, hashOf(5))
    assert.deepEqual(
      [await take(hashOf(4)), (await take(hashOf(5)))?.userId],
      [undefined, user.userId],
    )
  })

  it('go when the Slack user is forgotten', async () => {
    const { user } = await somebody()
    await issue(user, hashOf(6))
    await database.store.transaction((tx) => tx.identities.forget(user.teamId, user.userId))
    assert.equal(await take(hashOf(6)), undefined)
  })

  it('are stored as hashes only', async () => {
    const { user } = await somebody()
    await assert.rejects(issue(user, 'AB12CD34'), { constraint: 'link_code_is_sha256' })
  })
})

describe('refused links', () => {
  const refused = (subject: string, refusal: string, userId = ''): AuditEvent => ({
    action: 'identity.link_refused',
    actor: {
      kind: 'person',
      identity: {
        teamId: (userId === '' ? '' : 'T0TEAM') as SlackTeamId,
        userId: userId as SlackUserId,
        email: 'mal@example.com',
        subject,
      },
    },
    via: 'web',
    alert: false,
    details: { refusal },
  })
  const append = (event: AuditEvent) => record(database, event)
  const wrong = (subject: string) =>
    database.store.transaction((tx) => tx.identities.wrongCodes(subject, 600))

  it('give back whoever Slack does not know by what Pomerium says of them', async () => {
    const event = refused('sub-door', 'link-code-wrong')
    const { seq, at, hash, schemaVersion } = await append(event)
    const found = await database.store.statement((db) => db.audit.find(seq))
    assert.deepEqual(found, { ...event, seq, at, hash, schemaVersion })
  })

  it('are counted as wrong codes for their subject, for a time', async () => {
    await append(refused('sub-guess', 'link-code-wrong'))
    await append(refused('sub-guess', 'link-code-wrong', alex.userId))
    await append(refused('sub-guess', 'link-email-differs'))
    await append(refused('sub-other', 'link-code-wrong'))
    assert.deepEqual([await wrong('sub-guess'), await wrong('sub-nobody')], [2, 0])
    await database.clock.advance(601)
    assert.equal(await wrong('sub-guess'), 0)
  })

  it('make others of the same subject wait until they are on record', async () => {
    const counted = await Promise.all(
      Array.from({ length: 5 }, () =>
        database.store.transaction(async (tx) => {
          const count = await tx.identities.wrongCodes('sub-hasty', 600)
          tx.audit.append(refused('sub-hasty', 'link-code-wrong'))
          return count
        }),
      ),
    )
    assert.deepEqual(
      counted.sort((a, b) => a - b),
      [0, 1, 2, 3, 4],
    )
  })

  it('are listed with links, the newest first', async () => {
    await database.clock.advance(90 * 86_400)
    await append(refused('sub-old', 'link-code-wrong'))
    await database.clock.advance(60)
    await append(refused('sub-new', 'link-subject-taken'))
    const listed = (seconds: number) =>
      database.store.statement((db) => db.identities.refusedLinks(seconds))
    const reasons = (await listed(86_400)).map(({ details }) => details['refusal'])
    assert.deepEqual(reasons, ['link-subject-taken', 'link-code-wrong'])
    assert.equal((await listed(30)).length, 1)
    const { user } = await somebody()
    await link(user, 'sub-listed')
    const links = await database.store.statement((db) => db.identities.links())
    const ours = links.find(({ userId }) => userId === user.userId)
    const { teamId, userId, email } = user
    assert.deepEqual(
      { ...ours, at: undefined },
      { teamId, userId, pinned: email, link: { subject: 'sub-listed', email }, at: undefined },
    )
  })
})

describe('audit_event_person_named', () => {
  it('asks for a Slack user, or for a subject and an address', async () => {
    const insert = (columns: string, values: string) =>
      commit(
        database,
        `insert into audit_event (action, via, actor_kind, ${columns}) values ('identity.link_refused', 'web', 'person', ${values})`,
      )
    await insert('actor_user_id', `'U0ALEX'`)
    await insert('actor_subject, actor_email', `'sub', 'mal@example.com'`)
    const refused = [
      ['actor_subject', `'sub'`],
      ['actor_email', `'mal@example.com'`],
      ['actor_subject, actor_email', `' ', 'mal@example.com'`],
      ['actor_team_id, actor_subject, actor_email', `'T', 'sub', 'mal@example.com'`],
    ] as const
    for (const [columns, values] of refused)
      await assert.rejects(insert(columns, values), { constraint: 'audit_event_person_named' })
  })
})
