import { html } from 'hono/html'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Assertion } from '../app/assertion.ts'
import type { Visitor } from '../app/page-cases.ts'
import type { PageContext, WebDeps } from './context.ts'
import { STYLE_PATH } from './style.ts'
import { plain } from './wording.ts'

/** Markup in which everything that came from outside is escaped. */
export type Html = ReturnType<typeof html>

export type Place = 'home' | 'admin' | 'audit' | 'link'

export interface PageFacts {
  /** What the window and the heading say. */
  readonly title: string
  /** What the heading says beside it. */
  readonly aside?: Html
  /** Where in the navigation it is. */
  readonly place?: Place
  readonly status?: ContentfulStatusCode
  /** Whether the id by which an error is found in the log stands at its end. */
  readonly hasErrorId?: boolean
  /** Whether the text is short, so that it reads better in a narrow column. */
  readonly isNarrow?: boolean
}

const PRODUCT = 'JIT access'
const HOME = { path: '/', label: 'Go to your access' }
const EMAIL_MAX = 100

/** A whole page around its body, with the way to the other pages that the visitor may see. */
export function page(
  c: PageContext,
  facts: PageFacts,
  body: Html | readonly Html[],
): Response | Promise<Response> {
  const { title, aside, status = 200, isNarrow = false, hasErrorId = false } = facts
  const foot = hasErrorId
    ? html`<footer class="foot">
        If you ask an operator about this, name the id <code>${c.get('errorId')}</code>.
      </footer>`
    : ''
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} – ${PRODUCT}</title>
          <link rel="stylesheet" href="${STYLE_PATH}" />
        </head>
        <body>
          <a class="skip" href="#main">Skip to content</a>
          ${header(c, facts.place)}
          <main id="main" class="${isNarrow ? 'main narrow' : 'main'}" tabindex="-1">
            <div class="title">
              <h1>${title}</h1>
              ${aside ?? ''}
            </div>
            ${body}
          </main>
          ${foot}
        </body>
      </html>`,
    status,
  )
}

/** A page of a sentence or two, for what went wrong or is not there; `action` is a way on from here. */
export function notePage(
  c: PageContext,
  status: ContentfulStatusCode,
  note: {
    readonly title: string
    readonly text: string
    readonly action?: { readonly path: string; readonly label: string }
    readonly place?: Place
  },
): Response | Promise<Response> {
  const { title, text, place } = note
  const action = note.action ?? wayOn(c, status)
  const way =
    action === undefined
      ? ''
      : html`<p><a class="button secondary" href="${action.path}">${action.label}</a></p>`
  return page(
    c,
    { title, status, hasErrorId: true, isNarrow: true, ...(place === undefined ? {} : { place }) },
    html`<section class="card stack">
      <p>${text}</p>
      ${way}
    </section>`,
  )
}

/** Where to go from here, for whoever did not get what they came for and may get something else. */
function wayOn(c: PageContext, status: ContentfulStatusCode) {
  const { assertion, visitor } = known(c)
  const isLater = status === 429 || status === 503
  if (isLater && c.req.method === 'GET') return { path: hereOf(c), label: 'Try again' }
  const isHomeOpen = visitor !== undefined || status !== 403
  return assertion !== undefined && isHomeOpen ? HOME : undefined
}

/** This page once more; never elsewhere, whatever the address is written like. */
function hereOf(c: PageContext): string {
  const { pathname, search } = new URL(c.req.url)
  return pathname.startsWith('//') ? '/' : `${pathname}${search}`
}

/** A form that is sent to `action`, with the token that proves that this bot made it for whoever is at the door. */
export function postForm(
  c: PageContext,
  { tokens }: Pick<WebDeps, 'tokens'>,
  action: string,
  body: Html | readonly Html[],
): Html {
  return html`<form class="form" method="post" action="${action}">
    <input type="hidden" name="_token" value="${tokens.issue(c.get('assertion'), action)}" />
    ${body}
  </form>`
}

function header(c: PageContext, place: Place | undefined): Html {
  const { visitor, assertion } = known(c)
  const items = [
    { place: 'home', path: '/', label: 'Access', isShown: true },
    { place: 'admin', path: '/admin', label: 'Decide', isShown: visitor?.mayDecide === true },
    { place: 'audit', path: '/audit', label: 'Audit', isShown: visitor?.mayAudit === true },
  ].filter(({ isShown }) => isShown)
  const entry = (item: {
    readonly place: string
    readonly path: string
    readonly label: string
  }) =>
    item.place === place
      ? html`<li><a href="${item.path}" aria-current="page">${item.label}</a></li>`
      : html`<li><a href="${item.path}">${item.label}</a></li>`
  return html`<header class="top">
    <div class="bar">
      <a class="brand" href="/">${MARK} ${PRODUCT}</a>
      ${
        assertion === undefined
          ? ''
          : html`<nav aria-label="Pages">
              <ul>
                ${items.map(entry)}
              </ul>
            </nav>`
      }
      ${assertion === undefined ? '' : whoYouAre(assertion, visitor, place)}
    </div>
  </header>`
}

function whoYouAre(
  { email }: Assertion,
  visitor: Visitor | undefined,
  place: Place | undefined,
): Html {
  const link =
    visitor === undefined
      ? ''
      : html` <a class="link-state" href="/link" ${place === 'link' ? CURRENT : ''}
          >${visitor.isLinked ? 'Linked to Slack' : 'Not linked to Slack'}</a
        >`
  return html`<p class="who"><span class="email">${plain(email, EMAIL_MAX)}</span>${link}</p>`
}

/** What is known of who is at the door; nothing, on pages about errors that came before. */
function known(c: PageContext): {
  readonly visitor: Visitor | undefined
  readonly assertion: Assertion | undefined
} {
  const { visitor, assertion }: Partial<PageContext['var']> = c.var
  return { visitor, assertion }
}

const CURRENT = html`aria-current="page"`

const MARK = html`<svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
  <circle class="mark-disc" cx="12" cy="12" r="11" />
  <path class="mark-hands" d="M12 6.5V12l3.6 2.4" />
</svg>`
