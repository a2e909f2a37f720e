import { html } from 'hono/html'
import type { FilterField, Typed } from './audit-filter.ts'
import { FILTER_FIELDS } from './audit-filter.ts'
import type { PageContext, WebDeps } from './context.ts'
import { textField } from './controls.ts'
import type { Html } from './layout.ts'
import { postForm } from './layout.ts'

interface FieldWords {
  readonly label: string
  readonly placeholder: string
}

const WORDS: Readonly<Record<FilterField, FieldWords>> = {
  from: { label: 'From', placeholder: '2026-11-20' },
  to: { label: 'Before', placeholder: '2026-11-21' },
  person: { label: 'Person', placeholder: 'Address or id' },
  resource: { label: 'Resource', placeholder: 'grafana-prod' },
  action: { label: 'Action', placeholder: 'request' },
  request: { label: 'Request', placeholder: '7K2M9QXZ' },
}

/** What may be put into the field for an action, beside whole ones. */
const ACTIONS = ['request', 'grant', 'identity', 'policy', 'catalogue', 'rego', 'message', 'audit']

/** The filter, which the address bar then has. */
export function filterForm(typed: Typed, problems: ReadonlyMap<string, string>): Html {
  const isNarrowed = FILTER_FIELDS.some((name) => (typed[name] ?? '') !== '')
  return html`<form
    class="filter card"
    method="get"
    action="/audit"
    role="search"
    aria-label="Events"
  >
    <div class="filter-fields">
      ${FILTER_FIELDS.map((name) =>
        textField({
          ...WORDS[name],
          id: `filter-${name}`,
          name,
          value: typed[name],
          problem: problems.get(name),
          ...(name === 'action' ? { proposals: ACTIONS } : {}),
        }),
      )}
    </div>
    <p class="hint">
      Days and times are in UTC, such as 2026-11-20 or 2026-11-20T14:05. A person is found by what
      they did and by what happened to their requests; an action by its name, or by what is before
      its dot.
    </p>
    <div class="actions">
      <button class="button primary" type="submit">Show</button>
      ${isNarrowed ? html`<a class="button secondary" href="/audit">Show everything</a>` : ''}
    </div>
  </form>`
}

/** Everything that the filter finds, as a file. */
export function exportForm(c: PageContext, deps: WebDeps, typed: Typed): Html {
  return html`<section class="card stack" aria-labelledby="export">
    <h2 id="export">Export</h2>
    <p class="meta">
      Every event that the filter finds, the oldest first, with the proof that none was changed:
      <code>jit audit verify --file</code> checks it. That you took it is on record.
    </p>
    ${postForm(
      c,
      deps,
      '/audit/export',
      html`${Object.entries(typed).map(
          ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
        )}
        <div class="actions">
          <button class="button secondary" type="submit" name="format" value="csv">
            Spreadsheet (CSV)
          </button>
          <button class="button secondary" type="submit" name="format" value="jsonl">
            JSON lines
          </button>
          <button class="button secondary" type="submit" name="format" value="ocsf">OCSF</button>
        </div>`,
    )}
  </section>`
}
