import type { PageContext } from './context.ts'

/** One slash, then what needs no second look: nothing here names a host, in any browser's reading. */
const OWN_PATH = /^\/(?:[\w.~%-][\w.~%/?=&#:+-]*)?$/

/** Sends the visitor on, by GET, to a page of ours. Throws on anything that is not a path of our own. */
export function seeOther(c: PageContext, path: string): Response {
  if (!OWN_PATH.test(path)) throw new Error('refused to redirect to what is not a path of our own')
  return c.body(null, 303, { Location: path })
}
