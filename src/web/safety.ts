import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a form was sent by a page of ours, as far as the browser tells: by `Origin`, by `Sec-Fetch-Site`, or both, and
 * never by neither. Sources: https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header,
 * https://fetch.spec.whatwg.org/#origin-header
 */
export function isOurOwnForm(headers: IncomingHttpHeaders, origin: string): boolean {
  const from = headers.origin
  const site = headers['sec-fetch-site']
  if (from === undefined && site === undefined) return false
  return (from === undefined || from === origin) && (site === undefined || site === 'same-origin')
}
