import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { isObject, type Json, type JsonObject } from './model.ts'

const document = parse(
  readFileSync(new URL('../../contracts/pomerium-zero.openapi.yaml', import.meta.url), 'utf8'),
) as JsonObject

/**
 * What is wrong with an answer, as the contract describes the answers of an operation; empty when nothing is.
 * Knows the part of JSON Schema that the contract uses.
 */
export function contractFaults(
  method: string,
  path: string,
  status: number,
  body: unknown,
): string[] {
  const operation = at(document, 'paths', path, method.toLowerCase())
  const responses = at(operation, 'responses')
  const response = resolve(at(responses, String(status)) ?? at(responses, 'default') ?? null)
  const schema = at(response, 'content', 'application/json', 'schema')
  if (schema === undefined) return body === undefined ? [] : ['a body where there is none']
  return faults(schema, body, '$')
}

function faults(given: Json, value: unknown, where: string): string[] {
  const schema = resolve(given)
  if (!isObject(schema)) return [`${where}: no schema`]
  const found: string[] = []
  if (Array.isArray(schema['oneOf'])) {
    const fits = schema['oneOf'].filter((one) => faults(one, value, where).length === 0)
    if (fits.length !== 1) found.push(`${where}: fits ${fits.length} of oneOf`)
  }
  for (const part of (schema['allOf'] as Json[] | undefined) ?? []) {
    found.push(...faults(part, value, where))
  }
  if (Array.isArray(schema['enum'])) {
    const isListed = schema['enum'].some((one) => isDeepStrictEqual(one, value))
    if (!isListed) found.push(`${where}: ${String(value)} is not in the enum`)
  }
  const type = typeof schema['type'] === 'string' ? schema['type'] : ''
  switch (type) {
    case 'object':
      return [...found, ...objectFaults(schema, value, where)]
    case 'array':
      if (!Array.isArray(value)) return [...found, `${where}: not an array`]
      return [
        ...found,
        ...value.flatMap((item, index) =>
          faults(schema['items'] ?? {}, item, `${where}[${index}]`),
        ),
      ]
    case 'string':
      return [...found, ...stringFaults(schema, value, where)]
    case 'boolean':
      return typeof value === 'boolean' ? found : [...found, `${where}: not a boolean`]
    case 'integer':
      return Number.isInteger(value) ? found : [...found, `${where}: not an integer`]
    default:
      return found
  }
}

function objectFaults(schema: JsonObject, value: unknown, where: string): string[] {
  if (!isObject(value)) return [`${where}: not an object`]
  const properties = (schema['properties'] ?? {}) as JsonObject
  const required = (schema['required'] ?? []) as string[]
  const missing = required.filter((name) => !(name in value))
  const isClosed = schema['additionalProperties'] === false
  return [
    ...missing.map((name) => `${where}.${name}: missing`),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const property = properties[name]
      if (property !== undefined) return faults(property, inner, `${where}.${name}`)
      return isClosed ? [`${where}.${name}: not in the contract`] : []
    }),
  ]
}

function stringFaults(schema: JsonObject, value: unknown, where: string): string[] {
  if (typeof value !== 'string') return [`${where}: not a string`]
  const { pattern, format } = schema
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value)) {
    return [`${where}: does not match ${pattern}`]
  }
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)
  return format === 'date-time' && !isMoment ? [`${where}: not a date-time`] : []
}

function resolve(schema: Json): Json {
  const reference = isObject(schema) ? schema['$ref'] : undefined
  if (typeof reference !== 'string') return schema
  return resolve(at(document, ...reference.slice(2).split('/')) ?? null)
}

function at(value: Json | undefined, ...steps: string[]): Json | undefined {
  return steps.reduce<Json | undefined>(
    (level, step) => (isObject(level) ? level[step] : undefined),
    value,
  )
}
