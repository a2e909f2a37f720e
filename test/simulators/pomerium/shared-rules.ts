import { deepFreeze, type Json } from './model.ts'

const texts = new WeakMap<object, string>()

/**
 * A read-only copy of a PPL document. Rules that `previous` has in the same words are taken from there, so that a long
 * history of a long policy stays small.
 */
export function shareRules(ppl: Json, previous: Json | undefined): Json {
  if (!Array.isArray(ppl)) return deepFreeze(structuredClone(ppl))
  const known = new Map<string, Json>()
  for (const rule of Array.isArray(previous) ? previous : []) known.set(textOf(rule), rule)
  const rules = ppl.map((rule) => {
    const text = JSON.stringify(rule)
    const shared = known.get(text)
    return shared === undefined ? rememberText(deepFreeze(structuredClone(rule)), text) : shared
  })
  return deepFreeze(rules)
}

function textOf(rule: Json): string {
  const text = typeof rule === 'object' && rule !== null ? texts.get(rule) : undefined
  return text ?? JSON.stringify(rule)
}

function rememberText(rule: Json, text: string): Json {
  if (typeof rule === 'object' && rule !== null) texts.set(rule, text)
  return rule
}
