import type { Json } from './ppl.ts'

const DEEPEST = 500
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * The one text of a JSON value, RFC 8785: no white space, keys in order of their UTF-16 code units, numbers
 * as ECMAScript writes them. Throws a RangeError on numbers that are not finite, text with lone surrogates
 * and more than 500 levels, and a TypeError on whatever JSON cannot say.
 */
export function canonicalJson(value: Json): string {
  return textOf(value, 0)
}

function textOf(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`no canonical JSON for ${value}`)
      return String(value)
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (depth === DEEPEST) throw new RangeError(`no canonical JSON beyond ${DEEPEST} levels`)
      return Array.isArray(value) ? arrayText(value, depth + 1) : objectText(value, depth + 1)
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
    default:
      throw new TypeError(`no canonical JSON for a value of type ${typeof value}`)
  }
}

function arrayText(array: readonly unknown[], depth: number): string {
  let text = '['
  // By index: forEach and map would pass over holes.
  for (let index = 0; index < array.length; index++) {
    text += (index === 0 ? '' : ',') + textOf(array[index], depth)
  }
  return `${text}]`
}

function objectText(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('no canonical JSON for an instance of a class')
  const members = object as Readonly<Record<string, unknown>>
  const keys = Object.keys(members)
  if (keys.length > 1) keys.sort()
  let text = '{'
  for (const key of keys) {
    text += `${text === '{' ? '' : ','}${quote(key)}:${textOf(members[key], depth)}`
  }
  return `${text}}`
}

function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new RangeError('no canonical JSON for text with a lone surrogate')
  // JSON.stringify escapes well-formed text exactly as RFC 8785 §3.2.2.2 asks.
  return JSON.stringify(text)
}
