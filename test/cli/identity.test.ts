import { userInfo } from 'node:os'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityCommand } from '../../src/cli/identity.ts'
import { link } from '../../src/app/link-identity.ts'
import { aDirectory } from '../app/directory.ts'
import { assertionOf, codeFor, linkingDeps, onRecord } from '../app/linking.ts'
import { aDatabase, ask } from '../postgres/support.ts'
import { alex, anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'

const mal = anEngineer('mal')

/** Runs `jit identity` with these words: what it says, with a minus before it when it failed. */
async function identity({ appUrl }: TestDatabase, ...words: readonly string[]): Promise<string> {
  process.env['DATABASE_URL'] = appUrl
  const result = await identityCommand.run(words)
  if (result.type === 'ok') return result.text
  return `- ${result.type === 'usage' ? (result.problem ?? 'usage') : result.text}`
}

/** Of the CLI, which runs as this process does. */
const operator = userInfo().username
const ofAlex = [alex.teamId, alex.userId] as const

describe('jit identity', () => {
  it('lets somebody link with an address that Slack does not have, on record', async () => {
    await using database = await aDatabase(2)
    const deps = linkingDeps(database, aDirectory(alex))
    const assertion = assertionOf(alex, { email: 'Alex@Partner.example' })
    const allow = () => identity(database, 'allow', ...ofAlex, assertion.email)
    assert.match(await allow(), /^- no address is pinned for user U0ALEX .*use the bot once/)
    const code = await codeFor(deps, alex)
    assert.equal(
      await allow(),
      'U0ALEX: may link as Alex@Partner.example, spelled exactly so; Slack has alex@example.com',
    )
    assert.ok((await link(deps, assertion, code)).ok)
    const [allowed] = await onRecord(database)
    const details = { user: 'U0ALEX', team: 'T0TEAM', pomeriumAddress: assertion.email, operator }
    assert.deepEqual(
      [allowed?.action, allowed?.via, allowed?.details],
      ['identity.address_allowed', 'cli', details],
    )
  })

  it('takes a link away, on record, and has what its holder has looked at again', async () => {
    await using database = await aDatabase(2)
    const deps = linkingDeps(database, aDirectory(alex))
    assert.equal(
      await identity(database, 'unlink', ...ofAlex),
      '- user U0ALEX of team T0TEAM is not linked',
    )
    await link(deps, assertionOf(alex), await codeFor(deps, alex))
    await ask(database.store, { at: await database.clock.now() })
    assert.equal(await identity(database, 'unlink', ...ofAlex), 'U0ALEX: link taken away')
    const last = (await onRecord(database)).at(-1)
    assert.deepEqual(
      [last?.action, last?.via, last?.actor, last?.details],
      [
        'identity.unlinked',
        'cli',
        null,
        {
          user: 'U0ALEX',
          team: 'T0TEAM',
          subject: 'sub-U0ALEX',
          pomeriumAddress: alex.email,
          operator,
        },
      ],
    )
    const { rows } = await database.pool.query(`select key from work where kind = 'eligibility'`)
    assert.deepEqual(rows, [{ key: 'eligibility:U0ALEX' }])
  })

  it('forgets the link with the pinned address, and says so', async () => {
    await using database = await aDatabase(2)
    const deps = linkingDeps(database, aDirectory(alex))
    await link(deps, assertionOf(alex), await codeFor(deps, alex))
    assert.equal(
      await identity(database, 'forget', ...ofAlex),
      'U0ALEX: address forgotten, and the link to alex@example.com (sub-U0ALEX)',
    )
    const last = (await onRecord(database)).at(-1)
    assert.deepEqual(last?.details, {
      operator,
      user: 'U0ALEX',
      team: 'T0TEAM',
      was: alex.email,
      subject: 'sub-U0ALEX',
      pomeriumAddress: alex.email,
    })
    assert.equal(await identity(database, 'list'), 'nobody is linked yet')
  })

  it('lists who is linked to what, and what was refused within 30 days', async () => {
    await using database = await aDatabase(2)
    const deps = linkingDeps(database, aDirectory(alex, mal))
    assert.equal(await identity(database, 'list'), 'nobody is linked yet')
    await link(deps, assertionOf(mal), 'AAAA-AAAA')
    await database.clock.advance(31 * 86_400)
    const upper = assertionOf(alex, { email: 'ALEX@example.com' })
    await link(deps, upper, await codeFor(deps, alex))
    await link(deps, assertionOf(mal), await codeFor(deps, alex))
    await codeFor(deps, mal)
    await deps.store.transaction((tx) =>
      tx.identities.allow(mal.teamId, mal.userId, 'ALEX@example.com'),
    )
    await link(deps, upper, await codeFor(deps, mal))
    await link(deps, assertionOf(mal, { email: 'mal@example.com' }), 'BBBB-BBBB')
    const listed = await identity(database, 'list')
    assert.deepEqual(listed.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').split('\n'), [
      'T0TEAM  U0ALEX  alex@example.com  →  ALEX@example.com  sub-U0ALEX  since TIME',
      'refused within 30 days:',
      'TIME  link-code-wrong  by mal@example.com sub-U0MAL',
      'TIME  link-subject-taken  T0TEAM  U0MAL  mal@example.com  by ALEX@example.com sub-U0ALEX  linked to U0ALEX',
      'TIME  link-email-differs  T0TEAM  U0ALEX  alex@example.com  by mal@example.com sub-U0MAL',
    ])
  })
})
