import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { html } from 'hono/html'
import { readForm } from './body.ts'
import type { FormTokens, PageContext, WebEnv } from './context.ts'
import { notePage, page } from './layout.ts'
import type { Answer, Once } from './once.ts'
import { isOurOwnForm } from './safety.ts'

const TOKEN_FIELD = '_token'
const UNREADABLE = {
  400: 'What was sent is not a form as browsers send it. Open the page again and fill it in anew.',
  413: 'That is too long. Go back, write less and send it again.',
  415: 'Only the forms of these pages are taken here.',
} as const

/** Lets a form through that a page of ours made for this identity and address, and that came from there. */
export function checkedForms(options: {
  readonly tokens: FormTokens
  readonly origin: string
}): MiddlewareHandler<WebEnv> {
  const { tokens, origin } = options
  return async (c, next) => {
    if (c.req.method !== 'POST') return next()
    if (!isOurOwnForm(c.env.incoming.headers, origin)) {
      c.set('refusedFor', 'cross-site')
      return notePage(c, 403, {
        title: 'This form came from elsewhere',
        text: 'It was not sent from a page of ours, so nothing was done. Open the page here and send it from there.',
      })
    }
    const sent = await readForm(c.env.incoming)
    if (!sent.ok) {
      // What was not read yet would be taken for the next request.
      c.header('Connection', 'close')
      return notePage(c, sent.status, {
        title: 'This form cannot be read',
        text: UNREADABLE[sent.status],
      })
    }
    const form = new Map(sent.fields)
    form.delete(TOKEN_FIELD)
    const token = sent.fields.get(TOKEN_FIELD) ?? ''
    const nonce = tokens.check(c.get('assertion'), c.req.path, token)
    if (nonce === undefined) {
      c.set('refusedFor', 'form-token')
      return lostFormPage(c, form)
    }
    c.set('form', form)
    c.set('formKey', keyOf(nonce, form))
    return next()
  }
}

/** Carries a form out once, however often it is delivered. A file is made anew each time. */
export function carriedOutOnce(once: Once): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const { formKey }: Partial<PageContext['var']> = c.var
    if (formKey === undefined) return next()
    let isFirst = false
    const answer = await once.do(formKey, async () => {
      isFirst = true
      await next()
      return answerOf(c)
    })
    if (isFirst || answer === undefined) return undefined
    return responseOf(answer)
  }
}

/** The same form sent twice; filled in otherwise (after going back, say) it is another one. */
function keyOf(nonce: string, form: ReadonlyMap<string, string>): string {
  const content = JSON.stringify([nonce, ...form])
  return createHash('sha256').update(content).digest('base64url').slice(0, 22)
}

async function answerOf(c: PageContext): Promise<Answer | undefined> {
  const { status, headers } = c.res
  if (status >= 500 || headers.has('Content-Disposition')) return undefined
  const answer = { status, headers: [...headers], body: await c.res.text() }
  c.res = responseOf(answer)
  return answer
}

function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body === '' ? null : body, { status, headers: headers.map(([...h]) => h) })
}

/** Nothing that somebody wrote is lost because the form took too long. */
function lostFormPage(
  c: PageContext,
  form: ReadonlyMap<string, string>,
): Response | Promise<Response> {
  const typed = [...form].filter(([, value]) => value.trim() !== '')
  const kept =
    typed.length === 0
      ? ''
      : html`<p>This is what it held, for you to copy:</p>
          <dl class="typed">
            ${typed.map(
              ([name, value]) =>
                html`<dt>${name}</dt>
                  <dd><pre>${value}</pre></dd>`,
            )}
          </dl>`
  return page(
    c,
    { title: 'Open the page again', status: 403, hasErrorId: true, isNarrow: true },
    html`<section class="card stack">
      <p>This form is too old or not yours, so nothing was done: open the page again.</p>
      ${kept}
    </section>`,
  )
}
