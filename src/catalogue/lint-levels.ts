import type { Draft, Finding } from './finding.ts'
import { scopesOf } from './finding.ts'
import type { Path } from './problem.ts'
import { formatPath } from './problem.ts'
import { constraintKey } from './terms.ts'

/** Who may ask and who may answer, where neither the resource nor a level says so, or both ways to answer are given. */
export function missingPeople(draft: Draft, index: number): readonly Finding[] {
  const path = ['resources', index]
  if (!draft.isMapping(path)) return []
  const levels = draft.resources[index]?.levels
  const levelPaths = (levels ?? []).map((_, i): Path => [...path, 'levels', i])
  const findings = [path, ...levelPaths].flatMap((at) => bothWays(draft, at))
  if (levels === undefined && draft.has([...path, 'levels'])) return findings
  for (const { keys, message } of NEEDED) {
    const isSaid = (at: Path) => keys.some((key) => draft.has([...at, key]))
    if (isSaid(path)) continue
    const lacking = levelPaths.filter((at) => !isSaid(at))
    const places = lacking.length === levelPaths.length ? [path] : lacking
    for (const at of places) findings.push({ path: [...at, keys[0]], message })
  }
  for (const at of levelPaths)
    if (draft.has([...at, 'approvals']) && !draft.has([...at, 'approvers']))
      if (draft.has([...path, 'stages']) && !draft.has([...at, 'stages']))
        findings.push({
          path: [...at, 'approvals'],
          message:
            'counts approvers, and the resource has stages; give stages or approvers here too',
          onKey: true,
        })
  return findings
}

const NEEDED = [
  {
    keys: ['requesters'],
    message: 'is missing; give people: groups, users, emails, domains or everyone: true',
  },
  {
    keys: ['approvers', 'stages'],
    message:
      'is missing; give people: groups, users, emails, domains or everyone: true, or several stages',
  },
] as const

function bothWays(draft: Draft, at: Path): Finding[] {
  if (!draft.has([...at, 'stages'])) return []
  return ['approvers', 'approvals'].flatMap((key) =>
    draft.has([...at, key])
      ? [
          {
            path: [...at, key],
            message: 'is given beside stages, each of which has its own; keep one of the two',
            onKey: true,
          },
        ]
      : [],
  )
}

/** Levels that are not told apart. */
export function levelFindings(draft: Draft, index: number): readonly Finding[] {
  const { levels = [] } = draft.resources[index] ?? {}
  const ids = new Map<string, string>()
  const rules = new Map<string, string>()
  return scopesOf(draft, index).flatMap(({ terms, path }, i): readonly Finding[] => {
    const level = levels[i]
    if (level === undefined) return []
    const earlier = ids.get(level.id)
    if (earlier !== undefined) {
      const message = `repeats ${earlier}; give each level an id of its own`
      return [{ path: [...path, 'id'], message }]
    }
    ids.set(level.id, formatPath([...path, 'id']))
    const rule = (terms.constraints ?? []).map(constraintKey).sort().join('\n')
    const other = rules.get(rule)
    if (other === undefined) {
      rules.set(rule, level.id)
      return []
    }
    const message = `come to the same as those of level ${other}, so that both would be the same access; give each level constraints of its own`
    return [{ path: [...path, 'constraints'], message }]
  })
}
