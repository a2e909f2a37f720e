import type { Json } from '../domain/ppl.ts'
import type { EventRecord, ExportRecord } from './export-record.ts'

/** Source: https://schema.ocsf.io/1.8.0/ */
const OCSF_VERSION = '1.8.0'
const CATEGORY = { uid: 3, name: 'Identity & Access Management' } as const
const BASE = { uid: 0, category: 0, name: 'Base Event' } as const
const ENTITY = { uid: 3_004, name: 'Entity Management' } as const
const ACCESS = { uid: 3_005, name: 'User Access Management' } as const

type ActivityId = 0 | 1 | 2 | 3 | 4 | 10 | 11 | 99
type Mapping = readonly [classOf: typeof ENTITY | typeof ACCESS, activity: ActivityId]

/**
 * What each action is in OCSF; others are activities of managing entities that it has no number for. Class 3005 is for
 * access that Pomerium let in or took away, 3004 for requests, identities, policies and rules.
 */
const MAPPINGS: Readonly<Record<string, Mapping>> = {
  'request.created': [ENTITY, 1],
  'request.approved': [ENTITY, 10],
  'request.auto_approved': [ENTITY, 10],
  'request.break_glass': [ENTITY, 10],
  'request.extended': [ENTITY, 3],
  'request.approval_recorded': [ENTITY, 3],
  'request.recounted': [ENTITY, 3],
  'request.reminded': [ENTITY, 3],
  'request.escalated': [ENTITY, 3],
  'request.denied': [ENTITY, 11],
  'request.cancelled': [ENTITY, 11],
  'request.lapsed': [ENTITY, 11],
  'grant.activated': [ACCESS, 1],
  'grant.ended': [ACCESS, 2],
  'grant.scheduled': [ENTITY, 3],
  'grant.extended': [ENTITY, 3],
  'grant.ending': [ENTITY, 3],
  'grant.never_active': [ENTITY, 11],
  'grant.reviewed': [ENTITY, 3],
  'identity.pinned': [ENTITY, 1],
  'identity.linked': [ENTITY, 3],
  'identity.relinked': [ENTITY, 3],
  'identity.unlinked': [ENTITY, 3],
  'identity.forgotten': [ENTITY, 4],
  'policy.created': [ENTITY, 1],
  'policy.written': [ENTITY, 3],
  'policy.drift_repaired': [ENTITY, 3],
  'policy.adopted': [ENTITY, 3],
  'policy.forgotten': [ENTITY, 4],
  'catalogue.accepted': [ENTITY, 3],
  'audit.read': [ENTITY, 2],
  'audit.exported': [ENTITY, 2],
}

const PRODUCT = { name: 'Pomerium JIT', vendor_name: 'Pomerium JIT' } as const

/** A record as an OCSF event, with the record itself in `unmapped`, from which all of it can be made again. */
export function ocsfEvent(record: ExportRecord, at: string): { readonly [key: string]: Json } {
  const unmapped = { jit: record as unknown as Json }
  if (!('entry' in record)) {
    return {
      ...classification(BASE.uid, BASE.category, 99),
      time: Date.parse(at),
      severity_id: 1,
      metadata: { version: OCSF_VERSION, product: PRODUCT },
      message: 'jitAuditExport' in record ? 'export' : 'end' in record ? 'end' : 'left out',
      unmapped,
    }
  }
  const { entry, personal } = record
  const [{ uid }, activity] = MAPPINGS[entry.action] ?? [ENTITY, 99]
  const isRefused = entry.action.endsWith('_refused')
  const details = { ...entry.details, ...personal?.[1] }
  const reason = details['reason'] ?? details['note']
  return {
    ...classification(uid, CATEGORY.uid, activity),
    ...(activity === 99 ? { activity_name: entry.action } : {}),
    time: Date.parse(entry.at),
    severity_id: entry.alert ? 4 : 1,
    status_id: isRefused ? 2 : 1,
    ...(typeof details['refusal'] === 'string' ? { status_code: details['refusal'] } : {}),
    metadata: {
      version: OCSF_VERSION,
      product: PRODUCT,
      uid: String(entry.seq),
      sequence: entry.seq,
      event_code: entry.action,
    },
    actor: actorOf(record),
    ...(typeof reason === 'string' ? { comment: reason } : {}),
    ...(uid === ACCESS.uid
      ? {
          user: userOf(details) ?? { name: 'unknown', uid: entry.request ?? 'unknown' },
          privileges: [entry.resource ?? 'unknown'],
        }
      : {
          entity: {
            name: entry.request ?? entry.resource ?? entry.action,
            type: entry.action.split('.')[0] ?? 'event',
            ...(entry.request === undefined ? {} : { uid: entry.request }),
          },
        }),
    unmapped,
  }
}

function classification(uid: number, category: number, activity: ActivityId) {
  return {
    category_uid: category,
    class_uid: uid,
    activity_id: activity,
    type_uid: uid * 100 + activity,
  }
}

function actorOf({ entry, actor }: EventRecord): Json {
  if (entry.actor === 'bot') return { app_name: PRODUCT.name }
  const { email, user, subject } = actor?.[1] ?? {}
  return {
    user: {
      uid: text(user) ?? text(subject) ?? entry.actor,
      ...(text(email) === undefined ? {} : { email_addr: text(email) ?? '' }),
    },
  }
}

/** Whom Pomerium lets in, where the event says it. */
function userOf(details: { readonly [key: string]: Json }): Json | undefined {
  const email = text(details['email']) ?? text(details['beneficiary'])
  return email === undefined ? undefined : { email_addr: email, name: email }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
