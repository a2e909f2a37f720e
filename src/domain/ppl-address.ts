/** Whether the text is an IP address or a CIDR range as Go's `net.ParseIP` and `net.ParseCIDR` read them. */
export function isAddressOrRange(text: string): boolean {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : undefined
  if (bits === undefined) return false
  if (slash === -1) return true
  const prefix = text.slice(slash + 1)
  return /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)
}

function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  let width = groups.length
  const tail = groups.at(-1)
  if (tail?.includes('.') === true) {
    if (text.endsWith('::') || !isIpv4(tail)) return false
    groups.pop()
    width++
  }
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  return halves.length === 2 ? width < 8 : width === 8
}
