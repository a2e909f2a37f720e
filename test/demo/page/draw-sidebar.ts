import type { House } from '../../support/house.ts'
import { CAST } from './cast.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Viewer } from './room.ts'
import { DIRECT, personOf, roomsOf } from './room.ts'
import type { Seen } from './seen.ts'

/** Who one can be, each with what they may do. */
export function drawPeople(house: House, { as }: Viewer): Html {
  return html`<h2>You are</h2>
    <ul>
      ${CAST.map(({ key, role, about }) => {
        const { displayName } = personOf(house, key)
        return html`<li>
          <button
            type="button"
            class="row"
            data-as="${key}"
            title="${about}"
            ${key === as && html`aria-current="true"`}
          >
            ${avatar(displayName, key)}<span class="name">${displayName}</span
            ><span class="role role-${role}">${role}</span>
          </button>
        </li>`
      })}
    </ul>`
}

/** The conversations of the person, with what they have not seen yet. */
export function drawRooms(house: House, viewer: Viewer, seen: Seen): Html {
  return html`<h2>Conversations</h2>
    <ul>
      ${roomsOf(house, viewer.as).map(({ room, channel }) => {
        const isHere = room === viewer.room
        const unread = isHere ? 0 : seen.unread(viewer.as, house.slack.messages(channel.id))
        return html`<li>
          <button
            type="button"
            class="row"
            data-room="${room}"
            ${isHere && html`aria-current="true"`}
          >
            <span class="sign">${room === DIRECT ? '🤖' : channel.isPrivate ? '🔒' : '#'}</span
            ><span class="name">${roomName(room)}</span>
            ${unread > 0 && html`<span class="unread" aria-label="${unread} unread">${unread}</span>`}
          </button>
        </li>`
      })}
    </ul>`
}

/** Heading of the conversation, and as whom one writes into it. */
export function drawTitle(house: House, viewer: Viewer): Html {
  const { displayName } = personOf(house, viewer.as)
  const about = CAST.find(({ key }) => key === viewer.as)?.about ?? ''
  return html`<h2>${viewer.room === DIRECT ? '' : '#'}${roomName(viewer.room)}</h2>
    <p>as <strong>${displayName}</strong>, ${about}</p>`
}

/** First letter of a name on a colour of its own. */
export function avatar(name: string, key: string): Html {
  const colour = Array.from(key).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 8
  return html`<span class="avatar avatar-${colour}" aria-hidden="true"
    >${name.slice(0, 1).toUpperCase()}</span
  >`
}

function roomName(room: string): string {
  return room === DIRECT ? 'JIT (direct)' : room
}
