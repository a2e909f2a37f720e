import { isObject, type Json, type JsonObject } from './model.ts'

/** Whether a text passes a string matcher; a text that is not there passes none, not even a negation. */
export function matchesText(subject: string | undefined, data: Json): boolean {
  if (subject === undefined) return false
  const matcher = isObject(data) ? data : { is: data }
  return Object.entries(matcher).every(([operator, value]) => {
    switch (operator) {
      case 'is':
        return value === subject
      case 'not':
        return value !== subject
      case 'in':
        return Array.isArray(value) && value.includes(subject)
      case 'not_in':
        return Array.isArray(value) && !value.includes(subject)
      case 'contains':
        return typeof value === 'string' && subject.includes(value)
      case 'starts_with':
        return typeof value === 'string' && subject.startsWith(value)
      case 'ends_with':
        return typeof value === 'string' && subject.endsWith(value)
      default:
        return false
    }
  })
}

/** Whether values pass a string list matcher. */
export function matchesList(values: readonly Json[], data: Json): boolean {
  const matcher = isObject(data) ? data : { has: data }
  return Object.entries(matcher).every(([operator, value]) => {
    switch (operator) {
      case 'has':
        return values.includes(value)
      case 'is':
        return values.length === 1 && values[0] === value
      case 'exclude':
        return !values.includes(value)
      default:
        return false
    }
  })
}

/** Values of a claim. Beside the exact name, "." and "/" descend up to five levels. */
export function claimValues(claims: JsonObject, path: string): readonly Json[] {
  const steps = path.replaceAll('.', '/').split('/')
  let found: Json | undefined = claims[path]
  if (found === undefined && steps.length >= 2 && steps.length <= 5) {
    found = steps.reduce<Json | undefined>(
      (level, step) => (isObject(level) ? level[step] : undefined),
      claims,
    )
  }
  if (found === undefined) return []
  return Array.isArray(found) ? found : [found]
}
