import type { Ineligibility } from '../domain/request.ts'

/** Why somebody is not eligible any more, as a clause that needs no name. */
export const ineligibleWords: Readonly<Record<Ineligibility, string>> = {
  unknown: 'Slack does not know the account any more',
  deactivated: 'the Slack account is deactivated',
  guest: 'the Slack account is that of a guest',
  bot: 'the Slack account is that of a bot',
  external: 'the Slack account belongs to another organisation',
  invited: 'the Slack account has not joined the workspace',
  'no-email': 'the Slack profile shows no e-mail address',
  'email-domain': 'the e-mail address is not one of the organisation',
  'email-changed': 'the e-mail address in Slack is another one than before',
  'not-a-requester': 'the requester is no longer among those who may ask for it',
  'not-a-sponsor': 'the sponsor is no longer among those who may vouch for it',
  'not-a-vendor': 'the catalogue does not list the vendor for this any more',
  'grant-over': 'the access it was to extend is over',
  restored: 'the database was restored from a back-up, which may not know that it was taken away',
}
