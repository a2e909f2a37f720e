import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import type { Assertion } from '../app/assertion.ts'
import type { PageCases, Visitor } from '../app/page-cases.ts'
import type { Log } from '../app/ports.ts'
import type { UseCases } from '../app/use-cases.ts'

/** What is known of a request to a page by the time that the page is made. */
export interface WebEnv {
  Bindings: HttpBindings
  Variables: {
    /** Told to the visitor when something fails, and found in the log. */
    errorId: string
    /** Why they were turned away, in a word for the log. */
    refusedFor: string
    assertion: Assertion
    /** On every page; on `/link` where Slack knows them already. */
    visitor: Visitor
    /** Fields of a form that was sent, after the checks; each name once. */
    form: ReadonlyMap<string, string>
    /** The form that was sent: the same form sent twice has the same key. */
    formKey: string
  }
}

export type PageContext = Context<WebEnv>
export type WebApp = Hono<WebEnv>

/** Proves that a form was made by this bot for this identity and for this address. */
export interface FormTokens {
  issue(assertion: Assertion, action: string): string
  /** The form's key, or `undefined` when the token is of another identity, address or bot, or too old. */
  check(assertion: Assertion, action: string, token: string): string | undefined
}

export interface WebDeps {
  readonly useCases: UseCases
  readonly cases: PageCases
  readonly tokens: FormTokens
  /** e.g. `https://jit.example.com`. */
  readonly origin: string
  /** Milliseconds. */
  readonly now: () => number
  readonly log: Log
}
