import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { TestDatabase } from '../support/database.ts'
import { aResource, anEngineer, people } from '../support/build.ts'
import { approved, stepped, told } from './forge.ts'
import { aDatabase, ask, commit } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const refused = (message: RegExp, ...statements: string[]) =>
  assert.rejects(commit(database, ...statements), { message })
const resource = aResource({
  remindSeconds: 900,
  escalation: { afterSeconds: 1_800, to: people({ everyone: true }) },
})

let count = 0
let by: Person
let id: RequestId
beforeEach(async () => {
  count += 1
  by = anEngineer(`w${count}`, { email: `Wá${count}@example.com`, subject: `sub-w${count}` })
  id = (await ask(database.store, { by, resource })).id
})
const later = `remind_at = remind_at + interval '30m'`
const reminder = `reminders = reminders + 1, ${later}`
const escalation = `escalates_at = null, escalated_at = jit_now()`

describe('a reminder', () => {
  it('is counted, and told of as the act of nobody', async () => {
    const missing = /has no audit event request\.reminded by the bot$/
    await refused(missing, stepped(id, reminder), told(id, 2, 'request.reminded', 'U0KIM'))
    await refused(missing, stepped(id, reminder), told(id, 2, 'request.escalated'))
    await commit(database, stepped(id, reminder), told(id, 2, 'request.reminded'))
  })

  for (const changes of [
    `reminders = reminders + 2, ${later}`,
    later,
    `${reminder}, ${escalation}`,
    `${reminder}, approvals_needed = 2`,
    `${reminder}, status = 'lapsed', closed_at = jit_now()`,
  ])
    it(`does nothing else: ${changes}`, async () => {
      await refused(/: this is no reminder$/, stepped(id, changes))
    })

  it('is no approval', async () => {
    const approval = approved(id, by, { columns: { requester_subject: `'sub-w${count}'` } })
    const said = told(id, 2, 'request.reminded')
    await refused(
      /^approval: version 2 .* has no audit event/,
      approval,
      stepped(id, reminder),
      said,
    )
  })

  it('comes to nobody once the request is answered', async () => {
    const lapsed = stepped(id, `status = 'lapsed', closed_at = jit_now()`)
    await commit(database, lapsed, told(id, 2, 'request.lapsed'))
    await refused(/: lapsed cannot follow lapsed$/, stepped(id, reminder))
  })
})

describe('an escalation', () => {
  it('is told of as the act of nobody', async () => {
    const missing = /has no audit event request\.escalated by the bot$/
    await refused(missing, stepped(id, escalation), told(id, 2, 'request.escalated', 'U0KIM'))
    await refused(missing, stepped(id, escalation), told(id, 2, 'request.reminded'))
    await commit(database, stepped(id, escalation), told(id, 2, 'request.escalated'))
  })

  it('is one of a request', async () => {
    await commit(database, stepped(id, escalation), told(id, 2, 'request.escalated'))
    for (const changes of [
      `escalated_at = escalated_at + interval '1h'`,
      'escalated_at = null',
      `escalates_at = jit_now()`,
    ])
      await refused(/: this is no escalation$/, stepped(id, changes))
  })

  for (const changes of [
    'escalated_at = jit_now()',
    'escalates_at = null',
    `escalates_at = escalates_at - interval '1h'`,
    `${escalation}, approvals_counted = 1`,
    `${escalation}, status = 'cancelled', closed_at = jit_now()`,
  ])
    it(`does nothing else: ${changes}`, async () => {
      await refused(/: this is no escalation$/, stepped(id, changes))
    })
})

describe('a count of approvals', () => {
  const changes = 'approvals_needed = 2, approvals_counted = 1'

  it('changes with an approval, or as the act of nobody', async () => {
    const missing = /has no audit event request\.recounted by the bot$/
    await refused(missing, stepped(id, changes), told(id, 2, 'request.escalated'))
    await refused(missing, stepped(id, changes), told(id, 2, 'request.recounted', 'U0KIM'))
    await refused(missing, stepped(id, changes), told(id, 2, 'request.approval_recorded', 'U0KIM'))
    await commit(database, stepped(id, 'approvals_needed = 2'), told(id, 2, 'request.recounted'))
  })

  it('is of no more people than approved', async () => {
    const said = told(id, 2, 'request.recounted')
    await refused(/fewer than 1 people approved$/, stepped(id, changes), said)
  })

  it('does not change by what is called so', async () => {
    const said = told(id, 2, 'request.recounted')
    await refused(/has no audit event request\.approval_recorded/, stepped(id), said)
    await refused(/has no audit event/, stepped(id, reminder), said)
    const approval = approved(id, by, { columns: { requester_subject: `'sub-w${count}'` } })
    await refused(/has no audit event/, approval, stepped(id, changes), said)
    await refused(/this is no reminder$/, stepped(id, `${reminder}, approvals_needed = 2`), said)
  })

  it('is not negative', async () => {
    await assert.rejects(commit(database, stepped(id, 'approvals_counted = -1')), {
      constraint: 'request_counted_not_negative',
    })
  })
})

describe('a cancellation', () => {
  const cancelled = `status = 'cancelled', closed_at = jit_now()`
  const said = (columns: Readonly<Record<string, string>>) => {
    const row = {
      action: `'request.cancelled'`,
      via: `'button'`,
      actor_kind: `'person'`,
      actor_team_id: `'T0TEAM'`,
      actor_user_id: `'U0KIM'`,
      actor_email: `'kim@example.com'`,
      request_id: `'${id}'`,
      request_version: '2',
      ...columns,
    }
    return `insert into audit_event (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`
  }

  it('is by the requester, known by user, address or subject', async () => {
    for (const columns of [
      () => ({ actor_user_id: `'${by.userId}'` }),
      () => ({ actor_email: `'WÁ${count}@EXAMPLE.com'` }),
      () => ({ actor_subject: `'sub-w${count}'` }),
    ]) {
      await commit(database, stepped(id, cancelled), said(columns()))
      count += 1
      by = anEngineer(`w${count}`, { email: `Wá${count}@example.com`, subject: `sub-w${count}` })
      id = (await ask(database.store, { by, resource })).id
    }
  })

  it('is by nobody else', async () => {
    const other = /: it was not cancelled by its requester$/
    await refused(other, stepped(id, cancelled), said({}))
    await refused(other, stepped(id, cancelled), told(id, 2, 'request.cancelled'))
  })

  it('is by the bot when the requester is not eligible any more', async () => {
    const disqualified = `${cancelled}, ineligible_why = 'deactivated'`
    await refused(
      /has no audit event request\.cancelled by the bot$/,
      stepped(id, disqualified),
      told(id, 2, 'request.cancelled', by.userId),
    )
    await commit(database, stepped(id, disqualified), told(id, 2, 'request.cancelled'))
  })
})

describe('a lapse', () => {
  it('is the act of nobody', async () => {
    await refused(
      /has no audit event request\.lapsed by the bot$/,
      stepped(id, `status = 'lapsed', closed_at = jit_now()`),
      told(id, 2, 'request.lapsed', 'U0KIM'),
    )
  })
})
