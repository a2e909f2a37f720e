import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Assertion } from '../../src/app/assertion.ts'
import type { Deps } from '../../src/app/deps.ts'
import { link, linkState, unlink } from '../../src/app/link-identity.ts'
import { issueLinkCode } from '../../src/app/link-code.ts'
import type { SlackUserId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { aDatabase, ask } from '../postgres/support.ts'
import { alex, anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import type { TestDirectory } from './directory.ts'
import { aDirectory } from './directory.ts'
import { ORIGIN, assertionOf, codeFor, linkingDeps, onRecord } from './linking.ts'

const mal = anEngineer('mal')

interface Scene extends AsyncDisposable {
  readonly database: TestDatabase
  readonly directory: TestDirectory
  readonly deps: Deps
}

/** Alex and Mal in Slack, behind a Pomerium that knows both. */
async function scene(...more: readonly Person[]): Promise<Scene> {
  const database = await aDatabase(6)
  const directory = aDirectory(alex, mal, ...more)
  const deps = linkingDeps(database, directory)
  return { database, directory, deps, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}

/** The code of the refusal, or `linked`. */
async function tried(deps: Deps, assertion: Assertion, code: string): Promise<string> {
  const outcome = await link(deps, assertion, code)
  return outcome.ok ? 'linked' : outcome.refusal.code
}

const linksIn = async ({ deps }: Scene) =>
  (await deps.store.statement((db) => db.identities.links())).map(
    ({ userId, link: { subject, email } }) => [userId, subject, email],
  )

const allow = ({ deps }: Scene, { teamId, userId }: Person, email: string) =>
  deps.store.transaction((tx) => tx.identities.allow(teamId, userId, email))

describe('issueLinkCode', () => {
  it('gives a code for ten minutes and the page where it is entered', async () => {
    await using house = await scene()
    const issued = await issueLinkCode(house.deps, { actor: alex.userId, via: 'command' })
    assert.ok(issued.ok)
    const { code, page, expiresAt } = issued.value
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
    assert.equal(page, `${ORIGIN}/link`)
    const left = expiresAt.getTime() - (await house.database.clock.now()).getTime()
    assert.ok(left > 590_000 && left <= 600_000, `${left} ms`)
  })

  it('leaves the code nowhere: not in the database, not in the log', async () => {
    await using house = await scene()
    const logged: unknown[] = []
    const write = (...line: unknown[]) => void logged.push(line)
    const log = { debug: write, info: write, warn: write, error: write }
    const deps = { ...house.deps, log }
    const first = await codeFor(deps, alex)
    const second = await codeFor(deps, mal)
    await link(deps, assertionOf(alex), first)
    await link(deps, assertionOf(alex), second)
    await link(deps, assertionOf(alex), first)
    const { rows } = await house.database.pool.query(
      `select (select json_agg(a) from audit_event a) as events, (select json_agg(c) from link_code c) as codes,
              (select json_agg(i) from identity i) as identities`,
    )
    const everything = JSON.stringify([rows, logged]).toUpperCase()
    assert.ok(everything.includes('IDENTITY.LINKED'))
    for (const code of [first, second])
      for (const form of [code, code.replace('-', '')]) assert.ok(!everything.includes(form))
  })

  it('refuses where there are no pages, and whoever Slack does not vouch for', async () => {
    await using house = await scene()
    const { pages: _pages, ...pageless } = house.deps
    const by = { actor: alex.userId, via: 'command' } as const
    const none = await issueLinkCode(pageless, by)
    assert.deepEqual(none, { ok: false, refusal: { code: 'no-pages' } })
    house.directory.refuse(mal, 'deactivated')
    const gone = await issueLinkCode(house.deps, { ...by, actor: mal.userId })
    assert.deepEqual(gone, { ok: false, refusal: { code: 'not-a-member', why: 'deactivated' } })
    house.directory.fail(alex.userId)
    const unknown = await issueLinkCode(house.deps, by)
    assert.deepEqual(unknown, { ok: false, refusal: { code: 'directory-unavailable' } })
  })
})

describe('link', () => {
  it('binds the Slack user of the code to the identity that enters it, on record', async () => {
    await using house = await scene()
    const { deps, database } = house
    const assertion = assertionOf(alex, { email: 'Alex@Example.com' })
    assert.deepEqual(await linkState(deps, assertion), { isOutdated: false })
    const outcome = await link(deps, assertion, await codeFor(deps, alex))
    const { subject, email } = assertion
    const inSlack = { slackUser: alex.userId, slackAddress: alex.email }
    const state = { link: { subject, email, ...inSlack }, isOutdated: false }
    assert.deepEqual(outcome, { ok: true, value: state })
    assert.deepEqual(await linkState(deps, assertion), state)
    assert.deepEqual(await onRecord(database), [
      {
        action: 'identity.linked',
        via: 'web',
        actor: alex.userId,
        email,
        subject,
        alert: false,
        details: {
          user: alex.userId,
          team: alex.teamId,
          slackAddress: alex.email,
          pomeriumAddress: email,
          subject,
        },
      },
    ])
  })

  it('takes a code in any case, with or without its dash, and as people misread it', async () => {
    const forms: readonly ((code: string) => string)[] = [
      (code) => code.toLowerCase(),
      (code) => code.replace('-', ''),
      (code) => ` ${code.replace('-', ' ')}\n`,
      (code) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    ]
    await using house = await scene()
    for (const form of forms)
      assert.equal(
        await tried(house.deps, assertionOf(alex), form(await codeFor(house.deps, alex))),
        'linked',
      )
  })

  it('links anew, loudly, to the address that Pomerium has by now or to another identity', async () => {
    await using house = await scene()
    const { deps, database } = house
    await tried(deps, assertionOf(alex), await codeFor(deps, alex))
    const renamed = assertionOf(alex, { email: 'ALEX@example.com' })
    assert.equal((await linkState(deps, renamed)).isOutdated, true)
    assert.equal(await tried(deps, renamed, await codeFor(deps, alex)), 'linked')
    assert.equal((await linkState(deps, renamed)).isOutdated, false)
    const other = assertionOf(alex, { subject: 'sub-other' })
    assert.equal(await tried(deps, other, await codeFor(deps, alex)), 'linked')
    assert.deepEqual(await linksIn(house), [[alex.userId, 'sub-other', alex.email]])
    // The same once more is no change.
    assert.equal(await tried(deps, other, await codeFor(deps, alex)), 'linked')
    const { subject } = assertionOf(alex)
    assert.deepEqual(
      (await onRecord(database)).map(({ action, alert, details }) => [
        action,
        alert,
        details['was'],
      ]),
      [
        ['identity.linked', false, undefined],
        ['identity.relinked', true, { subject, email: alex.email }],
        ['identity.relinked', true, { subject, email: 'ALEX@example.com' }],
        ['identity.linked', false, undefined],
      ],
    )
  })

  it('has what somebody asked for looked at again, since it may be for another address', async () => {
    await using house = await scene()
    const { deps, database } = house
    await ask(database.store, { at: await database.clock.now() })
    await tried(deps, assertionOf(alex), await codeFor(deps, alex))
    await tried(deps, assertionOf(mal), await codeFor(deps, mal))
    const { rows } = await database.pool.query(`select key from work where kind = 'eligibility'`)
    assert.deepEqual(rows, [{ key: `eligibility:${alex.userId}` }])
  })

  it('refuses where there are no pages', async () => {
    await using house = await scene()
    const { pages: _pages, ...pageless } = house.deps
    const code = await codeFor(house.deps, alex)
    assert.equal(await tried(pageless, assertionOf(alex), code), 'no-pages')
  })
})

describe('linking to somebody else’s account', () => {
  /** What an attacker can do, what comes of it, and who is told. */
  const attacks: readonly {
    readonly name: string
    readonly refusal: string
    readonly isLoud?: true
    /** Who is at the door in the end, and with which code. */
    readonly attempt: (house: Scene) => Promise<readonly [Assertion, string]>
  }[] = [
    {
      name: 'with a stolen code',
      refusal: 'link-email-differs',
      isLoud: true,
      attempt: async ({ deps }) => [assertionOf(mal), await codeFor(deps, alex)],
    },
    {
      name: 'with a code that somebody was talked into entering',
      refusal: 'link-email-differs',
      isLoud: true,
      attempt: async ({ deps }) => [assertionOf(alex), await codeFor(deps, mal)],
    },
    {
      name: 'with a guessed code',
      refusal: 'link-code-wrong',
      attempt: async ({ deps }) => {
        await codeFor(deps, alex)
        return [assertionOf(alex, { subject: 'sub-mal' }), '0000-0000']
      },
    },
    {
      name: 'with something that is no code',
      refusal: 'link-code-wrong',
      attempt: async () => [assertionOf(mal), `' or 1=1 --`],
    },
    {
      name: 'with a code that was used',
      refusal: 'link-code-wrong',
      attempt: async ({ deps }) => {
        const code = await codeFor(deps, mal)
        await link(deps, assertionOf(mal), code)
        await unlink(deps, assertionOf(mal))
        return [assertionOf(mal), code]
      },
    },
    {
      name: 'with a code that was used up by a refusal',
      refusal: 'link-code-wrong',
      attempt: async ({ deps }) => {
        const code = await codeFor(deps, alex)
        await link(deps, assertionOf(mal), code)
        return [assertionOf(alex, { subject: 'sub-mal' }), code]
      },
    },
    {
      name: 'with a code that has expired',
      refusal: 'link-code-wrong',
      attempt: async ({ deps, database }) => {
        const code = await codeFor(deps, mal)
        await database.clock.advance(601)
        return [assertionOf(mal), code]
      },
    },
    {
      name: 'with a code in the place of which another was given',
      refusal: 'link-code-wrong',
      attempt: async ({ deps }) => {
        const code = await codeFor(deps, mal)
        await codeFor(deps, mal)
        return [assertionOf(mal), code]
      },
    },
    {
      name: 'with a subject that another Slack account has',
      refusal: 'link-subject-taken',
      isLoud: true,
      attempt: async (house) => {
        const { deps } = house
        const assertion = assertionOf(alex)
        await link(deps, assertion, await codeFor(deps, alex))
        await codeFor(deps, mal)
        await allow(house, mal, alex.email)
        return [assertion, await codeFor(deps, mal)]
      },
    },
    {
      name: 'after the address in Slack was changed to the victim’s',
      refusal: 'email-changed',
      attempt: async ({ deps, directory }) => {
        const code = await codeFor(deps, mal)
        directory.put({ ...mal, email: alex.email })
        return [assertionOf(alex), code]
      },
    },
    {
      name: 'from a Slack account that is deactivated by now',
      refusal: 'not-a-member',
      attempt: async ({ deps, directory }) => {
        const code = await codeFor(deps, mal)
        directory.refuse(mal, 'deactivated')
        return [assertionOf(mal), code]
      },
    },
    {
      name: 'while Slack says nothing about the account',
      refusal: 'directory-unavailable',
      attempt: async ({ deps, directory }) => {
        const code = await codeFor(deps, mal)
        directory.fail(mal.userId)
        return [assertionOf(mal), code]
      },
    },
    {
      name: 'with an address that was allowed in another spelling',
      refusal: 'link-email-differs',
      isLoud: true,
      attempt: async (house) => {
        await codeFor(house.deps, mal)
        await allow(house, mal, 'mal@partner.example')
        const assertion = assertionOf(mal, { email: 'Mal@partner.example' })
        return [assertion, await codeFor(house.deps, mal)]
      },
    },
    {
      name: 'with an address that was allowed for another Slack account',
      refusal: 'link-email-differs',
      isLoud: true,
      attempt: async (house) => {
        await codeFor(house.deps, alex)
        await allow(house, alex, 'x@partner.example')
        const assertion = assertionOf(mal, { email: 'x@partner.example' })
        return [assertion, await codeFor(house.deps, mal)]
      },
    },
  ]
  for (const { name, refusal, isLoud, attempt } of attacks)
    it(`is refused ${name}, on record`, async () => {
      await using house = await scene()
      const [assertion, code] = await attempt(house)
      const before = await linksIn(house)
      assert.equal(await tried(house.deps, assertion, code), refusal)
      assert.deepEqual(await linksIn(house), before)
      const last = (await onRecord(house.database)).at(-1)
      assert.deepEqual(
        [
          last?.action,
          last?.via,
          last?.subject,
          last?.email,
          last?.alert,
          last?.details['refusal'],
        ],
        [
          'identity.link_refused',
          'web',
          assertion.subject,
          assertion.email,
          isLoud ?? false,
          refusal,
        ],
      )
    })

  it('names both accounts and both addresses where an address differs or a subject is taken', async () => {
    await using house = await scene()
    const { deps, database } = house
    await tried(deps, assertionOf(mal), await codeFor(deps, alex))
    await tried(deps, assertionOf(mal), await codeFor(deps, mal))
    await codeFor(deps, alex)
    await allow(house, alex, mal.email)
    await tried(deps, assertionOf(mal), await codeFor(deps, alex))
    const addresses = {
      user: alex.userId,
      team: alex.teamId,
      slackAddress: alex.email,
      pomeriumAddress: mal.email,
    }
    const refused = (await onRecord(database)).filter(({ alert }) => alert)
    assert.deepEqual(
      refused.map(({ actor, details }) => [actor, details]),
      [
        [null, { ...addresses, refusal: 'link-email-differs' }],
        [mal.userId, { ...addresses, linkedTo: mal.userId, refusal: 'link-subject-taken' }],
      ],
    )
  })

  const spellings: readonly (readonly [name: string, email: string, outcome: string])[] = [
    ['the same', 'mike@example.com', 'linked'],
    ['another case', 'MIKE@Example.COM', 'linked'],
    ['the Kelvin sign for K', 'mi\u212ae@example.com', 'link-email-differs'],
    ['a Cyrillic і', 'm\u0456ke@example.com', 'link-email-differs'],
    ['a dotless ı', 'm\u0131ke@example.com', 'link-email-differs'],
    ['a large dotted İ', 'm\u0130ke@example.com', 'link-email-differs'],
    ['full-width letters', '\uff4dike@example.com', 'link-email-differs'],
    ['a zero-width space', 'mike\u200b@example.com', 'link-email-differs'],
    ['a soft hyphen', 'mi\u00adke@example.com', 'link-email-differs'],
    ['a combining mark', 'mike\u0301@example.com', 'link-email-differs'],
    ['a space before', ' mike@example.com', 'link-email-differs'],
    ['a line feed behind', 'mike@example.com\n', 'link-email-differs'],
    ['a tag', 'mike+x@example.com', 'link-email-differs'],
    ['a dot', 'm.ike@example.com', 'link-email-differs'],
    ['another domain', 'mike@example.com.evil.example', 'link-email-differs'],
    ['two addresses', 'mike@example.com,mal@example.com', 'link-email-differs'],
  ]
  it('is judged by the address in any case, and by nothing that only looks like it', async () => {
    const mike = anEngineer('mike')
    await using house = await scene(mike)
    for (const [name, email, outcome] of spellings) {
      const code = await codeFor(house.deps, mike)
      assert.equal(await tried(house.deps, assertionOf(mike, { email }), code), outcome, name)
    }
  })

  it('holds letters beyond ASCII for the same in any case, and in any composition', async () => {
    const zoe = anEngineer('zoe', { email: 'zo\u00eb@example.com' })
    await using house = await scene(zoe)
    for (const email of ['ZO\u00cb@example.com', 'zoe\u0308@example.com']) {
      const code = await codeFor(house.deps, zoe)
      assert.equal(await tried(house.deps, assertionOf(zoe, { email }), code), 'linked')
    }
  })

  it('is possible only with the very address that an operator allowed', async () => {
    await using house = await scene()
    const { deps } = house
    await codeFor(deps, mal)
    await allow(house, mal, 'M.Al@partner.example')
    const assertion = assertionOf(mal, { email: 'M.Al@partner.example' })
    assert.equal(await tried(deps, assertion, await codeFor(deps, mal)), 'linked')
    assert.deepEqual(await linksIn(house), [[mal.userId, 'sub-U0MAL', 'M.Al@partner.example']])
  })

  it('is not done by what Slack said earlier', async () => {
    await using house = await scene()
    const { deps, directory } = house
    const code = await codeFor(deps, alex)
    const remembering = {
      ...directory,
      async member(userId: SlackUserId) {
        const answer = await directory.member(userId)
        return answer.ok ? { ...answer, asOf: new Date('2026-03-02T08:00:00Z') } : answer
      },
    }
    const outcome = await tried({ ...deps, directory: remembering }, assertionOf(alex), code)
    assert.equal(outcome, 'directory-unavailable')
  })

  it('is done by one of two who enter the same code at once', async () => {
    await using house = await scene()
    const { deps } = house
    const code = await codeFor(deps, alex)
    const doors = ['sub-one', 'sub-two', 'sub-three'].map((subject) =>
      assertionOf(alex, { subject }),
    )
    const outcomes = await Promise.all(doors.map((door) => tried(deps, door, code)))
    assert.deepEqual(outcomes.sort(), ['link-code-wrong', 'link-code-wrong', 'linked'])
    assert.equal((await linksIn(house)).length, 1)
  })

  it('leaves a subject with one of two Slack accounts that come at once', async () => {
    await using house = await scene()
    const { deps } = house
    await codeFor(deps, mal)
    await allow(house, mal, alex.email)
    const codes = [await codeFor(deps, alex), await codeFor(deps, mal)]
    const outcomes = await Promise.all(codes.map((code) => tried(deps, assertionOf(alex), code)))
    assert.deepEqual(outcomes.sort(), ['link-subject-taken', 'linked'])
    assert.equal((await linksIn(house)).length, 1)
  })
})

describe('guessing codes', () => {
  it('is looked at five times within ten minutes, and each is on record', async () => {
    await using house = await scene()
    const { deps, database } = house
    const assertion = assertionOf(alex)
    const guesses = await Promise.all(
      Array.from({ length: 8 }, (_, index) => tried(deps, assertion, `AAAA-AAA${index}`)),
    )
    assert.deepEqual(new Set(guesses), new Set(['link-code-wrong']))
    assert.equal((await onRecord(database)).length, 5)
    // The right one is not even looked at, and stays good.
    const code = await codeFor(deps, alex)
    assert.equal(await tried(deps, assertion, code), 'link-code-wrong')
    assert.equal((await onRecord(database)).length, 5)
    // Another subject is not held up by it.
    assert.equal(await tried(deps, assertionOf(mal), await codeFor(deps, mal)), 'linked')
    await database.clock.advance(590)
    assert.equal(await tried(deps, assertion, await codeFor(deps, alex)), 'link-code-wrong')
    await database.clock.advance(11)
    assert.equal(await tried(deps, assertion, await codeFor(deps, alex)), 'linked')
  })

  it('is not what happens where a code was right and something else was wrong', async () => {
    await using house = await scene()
    const { deps } = house
    for (let times = 0; times < 6; times += 1)
      assert.equal(
        await tried(deps, assertionOf(mal), await codeFor(deps, alex)),
        'link-email-differs',
      )
    assert.equal(await tried(deps, assertionOf(mal), await codeFor(deps, mal)), 'linked')
  })
})

describe('unlink', () => {
  it('takes the link of the subject away, on record, also when its address changed since', async () => {
    await using house = await scene()
    const { deps, database } = house
    const assertion = assertionOf(alex)
    await link(deps, assertion, await codeFor(deps, alex))
    const renamed = { ...assertion, email: 'alexandra@example.com' }
    assert.deepEqual(await unlink(deps, renamed), { ok: true, value: { isOutdated: false } })
    assert.deepEqual(await linksIn(house), [])
    assert.deepEqual(await unlink(deps, assertion), { ok: false, refusal: { code: 'not-linked' } })
    assert.deepEqual((await onRecord(database)).slice(1), [
      {
        action: 'identity.unlinked',
        via: 'web',
        actor: alex.userId,
        email: renamed.email,
        subject: assertion.subject,
        alert: false,
        details: {
          user: alex.userId,
          team: alex.teamId,
          subject: assertion.subject,
          pomeriumAddress: alex.email,
        },
      },
    ])
  })
})
