import type { WebClient } from '@slack/web-api'
import { SCOPE_REASONS } from '../cli/manifest.ts'
import type { Catalogue } from '../domain/resource.ts'
import { groupsOf } from '../domain/rules.ts'
import { boltLogger, createLogger } from '../log.ts'
import { failureText, slackFailure } from '../slack/failure.ts'
import type { Misfit } from '../slack/preflight.ts'
import { channelMisfits, channelsOf, groupMisfits } from '../slack/preflight.ts'
import { SlackIdentityError, createWebClient, slackIdentity } from '../slack/web-client.ts'
import type { Finding, Line } from './finding.ts'
import {
  apart,
  check,
  failed,
  isPassed,
  lineOf,
  ok,
  reasonOf,
  severally,
  skip,
  skipped,
  warning,
} from './finding.ts'
import type { Settings } from './settings.ts'

const AGAIN = 'run it again when Slack answers'
const REINSTALL =
  'give the app the manifest that "npm run jit -- manifest" prints, and install it again'

/** The token and its scopes, and whether the catalogue fits the workspace. */
export async function examineSlack(
  { slack }: Pick<Settings, 'slack'>,
  catalogue: Promise<Catalogue | undefined>,
): Promise<readonly Line[]> {
  const rest = ['slack.scopes', 'slack.channel', 'slack.group'] as const
  if (slack === undefined)
    return skip(
      ['slack.token', ...rest],
      'the environment gives no token of Slack that can be read',
    )
  const logger = boltLogger(createLogger({ level: 'silent' }))
  const client = createWebClient({ ...slack, logger })
  const token = await check('slack.token', () => findIdentity(client), { meaning: tokenFailure })
  if (!isPassed(token)) return [...token, ...skip(rest, 'Slack does not take the token')]
  const others = await Promise.all([
    check('slack.scopes', () => compareScopes(client), { meaning: unanswered }),
    catalogue.then((known) => examineWorkspace(client, known)),
  ])
  return [...token, ...others.flat()]
}

async function findIdentity(client: WebClient): Promise<Finding> {
  const { teamId, botUserId } = await slackIdentity(client)
  return ok(`workspace ${teamId}, bot user ${botUserId}`)
}

function tokenFailure(error: unknown): Finding {
  if (!(error instanceof SlackIdentityError)) return failed(reasonOf(error), AGAIN)
  return failed(...apart(error.message, AGAIN))
}

/** By the header that Slack sends with every answer. */
async function compareScopes(client: WebClient): Promise<Finding | readonly Finding[]> {
  const { response_metadata: metadata } = await client.auth.test()
  const granted = metadata?.scopes
  if (granted === undefined) return skipped('Slack does not say which scopes the token has')
  const needed = Object.keys(SCOPE_REASONS)
  const missing = needed.filter((scope) => !granted.includes(scope))
  const extra = granted.filter((scope) => scope !== '' && !needed.includes(scope))
  if (missing.length === 0 && extra.length === 0)
    return ok(`the ${needed.length} of the manifest, and no other`)
  return [
    ...(missing.length === 0 ? [] : [failed(`the token lacks ${missing.join(', ')}`, REINSTALL)]),
    ...(extra.length === 0
      ? []
      : [
          warning(
            `the token has scopes that the bot does not need: ${extra.join(', ')}`,
            REINSTALL,
          ),
        ]),
  ]
}

async function examineWorkspace(
  client: WebClient,
  catalogue: Catalogue | undefined,
): Promise<readonly Line[]> {
  if (catalogue === undefined)
    return skip(['slack.channel', 'slack.group'], 'the catalogue cannot be used')
  const groups = groupsOf(catalogue)
  const lines = await Promise.all([
    severally(channelsOf(catalogue), (id) =>
      check(
        'slack.channel',
        async () => {
          const misfits = await channelMisfits(client, id)
          return misfits.length > 0
            ? misfits.map(misfitting)
            : ok('the bot is in it, and nobody of another organisation')
        },
        { subject: id, meaning: unanswered },
      ),
    ),
    examineGroups(client, groups),
  ])
  return lines.flat()
}

async function examineGroups(
  client: WebClient,
  groups: ReturnType<typeof groupsOf>,
): Promise<readonly Line[]> {
  if (groups.size === 0) return skip(['slack.group'], 'the catalogue names none')
  let misfits: readonly Misfit[] = []
  const all = await check(
    'slack.group',
    async () => {
      misfits = await groupMisfits(client, groups)
      const [first] = misfits.filter(({ id }) => id === undefined)
      return first === undefined ? ok('exists') : misfitting(first)
    },
    { meaning: unanswered },
  )
  if (!isPassed(all)) return all
  return [...groups].map((id) => {
    const misfit = misfits.find((one) => one.id === id)
    return lineOf('slack.group', misfit === undefined ? ok('exists') : misfitting(misfit), id)
  })
}

function misfitting({ problem }: Misfit): Finding {
  return failed(...apart(problem, AGAIN))
}

function unanswered(error: unknown): Finding {
  return failed(`Slack does not say: ${failureText(slackFailure(error))}`, AGAIN)
}
