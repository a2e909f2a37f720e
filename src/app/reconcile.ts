import type { SlackUserId } from '../domain/ids.ts'
import type { Catalogue } from '../domain/resource.ts'
import { cutText } from '../domain/text.ts'
import type { Deps } from './deps.ts'
import { markPeople } from './eligibility.ts'
import type { PolicyApi } from './policy-api.ts'
import { BY_BOT } from './record.ts'
import type { Transaction } from './store.ts'

/** How often all is compared. */
export const RECONCILE_MS = 5 * 60_000
/** So many people are looked up at each comparison: Slack allows about a hundred look-ups a minute. */
const PEOPLE_AT_A_TIME = 100
const SHOWN_PROBLEMS = 10
const SHOWN_CHARACTERS = 500

/**
 * Marks every policy, so that each is compared with what Pomerium holds now, Pomerium's activity log, and people whose eligibility is looked at
 * again, and repairs the list of work; done at start and every few minutes.
 */
export async function reconcile(
  deps: Pick<Deps, 'store' | 'catalogue'> & { readonly policyApi: Pick<PolicyApi, 'clusterId'> },
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    await markPolicies(tx, deps.catalogue())
    await markPeople(tx.work, inTurn(await tx.requests.openRequesters(), tx.now))
    await tx.work.mark('activity', deps.policyApi.clusterId)
    await tx.work.repair()
  })
}

/** Those of many people whose turn it is; with more than fit, each comes up once in a round. */
export function inTurn(people: readonly SlackUserId[], now: Date): readonly SlackUserId[] {
  const shares = Math.max(1, Math.ceil(people.length / PEOPLE_AT_A_TIME))
  const share = Math.floor(now.getTime() / RECONCILE_MS) % shares
  return [...people].sort().filter((_, index) => index % shares === share)
}

async function markPolicies(tx: Transaction, catalogue: Catalogue): Promise<void> {
  const known = (await tx.policies.all()).map((state) => state.resourceId)
  const ids = new Set([...catalogue.resources.keys(), ...known])
  // In one order, so that replicas do not wait for each other.
  await tx.work.markAll([...ids].sort().map((subject) => ({ kind: 'policy', subject })))
}

/**
 * Puts a catalogue in force: stores it, has everything looked at again that hangs on it, and has it taken over by
 * `takeOver` as soon as that is certain. Each change of the catalogue in force is on record.
 */
export async function acceptCatalogue(
  deps: Pick<Deps, 'store' | 'log'>,
  catalogue: Catalogue,
  source: string,
  {
    occasion,
    takeOver = () => {},
  }: { readonly occasion: 'start' | 'signal'; readonly takeOver?: () => void },
): Promise<void> {
  const isNew = await deps.store.transaction(async (tx) => {
    const isOther = await tx.catalogues.accept(catalogue, source)
    if (isOther)
      tx.audit.append({
        ...BY_BOT,
        action: 'catalogue.accepted',
        alert: false,
        details: {
          occasion,
          revision: catalogue.revision,
          resources: catalogue.resources.size,
        },
      })
    await markPolicies(tx, catalogue)
    await markPeople(tx.work, await tx.requests.openRequesters())
    return isOther
  })
  takeOver()
  if (isNew) deps.log.info({ revision: catalogue.revision }, 'catalogue accepted')
}

/** Puts on record, and tells operators, that a catalogue was not accepted; the one in force stays. */
export async function rejectCatalogue(
  deps: Pick<Deps, 'store' | 'log'>,
  problems: readonly string[],
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const shown = problems.slice(0, SHOWN_PROBLEMS).map((text) => cutText(text, SHOWN_CHARACTERS))
    const details = { count: problems.length, problems: shown }
    tx.audit.append({ ...BY_BOT, action: 'catalogue.rejected', alert: true, details })
  })
  deps.log.error({ problems }, 'catalogue rejected')
}
