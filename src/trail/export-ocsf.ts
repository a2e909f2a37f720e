import { isIP } from 'node:net'
import type { AuditAction } from '../domain/event.ts'
import { isNotice } from '../domain/event.ts'
import type { Json } from '../domain/ppl.ts'
import type { EventRecord, ExportRecord } from './export-record.ts'

/** Source: https://schema.ocsf.io/1.8.0/ */
const OCSF_VERSION = '1.8.0'
/** Base Event. */
const BASE = 0
/** Authentication. */
const SIGN_IN = 3_002
/** Entity Management. */
const ENTITY = 3_004
/** User Access Management. */
const ACCESS = 3_005

const OTHER = 99

/**
 * The class and the activity of each action in OCSF; others are activities of managing entities that it has no number
 * for. Class 3005 is for access that Pomerium let in or took away, 3002 for who is who behind Pomerium, 3004 for
 * requests, identities, policies and rules.
 */
const MAPPINGS: Readonly<
  Partial<Record<AuditAction, readonly [classUid: number, activity: number]>>
> = {
  'request.created': [ENTITY, 1],
  'request.create_refused': [ENTITY, 1],
  'request.approved': [ENTITY, 10],
  'request.auto_approved': [ENTITY, 10],
  'request.break_glass': [ENTITY, 10],
  'request.approve_refused': [ENTITY, 10],
  'request.extended': [ENTITY, 3],
  'request.approval_recorded': [ENTITY, 3],
  'request.recounted': [ENTITY, 3],
  'request.reminded': [ENTITY, 3],
  'request.escalated': [ENTITY, 3],
  'request.denied': [ENTITY, 11],
  'request.deny_refused': [ENTITY, 11],
  'request.cancelled': [ENTITY, 11],
  'request.cancel_refused': [ENTITY, 11],
  'request.lapsed': [ENTITY, 11],
  'grant.activated': [ACCESS, 1],
  'grant.ended': [ACCESS, 2],
  'grant.scheduled': [ENTITY, 3],
  'grant.extended': [ENTITY, 3],
  'grant.extend_refused': [ENTITY, 3],
  'grant.ending': [ENTITY, 3],
  'grant.end_refused': [ENTITY, 3],
  'grant.never_active': [ENTITY, 11],
  'grant.reviewed': [ENTITY, 3],
  'grant.review_refused': [ENTITY, 3],
  'identity.pinned': [ENTITY, 1],
  'identity.email_changed': [ENTITY, 3],
  'identity.address_allowed': [ENTITY, 3],
  'identity.forgotten': [ENTITY, 4],
  'identity.linked': [SIGN_IN, OTHER],
  'identity.relinked': [SIGN_IN, OTHER],
  'identity.unlinked': [SIGN_IN, OTHER],
  'identity.link_refused': [SIGN_IN, OTHER],
  'policy.created': [ENTITY, 1],
  'policy.written': [ENTITY, 3],
  'policy.drift_repaired': [ENTITY, 3],
  'policy.adopted': [ENTITY, 3],
  'policy.forgotten': [ENTITY, 4],
  'catalogue.accepted': [ENTITY, 3],
  'catalogue.rejected': [ENTITY, 3],
  'audit.read': [ENTITY, 2],
  'audit.read_refused': [ENTITY, 2],
  'audit.exported': [ENTITY, 2],
}

/** What did not come to what it was for, beside what was refused. */
const FAILED: ReadonlySet<string> = new Set<AuditAction>([
  'catalogue.rejected',
  'policy.failing',
  'policy.blocked',
  'rego.no_decision',
  'grant.never_active',
])

const PRODUCT = { name: 'Pomerium JIT', vendor_name: 'Pomerium JIT' } as const

/** A record as an OCSF event, with the record itself in `unmapped`, from which all of it can be made again. */
export function ocsfEvent(record: ExportRecord, at: string): { readonly [key: string]: Json } {
  const unmapped = { jit: record as unknown as Json }
  if (!('entry' in record)) {
    return {
      ...classification(BASE, OTHER),
      activity_name: 'Proof',
      time: Date.parse(at),
      severity_id: 1,
      metadata: { version: OCSF_VERSION, product: PRODUCT },
      message: 'jitAuditExport' in record ? 'export' : 'end' in record ? 'end' : 'left out',
      unmapped,
    }
  }
  const { entry } = record
  const action = entry.action as AuditAction
  const [uid, activity] = MAPPINGS[action] ?? [ENTITY, OTHER]
  const isFailure = entry.action.endsWith('_refused') || FAILED.has(entry.action)
  const details = { ...entry.details, ...record.personal?.[1] }
  const source = text(record.actor?.[1]['source']) ?? ''
  return {
    ...classification(uid, activity),
    ...(activity === OTHER && { activity_name: entry.action }),
    time: Date.parse(entry.at),
    severity_id: entry.alert && !isNotice(action) ? 4 : 1,
    status_id: isFailure ? 2 : 1,
    ...(typeof details['refusal'] === 'string' && { status_code: details['refusal'] }),
    metadata: {
      version: OCSF_VERSION,
      product: PRODUCT,
      uid: String(entry.seq),
      sequence: entry.seq,
      event_code: entry.action,
    },
    actor: actorOf(record),
    ...(isIP(source) > 0 && { src_endpoint: { ip: source } }),
    ...partsOf(uid, record, details),
    unmapped,
  }
}

/** What a class asks for beside what all have. */
function partsOf(uid: number, record: EventRecord, details: { readonly [key: string]: Json }) {
  const { action, request, resource } = record.entry
  switch (uid) {
    case ACCESS:
      return {
        user: holderIn(details) ?? { name: 'unknown' },
        privileges: [resource ?? 'unknown'],
        ...(resource !== undefined && { resources: [{ uid: resource, name: resource }] }),
      }
    case SIGN_IN:
      return { user: userOf(record) ?? { name: 'unknown' }, service: { name: PRODUCT.name } }
    default: {
      const family = action.split('.')[0] ?? 'event'
      const reason = details['reason'] ?? details['note']
      return {
        entity: {
          name: request ?? resource ?? family,
          type: family,
          ...(request !== undefined && { uid: request }),
        },
        ...(typeof reason === 'string' && { comment: reason }),
      }
    }
  }
}

function classification(uid: number, activity: number) {
  return {
    category_uid: Math.trunc(uid / 1_000),
    class_uid: uid,
    activity_id: activity,
    type_uid: uid * 100 + activity,
  }
}

function actorOf(record: EventRecord): Json {
  const user = userOf(record)
  return user === undefined ? { app_name: PRODUCT.name } : { user }
}

/** Who acted: by the digest when who it was is not there any more. Undefined for the bot. */
function userOf({ entry, actor }: EventRecord): Json | undefined {
  if (entry.actor === 'bot') return undefined
  const { email, user, subject } = actor?.[1] ?? {}
  const address = text(email)
  return {
    uid: text(user) ?? text(subject) ?? entry.actor,
    ...(address !== undefined && { email_addr: address }),
  }
}

/** Whom Pomerium lets in, where the event says it. */
function holderIn(details: { readonly [key: string]: Json }): Json | undefined {
  const email = text(details['email']) ?? text(details['beneficiary'])
  return email === undefined ? undefined : { email_addr: email, name: email }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
