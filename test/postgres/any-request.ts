import fc from 'fast-check'
import type { LevelId, RequestId, ResourceId } from '../../src/domain/ids.ts'
import type { Identity } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type {
  AccessRequest,
  Approval,
  Approved,
  Asked,
  Grant,
  Ineligibility,
  Pending,
  RequestKind,
  Review,
} from '../../src/domain/request.ts'
import { REVISION, aPerson, after } from '../support/build.ts'

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((one) => !one.includes('\0'))
const seconds = fc.integer({ min: 1, max: 1_000_000 })
const instant = fc.integer({ min: 1, max: 3_000_000_000 }).map((ms) => after(ms / 1_000))
const wholeSecond = fc.integer({ min: 4_000_000, max: 5_000_000 }).map((s) => after(s - 0.25))

/** Records as object literals make them. */
const record = <T extends object>(fields: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>

/** Fields that are there or not. */
function maybe<T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<{
    readonly [K in keyof T]?: T[K] extends fc.Arbitrary<infer V> ? V : never
  }>
}

function person(...names: readonly string[]): fc.Arbitrary<Identity> {
  return fc
    .tuple(fc.constantFrom(...names), maybe({ subject: fc.constantFrom('sub-1', 'sub-2') }))
    .map(([name, { subject }]) => {
      const facts = subject === undefined ? {} : { subject: `${subject}-${name}` }
      return identityOf(aPerson(name, facts))
    })
}
const requester = person('alex', 'robin')
const other = person('kim', 'sam')

const ineligible = fc.constantFrom<Ineligibility[]>('deactivated', 'email-domain', 'not-a-sponsor')
const criteria = fc.array(
  fc.constantFrom({ source_ip: ['203.0.113.0/24'] }, { http_method: { in: ['GET', 'HEAD'] } }),
  { maxLength: 2 },
)

/** An approval behind Pomerium is that of a linked identity. */
const steppedUp = (approval: Approval): Approval => ({
  ...approval,
  by: { ...approval.by, subject: `sub-${approval.by.userId}` },
  isSteppedUp: true,
})

const approvals = (minLength: number): fc.Arbitrary<readonly Approval[]> =>
  fc
    .uniqueArray(fc.constantFrom('kim', 'sam', 'lee'), { minLength, maxLength: 3 })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc
            .tuple(
              fc.record({ by: person(name), at: instant, stage: fc.nat({ max: 3 }) }),
              maybe({ note: text, durationSeconds: seconds }),
              fc.boolean(),
            )
            .map(([given, more, isSteppedUp]) =>
              isSteppedUp ? steppedUp({ ...given, ...more }) : { ...given, ...more },
            ),
        ),
      ),
    )

interface Particulars {
  readonly kind: RequestKind
  readonly isExtension?: boolean
  /** Whether enough people approved it. */
  readonly isApproved?: boolean
}

function asked({ kind, isExtension = false, isApproved = false }: Particulars) {
  const least = isApproved ? 1 : 0
  const mayStart = kind !== 'break-glass' && !isExtension
  return fc
    .tuple(
      fc.record({
        id: fc.constant('A1B2C3D4' as RequestId),
        version: fc.integer({ min: 6, max: 2_000_000_000 }),
        kind: fc.constant(kind),
        requester,
        resourceId: fc.constantFrom('grafana-prod' as ResourceId, 'vault' as ResourceId),
        durationSeconds: seconds,
        reason: text,
        requestedAt: fc.constant(after(0)),
        lapsesAt: instant,
        approvals: approvals(least),
        catalogueRevision: fc.constant(REVISION),
      }),
      maybe({
        level: fc.constant('read' as LevelId),
        ...(kind === 'sponsored' ? { beneficiary: fc.constant('Vera@partner.example') } : {}),
        ...(mayStart ? { startsAt: instant } : {}),
        needsStepUp: fc.constant(true as const),
      }),
      fc.constant(isExtension ? { extends: 'E1F2G3H4' as RequestId } : {}),
      fc.nat(),
      fc.nat({ max: 3 }),
    )
    .map(([all, some, extension, counted, more]): Asked => {
      const approvalsCounted = least + (counted % (all.approvals.length + 1 - least))
      const approvalsNeeded = isApproved ? Math.max(1, approvalsCounted - more) : 1 + more
      const counts = { approvalsCounted, approvalsNeeded }
      const given = some.needsStepUp ? all.approvals.map(steppedUp) : all.approvals
      return { ...all, ...some, ...extension, ...counts, approvals: given }
    })
}

const terms = fc
  .record({
    email: fc.constantFrom('Alex@example.com', 'Vera@partner.example'),
    constraints: criteria,
    startsAt: instant,
    isScheduled: fc.boolean(),
    endsAt: wholeSecond,
    maxSeconds: fc.constant(10_000_000),
    extensions: fc.nat({ max: 9 }),
  })
  .chain((one) =>
    maybe({
      earlier: fc.array(record({ endsAt: wholeSecond, constraints: criteria }), {
        minLength: 1,
        maxLength: 2,
      }),
    }).map((more) => ({ ...one, ...more, email: one.email.toLowerCase() })),
  )

const early = fc.oneof(
  fc
    .tuple(
      fc.record({
        cause: fc.constantFrom('returned' as const, 'revoked' as const),
        endedBy: other,
      }),
      maybe({ endReason: text }),
    )
    .map(([how, why]) => ({ ...how, ...why })),
  fc.record({ cause: fc.constant('ineligible' as const), why: ineligible }),
)

const grant: fc.Arbitrary<Grant> = fc.oneof(
  fc
    .tuple(terms, fc.boolean())
    .map(([of, isIn]): Grant =>
      isIn ? { ...of, state: 'granting', inForceUntil: of.startsAt } : { ...of, state: 'granting' },
    ),
  fc.tuple(terms, instant).map(([of, confirmedAt]): Grant => ({
    ...of,
    isScheduled: true,
    state: 'scheduled',
    confirmedAt,
  })),
  fc.tuple(terms, fc.nat()).map(([of, later]): Grant => ({
    ...of,
    state: 'active',
    activeAt: after(later % 1_000, of.startsAt),
  })),
  fc.tuple(terms, early).map(([of, end]): Grant => ({ ...of, state: 'ending', ...end })),
  fc
    .tuple(terms, fc.oneof(early, fc.constant({ cause: 'expired' as const })), instant)
    .map(([of, end, endedAt]): Grant => ({ ...of, state: 'ended', ...end, endedAt })),
  fc
    .tuple(terms, instant)
    .map(([of, endedAt]): Grant => ({ ...of, state: 'never-active', endedAt })),
)

const dueReview: fc.Arbitrary<Review> = record({
  state: fc.constant('due' as const),
  dueAt: instant,
  remindAt: instant,
  isOverdue: fc.boolean(),
})
const review: fc.Arbitrary<Review> = fc.oneof(
  dueReview,
  record({
    state: fc.constant('done' as const),
    dueAt: instant,
    verdict: fc.constant('not-justified' as const),
    by: other,
    at: instant,
    note: text,
  }),
  record({
    state: fc.constant('done' as const),
    dueAt: instant,
    verdict: fc.constant('justified' as const),
    by: other,
    at: instant,
  }),
)

const attention = fc
  .tuple(
    fc.record({ reminders: fc.nat({ max: 40 }) }),
    maybe({
      remindSeconds: seconds,
      remindAt: instant,
      escalatesAt: instant,
      escalatedAt: instant,
    }),
  )
  .map(([all, some]) => ({ ...all, ...some }))

const kinds = fc.constantFrom<RequestKind[]>('standard', 'sponsored', 'break-glass')
const automatic = fc.constantFrom('self_activation', 'auto_approve[0]')

/** Any waiting request. */
export const anyPending: fc.Arbitrary<Pending> = fc
  .tuple(kinds, fc.boolean())
  .chain(([kind, isExtension]) =>
    fc.tuple(asked({ kind, isExtension: isExtension && kind !== 'break-glass' }), attention),
  )
  .map(([of, how]) => ({ ...of, ...how, status: 'pending' }))

const anyClosed: fc.Arbitrary<AccessRequest> = fc.tuple(kinds, instant).chain(([kind, at]) =>
  fc.oneof(
    fc.tuple(asked({ kind }), other, text).map(([of, deniedBy, denyReason]): AccessRequest => ({
      ...of,
      status: 'denied',
      deniedBy,
      deniedAt: at,
      denyReason,
    })),
    fc
      .tuple(asked({ kind }), maybe({ why: ineligible }))
      .map(([of, why]): AccessRequest => ({ ...of, ...why, status: 'cancelled', cancelledAt: at })),
    asked({ kind }).map((of): AccessRequest => ({ ...of, status: 'lapsed', lapsedAt: at })),
    asked({ kind: 'standard', isExtension: true, isApproved: true }).map((of): AccessRequest => ({
      ...of,
      status: 'extended',
      extendedAt: at,
    })),
    fc
      .tuple(asked({ kind: 'standard', isExtension: true }), automatic)
      .map(([of, rule]): AccessRequest => ({
        ...of,
        status: 'extended',
        extendedAt: at,
        automatic: rule,
      })),
  ),
)

const anyApproved: fc.Arbitrary<Approved> = fc.oneof(
  fc
    .tuple(asked({ kind: 'standard', isApproved: true }), grant)
    .map(([of, granted]): Approved => ({ ...of, status: 'approved', grant: granted })),
  fc
    .tuple(asked({ kind: 'sponsored', isApproved: true }), grant)
    .map(([of, granted]): Approved => ({ ...of, status: 'approved', grant: granted })),
  fc.tuple(asked({ kind: 'standard' }), grant, automatic).map(([of, granted, rule]): Approved => ({
    ...of,
    status: 'approved',
    grant: granted,
    automatic: rule,
  })),
  fc.tuple(asked({ kind: 'break-glass' }), grant, review).map(([of, granted, one]): Approved => ({
    ...of,
    status: 'approved',
    grant: granted,
    review: one,
  })),
)

/** Any request in any state, whether or not a life would lead to it. */
export const anyRequest: fc.Arbitrary<AccessRequest> = fc.oneof(anyPending, anyClosed, anyApproved)
