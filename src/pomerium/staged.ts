import type { Activity } from './schema.ts'

/** Staged edits, grouped by the entity that they change. */
export type Staged = readonly (readonly Activity[])[]

/** The edits that make up a change set; entries about change sets as such are no edits. */
function edits(staged: Staged): readonly Activity[] {
  return staged.flat().filter(({ entity }) => entity.type !== 'changeset')
}

/** The staged edits of one policy. */
export function ofPolicy(staged: Staged, policyId: string): readonly Activity[] {
  return edits(staged).filter(({ entity }) => entity.type === 'policy' && entity.id === policyId)
}

/** The user who made all of the edits; `undefined` when there are several, or one who is not named. */
export function soleUser(edits: readonly Activity[]): string | undefined {
  const users = new Set(edits.map(({ user }) => user?.id ?? ''))
  const [first] = users
  return users.size === 1 && first !== '' ? first : undefined
}

/** How many staged entities are anything but a policy of ours that only the bot edited. */
export async function foreignCount(
  staged: Staged,
  us: {
    readonly bot: string
    readonly isOurs: (policyId: string) => Promise<boolean>
  },
): Promise<number> {
  const entities = Map.groupBy(edits(staged), ({ entity }) => `${entity.type} ${entity.id}`)
  const ours = await Promise.all(
    [...entities.values()].map(async (entries) => {
      const entity = entries[0]?.entity
      return entity?.type === 'policy' && soleUser(entries) === us.bot && us.isOurs(entity.id)
    }),
  )
  return ours.filter((isOurs) => !isOurs).length
}
