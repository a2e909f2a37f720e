import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

const MAX_BYTES = 16 * 1024
const FORM = /^application\/x-www-form-urlencoded(?:\s*;\s*charset=(?:utf-8|"utf-8"))?$/i

export type Form =
  | { readonly ok: true; readonly fields: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly status: 400 | 413 | 415 }

/**
 * The fields of a form as a browser sends it: 415 for any other kind of body, 413 beyond 16 KiB, 400 when a name comes
 * twice, something is not percent-encoded UTF-8, or the sender goes away.
 */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const { headers } = request
  if (!isForm(headers)) return { ok: false, status: 415 }
  if (Number(headers['content-length'] ?? 0) > MAX_BYTES) return { ok: false, status: 413 }
  let body: string | undefined
  try {
    body = await readAtMost(request, MAX_BYTES)
  } catch {
    // Who sent half a form has gone, or was cut off for being slow.
    return { ok: false, status: 400 }
  }
  if (body === undefined) return { ok: false, status: 413 }
  const fields = parseFields(body)
  return fields === undefined ? { ok: false, status: 400 } : { ok: true, fields }
}

function isForm(headers: IncomingHttpHeaders): boolean {
  return headers['content-encoding'] === undefined && FORM.test(headers['content-type'] ?? '')
}

/** `undefined` when there is more; the rest is left unread. */
async function readAtMost(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  // Destroying the request would take the answer with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer
    length += bytes.length
    if (length > maxBytes) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('latin1')
}

function parseFields(body: string): Map<string, string> | undefined {
  const fields = new Map<string, string>()
  if (body === '') return fields
  for (const pair of body.split('&')) {
    const equals = pair.indexOf('=')
    const name = decode(pair.slice(0, equals))
    const value = decode(pair.slice(equals + 1))
    if (equals < 1 || name === undefined || value === undefined || fields.has(name))
      return undefined
    fields.set(name, value)
  }
  return fields
}

function decode(text: string): string | undefined {
  // Browsers leave nothing but printable ASCII: https://url.spec.whatwg.org/#application/x-www-form-urlencoded
  if (!/^[\x21-\x7e]*$/.test(text)) return undefined
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
