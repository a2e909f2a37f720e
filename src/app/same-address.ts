import { foldEmail } from '../domain/person.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'

/**
 * Whether Slack and Pomerium mean the same mailbox: the same address in any case. Letters that only Unicode holds for
 * the same as ASCII's, such as the Kelvin sign and K, are others to a mail server; and nothing is trimmed.
 */
export function isSameAddress(inSlack: string, inPomerium: string): boolean {
  return (
    isWritableEmail(inSlack) &&
    isWritableEmail(inPomerium) &&
    isAscii(inSlack) === isAscii(inPomerium) &&
    foldEmail(inSlack) === foldEmail(inPomerium)
  )
}

function isAscii(text: string): boolean {
  return /^[\u0021-\u007e]*$/.test(text)
}
