import type { CloudSettings } from './cloud.ts'
import { isObject, type Json, type JsonObject } from './model.ts'
import { badRequest } from './problem.ts'

/** The part of a list that `limit` and `offset` ask for. No total is told, as in the real API. */
export function page<T>(settings: CloudSettings, items: readonly T[], query: URLSearchParams): T[] {
  const limit = Math.min(readCount(query, 'limit') ?? settings.pageSize, settings.maxPageSize)
  const offset = readCount(query, 'offset') ?? 0
  return items.slice(offset, offset + limit)
}

function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\d{1,9}$/.test(text))
    throw badRequest(`parameter "${name}" in query has an error: not a count`)
  return Number(text)
}

/** Entities in the order of `orderBy` (comma separated, a leading `-` descends); oldest first without it. */
export function sortBy(items: readonly JsonObject[], orderBy: string | null): JsonObject[] {
  const keys = (orderBy ?? '').split(',').filter((key) => key !== '')
  return items.toSorted((one, other) => {
    for (const key of keys) {
      const name = key.replace(/^-/, '')
      const [a, b] = [JSON.stringify(one[name]), JSON.stringify(other[name])]
      if (a !== b) return ((a ?? '') < (b ?? '') ? -1 : 1) * (key.startsWith('-') ? -1 : 1)
    }
    return 0
  })
}

/**
 * Entities that pass a filter: one JSON value `{items: [{field, operator, value}], logicOperator}`.
 * A parameter that is not JSON, such as the `filter[items]=…` of a client that flattens it, filters nothing.
 */
export function filterBy(items: readonly JsonObject[], filter: string | null): JsonObject[] {
  const parsed = filter === null ? undefined : parseJson(filter)
  if (!isObject(parsed) || !Array.isArray(parsed['items'])) return [...items]
  const tests = parsed['items'].map(readTest)
  if (tests.length === 0) return [...items]
  return items.filter((item) =>
    parsed['logicOperator'] === 'or'
      ? tests.some((test) => test(item))
      : tests.every((test) => test(item)),
  )
}

function readTest(item: Json): (entity: JsonObject) => boolean {
  if (!isObject(item) || typeof item['field'] !== 'string') throw badRequest('invalid filter')
  const { field, value = null } = item
  const operator = typeof item['operator'] === 'string' ? item['operator'] : ''
  const wanted = typeof value === 'string' ? value : JSON.stringify(value)
  return (entity) => {
    const actual = entity[field]
    const text = typeof actual === 'string' ? actual : JSON.stringify(actual ?? '')
    switch (operator) {
      case '=':
      case 'equals':
      case 'is':
        return text === wanted
      case '!=':
      case 'doesNotEqual':
      case 'not':
        return text !== wanted
      case 'contains':
        return text.includes(wanted)
      case 'doesNotContain':
        return !text.includes(wanted)
      case 'startsWith':
        return text.startsWith(wanted)
      case 'endsWith':
        return text.endsWith(wanted)
      case 'isAnyOf':
        return Array.isArray(value) && value.includes(actual ?? null)
      case 'isEmpty':
        return text === ''
      case 'isNotEmpty':
        return text !== ''
      case '>':
      case 'after':
        return text > wanted
      case '>=':
      case 'onOrAfter':
        return text >= wanted
      case '<':
      case 'before':
        return text < wanted
      case '<=':
      case 'onOrBefore':
        return text <= wanted
      default:
        throw badRequest(`invalid filter: operator ${operator}`)
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not JSON: the server does not see a filter at all.
    return undefined
  }
}
