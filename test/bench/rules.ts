import { loadCatalogue } from '../../src/catalogue/load.ts'
import { decide } from '../../src/domain/decide.ts'
import type { Command, Decision } from '../../src/domain/decide.ts'
import type { LevelId, RequestId, ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Pending } from '../../src/domain/request.ts'
import type { Catalogue, Resource } from '../../src/domain/resource.ts'
import { askable, resourceAt } from '../../src/domain/resource.ts'
import { MORNING, aPerson, after } from '../support/build.ts'
import { ANSWERERS, ASKERS, MANY_RESOURCES, OWNERS, largeCatalogue } from './catalogue.ts'
import type { Report } from './report.ts'
import { spread, spreadMicros } from './report.ts'

const LOADS = 10
const DECISIONS = 20_000
const WARM_UP = 5_000
const ID = 'A1B2C3D4' as RequestId

const asker = aPerson('asker', { groups: [ASKERS as SlackGroupId] })
const owner = aPerson('owner', { groups: [OWNERS, ANSWERERS] as SlackGroupId[] })
const answerer = aPerson('answerer', { groups: [ANSWERERS as SlackGroupId] })

/** How long a catalogue of a thousand resources takes to load, and what it takes to decide by it. */
export function measureRules(report: Report): void {
  const text = largeCatalogue()
  const loads = Array.from({ length: LOADS }, () => timed(() => catalogueOf(text)).ms)
  report.line(`load a catalogue of ${MANY_RESOURCES} resources`, spread(loads))
  report.line('  size of the file', `${(text.length / 1024).toFixed(0)} kB`)

  const catalogue = catalogueOf(text)
  const refs = askable(catalogue)
  const asks: number[] = []
  const approvals: number[] = []
  for (let n = -WARM_UP; n < DECISIONS; n += 1) {
    const of = refs[(n + WARM_UP) % refs.length]
    if (of === undefined) throw new Error('there is nothing to ask for')
    const asked = timed(() => ask(catalogue, of.id, of.level?.id))
    const { pending, approved } = approveAll(catalogue, stateOf(asked.value) as Pending)
    if (pending !== 'approved') throw new Error(`${of.id} was not approved`)
    if (n < 0) continue
    asks.push(asked.ms)
    approvals.push(approved)
  }
  const about = `of ${refs.length} to ask for`
  report.line(`decide a request, ${about}`, spreadMicros(asks), '< 100 µs')
  report.line(`decide the last approval, ${about}`, spreadMicros(approvals), '< 100 µs')
}

function catalogueOf(text: string): Catalogue {
  const loaded = loadCatalogue(text, 'catalogue.yaml')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems[0]))
  return loaded.catalogue
}

function ask(catalogue: Catalogue, id: ResourceId, level: LevelId | undefined): Decision {
  const resource = at(catalogue, id, level)
  return decide(undefined, {
    type: 'request',
    at: MORNING,
    id: ID,
    by: asker,
    resource,
    durationSeconds: 3_600,
    reason: 'INC-42 dashboards are red',
    catalogueRevision: catalogue.revision,
    isEmergency: false,
  })
}

/** Has every approver answer who is needed; the time is that of the last one's decision, in milliseconds. */
function approveAll(catalogue: Catalogue, asked: Pending) {
  const colleagues = [owner, answerer]
  let request = asked
  let approved = Number.NaN
  for (const [index, by] of colleagues.entries()) {
    const { value, ms } = timed(() =>
      decide(request, {
        type: 'approve',
        at: after(60),
        by,
        requester: asker,
        colleagues: colleagues.slice(0, index),
        resource: at(catalogue, request.resourceId, request.level),
        isSteppedUp: false,
        catalogueRevision: catalogue.revision,
      } satisfies Command),
    )
    const next = stateOf(value)
    approved = ms
    if (next.status === 'approved') return { pending: next.status, approved }
    request = next as Pending
  }
  return { pending: request.status, approved }
}

function at(catalogue: Catalogue, id: ResourceId, level: LevelId | undefined): Resource {
  const resource = resourceAt(catalogue, id, level)
  if (resource === undefined) throw new Error(`there is no ${id}`)
  return resource
}

function stateOf(decision: Decision) {
  if (!decision.ok) throw new Error(`refused: ${decision.refusal.code}`)
  return decision.next
}

function timed<T>(act: () => T): { readonly value: T; readonly ms: number } {
  const startedAt = performance.now()
  const value = act()
  return { value, ms: performance.now() - startedAt }
}
