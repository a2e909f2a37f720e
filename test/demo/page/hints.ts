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
    text: 'Take Alex out of @engineers, above the conversation: the access ends within seconds',
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
  {
    text: 'A level: read only lets GET through, and not POST',
    as: 'alex',
    room: 'approvals',
    type: '/jit request kubernetes:read 1h what is restarting',
  },
  {
    text: 'Two stages: reliability (Kim), then security (Sid)',
    as: 'alex',
    room: 'approvals',
    type: '/jit request vault 30m rotate the mail key',
  },
  {
    text: 'On call, nobody needs to answer',
    as: 'olga',
    room: 'approvals',
    type: '/jit request logs 30m a pager went off',
  },
  {
    text: 'Break the glass; reviewed afterwards, by Kim or Sid',
    as: 'olga',
    room: 'approvals',
    type: '/jit break-glass payments 15m cards are declined everywhere',
  },
  {
    text: 'Schedule a start; later, extend it from the direct message',
    as: 'alex',
    room: 'approvals',
    type: '/jit request warehouse 1h from tomorrow 9:00 quarterly report',
  },
  {
    text: 'Ask for a vendor who is not in Slack; the door is Dana’s',
    as: 'alex',
    room: 'approvals',
    type: '/jit request partner-portal 1h for dana@partner.example upload the price list',
  },
  {
    text: 'A guest who is a vendor needs a sponsor first',
    as: 'vic',
    room: 'approvals',
    type: '/jit request partner-portal 1h check the price list',
  },
  {
    text: 'Ask as a guest whom nothing names',
    as: 'guest',
    room: 'approvals',
    type: '/jit resources',
  },
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
