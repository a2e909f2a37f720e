import type { Catalogue } from '../domain/resource.ts'
import type { Deps } from './deps.ts'

/** Marks every policy, so that each is compared with what Pomerium holds now, and repairs the list of work; done at start and every few minutes. */
export async function reconcile(deps: Pick<Deps, 'store' | 'catalogue'>): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const known = (await tx.policies.all()).map((state) => state.resourceId)
    for (const id of new Set([...deps.catalogue().resources.keys(), ...known]))
      await tx.work.mark('policy', id)
    await tx.work.repair()
  })
}

/** Stores the catalogue that is in force from now on; a new revision is on record. */
export async function acceptCatalogue(
  deps: Pick<Deps, 'store' | 'log'>,
  catalogue: Catalogue,
  source: string,
): Promise<void> {
  const isNew = await deps.store.transaction(async (tx) => {
    if (!(await tx.catalogues.accept(catalogue, source))) return false
    await tx.audit.append({
      action: 'catalogue.accepted',
      actor: { kind: 'bot' },
      via: 'bot',
      alert: false,
      details: { revision: catalogue.revision, resources: catalogue.resources.size },
    })
    return true
  })
  if (isNew) deps.log.info({ revision: catalogue.revision }, 'catalogue accepted')
}
