import { createHash, randomBytes } from 'node:crypto'

/** Somebody as the identity provider has them. */
export interface FrontPerson {
  readonly email: string
  /** The provider's id of the person: it stays when the address changes. */
  readonly subject: string
  readonly name: string
  readonly groups: readonly string[]
}

/** Everybody with an address can sign in; what the provider says of them can be set. */
export interface FrontPeople {
  of(email: string): FrontPerson
  /** Holds from the next request on, also in sessions that there are. */
  set(email: string, facts: Partial<Omit<FrontPerson, 'email'>>): void
}

export interface Sessions {
  /** The cookie, name and value, of a new session. */
  open(email: string): string
  /** Whose session a `Cookie` header carries, with the session's id. */
  find(cookies: string | undefined): { readonly id: string; readonly email: string } | undefined
  close(id: string): void
}

export const SESSION_COOKIE = '_pomerium'

/** An identity provider that knows everybody: a subject follows from the address unless it is set. */
export function createPeople(): FrontPeople {
  const known = new Map<string, FrontPerson>()
  const of = (email: string): FrontPerson =>
    known.get(email) ?? {
      email,
      subject: createHash('sha256').update(email).digest('hex').slice(0, 24),
      name: email.slice(0, email.indexOf('@')),
      groups: [],
    }
  return {
    of,
    set(email, facts) {
      known.set(email, { ...of(email), ...facts })
    },
  }
}

/** Sessions in memory, with an unguessable cookie each. */
export function createSessions(): Sessions {
  const emails = new Map<string, string>()
  return {
    open(email) {
      const id = randomBytes(18).toString('base64url')
      emails.set(id, email)
      return `${SESSION_COOKIE}=${id}`
    },
    find(cookies = '') {
      for (const [name, id] of cookiesIn(cookies)) {
        const email = name === SESSION_COOKIE ? emails.get(id) : undefined
        if (email !== undefined) return { id, email }
      }
      return undefined
    },
    close(id) {
      emails.delete(id)
    },
  }
}

/** A `Cookie` header without Pomerium's own: the app is not to see the session. */
export function withoutSession(cookies: string): string {
  return cookiesIn(cookies)
    .filter(([name]) => name !== SESSION_COOKIE)
    .map((pair) => pair.join('='))
    .join('; ')
}

function cookiesIn(header: string): [name: string, value: string][] {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    })
}
