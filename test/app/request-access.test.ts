import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Deps } from '../../src/app/deps.ts'
import { requestAccess } from '../../src/app/request-access.ts'
import type { ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import { aDatabase, anEmergencyResource, nextId } from '../postgres/support.ts'
import { ENGINEERS, aCatalogue, aResource, alex, kim, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDirectory } from './directory.ts'

const OTHERS = 'S0OTHERS' as SlackGroupId

function depsOf({ store }: TestDatabase, catalogue: () => Catalogue) {
  const directory = aDirectory(alex, kim)
  const deps: Deps = {
    store,
    directory,
    catalogue,
    rego: () => undefined,
    steady: () => 0,
    newRequestId: nextId,
    log: silentLog,
  }
  const ask = (resource: string, more: { breakGlass?: true } = {}) =>
    requestAccess(deps, {
      actor: alex.userId,
      via: 'command',
      resource,
      durationSeconds: 1_800,
      reason: 'INC-42 everything is red',
      idempotencyKey: nextId(),
      ...more,
    })
  return { deps, directory, ask }
}

/** What somebody is told: the code of the refusal. */
async function told(answer: ReturnType<typeof requestAccess>): Promise<string> {
  const outcome = await answer
  return outcome.ok ? 'ok' : outcome.refusal.code
}

describe('requestAccess', () => {
  const requesters = people({ emails: ['somebody@example.com'] })
  const secret = aResource({ id: 'secret' as ResourceId, requesters })
  const hidden = aResource({
    id: 'hidden' as ResourceId,
    requesters: people({ groups: [OTHERS] }),
  })

  it('answers the same for names that do not exist and names that are not theirs, whatever fails', async () => {
    await using database = await aDatabase()
    const catalogue = aCatalogue({}, aResource(), secret, hidden)
    const { directory, ask } = depsOf(database, () => catalogue)
    const answers = async () => {
      const codes = []
      for (const name of ['nothing', 'nothing:read', 'secret', 'hidden'])
        codes.push(await told(ask(name)))
      return codes
    }
    assert.deepEqual(
      await answers(),
      Array.from({ length: 4 }, () => 'no-such-resource'),
    )
    directory.fail(ENGINEERS, OTHERS)
    assert.deepEqual(
      await answers(),
      Array.from({ length: 4 }, () => 'directory-unavailable'),
    )
  })

  it('looks no approver up for emergency access', async () => {
    await using database = await aDatabase()
    const catalogue = aCatalogue({}, anEmergencyResource())
    const { directory, ask } = depsOf(database, () => catalogue)
    assert.equal(await told(ask('grafana-prod', { breakGlass: true })), 'ok')
    assert.deepEqual([...directory.asked].sort(), [ENGINEERS, alex.userId].sort())
  })

  it('starts again when other rules come into force while people are looked up', async () => {
    await using database = await aDatabase()
    const deny = people({ groups: [OTHERS] })
    const later = aCatalogue(
      { revision: 'd'.repeat(64) },
      aResource({ requesters: people({ groups: [ENGINEERS], deny }) }),
    )
    let catalogue: Catalogue = aCatalogue()
    const { deps, directory } = depsOf(database, () => catalogue)
    directory.put({ ...alex, groups: new Set([ENGINEERS, OTHERS]) })
    const changing = {
      ...directory,
      member(...args: Parameters<typeof directory.member>) {
        catalogue = later
        return directory.member(...args)
      },
    }
    const outcome = requestAccess(
      { ...deps, directory: changing },
      {
        actor: alex.userId,
        via: 'command',
        resource: 'grafana-prod',
        durationSeconds: 1_800,
        reason: 'INC-42 everything is red',
        idempotencyKey: nextId(),
      },
    )
    assert.equal(await told(outcome), 'no-such-resource')
  })

  it('gives up, on record, when the rules change each time', async () => {
    await using database = await aDatabase()
    let reads = 0
    const { ask } = depsOf(database, () => {
      reads += 1
      return aCatalogue()
    })
    assert.equal(await told(ask('grafana-prod')), 'busy')
    assert.ok(reads < 30, `${reads} times`)
    const { rows } = await database.pool.query(
      `select action, details ->> 'refusal' as refusal from audit_event where action like 'request.%'`,
    )
    assert.deepEqual(rows, [{ action: 'request.create_refused', refusal: 'busy' }])
  })
})
