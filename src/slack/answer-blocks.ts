import type { KnownBlock } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { userMention } from './mrkdwn.ts'
import { quote, section } from './wording-blocks.ts'
import { wish } from './wording-done.ts'

/** What was asked, by whom and why; nothing when the request is not known. */
export function askedBlocks(view: RequestView | undefined): KnownBlock[] {
  if (view === undefined) return []
  const { request, resource } = view
  const risk = resource?.risk === 'high' ? ' *High risk.*' : ''
  const verb = request.kind === 'break-glass' ? 'opened' : 'asks for'
  const asked = `${userMention(request.requester.userId)} ${verb} ${wish(view)}.${risk}`
  return [section('asked', asked), quote('why', request.reason)]
}
