import type { Log } from './ports.ts'
import type { Store } from './store.ts'
import type { DirectoryMemory } from './identity-store.ts'

const SAME_AGAIN_MS = 60_000
const WARN_AGAIN_MS = 60_000
const SUBJECTS_MAX = 5_000
const WAITING_MAX = 1_000

export interface NotebookOptions {
  readonly store: Store
  /** Whether anything is to be remembered. */
  readonly isWanted: () => boolean
  /** Milliseconds of a clock that never goes back. */
  readonly steady: () => number
  readonly log: Log
}

/** What is to be remembered of a person, an address or a group. */
export interface Note {
  readonly subject: string
  /** Its number: an answer to an earlier question never takes the place of one to a later. */
  readonly question: number
  /** What the answer says; the same is written once a minute. Absent: it is written each time. */
  readonly text?: string
  write(memory: DirectoryMemory): Promise<void>
}

/** Writes down what Slack says, behind the back of whoever asked. */
export interface Notebook {
  /** A number for a question that is asked now. */
  question(): number
  /** Returns at once; what cannot be written is told to the log, at most once a minute. */
  note(note: Note): void
}

interface Latest {
  readonly question: number
  readonly text: string | undefined
  readonly sameUntil: number
}

/** A notebook that writes one note after the other, and of each subject the latest. */
export function createNotebook({ store, isWanted, steady, log }: NotebookOptions): Notebook {
  const waiting = new Map<string, Note>()
  const latest = new Map<string, Latest>()
  let questions = 0
  let isWriting = false
  let quietUntil = -Infinity

  const warn = (fields: object): void => {
    if (steady() < quietUntil) return
    quietUntil = steady() + WARN_AGAIN_MS
    log.warn(fields, 'what Slack says is not remembered')
  }
  const writeAll = async (): Promise<void> => {
    for (const [subject, note] of waiting) {
      waiting.delete(subject)
      try {
        await store.statement((db) => note.write(db.directory))
      } catch (error) {
        // Whoever asked has the answer; the next one is written whatever it says.
        const { question } = note
        if (latest.get(subject)?.question === question)
          latest.set(subject, { question, text: undefined, sameUntil: -Infinity })
        warn({ err: error })
      }
    }
    isWriting = false
  }
  const setLatest = (subject: string, said: Latest): void => {
    latest.delete(subject)
    const [oldest] = latest.keys()
    if (oldest !== undefined && latest.size >= SUBJECTS_MAX) latest.delete(oldest)
    latest.set(subject, said)
  }

  return {
    question() {
      questions += 1
      return questions
    },
    note(note) {
      if (!isWanted()) return
      const { subject, question, text } = note
      const before = latest.get(subject)
      if (before !== undefined && before.question > question) return
      const isSame = text !== undefined && before?.text === text
      if (isSame && steady() < before.sameUntil) return
      if (waiting.size >= WAITING_MAX && !waiting.has(subject))
        return warn({ waiting: waiting.size })
      setLatest(subject, { question, text, sameUntil: steady() + SAME_AGAIN_MS })
      waiting.set(subject, note)
      if (isWriting) return
      isWriting = true
      void writeAll()
    },
  }
}
