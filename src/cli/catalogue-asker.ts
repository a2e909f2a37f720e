import { readFileSync } from 'node:fs'
import { readEnvironment, readSetting } from '../config.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Person, Standing } from '../domain/person.ts'
import { foldEmail } from '../domain/person.ts'
import type { Catalogue, Resource } from '../domain/resource.ts'
import { domainOf, groupsIn, requesterSets } from '../domain/rules.ts'
import { personInSlack } from './catalogue-slack.ts'

export interface AskerOptions {
  readonly who: string
  readonly user?: string | undefined
  readonly groups?: string | undefined
  readonly standing?: string | undefined
}

export type Asker =
  | {
      readonly ok: true
      readonly person: Person
      /** What was looked up, and what was assumed. */
      readonly notes: readonly string[]
    }
  | { readonly ok: false; readonly text: string }

/** Who asks: as told, else as Slack has them when SLACK_BOT_TOKEN is set, else in no group. */
export async function askerOf(
  options: AskerOptions,
  catalogue: Catalogue,
  resource: Resource,
): Promise<Asker> {
  const { who, user, standing } = options
  if (standing !== undefined && !isStanding(standing))
    return { ok: false, text: '--standing must be member, guest or outsider' }
  if (user !== undefined && !/^[UW][A-Z0-9]{1,20}$/.test(user))
    return { ok: false, text: '--user must be a member id such as U0123456789' }
  const given = options.groups?.split(',').filter((group) => group !== '')
  if (given?.some((group) => !/^S[A-Z0-9]{1,20}$/.test(group)) === true)
    return { ok: false, text: '--groups must be user group ids such as S0ENG,S0SRE' }
  const groups = groupsIn(...requesterSets(resource))
  const isOurs = catalogue.domains.includes(domainOf(foldEmail(who)))
  const usual = { standing: isOurs ? 'member' : 'outsider', teamId: '' as SlackTeamId } as const
  const told = {
    ...(standing === undefined ? {} : { standing }),
    ...(user === undefined ? {} : { userId: user as SlackUserId }),
  }
  const token = setting('SLACK_BOT_TOKEN')
  if (given === undefined && token !== undefined) {
    if (!token.ok) return { ok: false, text: token.mistakes.join('\n') }
    const found = await personInSlack(who, groups, isOurs, token.value)
    if (!found.ok) return found
    return { ok: true, person: { ...usual, ...found.person, ...told }, notes: [found.note] }
  }
  const person: Person = {
    ...usual,
    userId: '' as SlackUserId,
    email: who,
    groups: new Set(given as SlackGroupId[] | undefined),
    ...told,
  }
  return { ok: true, person, notes: assumptions(person, resource, groups, given) }
}

function assumptions(
  person: Person,
  resource: Resource,
  groups: ReadonlySet<SlackGroupId>,
  given: readonly string[] | undefined,
): readonly string[] {
  const users = requesterSets(resource).flatMap((set) => [
    ...(set?.users ?? []),
    ...(set !== undefined && 'deny' in set ? (set.deny?.users ?? []) : []),
  ])
  const others = [...groups].filter((group) => !person.groups.has(group))
  return [
    ...(given === undefined || given.length === 0 ? [] : [`groups as given: ${given.join(', ')}`]),
    ...(others.length === 0
      ? []
      : [
          given === undefined
            ? `assumed in none of the groups ${others.join(', ')}; give --groups, or set SLACK_BOT_TOKEN to look them up`
            : `assumed not in ${others.join(', ')}`,
        ]),
    ...(person.userId !== '' || users.length === 0
      ? []
      : [`assumed to be none of the users ${[...new Set(users)].join(', ')}; give --user`]),
  ]
}

function isStanding(text: string): text is Standing {
  return text === 'member' || text === 'guest' || text === 'outsider'
}

/** Absent when nothing is set at all. */
function setting(name: 'SLACK_BOT_TOKEN') {
  const env = readEnvironment()
  const isSet = [env[name], env[`${name}_FILE`]].some(
    (value) => value !== undefined && value !== '',
  )
  return isSet ? readSetting(name, env, (path) => readFileSync(path, 'utf8')) : undefined
}
