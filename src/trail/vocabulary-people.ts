import { z } from 'zod'
import { refusal } from './vocabulary-refused.ts'
import type { EventKind } from './vocabulary-terms.ts'
import { kind, personal, text } from './vocabulary-terms.ts'

/** What was done from a terminal. */
export const operated = {
  operator: personal(text, 'The operating system’s user who ran the command.').optional(),
}
const account = {
  user: personal(text, 'The Slack user.'),
  team: personal(text, 'Their Slack workspace.'),
}
const slackAddress = personal(text, 'The address that Slack has.')
const pomeriumAddress = personal(text, 'The address that Pomerium has.')
const subject = personal(text, 'Pomerium’s id of the person.')
const linked = { ...account, slackAddress, pomeriumAddress, subject }

/** Who people are, in Slack and behind Pomerium. */
export const peopleKinds = {
  'identity.pinned': kind('Somebody was seen for the first time: their address holds from now on.'),
  'identity.email_changed': kind('Slack has another address for somebody than the pinned one.', {
    pinned: personal(text, 'The pinned address.'),
    now: personal(text, 'The address that Slack has now.'),
  }),
  'identity.forgotten': kind('An operator let go of a pinned address, and of the link with it.', {
    ...account,
    was: personal(text, 'The address that was pinned.'),
    subject: subject.optional(),
    pomeriumAddress: pomeriumAddress.optional(),
    allowed: personal(text, 'The address that they were allowed to link as.').optional(),
    ...operated,
  }),
  'identity.linked': kind('A Slack user and a Pomerium identity are one person.', linked),
  'identity.relinked': kind('Another Pomerium identity took the place of the one before.', {
    ...linked,
    was: personal(z.strictObject({ subject: text, email: text }), 'The identity before.'),
  }),
  'identity.unlinked': kind('The link to a Pomerium identity was taken away.', {
    ...account,
    subject,
    pomeriumAddress,
    ...operated,
  }),
  'identity.link_refused': kind('Linking was refused.', {
    user: account.user.optional(),
    team: account.team.optional(),
    slackAddress: slackAddress.optional(),
    pomeriumAddress: pomeriumAddress.optional(),
    linkedTo: personal(text, 'The Slack user whose identity it is.').optional(),
    refusal,
  }),
  'identity.address_allowed': kind('An operator lets somebody link as an address.', {
    ...account,
    pomeriumAddress,
    ...operated,
  }),
} satisfies Record<`identity.${string}`, EventKind>
