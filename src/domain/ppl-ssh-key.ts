interface KeyShape {
  readonly fields: number
  /** Length in bytes of one field, where the type fixes it. */
  readonly fixed?: readonly [field: number, length: number]
}

// Fields after the type's name, RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH PROTOCOL.u2f.
const SHAPES: ReadonlyMap<string, KeyShape> = new Map<string, KeyShape>([
  ['ssh-ed25519', { fields: 1, fixed: [0, 32] }],
  ['ssh-rsa', { fields: 2 }],
  ['ssh-dss', { fields: 4 }],
  ['ecdsa-sha2-nistp256', { fields: 2, fixed: [1, 65] }],
  ['ecdsa-sha2-nistp384', { fields: 2, fixed: [1, 97] }],
  ['ecdsa-sha2-nistp521', { fields: 2, fixed: [1, 133] }],
  ['sk-ssh-ed25519@openssh.com', { fields: 2, fixed: [0, 32] }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { fields: 3, fixed: [1, 65] }],
])

/** Whether a line of the text is a public key in `authorized_keys` format, with or without options. Certificates are not. */
export function isAuthorizedKey(text: string): boolean {
  return text.split('\n').some((line) => !line.trimStart().startsWith('#') && isKeyLine(line))
}

function isKeyLine(line: string): boolean {
  const words = line.split(/[ \t\r]+/)
  const at = words.findIndex((word) => SHAPES.has(word))
  const type = words[at]
  const shape = SHAPES.get(type ?? '')
  const blob = words[at + 1]
  if (type === undefined || shape === undefined || blob === undefined) return false
  const fields = blobFields(blob)
  if (fields === undefined || fields[0] !== type || fields.length !== shape.fields + 1) return false
  if (fields.includes('')) return false
  return shape.fixed === undefined || fields[shape.fixed[0] + 1]?.length === shape.fixed[1]
}

/** The length-prefixed fields of a base64 text, one character for a byte. */
function blobFields(base64: string): readonly string[] | undefined {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const bytes = atob(base64)
  const fields: string[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 4) return undefined
    let length = 0
    for (const byte of bytes.slice(at, at + 4)) length = length * 256 + byte.charCodeAt(0)
    if (length > bytes.length - at - 4) return undefined
    fields.push(bytes.slice(at + 4, at + 4 + length))
    at += 4 + length
  }
  return fields
}
