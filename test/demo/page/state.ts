import type { House } from '../../support/house.ts'
import { drawAccount } from './draw-account.ts'
import type { AuditRow } from './draw-audit.ts'
import { drawAudit, newestAudit } from './draw-audit.ts'
import { drawConversation, drawModal } from './draw-conversation.ts'
import { drawDoors, drawPolicies } from './draw-pomerium.ts'
import { drawPeople, drawRooms, drawTitle } from './draw-sidebar.ts'
import { drawHints } from './hints.ts'
import { markupOf } from './html.ts'
import type { Viewer } from './room.ts'
import { channelIdOf } from './room.ts'
import type { Seen } from './seen.ts'
import { createSeen } from './seen.ts'
import type { Visits } from './visits.ts'
import { createVisits } from './visits.ts'

/** What the page knows beyond the house itself. */
export interface Memory {
  readonly seen: Seen
  readonly visits: Visits
}

/** What is the same for everybody who looks. */
export interface Moment {
  readonly at: Date
  readonly audit: readonly AuditRow[]
}

/** Nothing seen, nobody visited. */
export function createMemory(house: House): Memory {
  return { seen: createSeen(), visits: createVisits(house) }
}

/** The database's clock and the newest of its audit events. */
export async function readMoment({ database }: House): Promise<Moment> {
  const [at, audit] = await Promise.all([database.clock.now(), newestAudit(database.pool)])
  return { at, audit }
}

/** The page's regions by the ids of their elements, as markup. */
export function drawRegions(
  house: House,
  memory: Memory,
  viewer: Viewer,
  moment: Moment,
): ReadonlyMap<string, string> {
  memory.seen.mark(viewer.as, house.slack.messages(channelIdOf(house, viewer)))
  const regions = {
    people: drawPeople(house, viewer),
    rooms: drawRooms(house, viewer, memory.seen),
    title: drawTitle(house, viewer),
    account: drawAccount(house, viewer),
    conversation: drawConversation(house, viewer),
    modal: drawModal(house, viewer),
    doors: drawDoors(house, viewer, memory.visits, moment.at),
    policies: drawPolicies(house),
    audit: drawAudit(moment.audit),
    hints: drawHints(),
  }
  return new Map(Object.entries(regions).map(([id, region]) => [id, markupOf(region)]))
}
