import type { AppsManifestCreateArguments } from '@slack/web-api'
import { parseArgs } from 'node:util'
import { Document, isMap, isScalar, isSeq } from 'yaml'
import { WORKSPACE_EVENTS } from '../slack/workspace-events.ts'
import { parserProblem } from './words.ts'

export type Manifest = Exclude<AppsManifestCreateArguments['manifest'], string>
type Scopes = NonNullable<NonNullable<NonNullable<Manifest['oauth_config']>['scopes']>['bot']>
type Scope = Scopes[number]
type Event = keyof typeof WORKSPACE_EVENTS

/** How Slack reaches the bot: over a WebSocket that the bot opens, or at a public address. */
export type ManifestOptions =
  { readonly mode: 'socket' } | { readonly mode: 'http'; readonly origin: string }

/** The least that works, each scope with its reason. */
export const SCOPE_REASONS = {
  commands: 'the slash command /jit',
  'chat:write': 'post request cards and direct messages, and edit them as things change',
  'users:read':
    'refuse bots, deactivated people, other workspaces and unlisted guests at every step; time zones',
  'users:read.email': "the e-mail address that becomes the person's rule in Pomerium",
  'usergroups:read': 'requesters, approvers and admins that the catalogue names by user group',
  'im:write': 'open the direct conversation with a requester',
  'channels:read': 'refuse an approval channel that is shared with another organization',
  'groups:read': 'the same for a private approval channel',
} as const satisfies { readonly [scope in Scope]?: string }

/** The Slack app manifest. Source of the fields: https://docs.slack.dev/reference/app-manifest */
export function manifest(options: ManifestOptions): Manifest {
  const requestUrl = options.mode === 'http' ? `${options.origin}/slack/events` : undefined
  return {
    display_information: {
      name: 'Just-in-time access',
      description: 'Ask for access here; Pomerium enforces the answer until the minute it ends.',
    },
    features: {
      app_home: {
        home_tab_enabled: false,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: true,
      },
      bot_user: { display_name: 'jit', always_online: true },
      slash_commands: [
        {
          command: '/jit',
          ...(requestUrl === undefined ? {} : { url: requestUrl }),
          description: 'Ask for access, and see what you hold',
          usage_hint: '[request <resource>[:level] <duration> <reason>] · mine · pending · help',
          should_escape: true,
        },
      ],
    },
    oauth_config: { scopes: { bot: Object.keys(SCOPE_REASONS) as (keyof typeof SCOPE_REASONS)[] } },
    settings: {
      event_subscriptions: {
        ...(requestUrl === undefined ? {} : { request_url: requestUrl }),
        bot_events: Object.keys(WORKSPACE_EVENTS) as Event[],
      },
      interactivity: {
        is_enabled: true,
        ...(requestUrl === undefined ? {} : { request_url: requestUrl }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: options.mode === 'socket',
      token_rotation_enabled: false,
    },
  }
}

/** The manifest as YAML, with a comment line for each scope and event. */
export function manifestYaml(options: ManifestOptions): string {
  const document = new Document(manifest(options))
  const flag = options.mode === 'socket' ? '--socket' : `--origin ${options.origin}`
  document.commentBefore = [
    ` Slack app manifest, printed by: npm run jit -- manifest ${flag}`,
    options.mode === 'socket'
      ? ' Socket Mode also needs an app-level token with connections:write.'
      : ' Slack delivers commands, clicks and events to this origin.',
  ].join('\n')
  explain(document, ['oauth_config', 'scopes', 'bot'], SCOPE_REASONS)
  explain(document, ['settings', 'event_subscriptions', 'bot_events'], WORKSPACE_EVENTS)
  if (isMap(document.contents)) document.contents.spaceBefore = true
  return document.toString({ lineWidth: 0, singleQuote: true })
}

function explain(
  document: Document,
  path: readonly string[],
  reasons: { readonly [item: string]: string },
): void {
  const list = document.getIn(path)
  if (!isSeq(list)) return
  for (const item of list.items)
    if (isScalar<string>(item)) item.commentBefore = ` ${reasons[item.value]}`
}

export type PrintedManifest =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }

const USAGE =
  'usage: jit manifest --socket, or jit manifest --origin https://jit.example.com for HTTP mode'

/** What `jit manifest` prints for these arguments, or why it cannot. */
export function printManifest(args: readonly string[]): PrintedManifest {
  const flags = flagsOf(args)
  if (typeof flags === 'string') return { ok: false, message: `${flags}; ${USAGE}` }
  if (flags.socket === (flags.origin !== undefined)) return { ok: false, message: USAGE }
  if (flags.origin === undefined) return { ok: true, text: manifestYaml({ mode: 'socket' }) }
  const origin = parseOrigin(flags.origin)
  if (origin !== undefined) return { ok: true, text: manifestYaml({ mode: 'http', origin }) }
  return {
    ok: false,
    message:
      '--origin must be https:// and a host, without user, path, query or fragment, such as https://jit.example.com',
  }
}

function flagsOf(args: readonly string[]): { socket: boolean; origin?: string } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { socket: { type: 'boolean', default: false }, origin: { type: 'string' } },
    })
    return values
  } catch (error) {
    return parserProblem(error)
  }
}

function parseOrigin(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https:\/\/[^\s/?#@\\]+\/?$/i.test(text)) return undefined
  return url.origin
}
