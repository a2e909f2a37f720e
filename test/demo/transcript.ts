import type { House } from '../support/house.ts'

/** Writes what happens as lines that a newcomer can follow. */
export interface Transcript {
  /** A chapter of the story. */
  chapter(title: string): void
  /** Somebody does something. */
  act(who: string, what: string): void
  /** Something is seen; further lines are set in. */
  seen(where: string, text: string): void
  /** Ends the story when something is not as it must be. */
  expect(holds: boolean, what: string): void
}

const WIDTH = 12

/** A transcript onto a stream, with people's names in the place of their ids. */
export function createTranscript(house: House, out: NodeJS.WritableStream): Transcript {
  const names = new Map(Object.entries(house.people).map(([name, id]) => [id, name]))
  const readable = (text: string): string =>
    text
      .replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1')
      .replace(/<@([A-Z0-9]+)>/g, (_whole, id: string) => `@${names.get(id) ?? id}`)
      .replace(/<!subteam\^S0([A-Z]+)>/g, (_whole, id: string) => `@${id.toLowerCase()}`)
      .replace(/<(https?:[^|>]*)\|([^>]*)>/g, '$2 ($1)')
      .replace(/^\*([^*\n]+)\*\n/gm, '$1: ')
      .replaceAll('*', '')
  const line = (label: string, text: string): void => {
    const [first = '', ...rest] = readable(text).split('\n')
    out.write(`${label.padEnd(WIDTH)}${first}\n`)
    for (const more of rest) out.write(`${' '.repeat(WIDTH)}${more}\n`)
  }
  return {
    chapter: (title) =>
      void out.write(`\n── ${title} ${'─'.repeat(Math.max(3, 76 - title.length))}\n`),
    act: (who, what) => line(`${who} ▸`, what),
    seen: (where, text) => line(where, text),
    expect(holds, what) {
      if (!holds) throw new Error(`not as it must be: ${what}`)
      out.write(`${'✔'.padStart(WIDTH - 2)}  ${what}\n`)
    },
  }
}
