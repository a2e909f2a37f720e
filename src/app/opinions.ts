import { automaticRule } from '../domain/decide-alone.ts'
import { decide } from '../domain/decide.ts'
import type { Pending } from '../domain/request.ts'
import type { Opinion } from './consult.ts'
import { consult } from './consult.ts'
import type { Deps } from './deps.ts'
import type { Wish } from './place-request.ts'
import { questionOn } from './rego-question.ts'

/** What the Rego policy says of a wish, and of its opening without an approver where that may come of it. */
export interface Opinions {
  readonly request: Opinion | undefined
  readonly activate: Opinion | undefined
  /** The version of the request to extend that they are about. */
  readonly extendedVersion?: number
}

const NONE: Opinions = { request: undefined, activate: undefined }

/** Asks the Rego policy about a wish that the catalogue allows; outside any transaction, since it takes its time. */
export async function opinionsOn(deps: Deps, wish: Wish): Promise<Opinions> {
  const { asker, resource } = wish
  if (deps.rego() === undefined || !asker.ok || resource === undefined) return NONE
  if (wish.problem !== undefined) return NONE
  const by = asker.person
  const catalogueRevision = deps.catalogue().revision
  const tried = await deps.store.transaction(async (tx) => {
    const extended = wish.extends && (await tx.requests.find(wish.extends))
    if (wish.extends !== undefined && extended === undefined) return undefined
    const facts = { at: tx.now, id: deps.newRequestId(), by, resource, catalogueRevision }
    const command = wish.command(extended ? { ...facts, extended } : facts)
    const decision = decide(undefined, command)
    if (!decision.ok) return undefined
    const { openRequests } = await tx.requests.usage(wish.actor)
    return { now: tx.now, request: decision.next as Pending, extended, openRequests }
  })
  if (tried === undefined) return NONE
  const { request, extended, now, openRequests } = tried
  const isEmergency = request.kind === 'break-glass'
  const isExtension = request.extends !== undefined
  const mayOpen =
    isEmergency ||
    resource.regoMayApprove ||
    automaticRule(request, by, resource, extended || undefined) !== undefined
  const about = {
    now,
    request,
    resource,
    requester: by,
    openRequests,
    ...(extended === undefined ? {} : { extended }),
  }
  const stage = isEmergency ? 'breakglass' : isExtension ? 'extend' : 'request'
  const [asked, opening] = await Promise.all([
    consult(deps, questionOn(deps, stage, about)),
    mayOpen ? consult(deps, questionOn(deps, 'activate', about)) : undefined,
  ])
  const opinions = { request: asked, activate: opening }
  return extended ? { ...opinions, extendedVersion: extended.version } : opinions
}
