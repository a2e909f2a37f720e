import { requestAccess } from '../../src/app/request-access.ts'
import type { Person } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import { anEmergencyResource, nextId } from '../postgres/support.ts'
import { aCatalogue } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDirectory } from './directory.ts'

/** Opens emergency access for half an hour, by the database's clock. */
export async function openEmergency({ store }: TestDatabase, by: Person): Promise<AccessRequest> {
  const resource = anEmergencyResource()
  const catalogue = aCatalogue({}, resource)
  const deps = {
    store,
    directory: aDirectory(by),
    catalogue: () => catalogue,
    rego: () => undefined,
    steady: () => 0,
    newRequestId: nextId,
    log: silentLog,
  }
  const outcome = await requestAccess(deps, {
    actor: by.userId,
    via: 'command',
    resource: resource.id,
    durationSeconds: 1_800,
    reason: 'INC-42 everything is red',
    idempotencyKey: nextId(),
    breakGlass: true,
  })
  if (!outcome.ok) throw new Error(`cannot open: ${outcome.refusal.code}`)
  return outcome.value.request
}
