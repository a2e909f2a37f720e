declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A request's id, and its grant's: eight Crockford base32 characters, typed by people. */
export type RequestId = Branded<'RequestId'>
/** The catalogue's name for something that can be asked for, e.g. `grafana-prod`. */
export type ResourceId = Branded<'ResourceId'>
/** A named level of a resource, e.g. `read`. */
export type LevelId = Branded<'LevelId'>
/** Slack's id of a person, `U…` or `W…`. */
export type SlackUserId = Branded<'SlackUserId'>
/** Slack's id of a user group, `S…`. */
export type SlackGroupId = Branded<'SlackGroupId'>
/** Slack's id of a workspace, `T…`. */
export type SlackTeamId = Branded<'SlackTeamId'>
/** Slack's id of a channel or a direct conversation, `C…`, `G…` or `D…`. */
export type SlackChannelId = Branded<'SlackChannelId'>

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A request id from five random bytes: 40 bits, none of the letters I, L, O and U. */
export function requestIdFrom(bytes: Uint8Array): RequestId {
  if (bytes.length !== 5) throw new RangeError(`a request id takes 5 bytes, not ${bytes.length}`)
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let id = ''
  for (let shift = 35n; shift >= 0n; shift -= 5n) id += CROCKFORD[Number((bits >> shift) & 31n)]
  return id as RequestId
}

/** The request id that somebody typed (any case, `O` read as 0, `I` and `L` as 1), or `undefined`. */
export function parseRequestId(text: string): RequestId | undefined {
  const typed = text.trim()
  // First, because letters beyond ASCII have capitals within it.
  if (!/^[0-9A-Za-z]{8}$/.test(typed)) return undefined
  const id = typed.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1')
  return id.includes('U') ? undefined : (id as RequestId)
}
