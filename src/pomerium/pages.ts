import { PolicyApiError } from '../app/policy-api.ts'

/** Entries of a page; the API's own upper bound is not documented. */
export const pageSize = 100
/** A page holds up to `pageSize` whole policies. */
export const pageBytes = 8 * 1024 * 1024
const maxPages = 100

/**
 * The entries of a list, page by page, until a page brings nothing new. A short page is no end: a server may cap
 * `limit`, and one that does not page at all answers the same again.
 * Throws PolicyApiError after 100 pages.
 */
export async function* pages<T extends { readonly id: string }>(
  what: string,
  load: (window: { readonly limit: string; readonly offset: string }) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  const seen = new Set<string>()
  for (let page = 0, offset = 0; page < maxPages; page += 1) {
    const entries = await load({ limit: String(pageSize), offset: String(offset) })
    const fresh = entries.filter(({ id }) => !seen.has(id))
    if (fresh.length === 0) return
    for (const entry of fresh) {
      seen.add(entry.id)
      yield entry
    }
    offset += entries.length
  }
  throw new PolicyApiError(`GET ${what}: no end after ${maxPages} pages`, {
    code: 'invalid-answer',
    retryable: false,
    ambiguous: false,
  })
}
