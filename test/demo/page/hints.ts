import type { People } from '../../support/world.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { DIRECT } from './room.ts'

interface Hint {
  readonly text: string
  readonly as?: keyof People
  readonly room?: string
  /** Put into the composer, not sent. */
  readonly type?: string
}

const HINTS: readonly Hint[] = [
  {
    text: 'Ask for an hour of Grafana',
    as: 'alex',
    room: 'approvals',
    type: '/jit request grafana-prod 1h INC-42 dashboards are red',
  },
  {
    text: 'Click Approve as Eve: refused, and on record. Alex cannot approve either',
    as: 'eve',
    room: 'approvals',
  },
  {
    text: 'Approve as Kim: the card turns Active once Pomerium has the rule',
    as: 'kim',
    room: 'approvals',
  },
  { text: 'Visit Grafana as Alex: 200. As Robin: 403' },
  {
    text: 'Read what the bot told Alex; click End now, or press +1 h: the door shuts by itself',
    as: 'alex',
    room: DIRECT,
  },
  { text: 'Open the form', as: 'robin', room: 'approvals', type: '/jit' },
  {
    text: 'The billing database takes two approvals, an INC number and the office network',
    as: 'robin',
    room: 'approvals',
    type: '/jit request billing-db 30m INC-7 refund is stuck',
  },
  { text: 'Deny with a reason, as Sam', as: 'sam', room: 'approvals' },
  { text: 'Ask as a guest', as: 'guest', room: 'approvals', type: '/jit resources' },
]

/** What to try, step by step; a step takes one there. */
export function drawHints(): Html {
  return html`<ol>
    ${HINTS.map(({ text, as, room, type }) =>
      as === undefined
        ? html`<li>${text}</li>`
        : html`<li>
            <button
              type="button"
              class="hint-step"
              data-as="${as}"
              data-room="${room}"
              data-type="${type}"
            >
              ${text}
            </button>
          </li>`,
    )}
  </ol>`
}
