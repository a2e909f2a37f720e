import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Manifest } from '../../src/cli/manifest.ts'
import { SCOPE_REASONS, manifest, manifestYaml, printManifest } from '../../src/cli/manifest.ts'
import { WORKSPACE_EVENTS } from '../../src/slack/workspace-events.ts'

const ORIGIN = 'https://jit.example.com'

describe('manifest', () => {
  it('describes Socket Mode without any address', () => {
    assert.deepEqual(manifest({ mode: 'socket' }), {
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
            description: 'Ask for access, and see what you hold',
            usage_hint: '[request <resource>[:level] <duration> <reason>] · mine · pending · help',
            should_escape: true,
          },
        ],
      },
      oauth_config: {
        scopes: {
          bot: [
            'commands',
            'chat:write',
            'users:read',
            'users:read.email',
            'usergroups:read',
            'im:write',
            'channels:read',
            'groups:read',
          ],
        },
      },
      settings: {
        event_subscriptions: {
          bot_events: ['user_change', 'subteam_updated', 'subteam_members_changed'],
        },
        interactivity: { is_enabled: true },
        org_deploy_enabled: false,
        socket_mode_enabled: true,
        token_rotation_enabled: false,
      },
    })
  })

  it('sends commands, clicks and events to one address in HTTP mode, and differs in nothing else', () => {
    const socket = manifest({ mode: 'socket' })
    const http = manifest({ mode: 'http', origin: ORIGIN })
    assert.deepEqual(http, {
      ...socket,
      features: {
        ...socket.features,
        slash_commands: socket.features?.slash_commands?.map((command) => ({
          ...command,
          url: `${ORIGIN}/slack/events`,
        })),
      },
      settings: {
        ...socket.settings,
        event_subscriptions: {
          ...socket.settings?.event_subscriptions,
          request_url: `${ORIGIN}/slack/events`,
        },
        interactivity: { is_enabled: true, request_url: `${ORIGIN}/slack/events` },
        socket_mode_enabled: false,
      },
    })
  })

  it('does not compile with a misspelt scope or event', () => {
    // @ts-expect-error: chat:write is the scope
    const scopes: Manifest['oauth_config'] = { scopes: { bot: ['chat:wirte'] } }
    // @ts-expect-error: app_home_opened is the event
    const events: Manifest['settings'] = { event_subscriptions: { bot_events: ['home_opened'] } }
    assert.ok(scopes !== undefined && events !== undefined)
  })

  for (const [name, built] of [
    ['Socket Mode', manifest({ mode: 'socket' })],
    ['HTTP mode', manifest({ mode: 'http', origin: `https://${'a'.repeat(50)}.example.com` })],
  ] as const)
    it(`stays within Slack's limits in ${name}`, () => {
      const { display_information: shown, features, oauth_config: oauth, settings } = built
      const within = (text: string | undefined, min: number, max: number) =>
        assert.ok(
          text !== undefined && text.length >= min && text.length <= max,
          `${text} has not ${min} to ${max} characters`,
        )
      within(shown.name, 1, 35)
      within(shown.description, 1, 140)
      assert.match(features?.bot_user?.display_name ?? '', /^[a-z0-9._-]{1,80}$/)
      const commands = features?.slash_commands ?? []
      assert.ok(commands.length >= 1 && commands.length <= 50)
      for (const { command, description, usage_hint: hint, url } of commands) {
        assert.match(command, /^\/[a-z0-9_-]{1,31}$/)
        within(description, 1, 2_000)
        within(hint, 1, 1_000)
        if (url !== undefined) within(url, 1, 3_000)
      }
      const scopes = oauth?.scopes?.bot ?? []
      assert.ok(scopes.length <= 255 && new Set(scopes).size === scopes.length)
      for (const scope of scopes) within(scope, 1, 50)
      const address = settings?.interactivity?.request_url
      if (address !== undefined) within(address, 1, 3_500)
      const events = settings?.event_subscriptions
      assert.ok((events?.bot_events ?? []).length <= 100)
      if (events?.request_url !== undefined) within(events.request_url, 1, 3_500)
      assert.equal(features?.app_home?.home_tab_enabled, false)
    })
})

describe('manifestYaml', () => {
  it('is the manifest, with the reason in the line above each scope and event', () => {
    for (const options of [{ mode: 'socket' }, { mode: 'http', origin: ORIGIN }] as const) {
      const text = manifestYaml(options)
      assert.deepEqual(parse(text), manifest(options))
      for (const [scope, reason] of Object.entries(SCOPE_REASONS))
        assert.ok(text.includes(`      # ${reason}\n      - ${scope}\n`), scope)
      for (const [event, reason] of Object.entries(WORKSPACE_EVENTS))
        assert.ok(text.includes(`      # ${reason}\n      - ${event}\n`), event)
    }
  })
})

describe('manifest.yml', () => {
  it('is what jit manifest --socket prints', () => {
    const file = readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')
    assert.deepEqual(printManifest(['--socket']), { ok: true, text: file })
  })
})

describe('printManifest', () => {
  it('takes an origin, with or without a last slash, and writes it in its normal form', () => {
    const text = manifestYaml({ mode: 'http', origin: 'https://jit.example.com:8443' })
    for (const args of [
      ['--origin', 'https://jit.example.com:8443'],
      ['--origin=https://JIT.example.com:8443/'],
    ])
      assert.deepEqual(printManifest(args), { ok: true, text })
  })

  const usage =
    'usage: jit manifest --socket, or jit manifest --origin https://jit.example.com for HTTP mode'
  const badOrigin =
    '--origin must be https:// and a host, without user, path, query or fragment, such as https://jit.example.com'
  const table: readonly (readonly [readonly string[], string])[] = [
    [[], usage],
    [['--socket', '--origin', ORIGIN], usage],
    [['--origin'], `Option '--origin <value>' argument missing; ${usage}`],
    [['--sockets'], `Unknown option '--sockets'; ${usage}`],
    [['socket'], `Unexpected argument 'socket'; ${usage}`],
    [['--origin', 'http://jit.example.com'], badOrigin],
    [['--origin', 'jit.example.com'], badOrigin],
    [['--origin', `${ORIGIN}/slack`], badOrigin],
    [['--origin', `${ORIGIN}?x=1`], badOrigin],
    [['--origin', `${ORIGIN}#x`], badOrigin],
    [['--origin', 'https://user@jit.example.com'], badOrigin],
    [['--origin', 'https://jit.example.com\n- evil'], badOrigin],
    [['--origin', 'https://'], badOrigin],
  ]
  for (const [args, message] of table)
    it(`refuses ${JSON.stringify(args.join(' '))}`, () => {
      assert.deepEqual(printManifest(args), { ok: false, message })
    })
})
