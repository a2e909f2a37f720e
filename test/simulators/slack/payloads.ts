import { channelOf, payloadName } from './channels.ts'
import { isJson, type Json } from './json.ts'
import { personOf } from './people.ts'
import type { Workspace } from './workspace.ts'

/** What a forged request has different from an honest one. */
export interface Overrides {
  /** Another workspace, everywhere the payload names one. */
  readonly teamId?: string
  readonly apiAppId?: string
  /** Changes the finished payload in any way. */
  readonly alter?: (payload: Json) => Json
}

/** The fields that every interaction has. */
export function interaction(workspace: Workspace, personId: string, type: string): Json {
  const person = personOf(workspace, personId)
  const name = person.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')
  return {
    type,
    user: { id: person.id, username: name, name, team_id: person.teamId },
    api_app_id: workspace.appId,
    token: 'verification-token',
    team: { id: workspace.teamId, domain: workspace.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
  }
}

/** The fields of a slash command. Source: https://docs.slack.dev/interactivity/implementing-slash-commands */
export function commandPayload(
  workspace: Workspace,
  personId: string,
  channelId: string,
  rest: Readonly<Record<'command' | 'text' | 'response_url' | 'trigger_id', string>>,
): Json {
  const person = personOf(workspace, personId)
  const channel = channelOf(workspace, channelId)
  return {
    token: 'verification-token',
    team_id: workspace.teamId,
    team_domain: workspace.teamDomain,
    channel_id: channel.id,
    channel_name: payloadName(channel),
    user_id: person.id,
    user_name: person.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.'),
    command: rest.command,
    text: rest.text,
    api_app_id: workspace.appId,
    is_enterprise_install: 'false',
    response_url: rest.response_url,
    trigger_id: rest.trigger_id,
  }
}

/** The envelope of an event. Source: https://docs.slack.dev/apis/events-api */
export function eventPayload(workspace: Workspace, event: Json): Json {
  return {
    token: 'verification-token',
    team_id: workspace.teamId,
    context_team_id: workspace.teamId,
    context_enterprise_id: null,
    api_app_id: workspace.appId,
    event,
    type: 'event_callback',
    event_id: workspace.newId('Ev'),
    event_time: Math.floor(workspace.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: workspace.teamId,
        user_id: workspace.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: workspace.newId('4-'),
  }
}

/** The payload with the overrides in it. */
export function forge(payload: Json, { teamId, apiAppId, alter }: Overrides): Json {
  let forged = payload
  if (teamId !== undefined) forged = inTeam(forged, teamId)
  if (apiAppId !== undefined) forged = { ...forged, api_app_id: apiAppId }
  return alter ? alter(forged) : forged
}

function inTeam(payload: Json, teamId: string): Json {
  const { team, user, view, authorizations } = payload
  return {
    ...payload,
    ...(payload['team_id'] === undefined ? {} : { team_id: teamId }),
    ...(isJson(team) ? { team: { ...team, id: teamId } } : {}),
    ...(isJson(user) ? { user: { ...user, team_id: teamId } } : {}),
    ...(isJson(view) ? { view: { ...view, team_id: teamId, app_installed_team_id: teamId } } : {}),
    ...(Array.isArray(authorizations)
      ? { authorizations: authorizations.filter(isJson).map((a) => ({ ...a, team_id: teamId })) }
      : {}),
  }
}
