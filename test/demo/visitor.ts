import { request } from 'node:http'

/** A browser that looks at the demo's page, without a screen. */
export interface Visitor {
  /** Regions of the page as they are now, by id. */
  readonly regions: ReadonlyMap<string, string>
  /** Resolves when the region shows something that matches; gives the region. */
  until(region: string, shows: RegExp): Promise<string>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** Opens the page's stream of changes. */
export async function openPage(origin: string, as: string, room: string): Promise<Visitor> {
  const stop = new AbortController()
  const address = `${origin}/events?${String(new URLSearchParams({ as, room }))}`
  const answer = await fetch(address, { signal: stop.signal })
  if (!answer.ok || answer.body === null) throw new Error(`GET ${address}: ${answer.status}`)
  const regions = new Map<string, string>()
  const listeners = new Set<() => void>()
  const reading = read(answer.body, (event, data) => {
    if (event !== 'region') return
    const { id, markup } = JSON.parse(data) as { readonly id: string; readonly markup: string }
    regions.set(id, markup)
    for (const listener of listeners) listener()
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    regions,
    until: (region, shows) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`#${region} never showed ${shows}; it shows ${regions.get(region)}`))
        }, 5_000)
        const look = (): void => {
          const markup = regions.get(region) ?? ''
          if (!shows.test(markup)) return
          clearTimeout(timer)
          listeners.delete(look)
          resolve(markup)
        }
        listeners.add(look)
        look()
      }),
    async close() {
      stop.abort()
      await reading
    },
  }
}

/** Does something as the page does, with other headers when they are given. */
export function post(
  origin: string,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return send(
    `${origin}/act`,
    'POST',
    { origin, 'content-type': 'application/json', ...headers },
    text,
  )
}

/** Sends a request with any headers at all. */
export function send(
  address: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(address, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
      )
    })
    sent.on('error', reject).end(body)
  })
}

async function read(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: string, data: string) => void,
): Promise<void> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true })
    const events = pending.split('\n\n')
    pending = events.pop() ?? ''
    for (const each of events) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(each) ?? []
      if (event !== undefined && data !== undefined) onEvent(event, data)
    }
  }
}
