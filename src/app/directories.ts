import type { SlackGroupId, SlackUserId } from '../domain/ids.ts'
import { foldEmail } from '../domain/person.ts'
import { createNotebook } from './directory-notebook.ts'
import type { NotebookOptions } from './directory-notebook.ts'
import type { Directory, MemberAnswer } from './ports.ts'
import { DirectoryUnavailable } from './ports.ts'
import type { Store } from './store.ts'
import type { DirectoryMemory } from './identity-store.ts'

/** How long Slack is not asked again for what is remembered: a look-up without an answer takes seconds. */
const REST_MS = 5_000
const SHOWN_FRESH_MS = 30_000
const SHOWN_MAX = 5_000

/** A directory that remembers, and what Slack has told of changes meanwhile. */
export interface RememberingDirectory extends Directory {
  /** What is remembered of somebody is not gone by until they are asked for again. */
  personChanged(userId: SlackUserId): void
  groupChanged(groupId: SlackGroupId): void
}

/** The same directory, each of whose answers is put on record for the time when it cannot be asked; nothing waits for that. */
export function remembering(directory: Directory, options: NotebookOptions): RememberingDirectory {
  const notebook = createNotebook(options)
  const noteMember = (question: number, userId: SlackUserId, answer: MemberAnswer): void =>
    notebook.note({
      subject: userId,
      question,
      text: JSON.stringify(answer),
      write: (memory) => memory.rememberMember(userId, answer),
    })
  return {
    async member(userId) {
      const question = notebook.question()
      const answer = await directory.member(userId)
      noteMember(question, userId, answer)
      return answer
    },
    async memberByEmail(email) {
      const question = notebook.question()
      const answer = await directory.memberByEmail(email)
      if (answer.ok) noteMember(question, answer.member.userId, answer)
      else
        notebook.note({
          subject: foldEmail(email),
          question,
          write: (memory) => memory.forgetAddress(email),
        })
      return answer
    },
    async groupMembers(groupId) {
      const question = notebook.question()
      const members = await directory.groupMembers(groupId)
      notebook.note({
        subject: groupId,
        question,
        text: [...members].sort().join(),
        write: (memory) => memory.rememberGroup(groupId, members),
      })
      return members
    },
    personChanged: (userId) =>
      notebook.note({
        subject: userId,
        question: notebook.question(),
        write: (memory) => memory.outdateMember(userId),
      }),
    groupChanged: (groupId) =>
      notebook.note({
        subject: groupId,
        question: notebook.question(),
        write: (memory) => memory.outdateGroup(groupId),
      }),
  }
}

/**
 * The same directory, that answers with what it said last, and when, while there is an outage; with nothing older than
 * `maxAgeSeconds`, and not at all where that is 0. For acts whose actor somebody else vouches for than Slack.
 */
export function inOutage(
  directory: Directory,
  options: {
    readonly store: Store
    readonly maxAgeSeconds: () => number
    /** Milliseconds of a clock that never goes back. */
    readonly steady: () => number
  },
): Directory {
  const { store, maxAgeSeconds, steady } = options
  let restUntil = -Infinity
  const either = async <T>(
    ask: () => Promise<T>,
    recall: (memory: DirectoryMemory, maxAgeSeconds: number) => Promise<T | undefined>,
  ): Promise<T> => {
    const maxAge = maxAgeSeconds()
    if (maxAge <= 0) return ask()
    const remembered = () => store.statement((db) => recall(db.directory, maxAge))
    const rested = steady() < restUntil ? await remembered() : undefined
    if (rested !== undefined) return rested
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof DirectoryUnavailable && error.isOutage)) throw error
      restUntil = steady() + REST_MS
      const known = await remembered()
      if (known === undefined) throw error
      return known
    }
  }
  return {
    member: (userId) =>
      either(
        () => directory.member(userId),
        (memory, maxAge) => memory.member(userId, maxAge),
      ),
    memberByEmail: (email) =>
      either(
        () => directory.memberByEmail(email),
        (memory, maxAge) => memory.memberByEmail(email, maxAge),
      ),
    groupMembers: (groupId) =>
      either(
        () => directory.groupMembers(groupId),
        (memory, maxAge) => memory.groupMembers(groupId, maxAge),
      ),
  }
}

/**
 * The same directory, whose answers about people may be half a minute old, so that pages that are only looked at do
 * not use up what Slack allows. Nothing is decided by it.
 */
export function gentle(
  directory: Directory,
  { steady }: { readonly steady: () => number },
): Directory {
  const people = keeping(steady, (userId: SlackUserId) => directory.member(userId))
  const addresses = keeping(steady, async (email: string) => {
    const answer = await directory.memberByEmail(email)
    if (answer.ok) people.keep(answer.member.userId, answer)
    return answer
  })
  return {
    member: (userId) => people.ask(userId),
    memberByEmail: (email) => addresses.ask(foldEmail(email)),
    groupMembers: (groupId: SlackGroupId) => directory.groupMembers(groupId),
  }
}

interface Kept {
  readonly answer: Promise<MemberAnswer>
  readonly until: number
}

/** `look`, whose answers are kept for a while, the newest few thousand; those who ask meanwhile share one call, and a failure is not kept. */
function keeping<K>(steady: () => number, look: (key: K) => Promise<MemberAnswer>) {
  const kept = new Map<K, Kept>()
  const keep = (key: K, answer: Promise<MemberAnswer>): void => {
    kept.delete(key)
    const [oldest] = kept.keys()
    if (oldest !== undefined && kept.size >= SHOWN_MAX) kept.delete(oldest)
    kept.set(key, { answer, until: steady() + SHOWN_FRESH_MS })
  }
  return {
    keep: (key: K, answer: MemberAnswer) => keep(key, Promise.resolve(answer)),
    ask(key: K): Promise<MemberAnswer> {
      const known = kept.get(key)
      if (known !== undefined && steady() < known.until) return known.answer
      const answer = look(key)
      keep(key, answer)
      answer.catch(() => {
        if (kept.get(key)?.answer === answer) kept.delete(key)
      })
      return answer
    },
  }
}
