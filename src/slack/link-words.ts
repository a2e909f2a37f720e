import { LINK_CODE_SECONDS } from '../app/link-code.ts'
import { code, duration, link, time } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import { context, section } from './wording-blocks.ts'

/** Where to enter a code and what for, as only its owner may read it. */
export function linkCodeMessage(issued: {
  readonly code: string
  readonly page: string
  readonly expiresAt: Date
}): Message {
  const text = `Open ${link(issued.page, issued.page)} and enter ${code(issued.code, 20)} there to link this Slack account to the identity that Pomerium has of you: access is then opened for that identity.`
  const small = `The code works once, within ${duration(LINK_CODE_SECONDS)}: until ${time(issued.expiresAt)}. Enter it yourself and give it to nobody; another \`/jit link\` makes it void.`
  return { text: `${text} ${small}`, blocks: [section('answer', text), context('hint', small)] }
}
