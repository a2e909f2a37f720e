import type { Refusal } from '../domain/refusal.ts'
import type { PageContext } from './context.ts'
import { notePage } from './layout.ts'
import { refusalText } from './wording-refusal.ts'

const LINKING = new Set<Refusal['code']>(['link-needed', 'link-outdated', 'linked-to-another'])
const RETRY_SECONDS = '30'

/** For somebody whom Pomerium vouches for, and whom Slack does not know, or not as the same person. */
export function turnedAwayPage(c: PageContext, refusal: Refusal): Response | Promise<Response> {
  const text = refusalText(refusal)
  if (refusal.code === 'directory-unavailable') {
    c.header('Retry-After', RETRY_SECONDS)
    return notePage(c, 503, { title: 'Slack cannot be asked right now', text })
  }
  if (LINKING.has(refusal.code))
    return notePage(c, 403, {
      title: 'Link your Slack account',
      text,
      action: { path: '/link', label: 'Link it' },
    })
  const isUnknown = refusal.code === 'not-a-member' && refusal.why === 'unknown'
  return notePage(c, 403, {
    title: 'You cannot use these pages yet',
    text,
    ...(isUnknown ? { action: { path: '/link', label: 'Link your Slack account' } } : {}),
  })
}
