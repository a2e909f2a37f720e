import { html } from 'hono/html'
import type { RecordedEvent } from '../app/ports.ts'
import { writtenWords } from '../words/written.ts'
import { eventWords } from './event-words.ts'
import type { Html } from './layout.ts'
import { quote } from './request-items.ts'
import { time } from './times.ts'

const VIA: Readonly<Record<RecordedEvent['via'], string>> = {
  command: 'in Slack',
  button: 'in Slack',
  modal: 'in Slack',
  web: 'on a page',
  bot: '',
  reconciler: '',
  cli: 'by the command line',
}

/** Everything that happened to a request, in plain words, the oldest first. */
export function requestHistory(events: readonly RecordedEvent[], zone: string | undefined): Html {
  const items = events.map((event) => {
    const words = writtenWords(event)
    const via = VIA[event.via]
    return html`<li>
      <p>${eventWords(event, zone)}</p>
      <p class="meta">${time(event.at, zone)}${via === '' ? '' : ` · ${via}`}</p>
      ${words === undefined ? '' : quote(words)}
    </li>`
  })
  return html`<ol class="card history">
    ${items}
  </ol>`
}
