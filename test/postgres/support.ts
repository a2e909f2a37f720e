import type { PoolClient } from 'pg'
import { recordChange, recordNew } from '../../src/app/record.ts'
import type { RecordedAct } from '../../src/app/record.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { Store } from '../../src/app/store.ts'
import type { Command } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { AuditEvent } from '../../src/domain/event.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { AccessRequest, Approved, Pending } from '../../src/domain/request.ts'
import type { Resource } from '../../src/domain/resource.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import {
  ENGINEERS,
  MORNING,
  REVISION,
  aCatalogue,
  aResource,
  after,
  alex,
  kim,
  people,
} from '../support/build.ts'

/** A database that knows the catalogue of the builders, so that requests can be made under it. */
export async function aDatabase(connections = 10): Promise<TestDatabase> {
  const database = await createTestDatabase(connections)
  await database.store.transaction((tx) => tx.catalogues.accept(aCatalogue(), 'resources: []'))
  return database
}

/** Whose act a command is, as the trail has it. */
export function actOf(by: Person | undefined): RecordedAct {
  return by === undefined
    ? { actor: { kind: 'bot' }, via: 'bot' }
    : { actor: { kind: 'person', identity: identityOf(by) }, via: 'button' }
}

let lastId = 0

/** A request id that no other test has. */
export function nextId(): RequestId {
  lastId += 1
  return `T${lastId.toString().padStart(7, '0')}` as RequestId
}

/** Stores a new request of alex for an hour, unless told otherwise. */
export async function ask(
  store: Store,
  facts: Partial<Command & { type: 'request' }> = {},
  idempotencyKey?: string,
): Promise<Pending> {
  const id = facts.id ?? nextId()
  const by = facts.by ?? alex
  const decision = decide(undefined, {
    type: 'request',
    at: MORNING,
    resource: aResource(),
    durationSeconds: 3_600,
    reason: 'INC-42 dashboards are red',
    isEmergency: false,
    catalogueRevision: REVISION,
    ...facts,
    id,
    by,
  })
  if (!decision.ok) throw new Error(`cannot ask: ${decision.refusal.code}`)
  await store.transaction((tx) => recordNew(tx, decision, actOf(by), idempotencyKey ?? id))
  return decision.next as Pending
}

/** Stores the wish of an extension that the requester of a grant asks for. */
export async function askExtension(
  store: Store,
  extended: AccessRequest,
  facts: Partial<Command & { type: 'request-extension' }> = {},
): Promise<Pending> {
  const by = facts.by ?? { ...alex, ...extended.requester }
  const decision = decide(undefined, {
    type: 'request-extension',
    at: after(120),
    id: nextId(),
    resource: anExtendable(),
    durationSeconds: 1_800,
    reason: 'INC-42 still going on',
    catalogueRevision: REVISION,
    ...facts,
    by,
    extended,
  })
  if (!decision.ok) throw new Error(`cannot ask: ${decision.refusal.code}`)
  const { next } = decision
  await store.transaction((tx) => recordNew(tx, decision, actOf(by), next.id))
  return next as Pending
}

/** A resource whose grants may be extended. */
export function anExtendable(facts: Parameters<typeof aResource>[0] = {}): Resource {
  return aResource({ extension: { times: 3, maxSeconds: 3_600 }, ...facts })
}

/** A resource with emergency access for engineers, to be reviewed within a day. */
export function anEmergencyResource(): Resource {
  const requesters = people({ groups: [ENGINEERS] })
  return aResource({ breakGlass: { requesters, maxSeconds: 1_800, reviewSeconds: 86_400 } })
}

/** Stores emergency access for half an hour, opened as it is asked for. */
export async function breakGlass(store: Store, by: Person, at = MORNING): Promise<Approved> {
  const resource = anEmergencyResource()
  const wish = { at, by, resource, catalogueRevision: REVISION }
  const asked = decide(undefined, {
    ...wish,
    type: 'request',
    id: nextId(),
    isEmergency: true,
    durationSeconds: 1_800,
    reason: 'INC-42 dashboards are red',
  })
  if (!asked.ok) throw new Error(`cannot ask: ${asked.refusal.code}`)
  const { next: pending } = asked
  const opened = decide(pending, {
    ...wish,
    type: 'break-glass',
    requester: by,
    isSteppedUp: false,
  })
  if (!opened.ok) throw new Error(`cannot open: ${opened.refusal.code}`)
  await store.transaction(async (tx) => {
    await recordNew(tx, asked, actOf(by), pending.id)
    await recordChange(tx, pending, opened, actOf(by))
  })
  return opened.next as Approved
}

/** Carries a command out on a stored request, as the use cases do; returns what it was made. */
export function change(store: Store, id: RequestId, command: Command): Promise<AccessRequest> {
  return store.transaction(async (tx) => {
    const request = await tx.requests.lock(id)
    const decision = decide(request, command)
    if (request === undefined || !decision.ok)
      throw new Error(`refused: ${decision.ok ? 'no request' : decision.refusal.code}`)
    await recordChange(tx, request, decision, actOf('by' in command ? command.by : undefined))
    return decision.next
  })
}

export const approval = (facts: Partial<Command & { type: 'approve' }> = {}): Command => ({
  type: 'approve',
  at: after(60),
  by: kim,
  requester: alex,
  colleagues: [],
  resource: aResource(),
  isSteppedUp: false,
  catalogueRevision: REVISION,
  ...facts,
})

/** Stores a request with a grant that is granting. */
export async function grant(
  store: Store,
  facts: Partial<Command & { type: 'request' }> = {},
  approvedAt: Date = after(60),
): Promise<Approved> {
  const { id } = await ask(store, facts)
  const resource = facts.resource ?? aResource()
  const approve = approval({ requester: facts.by ?? alex, at: approvedAt, resource })
  return (await change(store, id, approve)) as Approved
}

/** Lets people be linked, each to the subject that they have. */
export async function linkAll({ pool }: TestDatabase, ...people: readonly Person[]): Promise<void> {
  for (const { teamId, userId, email, subject } of people)
    await pool.query(
      `insert into identity (team_id, user_id, email, subject, linked_email, linked_at)
       values ($1, $2, $3, $4, $3, jit_now())`,
      [teamId, userId, email, subject],
    )
}

/** Runs statements in one transaction on a connection of its own, until the commit; always leaves it clean. */
export async function commit(database: TestDatabase, ...statements: string[]): Promise<void> {
  const client: PoolClient = await database.pool.connect()
  try {
    await client.query('begin')
    for (const statement of statements) await client.query(statement)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** Puts an event on record, and gives it back as it is read. */
export async function record({ store }: TestDatabase, event: AuditEvent): Promise<RecordedEvent> {
  await store.transaction(async (tx) => tx.audit.append(event))
  const [last] = await store.statement((db) => db.audit.newest({}, Number.MAX_SAFE_INTEGER, 1))
  if (last === undefined) throw new Error('nothing is on record')
  return last
}
