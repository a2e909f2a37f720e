/** Each holds some megabytes while whoever reads it is slow. */
const MOST = 6
const MOST_OF_ONE = 2

export interface ExportSlots {
  /** A place among the exports that are under way, until it is given back; `undefined` when there is none now. */
  take(subject: string): (() => void) | undefined
}

/** Places for six exports at once in this process, two of them for one identity. */
export function createExportSlots(): ExportSlots {
  const taken = new Set<{ readonly subject: string }>()
  return {
    take(subject) {
      const theirs = [...taken].filter((slot) => slot.subject === subject)
      if (taken.size >= MOST || theirs.length >= MOST_OF_ONE) return undefined
      const slot = { subject }
      taken.add(slot)
      return () => void taken.delete(slot)
    },
  }
}
