import type { Directory, MemberAnswer } from '../../src/app/ports.ts'
import { DirectoryUnavailable } from '../../src/app/ports.ts'
import type { SlackUserId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { foldEmail } from '../../src/domain/person.ts'
import type { NotAMember } from '../../src/domain/refusal.ts'

/** A workspace in memory. */
export interface TestDirectory extends Directory {
  /** People as they are from now on, with the groups that they are in. */
  put(...persons: readonly Person[]): void
  /** Somebody is no member any more. */
  refuse(person: Person, why: NotAMember): void
  /** Look-ups of these people, groups and addresses get no answer. */
  fail(...subjects: readonly string[]): void
  /** Everybody, every group and every address that was asked for, in order. */
  readonly asked: readonly string[]
}

function answer(found: Person | NotAMember | undefined): MemberAnswer {
  if (found === undefined || typeof found === 'string')
    return { ok: false, why: found ?? 'unknown' }
  const { groups: _groups, standing, ...identity } = found
  return { ok: true, member: { ...identity, isGuest: standing === 'guest' } }
}

/** A workspace of these people. */
export function aDirectory(...persons: readonly Person[]): TestDirectory {
  const people = new Map<SlackUserId, Person | NotAMember>()
  let failing: readonly string[] = []
  const asked: string[] = []
  const ask = (subject: string) => {
    asked.push(subject)
    if (failing.includes(subject)) throw new DirectoryUnavailable(`look-up of ${subject}`)
  }
  const put = (...more: readonly Person[]) => more.forEach((one) => people.set(one.userId, one))
  put(...persons)
  return {
    asked,
    put,
    refuse: ({ userId }, why) => people.set(userId, why),
    fail: (...subjects) => (failing = subjects),
    async member(userId) {
      ask(userId)
      return answer(people.get(userId))
    },
    async memberByEmail(email) {
      ask(email)
      const members = [...people.values()].filter((one) => typeof one !== 'string')
      return answer(members.find((one) => foldEmail(one.email) === foldEmail(email)))
    },
    async groupMembers(group) {
      ask(group)
      const members = [...people.values()].filter((one) => typeof one !== 'string')
      return new Set(members.filter(({ groups }) => groups.has(group)).map(({ userId }) => userId))
    },
  }
}
