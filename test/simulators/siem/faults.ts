import type { ServerResponse } from 'node:http'

/** What happens to one batch instead of its being taken. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Nothing comes, and the connection stays. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** It is taken, and the connection breaks before the answer. */
  | { readonly kind: 'take-and-reset' }
  /** It is taken, and the answer comes when it is let go. */
  | { readonly kind: 'take-later'; readonly until: Promise<void> }
  /** It is taken, and the answer has a body without an end. */
  | { readonly kind: 'endless' }
  /** It is taken, and the body of the answer stops after its first byte. */
  | { readonly kind: 'drip' }

/** Whether the batch counts as taken in spite of the fault. */
export function isTaken({ kind }: Fault): boolean {
  return ['take-and-reset', 'take-later', 'endless', 'drip'].includes(kind)
}

/** Carries a fault out. Those that leave a batch without an answer end with the connection. */
export async function carryOut(fault: Fault, response: ServerResponse): Promise<void> {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end('{"text":"no"}')
      return
    case 'hang':
      return
    case 'reset':
    case 'take-and-reset':
      response.socket?.resetAndDestroy()
      return
    case 'take-later':
      await fault.until
      response.writeHead(200).end()
      return
    case 'endless': {
      response.writeHead(200)
      const chunk = Buffer.alloc(16_384, ' ')
      const pour = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', pour)
      pour()
      return
    }
    case 'drip':
      response.writeHead(200).write(' ')
      return
    default:
      fault satisfies never
  }
}
