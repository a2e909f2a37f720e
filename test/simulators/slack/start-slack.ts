import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addChannel, channelOf, dmWith, updateChannel, type NewChannel } from './channels.ts'
import { createDelivery } from './delivery.ts'
import { createEventFeed } from './events.ts'
import { createFaults, type Fault } from './faults.ts'
import { disableGroup, setGroup } from './groups.ts'
import * as acts from './interactions.ts'
import { notified } from './mentions.ts'
import { addMessage } from './messages.ts'
import * as modals from './modals.ts'
import { addPerson, updatePerson, userObject } from './people.ts'
import { createResponseUrls } from './response-urls.ts'
import type { SlackOptions, SlackSimulator } from './simulator.ts'
import { createSocketMode } from './socket-mode.ts'
import { createTriggers } from './triggers.ts'
import { visibleText } from './visible-text.ts'
import { waitFor } from './wait-for.ts'
import { createListener } from './web-server.ts'
import { createWorkspace, type WorkspaceSettings } from './workspace.ts'

const SCOPES = [
  'commands',
  'chat:write',
  'users:read',
  'users:read.email',
  'usergroups:read',
  'im:write',
  'channels:read',
  'groups:read',
]
const EVENTS = ['user_change', 'subteam_updated', 'subteam_members_changed']

/** A Slack workspace on a loopback port, with one app installed and nobody but its bot in it. */
export async function startSlack(options: SlackOptions = {}): Promise<SlackSimulator> {
  const workspace = createWorkspace(settingsFrom(options))
  const faults = createFaults()
  const triggers = createTriggers(workspace)
  const responseUrls = createResponseUrls(workspace)
  const socketMode = createSocketMode(workspace)
  const delivery = createDelivery(workspace, socketMode, {
    url: options.eventsUrl,
    ackTimeoutMs: options.ackTimeoutMs ?? 3_000,
    signedAt: options.signedAt ?? Date.now,
  })
  const events = createEventFeed(workspace, delivery)

  const socketUrl = (): string => `ws://${authority()}${socketMode.ticket()}`
  const backend = { workspace, triggers, socketUrl }
  const server = createServer(createListener({ backend, faults, responseUrls }))
  server.on('upgrade', (request, socket, head) => {
    if (faults.isOut) socket.destroy()
    else socketMode.accept(request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const authority = (): string => `127.0.0.1:${port}`
  const { port } = server.address() as AddressInfo
  const own = `http://${authority()}`
  let reachedBy = own
  const address = (path: string): string => `${reachedBy}${path}`
  const stage = { workspace, delivery, triggers, responseUrls, address }

  addPerson(workspace, {
    id: workspace.botUserId,
    name: 'JIT',
    kind: 'bot',
  })
  addPerson(workspace, { id: 'USLACKBOT', name: 'Slackbot', kind: 'bot' })

  return {
    apiUrl: `${own}/api/`,
    teamId: workspace.teamId,
    appId: workspace.appId,
    botUserId: workspace.botUserId,
    botToken: workspace.botToken,
    appToken: workspace.appToken,
    signingSecret: workspace.signingSecret,
    deliverTo(url, origin = own) {
      delivery.url = url
      reachedBy = origin
    },
    get isSocketConnected() {
      return socketMode.isConnected
    },
    disconnectSockets: (reason = 'refresh_requested') => socketMode.disconnect(reason),

    addPerson: (person) => addPerson(workspace, person),
    update(id, changes) {
      const person = updatePerson(workspace, id, changes)
      const user = userObject(workspace, person)
      events.publish([{ type: 'user_change', user, cache_ts: person.updated }])
      return person
    },
    people: () => [...workspace.people.values()],
    setGroup: (id, handle, members) => events.publish(setGroup(workspace, id, handle, members)),
    disableGroup: (id) => events.publish(disableGroup(workspace, id)),
    groups: () => [...workspace.groups.values()],
    addChannel: (channel: NewChannel) => addChannel(workspace, channel),
    updateChannel: (id, changes) => updateChannel(workspace, id, changes),
    channels: () => [...workspace.channels.values()],
    dmChannel: (personId) => dmWith(workspace, personId).id,
    say(personId, channelId, text, threadTs) {
      const channel = channelOf(workspace, channelId)
      return addMessage(workspace, channel, personId, { text, blocks: [] }, threadTs)
    },

    command: (personId, channelId, name, text = '', overrides = {}) =>
      acts.command(stage, personId, channelId, name, text, overrides),
    click: (personId, place, actionId, more = {}) =>
      acts.click(stage, personId, place, actionId, more),
    clickStale: (personId, place, actionId, more = {}) =>
      acts.clickStale(stage, personId, place, actionId, more),
    fill: (personId, viewId, entries) => modals.fillIn(stage, personId, viewId, entries),
    submit: (personId, viewId, entries = {}, more = {}) =>
      modals.submit(stage, personId, viewId, entries, more),
    close: (personId, viewId, more = {}) => modals.close(stage, personId, viewId, more),
    clickInView: (personId, viewId, actionId, value, more = {}) =>
      modals.clickInView(stage, personId, viewId, actionId, value, more),
    suggest: (personId, viewId, actionId, query) =>
      modals.suggest(stage, personId, viewId, actionId, query),
    openHome: (personId, overrides = {}) => acts.openHome(stage, personId, overrides),
    event: (event, overrides = {}) => acts.sendEvent(stage, event, overrides),
    retryEvent: (num, reason) => delivery.retryEvent(num, reason),
    retryEvents: () => events.retryDue(),
    get owedEvents() {
      return events.waiting
    },
    redeliver: (count = 1) => delivery.redeliver(count),
    deliverRaw: (raw) => delivery.deliverRaw(raw),

    messages: (channelId) => [...channelOf(workspace, channelId).messages.values()],
    ephemerals: (personId) => [...(workspace.ephemerals.get(personId) ?? [])],
    dm: (personId) => [...dmWith(workspace, personId).messages.values()],
    views: (personId) => [...(workspace.views.get(personId) ?? [])],
    home: (personId) => workspace.homes.get(personId),
    notices: (personId) => [...(workspace.notices.get(personId) ?? [])],
    calls: workspace.calls,
    notified: (message) => notified(workspace, message),
    visibleText,
    onChange: (listener) => workspace.onChange(listener),
    waitFor: (predicate, { timeoutMs = 15_000 } = {}) => waitFor(workspace, predicate, timeoutMs),

    fail: (method: string, fault: Fault, times = 1) => faults.plan(method, fault, times),
    hold: (method) => faults.hold(method),
    clearFaults: () => faults.clear(),
    outage(isOut) {
      faults.isOut = isOut
      if (isOut) socketMode.destroy()
    },

    async [Symbol.asyncDispose]() {
      faults.clear()
      events.close()
      delivery.close()
      socketMode.destroy()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function settingsFrom(options: SlackOptions): WorkspaceSettings {
  return {
    signingSecret: options.signingSecret ?? '8f742231b10e8888abcd99yyyzzz85a5',
    botToken: options.botToken ?? 'xoxb-simulated-bot',
    appToken: options.appToken ?? 'xapp-simulated-app',
    teamId: options.teamId ?? 'T0TEAM',
    teamDomain: options.teamDomain ?? 'example',
    appId: options.appId ?? 'A0JIT',
    botUserId: 'U0JITBOT',
    botId: 'B0JITBOT',
    scopes: new Set(options.scopes ?? SCOPES),
    events: new Set(options.events ?? EVENTS),
    now: options.now ?? Date.now,
  }
}
