import type { ApproveCommand } from '../../src/domain/decide-answer.ts'
import type { AskCommand } from '../../src/domain/decide-ask.ts'
import type { Identity, Person } from '../../src/domain/person.ts'
import type { Pending } from '../../src/domain/request.ts'
import type { Names, PeopleSet, Resource } from '../../src/domain/resource.ts'

// Written a second time, without the product's own functions, in the plainest way there is.

export type Verdict =
  | { readonly opens: false; readonly isRecorded: boolean }
  | { readonly opens: true; readonly startsAt: number; readonly endsAt: number }

const NO = { opens: false, isRecorded: false } as const

/** What lists can know somebody by. */
function badges(email: string, person?: Person): readonly string[] {
  const address = email.toLowerCase()
  const groups = [...(person?.groups ?? [])].map((group) => `group ${group}`)
  const user = person === undefined ? [] : [`user ${person.userId}`]
  return ['everyone', `email ${address}`, `domain ${address.split('@').at(-1)}`, ...user, ...groups]
}

function entries(names: Names): ReadonlySet<string> {
  return new Set([
    ...(names.everyone ? ['everyone'] : []),
    ...names.groups.map((group) => `group ${group}`),
    ...names.users.map((user) => `user ${user}`),
    ...names.emails.map((email) => `email ${email}`),
    ...names.domains.map((domain) => `domain ${domain}`),
  ])
}

function hasOne(names: Names | undefined, worn: readonly string[]): boolean {
  return names !== undefined && worn.some((badge) => entries(names).has(badge))
}

function isIn(set: PeopleSet | undefined, person: Person): boolean {
  const worn = badges(person.email, person)
  return person.standing === 'member' && hasOne(set, worn) && !hasOne(set?.deny, worn)
}

function isOneHuman(a: Identity, b: Identity): boolean {
  const isLinked = a.subject !== undefined && a.subject === b.subject
  return a.userId === b.userId || a.email.toLowerCase() === b.email.toLowerCase() || isLinked
}

type Wish = 'standard' | 'break-glass' | 'as a vendor' | 'for a vendor'

function isAllowed(wish: Wish, resource: Resource, person: Person, beneficiary = ''): boolean {
  const vendors = resource.vendors?.people
  switch (wish) {
    case 'standard':
      return isIn(resource.requesters, person)
    case 'break-glass':
      return isIn(resource.breakGlass?.requesters, person)
    case 'as a vendor':
      return person.standing !== 'member' && hasOne(vendors, badges(person.email, person))
    case 'for a vendor':
      return isIn(resource.vendors?.sponsors, person) && hasOne(vendors, badges(beneficiary))
    default:
      return wish satisfies never
  }
}

/** The kind of request that a wish may become, or nothing; duration and reason aside. */
export function kindOfWish(command: AskCommand): Pending['kind'] | undefined {
  const { by, resource, isEmergency, beneficiary } = command
  if (beneficiary !== undefined) {
    const isOwn = by.email.toLowerCase() === beneficiary.toLowerCase()
    const isGood = !isEmergency && !isOwn && isAllowed('for a vendor', resource, by, beneficiary)
    return isGood ? 'sponsored' : undefined
  }
  if (isEmergency) return isAllowed('break-glass', resource, by) ? 'break-glass' : undefined
  if (by.standing !== 'member')
    return isAllowed('as a vendor', resource, by) ? 'sponsored' : undefined
  return isAllowed('standard', resource, by) ? 'standard' : undefined
}

/** Whether one person may take a place among the approvers. */
type Seat = (person: Person) => boolean

/** One seat for each approval that is needed, in order. */
function seats(request: Pending, { resource, narrowing }: ApproveCommand): readonly Seat[] {
  const all: Seat[] = []
  const { vendors, escalation } = resource
  if (request.kind === 'sponsored' && request.beneficiary === undefined && vendors !== undefined)
    all.push((person) => isIn(vendors.sponsors, person))
  for (const { approvers, silent, approvals } of resource.stages) {
    const seat: Seat = (person) =>
      isIn(approvers, person) ||
      (isIn(silent, person) && !hasOne(approvers.deny, badges(person.email, person))) ||
      (request.escalatedAt !== undefined && isIn(escalation?.to, person))
    for (let left = approvals; left > 0; left -= 1) all.push(seat)
  }
  const last = all.at(-1)
  const missing = Math.max(0, (narrowing?.approvals ?? 0) - all.length)
  return last === undefined ? all : [...all, ...Array.from({ length: missing }, () => last)]
}

/** Who is whom: a number for each account, the same for those that are one human being, directly or by way of others. */
function humansOf(people: readonly Person[]): ReadonlyMap<Person, number> {
  const humans = new Map(people.map((person, index) => [person, index]))
  for (let round = 0; round < people.length; round += 1)
    for (const one of people)
      for (const other of people)
        if (isOneHuman(one, other))
          humans.set(one, Math.min(humans.get(one) ?? 0, humans.get(other) ?? 0))
  return humans
}

/** How many seats can be taken, one after the other, in any of all the ways there are. */
function mostTaken(all: readonly Seat[], people: readonly Person[]): number {
  const humans = humansOf(people)
  const from = ([seat, ...later]: readonly Seat[], left: readonly Person[]): number => {
    if (seat === undefined) return 0
    const ways = left.filter(seat).map((person) => {
      const others = left.filter((other) => humans.get(other) !== humans.get(person))
      return 1 + from(later, others)
    })
    return Math.max(0, ...ways)
  }
  return from(all, people)
}

/** What becomes of an approval: nothing, one more approval, or access in a window (milliseconds). */
export function verdictOn(request: Pending, command: ApproveCommand): Verdict {
  const { at, by, requester, resource, narrowing, durationSeconds } = command
  const { beneficiary } = request
  if (at >= request.lapsesAt) return NO
  const isSelf = (person: Identity) =>
    isOneHuman(person, request.requester) ||
    isOneHuman(person, requester) ||
    person.email.toLowerCase() === beneficiary?.toLowerCase()
  if (isSelf(by)) return NO
  if (durationSeconds !== undefined && durationSeconds >= request.durationSeconds) return NO

  const isSameAddress = requester.email.toLowerCase() === request.requester.email.toLowerCase()
  if (requester.userId !== request.requester.userId || !isSameAddress) return NO
  if (request.approvals.some((approval) => isOneHuman(approval.by, requester))) return NO
  const wishes = { standard: 'standard', 'break-glass': 'break-glass' } as const
  const sponsored = beneficiary === undefined ? 'as a vendor' : 'for a vendor'
  const wish = request.kind === 'sponsored' ? sponsored : wishes[request.kind]
  if (!isAllowed(wish, resource, requester, beneficiary)) return NO

  const isWanted = (person: Person) =>
    narrowing?.groups === undefined || narrowing.groups.some((group) => person.groups.has(group))
  const colleagues = command.colleagues.filter((person) => !isSelf(person))
  const earlier = [...request.approvals.map((approval) => approval.by), ...colleagues]
  if (!isWanted(by) || earlier.some((other) => isOneHuman(other, by))) return NO
  const all = seats(request, command)
  const isStrict = request.needsStepUp === true || resource.needsStepUp
  if (isStrict && !command.isSteppedUp) return NO
  const good = request.approvals.filter((one) => !isStrict || one.isSteppedUp === true)
  const gave = good.flatMap((approval) =>
    colleagues.filter(
      (person) =>
        person.userId === approval.by.userId &&
        // Given behind Pomerium by an identity that is theirs no more.
        !(isStrict && person.subject !== approval.by.subject),
    ),
  )
  const wanted = all.map(
    (seat): Seat =>
      (person) =>
        isWanted(person) && seat(person),
  )
  const [taken, takenNow] = [mostTaken(wanted, gave), mostTaken(wanted, [...gave, by])]
  const isFull = taken === wanted.length && wanted.at(-1)?.(by) === true
  if (takenNow === taken && !isFull) return NO

  if (takenNow < wanted.length) return { opens: false, isRecorded: true }

  const begins = Math.max(at.getTime(), request.startsAt?.getTime() ?? 0)
  const seconds = [request.durationSeconds, resource.duration.maxSeconds, durationSeconds]
  seconds.push(narrowing?.maxSeconds, ...request.approvals.map((one) => one.durationSeconds))
  const shortest = Math.min(...seconds.filter((one) => one !== undefined))
  const shown = (request.startsAt?.getTime() ?? begins) + request.durationSeconds * 1_000
  const ends = Math.min(begins + shortest * 1_000, shown)
  const endsAt = ends - (ends % 1_000)
  return endsAt > begins ? { opens: true, startsAt: begins, endsAt } : NO
}
