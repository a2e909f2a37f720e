import type { House } from '../../support/house.ts'
import { ACCOUNTS } from './cast.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Viewer } from './room.ts'
import { personOf } from './room.ts'

/** What Slack knows of somebody, to be changed as an administrator could: their account, and their user groups. */
export function drawAccount(house: House, { as }: Viewer): Html {
  const person = personOf(house, as)
  const kinds = new Set<string>([person.kind, ...(person.kind === 'external' ? [] : ACCOUNTS)])
  return html`<label
      >In Slack:
      <select data-choose="account">
        ${[...kinds].map(
          (kind) =>
            html`<option value="${kind}" ${kind === person.kind && html`selected`}>
              ${kind}
            </option>`,
        )}
      </select></label
    >
    <span
      >groups
      ${house.slack.groups().map(({ id, handle, members }) => {
        const belongs = members.includes(person.id)
        return html`<button
          type="button"
          class="chip"
          data-act="group"
          data-group="${id}"
          data-belongs="${belongs ? 'no' : 'yes'}"
          aria-pressed="${belongs ? 'true' : 'false'}"
        >
          @${handle}
        </button> `
      })}</span
    >`
}
