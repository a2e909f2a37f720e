import type { ServerResponse } from 'node:http'

/** Nothing but our own stylesheet and pictures, no script, no frame, forms to ourselves alone. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const UNUSED_FEATURES = [
  'accelerometer',
  'camera',
  'clipboard-read',
  'display-capture',
  'geolocation',
  'gyroscope',
  'microphone',
  'payment',
  'publickey-credentials-get',
  'usb',
]

const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // `no-referrer` would have browsers send forms with `Origin: null`: https://fetch.spec.whatwg.org/#append-a-request-origin-header
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Permissions-Policy': UNUSED_FEATURES.map((feature) => `${feature}=()`).join(', '),
  'X-DNS-Prefetch-Control': 'off',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'Cache-Control': 'no-store',
}

/**
 * Sets what every answer carries. It is set on the response itself, before anything looks at the request, so that no
 * answer is without it, whoever makes it; a page may still set its own `Cache-Control`.
 */
export function protect(response: ServerResponse, origin: string): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  // Without its subdomains, which may not be ours.
  if (origin.startsWith('https:'))
    response.setHeader('Strict-Transport-Security', 'max-age=31536000')
}
