import type { ModalView } from '@slack/types'
import type { ViewsUpdateArguments } from '@slack/web-api'
import { setTimeout as pause } from 'node:timers/promises'
import { failureText, slackFailure } from './failure.ts'
import type { ListenerDeps } from './listener.ts'

/** Waits between looks for a view that Slack has not put up yet; about three seconds in all. */
const PATIENCE_MS = [50, 100, 200, 400, 800, 1_600]

const GONE = new Set(['not_found', 'hash_conflict'])

/** The open modal's id, or `undefined` when Slack would not open it. */
export async function openModal(
  { client, log }: ListenerDeps,
  triggerId: string,
  view: ModalView,
): Promise<string | undefined> {
  try {
    const opened = await client.views.open({ trigger_id: triggerId, view })
    return opened.view?.id
  } catch (error) {
    log.warn({ reason: failureText(slackFailure(error)) }, 'a form did not open')
    return undefined
  }
}

/** What became of a change to a modal: `closed` when the person has closed it, or it shows something newer. */
export type Shown = 'shown' | 'closed' | 'failed'

/** Replaces what an open modal shows, if it is still the version of `hash` when one is given; never throws. */
export function showInModal(
  deps: ListenerDeps,
  viewId: string,
  view: ModalView,
  hash?: string,
): Promise<Shown> {
  return update(deps, { view_id: viewId, view, ...(hash === undefined ? {} : { hash }) })
}

/**
 * Replaces what the answer to a submission put up under `externalId`. Slack may read that answer
 * after this call and would lay it over the newer view, hence the name and the patience.
 */
export async function showAfterSubmission(
  deps: ListenerDeps,
  ids: { readonly externalId: string; readonly viewId: string },
  view: ModalView,
): Promise<Shown> {
  for (const waitMs of PATIENCE_MS) {
    const result = await update(deps, { external_id: ids.externalId, view })
    if (result !== 'closed') return result
    await pause(waitMs)
  }
  return showInModal(deps, ids.viewId, view)
}

async function update({ client, log }: ListenerDeps, args: ViewsUpdateArguments): Promise<Shown> {
  try {
    await client.views.update(args)
    return 'shown'
  } catch (error) {
    const failure = slackFailure(error)
    if (failure.kind === 'platform' && GONE.has(failure.code)) return 'closed'
    log.warn({ reason: failureText(failure) }, 'a form was not brought up to date')
    return 'failed'
  }
}
