import { stringify } from 'yaml'
import type { StoredPolicy } from '../../simulators/pomerium/model.ts'
import type { House } from '../../support/house.ts'
import { CAST, DOORS } from './cast.ts'
import type { Html, Part } from './html.ts'
import { html } from './html.ts'
import { instant } from './mrkdwn.ts'
import type { Viewer } from './room.ts'
import { personOf } from './room.ts'
import type { Visited, Visits } from './visits.ts'

/** The routes, who may knock, and what the cluster answered. */
export function drawDoors(house: House, viewer: Viewer, visits: Visits, now: Date): Html {
  const label = (key: Viewer['as']): string => personOf(house, key).displayName
  return html`${DOORS.map(({ host }) => {
    const own = visits.all.filter((visit) => visit.host === host)
    const [latest, ...earlier] = own
    return html`<div class="door">
      <h3>${host}</h3>
      <p class="knock">
        <button type="button" class="button primary" data-act="visit" data-host="${host}">
          Visit as ${label(viewer.as)}
        </button>
        <span class="others"
          >or as
          ${CAST.filter(({ key }) => key !== viewer.as).map(
            ({ key }) =>
              html`<button
                type="button"
                class="chip"
                data-act="visit"
                data-host="${host}"
                data-visitor="${key}"
              >
                ${label(key)}
              </button> `,
          )}</span
        >
      </p>
      ${latest !== undefined && drawVisit(latest, 'latest', visits.verdictAt(latest, now))}
      ${earlier.slice(0, 2).map((visit) => drawVisit(visit, 'earlier'))}
    </div>`
  })}`
}

/** Each policy as it is stored, and as the cluster enforces it when that differs. */
export function drawPolicies({ pomerium }: House): Html {
  const order = (name: string): number => DOORS.findIndex(({ policy }) => policy === name)
  const policies = pomerium.policies().toSorted((a, b) => order(a.name) - order(b.name))
  if (policies.length === 0) return html`<p class="empty">No policy yet.</p>`
  return html`${policies.map((stored) => {
    const enforced = pomerium.enforced(stored.id)
    const [now, then] = [pplOf(enforced), pplOf(stored)]
    return html`<div class="policy">
      <h3>
        ${stored.name}
        ${
          now === then
            ? html`<span class="tag same">stored = enforced</span>`
            : html`<span class="tag differs">the cluster lags behind</span>`
        }
      </h3>
      ${
        now !== then &&
        html`<h4>Stored</h4>
          ${drawPpl(then)}
          <h4>Enforced</h4>`
      }
      ${drawPpl(now)}
    </div>`
  })}`
}

/** An answer; `now` is what the same knock would be answered at this moment. */
function drawVisit(visited: Visited, age: 'latest' | 'earlier', now = visited.status): Html {
  const { who, status, why, at, network } = visited
  const verb = status === 200 ? 'was let in' : 'was kept out'
  const isStale = now !== status
  return html`<p class="visit ${isStale ? 'stale' : age} status-${status}">
    <strong class="status">${status}</strong>
    <span
      ><strong>${who}</strong> ${verb} at ${instant(at.getTime() / 1_000, '{time_secs}', '')}
      ${
        age === 'latest' &&
        html`<br /><small
            >from ${network === 'office' && 'the '}${network};
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
