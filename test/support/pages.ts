import type { Response } from 'undici'
import { fetch } from 'undici'
import type { Front } from '../simulators/pomerium/front.ts'
import type { PageForm } from './page-forms.ts'
import { filledIn, formsIn, visibleText } from './page-forms.ts'
import type { People } from './world.ts'
import { addressOf } from './world.ts'

/** The pages behind Pomerium, for people without a screen. */
export interface Pages {
  /**
   * Signs somebody in: by name, or by an address as Pomerium has it; each time it is a session of its own. `headers` go
   * with each of their requests.
   */
  as(
    who: keyof People | `${string}@${string}`,
    headers?: Readonly<Record<string, string>>,
  ): PageClient
}

/** One person's browser without JavaScript, cache and history. */
export interface PageClient {
  get(path: string): Promise<PageAnswer>
  /**
   * Opens a page, fills one of its forms in and sends it as a browser does. Throws unless exactly one form fits and
   * takes all entries.
   */
  submit(path: string, form: FormChoice, entries?: Entries): Promise<PageAnswer>
  /** Fills in a form of a page that was opened before. */
  send(answer: PageAnswer, form: FormChoice, entries?: Entries): Promise<PageAnswer>
  /** The page that an answer leads to. Throws when it leads nowhere. */
  follow(answer: PageAnswer): Promise<PageAnswer>
}

export interface PageAnswer {
  readonly status: number
  /** Path within the app, or an address elsewhere. */
  readonly location?: string
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
  /** What people read, in one line. */
  readonly text: string
  readonly forms: readonly PageForm[]
  /** Path and query that was asked for. */
  readonly path: string
}

/** A form by its action or by what one of its buttons says; and by its text or action, where several are alike. */
export type FormChoice = string | { readonly form: string; readonly showing: string }
export type Entries = Readonly<Record<string, string>>

/** People's way to the pages through the front. */
export function pagesBehind(front: Front): Pages {
  return {
    as: (who, headers = {}) => {
      const email = who.includes('@') ? who : addressOf(who as keyof People)
      return clientOf(front, { ...headers, cookie: front.signIn(email) })
    },
  }
}

function clientOf(front: Front, own: Readonly<Record<string, string>>): PageClient {
  const navigation = {
    ...own,
    accept: 'text/html',
    'sec-fetch-dest': 'document',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-user': '?1',
  }
  const get = async (path: string): Promise<PageAnswer> => {
    const headers = { ...navigation, 'sec-fetch-site': 'none' }
    return answerTo(front, path, await fetch(front.origin + path, { headers, redirect: 'manual' }))
  }
  const send = async (opened: PageAnswer, choice: FormChoice, entries: Entries = {}) => {
    const { form, button } = chosenForm(opened, choice)
    const fields = filledIn(form, entries, button)
    const action = new URL(
      form.action === '' ? opened.path : form.action,
      front.origin + opened.path,
    )
    if (form.method === 'get') return get(`${action.pathname}?${String(fields)}`)
    const answer = await fetch(action, {
      method: 'POST',
      body: String(fields),
      redirect: 'manual',
      headers: {
        ...navigation,
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        // A page that gives no referrer has an opaque origin for its forms: Fetch, "append a request Origin header".
        origin: opened.headers['referrer-policy'] === 'no-referrer' ? 'null' : front.origin,
      },
    })
    return answerTo(front, action.pathname + action.search, answer)
  }
  return {
    get,
    send,
    async submit(path, choice, entries) {
      return send(await get(path), choice, entries)
    },
    async follow({ path, status, location }) {
      if (location === undefined) throw new Error(`${path} answered ${status} and leads nowhere`)
      return get(location)
    },
  }
}

function chosenForm(
  { forms, status, path, text }: PageAnswer,
  choice: FormChoice,
): { readonly form: PageForm; readonly button?: string } {
  const { form: wanted, showing } =
    typeof choice === 'string' ? { form: choice, showing: '' } : choice
  const fitting = forms.filter(
    ({ action, buttons, text }) =>
      (action === wanted || buttons.includes(wanted)) &&
      (text.includes(showing) || action.includes(showing)),
  )
  const [form, another] = fitting
  if (form === undefined || another !== undefined) {
    const there = forms.map(({ action, buttons }) => `${action} [${buttons.join(', ')}]`).join('; ')
    const count = fitting.length
    throw new Error(
      `${path} (${status}) has ${count} forms "${wanted}" showing "${showing}", not one: ${there || text}`,
    )
  }
  // Whoever does not click a button presses Enter, which clicks the first.
  const button = form.buttons.includes(wanted) ? wanted : form.buttons[0]
  return button === undefined ? { form } : { form, button }
}

async function answerTo({ origin }: Front, path: string, answer: Response): Promise<PageAnswer> {
  const html = await answer.text()
  const headers = Object.fromEntries(answer.headers)
  const target = headers['location'] && new URL(headers['location'], origin + path)
  return {
    status: answer.status,
    ...(target
      ? {
          location:
            target.origin === origin ? target.pathname + target.search + target.hash : target.href,
        }
      : {}),
    headers,
    html,
    text: visibleText(html),
    forms: formsIn(html),
    path,
  }
}
