import { z } from 'zod'
import { list, mapping, saying } from './field-kinds.ts'
import { domain, email, groupId, userId } from './field-values.ts'

const names = {
  groups: list('a list of user group ids', groupId)
    .optional()
    .describe('Slack user groups, by id, such as S0123456789.'),
  users: list('a list of member ids', userId)
    .optional()
    .describe('People by their Slack id, such as U0123456789.'),
  emails: list('a list of e-mail addresses', email)
    .optional()
    .describe('People by their e-mail address; case does not matter.'),
  domains: list('a list of domains', domain)
    .optional()
    .describe('Everybody with an address at one of these domains; a sub-domain is another domain.'),
}

const deny = mapping('people: groups, users, emails or domains', names)
  .refine(namesSomebody, 'names nobody; list groups, users, emails or domains')
  .meta({ id: 'deny' })

const peopleFields = {
  ...names,
  everyone: z
    .literal(true, saying('true, or be left out'))
    .optional()
    .describe('Every full member of the workspace with an address in the file’s domains.'),
  deny: deny
    .optional()
    .describe('Do not belong, whatever else names them: deny beats every other list.'),
}
const PEOPLE = 'people: groups, users, emails, domains or everyone: true'
const NOBODY = 'names nobody; list groups, users, emails, domains or everyone: true'

/** Members, named in lists. */
export const people = mapping(PEOPLE, peopleFields).refine(namesSomebody, NOBODY).meta({
  id: 'people',
  description: 'People: somebody belongs when any list has them, unless deny has them too.',
})

/** Members who may answer. */
export const approvers = mapping(PEOPLE, {
  ...peopleFields,
  silent: people.optional().describe('May answer like the others, and are not pinged.'),
})
  .refine((set) => namesSomebody(set) || set.silent !== undefined, NOBODY)
  .meta({
    id: 'approvers',
    description:
      'Who may answer. Groups and users are pinged, unless silent; nobody answers their own request, whatever names them.',
  })

const { groups: _groups, ...outsideNames } = names

/** People of other organisations, and guests. */
export const vendorPeople = mapping('people: emails, domains or users', outsideNames)
  .refine(namesSomebody, 'names nobody; list emails, domains or users')
  .meta({ id: 'vendorPeople', description: 'Guests and people of other organisations.' })

export type NamesEntry = z.output<typeof deny>
export type PeopleEntry = z.output<typeof people>
export type ApproversEntry = z.output<typeof approvers>
export type VendorPeopleEntry = z.output<typeof vendorPeople>

interface Lists {
  readonly groups?: readonly string[] | undefined
  readonly users?: readonly string[] | undefined
  readonly emails?: readonly string[] | undefined
  readonly domains?: readonly string[] | undefined
  readonly everyone?: boolean | undefined
}

function namesSomebody({ groups, users, emails, domains, everyone }: Lists): boolean {
  return (
    everyone === true ||
    [groups, users, emails, domains].some((names) => names !== undefined && names.length > 0)
  )
}
