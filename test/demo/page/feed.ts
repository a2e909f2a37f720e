import type { ServerResponse } from 'node:http'
import type { House } from '../../support/house.ts'
import type { Viewer } from './room.ts'
import type { Memory, Moment } from './state.ts'
import { drawRegions, readMoment } from './state.ts'

/** Open pages, which are told what changed. */
export interface Feed {
  /** Gives false when too many pages are open already. */
  open(viewer: Viewer, response: ServerResponse): boolean
  /** Something may look different now. */
  changed(): void
  close(): void
}

interface Listener {
  readonly viewer: Viewer
  readonly response: ServerResponse
  /** What the page shows, by region. */
  readonly shown: Map<string, string>
}

const LISTENERS_MAX = 32
/** Long enough to show a burst as one change. */
const SOON_MS = 20
/** Catches what is committed after the last thing that could be seen from outside. */
const LATER_MS = 300
const UNSENT_MAX_BYTES = 4 * 1024 * 1024

/** A feed of Server-Sent Events over a house. */
export function createFeed(house: House, memory: Memory): Feed {
  const listeners = new Set<Listener>()
  const timers: { soon?: NodeJS.Timeout | undefined; later?: NodeJS.Timeout | undefined } = {}
  let isClosed = false

  const send = (listener: Listener, event: string, data: unknown): void => {
    if (listener.response.writableLength > UNSENT_MAX_BYTES) listener.response.destroy()
    else listener.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const show = (listener: Listener, moment: Moment): void => {
    for (const [id, markup] of drawRegions(house, memory, listener.viewer, moment)) {
      if (listener.shown.get(id) === markup) continue
      listener.shown.set(id, markup)
      send(listener, 'region', { id, markup })
    }
    send(listener, 'clock', { at: moment.at.getTime() })
  }
  const draw = async (): Promise<void> => {
    if (listeners.size === 0) return
    try {
      const moment = await readMoment(house)
      if (!isClosed) for (const listener of listeners) show(listener, moment)
    } catch (error) {
      const text = `The page could not be drawn: ${error instanceof Error ? error.message : 'for no known reason'}`
      for (const listener of listeners) send(listener, 'trouble', { text })
    }
  }
  const changed = (): void => {
    if (isClosed) return
    timers.soon ??= setTimeout(() => {
      timers.soon = undefined
      void draw()
    }, SOON_MS)
    clearTimeout(timers.later)
    timers.later = setTimeout(() => void draw(), LATER_MS)
  }

  return {
    open(viewer, response) {
      if (isClosed || listeners.size >= LISTENERS_MAX) return false
      const listener = { viewer, response, shown: new Map<string, string>() }
      listeners.add(listener)
      response.on('close', () => listeners.delete(listener))
      response.on('error', () => response.destroy())
      response.write('retry: 1000\n\n')
      changed()
      return true
    },
    changed,
    close() {
      isClosed = true
      clearTimeout(timers.soon)
      clearTimeout(timers.later)
      for (const { response } of listeners) response.end()
    },
  }
}
