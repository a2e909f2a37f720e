import type { AuditEvent } from '../domain/event.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { PeopleSet } from '../domain/resource.ts'
import { belongsTo, groupsIn } from '../domain/rules.ts'
import { recordedAct, slackAsOf } from './actor.ts'
import type { Deps } from './deps.ts'
import type { Identified } from './identify.ts'
import { identifyActor } from './identify-actor.ts'
import type { RecordedAct } from './record.ts'
import type { Transaction } from './store.ts'
import type { Act, Outcome } from './use-cases.ts'

/** Somebody who may read the trail, as the event of it has them. */
export interface Reader {
  readonly ok: true
  readonly act: RecordedAct
  /** Since when Slack has not been asked about them, for the details of the event. */
  readonly age: AuditEvent['details']
}

/** Somebody who may not. */
export type NoReader = Omit<Reader, 'ok'> & { readonly ok: false; readonly refusal: Refusal }

/** Whether somebody may read the trail, by what Slack says of them now. */
export async function readerOf(
  deps: Pick<Deps, 'store' | 'directory' | 'catalogue' | 'pages'>,
  by: Act,
): Promise<Reader | NoReader> {
  const { admins, auditors } = deps.catalogue()
  const identified = await identifyActor(deps, by, groupsIn(admins, auditors))
  const refusal = refusalOf(identified, [admins, auditors])
  const act = recordedAct(by, identified)
  const age = slackAsOf(identified)
  return refusal === undefined ? { ok: true, act, age } : { ok: false, act, age, refusal }
}

/** A refusal, which is on record too. */
export function refused(
  tx: Transaction,
  { act, age, refusal }: NoReader,
  asked: AuditEvent['details'],
): Outcome<never> {
  const details = { ...asked, ...age, refusal: refusal.code }
  tx.audit.append({ ...act, action: 'audit.read_refused', alert: false, details })
  return { ok: false, refusal }
}

/** Why somebody may not read; `undefined` when they belong to one of the sets. */
function refusalOf(identified: Identified, readers: readonly PeopleSet[]): Refusal | undefined {
  if (!identified.ok) return identified.refusal
  const mayRead = readers.some((set) => belongsTo(set, identified.person))
  return mayRead ? undefined : { code: 'not-an-auditor' }
}
