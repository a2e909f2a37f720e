import type { ServerResponse } from 'node:http'

/** What happens to one question instead of an answer from the policy. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  /** A 200 with this text for a body. */
  | { readonly kind: 'text'; readonly text: string | Buffer }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Nothing comes, and the connection stays. */
  | { readonly kind: 'hang' }
  /** A head and the beginning of a body come, and then nothing. */
  | { readonly kind: 'drip' }
  /** A body without an end. */
  | { readonly kind: 'endless' }
  | { readonly kind: 'reset' }
  /** A head and the beginning of a body come, and then the connection breaks. */
  | { readonly kind: 'cut-off' }

/** Carries a fault out. Those that leave a question open end with the connection. */
export function carryOut(fault: Fault, response: ServerResponse): void {
  const json = { 'content-type': 'application/json' }
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, json).end(fault.body ?? '{}')
      return
    case 'text':
      response.writeHead(200, json).end(fault.text)
      return
    case 'redirect':
      response.writeHead(307, { location: fault.to }).end()
      return
    case 'hang':
      return
    case 'drip':
      response.writeHead(200, json).write('{"result"')
      return
    case 'endless':
      response.writeHead(200, json)
      pourInto(response)
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'cut-off':
      response.writeHead(200, json).write('{"result"', () => response.socket?.destroy())
      return
    default:
      fault satisfies never
  }
}

function pourInto(response: ServerResponse): void {
  const chunk = Buffer.alloc(16_384, ' ')
  const pour = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', pour)
  pour()
}
