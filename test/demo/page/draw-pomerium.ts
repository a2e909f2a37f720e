import { stringify } from 'yaml'
import type { StoredPolicy } from '../../simulators/pomerium/model.ts'
import type { House } from '../../support/house.ts'
import { DOORS, VISITORS } from './cast.ts'
import type { Html, Part } from './html.ts'
import { html } from './html.ts'
import { instant } from './mrkdwn.ts'
import type { Viewer } from './room.ts'
import { labelOf } from './room.ts'
import type { Visited, Visits } from './visits.ts'

/** The routes, who may knock, and what the cluster answered. */
export function drawDoors(house: House, viewer: Viewer, visits: Visits, now: Date): Html {
  const others = [...VISITORS.keys()].filter((key) => key !== viewer.as)
  return html`${DOORS.map(({ host }) => {
    const [latest, ...earlier] = visits.all.filter((visit) => visit.host === host)
    return html`<div class="door">
      <h3>
        ${host}
        <button type="button" class="button primary" data-act="visit" data-host="${host}">
          Visit as ${labelOf(house, viewer.as)}
        </button>
      </h3>
      <details class="others" data-keep="${host}">
        <summary>as somebody else</summary>
        ${others.map(
          (key) =>
            html`<button
              type="button"
              class="chip"
              data-act="visit"
              data-host="${host}"
              data-visitor="${key}"
            >
              ${labelOf(house, key)}
            </button> `,
        )}
      </details>
      ${latest !== undefined && drawVisit(house, latest, 'latest', visits.verdictAt(latest, now))}
      ${earlier.slice(0, 2).map((visit) => drawVisit(house, visit, 'earlier'))}
    </div>`
  })}`
}

/** Each policy as it is stored, and as the cluster enforces it when that differs. */
export function drawPolicies({ pomerium }: House): Html {
  const order = (name: string): number => DOORS.findIndex(({ policy }) => policy === name)
  const policies = pomerium.policies().toSorted((a, b) => order(a.name) - order(b.name))
  const texts = policies.map((stored) => {
    const enforced = pplOf(pomerium.enforced(stored.id))
    return { name: stored.name, enforced, stored: pplOf(stored) }
  })
  const isEmpty = (policy: (typeof texts)[number]): boolean =>
    `${policy.enforced}${policy.stored}` === ''
  const empty = texts.filter(isEmpty).map(({ name }) => name)
  return html`${texts.filter((policy) => !isEmpty(policy)).map(drawPolicy)}
  ${
    empty.length > 0 &&
    html`<p class="no-rules">No rule: nobody is let in by ${empty.join(', ')}.</p>`
  }`
}

function drawPolicy(policy: {
  readonly name: string
  readonly enforced: string
  readonly stored: string
}) {
  const { name, enforced, stored } = policy
  return html`<div class="policy">
    <h3>
      ${name}
      ${
        enforced === stored
          ? html`<span class="tag same">stored = enforced</span>`
          : html`<span class="tag differs">the cluster lags behind</span>`
      }
    </h3>
    ${
      enforced !== stored &&
      html`<h4>Stored</h4>
        ${drawPpl(stored)}
        <h4>Enforced</h4>`
    }
    ${drawPpl(enforced)}
  </div>`
}

/** An answer; `now` is what the same knock would be answered at this moment. */
function drawVisit(
  house: House,
  visited: Visited,
  age: 'latest' | 'earlier',
  now = visited.status,
): Html {
  const { who, status, why, at, network, method } = visited
  const verb = status === 200 ? 'was let in' : 'was kept out'
  const isStale = now !== status
  return html`<p class="visit ${isStale ? 'stale' : age} status-${status}">
    <strong class="status">${status}</strong>
    <span
      ><strong>${labelOf(house, who)}</strong> ${verb} at
      ${instant(at.getTime() / 1_000, '{time_secs}', '')}
      ${
        age === 'latest' &&
        html`<br /><small
            >${method}, from ${network === 'office' && 'the '}${network};
            ${isStale ? `it would be ${now} now, knock again` : why}</small
          >`
      }</span
    >
  </p>`
}

function pplOf(policy: StoredPolicy | undefined): string {
  const ppl = policy?.ppl ?? []
  return Array.isArray(ppl) && ppl.length === 0 ? '' : stringify(ppl, { lineWidth: 0 }).trimEnd()
}

function drawPpl(yaml: string): Html {
  if (yaml === '') return html`<p class="no-rules">No rule: nobody is let in.</p>`
  return html`<pre class="ppl">${yaml.split('\n').map(drawLine)}</pre>`
}

function drawLine(line: string): readonly Part[] {
  const [, indent = '', key = '', value = ''] = /^([\s-]*)([\w/.-]+:)?(.*)$/.exec(line) ?? []
  return [indent, html`<b>${key}</b>`, value, '\n']
}
