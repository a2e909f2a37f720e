import { html } from 'hono/html'
import type { LinkState } from '../app/page-cases.ts'
import { cleanText } from '../domain/text.ts'
import type { PageContext, WebApp, WebDeps } from './context.ts'
import { alertBox, noteBox, textField } from './controls.ts'
import type { Html } from './layout.ts'
import { page, postForm } from './layout.ts'
import type { Trouble } from './scene.ts'
import { mistake, troubleOf } from './scene.ts'
import { plain } from './wording.ts'
import { seeOther } from './see-other.ts'

const EMAIL_MAX = 200

/** The page on which people bind their Slack account to who they are for Pomerium. */
export function linkPages(app: WebApp, deps: WebDeps): void {
  app.get('/link', (c) => showLink(c, deps))
  app.post('/link', async (c) => {
    const typed = c.get('form')
    if (typed.get('wish') === 'unlink') {
      const outcome = await deps.cases.unlink(c.get('assertion'))
      if (outcome.ok) return seeOther(c, '/link')
      return showLink(c, deps, troubleOf(outcome.refusal, new Map(), undefined))
    }
    const code = cleanText(typed.get('code') ?? '', { multiline: false })
    if (code === '')
      return showLink(c, deps, mistake('code', 'Type the code that Slack gave you.', typed))
    const outcome = await deps.cases.link(c.get('assertion'), code)
    if (outcome.ok) return seeOther(c, '/link')
    // A code that was tried is used up: typing it again would not help.
    return showLink(c, deps, troubleOf(outcome.refusal, new Map(), undefined))
  })
}

async function showLink(c: PageContext, deps: WebDeps, trouble?: Trouble): Promise<Response> {
  const state = await deps.cases.linkState(c.get('assertion'))
  const alert =
    trouble === undefined || trouble.field !== undefined
      ? ''
      : alertBox('Nothing was changed', trouble.text)
  return page(
    c,
    {
      title: state.link === undefined ? 'Link your Slack account' : 'Your Slack account',
      place: 'link',
      isNarrow: true,
      status: trouble?.status ?? 200,
    },
    html`${alert}
      <section class="card stack" aria-label="Link">
        ${state.link === undefined ? unlinked(c, deps, trouble) : linked(c, deps, state)}
      </section>`,
  )
}

function unlinked(c: PageContext, deps: WebDeps, trouble: Trouble | undefined): Html {
  const { email } = c.get('assertion')
  return html`<p>
      <span class="badge quiet">Not linked</span>
    </p>
    <p>
      Linking binds your Slack account to <strong class="email">${plain(email, EMAIL_MAX)}</strong>,
      who you are for Pomerium. What you ask for in Slack is then written for exactly this address.
    </p>
    <ol class="steps">
      <li>Type <code>/jit link</code> in Slack. Only you see the answer.</li>
      <li>Type its code below. It works once, for ten minutes.</li>
    </ol>
    ${postForm(c, deps, '/link', [
      textField({
        id: 'link-code',
        name: 'code',
        label: 'Code',
        placeholder: 'XXXX-XXXX',
        autocomplete: 'one-time-code',
        isRequired: true,
        problem: trouble?.field === 'code' ? trouble.text : undefined,
        value: trouble?.typed.get('code'),
      }),
      html`<div class="row">
        <button class="button primary">Link to ${plain(email, EMAIL_MAX)}</button>
      </div>`,
    ])}`
}

function linked(c: PageContext, deps: WebDeps, { link, isOutdated }: LinkState): Html {
  const { email } = c.get('assertion')
  const outdated = isOutdated
    ? noteBox(
        `You are ${plain(email, EMAIL_MAX)} for Pomerium now. Unlink, then link again, before you use these pages.`,
      )
    : ''
  return html`<p>
      <span class="badge ${isOutdated ? 'wait' : 'good'}"
        >${isOutdated ? 'Outdated' : 'Linked'}</span
      >
    </p>
    <dl class="facts">
      <dt>Slack account</dt>
      <dd>
        <span class="email">${plain(link?.slackAddress ?? '', EMAIL_MAX)}</span>
        <code>${link?.slackUser ?? ''}</code>
        <p class="hint">The id is in its Slack profile too, under “Copy member ID”.</p>
      </dd>
      <dt>Linked to</dt>
      <dd class="email">${plain(link?.email ?? '', EMAIL_MAX)}</dd>
    </dl>
    ${outdated}
    <div class="actions">
      ${isOutdated ? '' : html`<a class="button secondary" href="/">Go to your access</a>`}
      <details class="deed">
        <summary class="button danger">Unlink…</summary>
        ${postForm(c, deps, '/link', [
          html`<input type="hidden" name="wish" value="unlink" />`,
          html`<p class="hint">
            What waits for an identity that is linked cannot go on until you link again.
          </p>`,
          html`<div class="row"><button class="button danger">Unlink</button></div>`,
        ])}
      </details>
    </div>`
}
