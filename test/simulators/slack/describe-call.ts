import type { Call } from './workspace.ts'

const SHOWN = 200

/** A call in one line, its arguments cut short. */
export function describeCall(call: Call): string {
  const args = JSON.stringify(call.args)
  const cut = args.length > SHOWN ? `${args.slice(0, SHOWN)}…` : args
  const outcome = call.ok ? 'ok' : (call.error ?? 'no answer')
  const fault = call.fault === undefined ? '' : ` [${call.fault}]`
  return `${call.method} ${cut} → ${outcome}${fault}`
}
