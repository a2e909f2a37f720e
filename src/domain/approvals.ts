import type { SlackGroupId, SlackUserId } from './ids.ts'
import { takeSeat } from './matching.ts'
import type { Approval, Asked, Pending } from './request.ts'
import { needsStepUp } from './request.ts'
import type { Narrowing } from './rego.ts'
import type { Person } from './person.ts'
import { isSamePerson } from './person.ts'
import type { Resource, Stage, Vendors } from './resource.ts'
import { approverSets, belongsTo, groupsIn, isDenied } from './rules.ts'

/** Why somebody may answer: as one of the approvers, as one who is not pinged, or since nobody answered in time. */
export type AnswerRight = 'approver' | 'silent' | 'escalation'

/** A request as far as it matters for who answers it. */
export type Answerable = Pick<Asked, 'kind' | 'beneficiary'> & Pick<Pending, 'escalatedAt'>

/**
 * The stages that a request goes through, in order. A vendor who asks for themselves needs a sponsor's word first;
 * more approvals than the catalogue has are the last stage's.
 */
export function stagesOf(
  request: Pick<Asked, 'kind' | 'beneficiary'>,
  resource: Resource,
  leastApprovals = 0,
): readonly Stage[] {
  const { vendors } = resource
  const needsSponsor = request.kind === 'sponsored' && request.beneficiary === undefined
  const stages =
    needsSponsor && vendors !== undefined
      ? [sponsorStage(vendors), ...resource.stages]
      : resource.stages
  const missing = leastApprovals - neededBy(stages)
  const last = stages.at(-1)
  if (last === undefined || missing <= 0) return stages
  return [...stages.slice(0, -1), { ...last, approvals: last.approvals + missing }]
}

function sponsorStage({ sponsors }: Vendors): Stage {
  return { title: 'Sponsor', approvers: sponsors, approvals: 1, isSponsors: true }
}

/** The distinct people that stages need together. */
export function neededBy(stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => sum + stage.approvals, 0)
}

/**
 * By which right a person may answer at a stage; `undefined` when they may not. Whom the approvers' own deny list names
 * does not answer silently either, and nobody but a sponsor gives a sponsor's word, however long it takes.
 */
export function rightAt(
  stage: Stage,
  request: Answerable,
  resource: Resource,
  person: Person,
): AnswerRight | undefined {
  if (belongsTo(stage.approvers, person)) return 'approver'
  const { approvers, silent, isSponsors = false } = stage
  if (silent !== undefined && !isDenied(approvers, person) && belongsTo(silent, person))
    return 'silent'
  const { escalation } = resource
  const isEscalated = request.escalatedAt !== undefined && escalation !== undefined
  return isEscalated && !isSponsors && belongsTo(escalation.to, person) ? 'escalation' : undefined
}

/** By which right a person may answer at any stage; one denies, and reviews, by it. */
export function rightToAnswer(
  request: Answerable,
  resource: Resource,
  person: Person,
): AnswerRight | undefined {
  for (const stage of stagesOf(request, resource)) {
    const right = rightAt(stage, request, resource, person)
    if (right !== undefined) return right
  }
  return undefined
}

/** Whether a person may answer at some stage now, or could once nobody had for long enough. */
export function mayEverAnswer(
  request: Pick<Answerable, 'kind' | 'beneficiary'>,
  resource: Resource,
  person: Person,
): boolean {
  return rightToAnswer({ ...request, escalatedAt: new Date(0) }, resource, person) !== undefined
}

/** The stage that waits for approvals, going by those on record; `undefined` when none does. */
export function openStage(
  request: Asked,
  resource: Resource,
): { readonly stage: Stage; readonly index: number; readonly missing: number } | undefined {
  const stages = stagesOf(request, resource, request.approvalsNeeded)
  const given = approvalsByStage(
    { ...request, approvals: countable(request.approvals, request, resource) },
    stages,
  )
  for (const [index, stage] of stages.entries()) {
    const missing = stage.approvals - (given[index]?.length ?? 0)
    if (missing > 0) return { stage, index, missing }
  }
  return undefined
}

/** Approvals but for those that count for nothing, since they were not given behind Pomerium and have to be. */
export function countable<Given extends Pick<Approval, 'isSteppedUp'>>(
  approvals: readonly Given[],
  request: Pick<Asked, 'needsStepUp'>,
  resource: Resource | undefined,
): readonly Given[] {
  if (!needsStepUp(request, resource)) return approvals
  return approvals.filter((approval) => approval.isSteppedUp === true)
}

/**
 * The approvals on record, by the index of the stage that each is for. While all of them count, those that a stage does
 * not need any more, since later ones fill it, are for the next.
 */
export function approvalsByStage(
  { approvals, approvalsCounted }: Pick<Asked, 'approvals' | 'approvalsCounted'>,
  stages: readonly Stage[],
): readonly (readonly Approval[])[] {
  const allCount = approvalsCounted >= approvals.length
  let moved: readonly Approval[] = []
  return stages.map((stage, index) => {
    const given = [...approvals.filter((approval) => approval.stage === index), ...moved]
    const excess = allCount ? Math.max(0, given.length - stage.approvals) : 0
    moved = given.slice(0, excess)
    return given.slice(excess)
  })
}

export interface Tally {
  /** Approvals that count. */
  readonly counted: number
  readonly needed: number
  /** The stage that waits; `undefined` when all are filled. */
  readonly open: { readonly stage: Stage; readonly index: number } | undefined
  /** The index of the stage for which each account that approved counts; absent for those that do not count. */
  readonly stageOf: ReadonlyMap<SlackUserId, number>
}

/**
 * Fills the stages in their order with people who have the right to them now; whoever fills one moves on to a later one
 * where somebody else can take their place. Approvals of people who lost the right do not count, nor those without the
 * step-up that is needed or of an identity that is theirs no more, and one human being counts once, under however many
 * accounts they approved.
 */
export function tally(
  approvals: readonly Pick<Approval, 'by' | 'isSteppedUp'>[],
  colleagues: readonly Person[],
  request: Asked & Answerable,
  resource: Resource,
  narrowing: Narrowing | undefined,
): Tally {
  const stages = stagesOf(request, resource, narrowing?.approvals)
  const needed = neededBy(stages)
  const isStepUp = needsStepUp(request, resource)
  const people = countable(approvals, request, resource).flatMap(
    ({ by }) =>
      colleagues.find(
        ({ userId, subject }) => userId === by.userId && (!isStepUp || subject === by.subject),
      ) ?? [],
  )
  const humans = humansAmong(people)
  const ableTo = ({ stage }: Seat) =>
    humans.filter((human) =>
      human.some(
        (person) =>
          isAccepted(narrowing, person) && rightAt(stage, request, resource, person) !== undefined,
      ),
    )
  const seats = stages.flatMap((stage, index) =>
    Array.from({ length: stage.approvals }, () => ({ stage, index })),
  )
  const seated = new Map<Human, Seat>()
  const open = seats.find((seat) => !takeSeat(seat, ableTo, seated))
  const stageOf = new Map(
    [...seated].flatMap(([human, { index }]) =>
      human.map(({ userId }) => [userId, index] as const),
    ),
  )
  return { counted: seated.size, needed, open, stageOf }
}

/** The accounts of one human being. */
type Human = readonly Person[]
/** The place of one approval. */
interface Seat {
  readonly stage: Stage
  readonly index: number
}

/** Accounts by whose they are: what two have in common with a third makes them one. */
function humansAmong(people: readonly Person[]): readonly Human[] {
  return people.reduce<readonly Human[]>((humans, person) => {
    const isTheirs = (human: Human) => human.some((other) => isSamePerson(other, person))
    const same = humans.find(isTheirs)
    if (same === undefined) return [...humans, [person]]
    const merged = [...humans.filter(isTheirs).flat(), person]
    return humans
      .filter((human) => human === same || !isTheirs(human))
      .map((human) => (human === same ? merged : human))
  }, [])
}

/** Whether the Rego policy, where it names groups of approvers, has the person in one of them. */
export function isAccepted(narrowing: Narrowing | undefined, person: Person): boolean {
  return narrowing?.groups === undefined || narrowing.groups.some((g) => person.groups.has(g))
}

/** The user groups that matter for who may answer requests for a resource. */
export function answerGroups(resource: Resource | undefined): ReadonlySet<SlackGroupId> {
  return groupsIn(...approverSets(resource))
}
