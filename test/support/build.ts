import type {
  LevelId,
  RequestId,
  ResourceId,
  SlackChannelId,
  SlackGroupId,
  SlackTeamId,
  SlackUserId,
} from '../../src/domain/ids.ts'
import type { Identity, Person, Standing } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { AccessRequest, Approval, Approved, Grant, Pending } from '../../src/domain/request.ts'
import { settled } from '../../src/domain/request.ts'
import type { Catalogue, PeopleSet, Resource, Stage } from '../../src/domain/resource.ts'

/** The instant at which built requests are asked for; not on a whole second. */
export const MORNING = new Date('2026-03-02T09:00:00.250Z')
export const REVISION = 'c'.repeat(64)
export const ENGINEERS = 'S0ENGINEERS' as SlackGroupId
export const RELIABILITY = 'S0RELIABILITY' as SlackGroupId

/** The instant so many seconds after another, {@link MORNING} unless told. */
export function after(seconds: number, from: Date = MORNING): Date {
  return new Date(from.getTime() + seconds * 1_000)
}

/** A person known by a first name; in no group unless told. */
export function aPerson(
  name: string,
  facts: {
    readonly groups?: readonly SlackGroupId[]
    readonly userId?: string
    readonly email?: string
    readonly subject?: string
    readonly standing?: Standing
  } = {},
): Person {
  return {
    standing: facts.standing ?? 'member',
    teamId: 'T0TEAM' as SlackTeamId,
    userId: (facts.userId ?? `U0${name.toUpperCase()}`) as SlackUserId,
    email: facts.email ?? `${name}@example.com`,
    ...(facts.subject === undefined ? {} : { subject: facts.subject }),
    groups: new Set(facts.groups),
  }
}

/** An engineer: may ask for what {@link aResource} builds. */
export function anEngineer(name: string, facts: Parameters<typeof aPerson>[1] = {}): Person {
  return aPerson(name, { groups: [ENGINEERS], ...facts })
}

/** An approver of what {@link aResource} builds. */
export function anApprover(name: string, facts: Parameters<typeof aPerson>[1] = {}): Person {
  return aPerson(name, { groups: [RELIABILITY], ...facts })
}

export const alex = anEngineer('alex')
export const kim = anApprover('kim')
export const sam = anApprover('sam')

/** A set of nobody, but for what is told. */
export function people(facts: Partial<PeopleSet> = {}): PeopleSet {
  return { groups: [], users: [], emails: [], domains: [], everyone: false, ...facts }
}

/** One approval by somebody of {@link RELIABILITY}, unless told. */
export function aStage(facts: Partial<Stage> = {}): Stage {
  return { approvers: people({ groups: [RELIABILITY] }), approvals: 1, ...facts }
}

/** Like {@link aResource}, at one of its levels. */
export function aLevel(id: string, facts: Partial<Resource> = {}): Resource {
  return aResource({ level: { id: id as LevelId, title: `Level ${id}` }, ...facts })
}

/** A resource that is asked for at one of these levels. */
export function aResourceWithLevels(...levels: readonly Resource[]): Resource {
  const named = levels.flatMap((level) =>
    level.level === undefined ? [] : [[level.level.id, level] as const],
  )
  return aResource({ levels: new Map(named) })
}

export function aResource(facts: Partial<Resource> = {}): Resource {
  return {
    id: 'grafana-prod' as ResourceId,
    title: 'Grafana (production)',
    policy: 'jit-grafana-prod',
    risk: 'medium',
    channel: 'C0APPROVALS' as SlackChannelId,
    levels: new Map(),
    requesters: people({ groups: [ENGINEERS] }),
    stages: [aStage()],
    duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [] },
    scheduleSeconds: 7 * 86_400,
    automatic: [],
    needsStepUp: false,
    regoMayApprove: false,
    removesForeignRules: false,
    reason: { minLength: 5 },
    constraints: [],
    lapseSeconds: 28_800,
    ...facts,
  }
}

export function aCatalogue(facts: Partial<Omit<Catalogue, 'resources'>> = {}, ...more: Resource[]) {
  const resources = more.length === 0 ? [aResource()] : more
  return {
    revision: REVISION,
    admins: people(),
    auditors: people(),
    domains: ['example.com'],
    limits: {},
    outageSeconds: 0,
    ...facts,
    resources: new Map(resources.map((resource) => [resource.id, resource])),
  } satisfies Catalogue
}

/** A request of alex for an hour, asked at {@link MORNING}. */
export function aPendingRequest(facts: Partial<Pending> = {}): Pending {
  return {
    status: 'pending',
    id: 'A1B2C3D4' as RequestId,
    version: 1,
    kind: 'standard',
    reminders: 0,
    requester: identityOf(alex),
    resourceId: 'grafana-prod' as ResourceId,
    durationSeconds: 3_600,
    reason: 'INC-42 dashboards are red',
    requestedAt: MORNING,
    lapsesAt: after(28_800, facts.requestedAt),
    approvalsNeeded: 1,
    approvalsCounted: facts.approvals?.length ?? 0,
    catalogueRevision: REVISION,
    approvals: [],
    ...facts,
  }
}

export function anApproval(by: Identity, at: Date = after(60), note?: string): Approval {
  return { by, at, stage: 0, ...(note === undefined ? {} : { note }) }
}

/** The grant of {@link anApprovedRequest} in one of its states. */
export function aGrant(state: Grant['state'] = 'granting'): Grant {
  const terms = {
    email: alex.email,
    constraints: [],
    startsAt: after(60),
    endsAt: new Date('2026-03-02T10:01:00Z'),
    maxSeconds: 28_800,
    isScheduled: false,
    extensions: 0,
  }
  const early = { cause: 'revoked', endedBy: identityOf(kim), endReason: 'not today' } as const
  switch (state) {
    case 'granting':
      return { ...terms, state }
    case 'scheduled': {
      const window = { startsAt: after(7_200), endsAt: new Date('2026-03-02T12:00:00Z') }
      return { ...terms, ...window, isScheduled: true, state, confirmedAt: after(61) }
    }
    case 'active':
      return { ...terms, state, activeAt: after(61) }
    case 'ending':
      return { ...terms, state, ...early }
    case 'ended':
      return { ...terms, state, ...early, endedAt: after(120) }
    case 'never-active':
      return { ...terms, state, endedAt: after(3_660) }
    default:
      return state satisfies never
  }
}

/** A request that kim approved a minute after it was asked. */
export function anApprovedRequest(
  grant: Grant = aGrant(),
  facts: Partial<Approved> = {},
): Approved {
  return {
    ...settled(aPendingRequest()),
    status: 'approved',
    version: 2,
    approvals: [anApproval(identityOf(kim))],
    approvalsCounted: 1,
    grant,
    ...facts,
  }
}

/** One request in each state that there is, by the name of the state. */
export function requestsInEveryState() {
  const pending = aPendingRequest()
  const asked = settled(pending)
  return {
    pending,
    denied: {
      ...asked,
      version: 2,
      status: 'denied',
      deniedBy: identityOf(kim),
      deniedAt: after(60),
      denyReason: 'not today',
    },
    cancelled: { ...asked, version: 2, status: 'cancelled', cancelledAt: after(60) },
    lapsed: { ...asked, version: 2, status: 'lapsed', lapsedAt: asked.lapsesAt },
    extended: {
      ...asked,
      version: 2,
      status: 'extended',
      extends: 'E1F2G3H4' as RequestId,
      approvals: [anApproval(identityOf(kim))],
      approvalsCounted: 1,
      extendedAt: after(60),
    },
    granting: anApprovedRequest(),
    scheduled: anApprovedRequest(aGrant('scheduled'), { version: 3 }),
    active: anApprovedRequest(aGrant('active'), { version: 3 }),
    ending: anApprovedRequest(aGrant('ending'), { version: 3 }),
    ended: anApprovedRequest(aGrant('ended'), { version: 4 }),
    'never-active': anApprovedRequest(aGrant('never-active'), { version: 3 }),
  } satisfies Record<string, AccessRequest>
}
