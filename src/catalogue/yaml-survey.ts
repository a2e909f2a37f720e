import type { Document, Node, Pair } from 'yaml'
import { isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml'
import { named } from '../domain/ppl-text.ts'
import type { Path } from './problem.ts'

interface Remark {
  readonly offset: number
  readonly message: string
}
export interface Survey {
  readonly duplicates: readonly Remark[]
  /** Aliases that stand for nothing, or for what they are part of. */
  readonly deadAliases: readonly Remark[]
  /** Where a value starts, or its key; where it would belong when it is missing. */
  readonly offsetOf: (path: Path, part: 'key' | 'value') => number
}

/** One walk over a document, so that a look-up costs no walk: `Alias.resolve` and `YAMLMap.get` do. */
export function survey(document: Document.Parsed): Survey {
  const anchors = new Map<string, Node>()
  const targets = new Map<unknown, Node>()
  const members = new Map<unknown, ReadonlyMap<unknown, Pair>>()
  const duplicates: Remark[] = []
  const deadAliases: Remark[] = []
  visit(document, {
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      if (!isMap(node)) return
      const pairs = new Map<unknown, Pair>()
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? pair.key.value : undefined
        if (pairs.has(key))
          duplicates.push({
            offset: startOf(pair.key),
            message: `has the key ${named(key)} twice in one mapping; keep one`,
          })
        pairs.set(key, pair)
      }
      members.set(node, pairs)
    },
    Alias(_key, node, ancestors) {
      const target = anchors.get(node.source)
      const name = `has the alias *${node.source}`
      if (target === undefined)
        deadAliases.push({
          offset: startOf(node),
          message: `${name} without an anchor before it; define the anchor first`,
        })
      else if (ancestors.includes(target))
        deadAliases.push({
          offset: startOf(node),
          message: `${name} inside its own anchor; write the value out`,
        })
      else targets.set(node, target)
    },
  })
  const offsetOf: Survey['offsetOf'] = (path, part) => {
    let node: unknown = document.contents
    let offset = startOf(node)
    for (const [index, step] of path.entries()) {
      const holder = isAlias(node) ? targets.get(node) : node
      if (isSeq(holder) && typeof step === 'number') {
        node = holder.items[step]
        offset = startOf(node, offset)
        continue
      }
      const pair = members.get(holder)?.get(String(step))
      if (pair === undefined) return offset
      const isLast = index === path.length - 1
      node = pair.value
      offset = startOf((part === 'key' && isLast) || isBlank(node) ? pair.key : node, offset)
    }
    return offset
  }
  return { duplicates, deadAliases, offsetOf }
}

/** An empty value starts wherever the next thing does; its key says more. */
function isBlank(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null)
}

function startOf(node: unknown, otherwise = 0): number {
  return isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise
}
