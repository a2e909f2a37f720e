import type { Message } from '../../simulators/slack/workspace.ts'
import type { House } from '../../support/house.ts'
import { avatar } from './draw-sidebar.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { instant, mrkdwn } from './mrkdwn.ts'
import { renderBlocks } from './render-blocks.ts'
import { renderModal } from './render-modal.ts'
import type { Viewer } from './room.ts'
import { channelIdOf, namesOf } from './room.ts'

/** Beyond these the oldest are not shown. */
const SHOWN = 100

/** What the person sees in the conversation: messages, threads, and what only they see. */
export function drawConversation(house: House, viewer: Viewer): Html {
  const { slack, people } = house
  const channel = channelIdOf(house, viewer)
  const names = namesOf(house)
  const ephemerals = slack.ephemerals(people[viewer.as]).filter((each) => each.channel === channel)
  const all = [...slack.messages(channel), ...ephemerals, ...noticesOf(house, viewer, channel)]
  const tops = all.filter(({ threadTs }) => threadTs === undefined).sort(byTime)
  const draw = (message: Message): Html =>
    drawMessage(message, names, ephemerals.includes(message as (typeof ephemerals)[number]))
  if (tops.length === 0)
    return html`<p class="empty">
      Nothing here yet. Type <code>/jit help</code> below, or follow “What to try”.
    </p>`
  return html`${tops.slice(-SHOWN).map((top) => {
    const replies = all.filter(({ threadTs }) => threadTs === top.ts).sort(byTime)
    return html`<article class="entry">
      ${draw(top)}
      ${
        replies.length > 0 &&
        html`<details class="thread" data-keep="${top.ts}" open>
          <summary>${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}</summary>
          ${replies.slice(-SHOWN).map(draw)}
        </details>`
      }
    </article>`
  })}`
}

/** The modal in front of the person, or nothing. */
export function drawModal(house: House, { as }: Viewer): Html {
  const top = house.slack.views(house.people[as]).at(-1)
  return top === undefined ? html`` : renderModal(top, namesOf(house))
}

function drawMessage(message: Message, names: Names, isPrivate: boolean): Html {
  const author = names.person(message.user) ?? message.user
  const isApp = /^(?:U0JITBOT|USLACKBOT)$/.test(message.user)
  const place = { channel: message.channel, ts: message.ts }
  return html`<div class="message ${isPrivate && 'private'}">
    ${avatar(author, author)}
    <div class="message-body">
      ${isPrivate && html`<p class="only-you">Only visible to you</p>`}
      <p class="byline">
        <strong>${author}</strong>${isApp && html` <span class="app">APP</span>`}
        ${instant(Number(message.ts), '{time_secs}', '')}${message.edited && html` <small>(edited)</small>`}
      </p>
      <div class="blocks">
        ${
          message.blocks.length > 0
            ? renderBlocks(message.blocks, names, place)
            : html`<p>${mrkdwn(message.text, names)}</p>`
        }
      </div>
    </div>
  </div>`
}

/** What Slack itself says when the app has failed somebody. */
function noticesOf({ slack, people }: House, { as }: Viewer, channel: string): readonly Message[] {
  return slack.notices(people[as]).map(({ about, problem, at }) => ({
    channel,
    ts: (at / 1_000).toFixed(6),
    user: 'USLACKBOT',
    text: `${about} failed: ${problem}`,
    blocks: [],
    edited: false,
    history: [],
  }))
}

function byTime(one: Message, other: Message): number {
  return one.ts < other.ts ? -1 : 1
}
