import { isDeepStrictEqual } from 'node:util'
import { isObject, type Json } from './model.ts'
import { badRequest, conflict } from './problem.ts'

/**
 * A copy of `document` with JSON Patch operations applied; all of them or, by throwing, none.
 * A failed `test` is a 409, anything else that does not fit a 400. Source: RFC 6902
 */
export function applyJsonPatch(document: Json, operations: unknown): Json {
  if (!Array.isArray(operations))
    throw badRequest('request body has an error: value must be an array')
  const root: Json = { '': structuredClone(document) }
  for (const operation of operations as unknown[]) applyOperation(root, operation)
  return root[''] ?? null
}

function applyOperation(root: Json, operation: unknown): void {
  if (!isObject(operation) || typeof operation['path'] !== 'string') {
    throw badRequest('json patch: an operation needs op and path')
  }
  const { path, value } = operation
  const op = typeof operation['op'] === 'string' ? operation['op'] : ''
  const from = typeof operation['from'] === 'string' ? operation['from'] : '?'
  const needsValue = op === 'add' || op === 'replace' || op === 'test'
  if (needsValue && value === undefined) throw badRequest(`json patch: ${op} needs a value`)
  const copied = structuredClone(value ?? null)
  switch (op) {
    case 'add':
      add(root, path, copied)
      return
    case 'replace':
      take(root, path)
      add(root, path, copied)
      return
    case 'remove':
      take(root, path)
      return
    case 'test':
      if (!isDeepStrictEqual(read(root, path), copied)) {
        throw conflict(`json patch: testing path ${path} failed`)
      }
      return
    case 'copy':
      add(root, path, structuredClone(read(root, from)))
      return
    case 'move': {
      const moved = read(root, from)
      take(root, from)
      add(root, path, moved)
      return
    }
    default:
      throw badRequest(`json patch: unexpected op ${op}`)
  }
}

/** The container that `path` ends in, and its last step. */
function locate(root: Json, path: string): { parent: Json; key: string } {
  if (path !== '' && !path.startsWith('/')) throw badRequest(`json patch: bad path ${path}`)
  const steps = path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = steps.pop() ?? ''
  return { parent: steps.reduce((level, step) => child(level, step, path), root), key }
}

function read(root: Json, path: string): Json {
  const { parent, key } = locate(root, path)
  return child(parent, key, path)
}

function child(parent: Json, key: string, path: string): Json {
  const found =
    Array.isArray(parent) && /^(0|[1-9]\d*)$/.test(key)
      ? parent[Number(key)]
      : isObject(parent) && Object.hasOwn(parent, key)
        ? parent[key]
        : undefined
  if (found === undefined) throw badRequest(`json patch: path ${path} does not exist`)
  return found
}

function add(root: Json, path: string, value: Json): void {
  const { parent, key } = locate(root, path)
  if (isObject(parent)) {
    Object.defineProperty(parent, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
    return
  }
  const index = key === '-' && Array.isArray(parent) ? parent.length : Number(key)
  if (!Array.isArray(parent) || !Number.isInteger(index) || index < 0 || index > parent.length) {
    throw badRequest(`json patch: path ${path} does not exist`)
  }
  parent.splice(index, 0, value)
}

function take(root: Json, path: string): void {
  const { parent, key } = locate(root, path)
  child(parent, key, path)
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else if (isObject(parent)) delete parent[key]
}
