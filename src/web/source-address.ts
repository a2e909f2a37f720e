import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const HEADER = 'x-forwarded-for'

/**
 * The network address of whoever talks to Pomerium: what it appended itself, which is the last one; those before are
 * whatever the client sent. `undefined` when that is no address.
 * Source: https://www.pomerium.com/docs/reference/x-forwarded-for-settings
 */
export function sourceAddressOf({
  headersDistinct,
}: Pick<IncomingMessage, 'headersDistinct'>): string | undefined {
  const last = headersDistinct[HEADER]?.at(-1)?.split(',').at(-1)?.trim() ?? ''
  // Node takes a zone for a part of the address, such as %eth0: it means something on one machine only.
  return isIP(last) === 0 || last.includes('%') ? undefined : last
}
