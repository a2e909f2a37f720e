import type { Criterion, Json } from '../domain/ppl.ts'
import { allOf, oneOf, plain } from './wording.ts'

const VALUE_MAX = 200

const SUBJECTS: Readonly<Record<string, string>> = {
  source_ip: 'From the network',
  http_method: 'HTTP method',
  http_path: 'Path',
  day_of_week: 'Days',
  domain: 'E-mail domain',
  groups: 'Group in the directory',
  ssh_username: 'SSH user name',
  ssh_publickey: 'SSH key',
  device: 'Device',
  client_certificate: 'Client certificate',
}

const OPERATORS: Readonly<Record<string, string>> = {
  is: '',
  in: '',
  has: '',
  not: 'not',
  not_in: 'none of',
  contains: 'contains',
  starts_with: 'begins with',
  ends_with: 'ends with',
}

/** A condition that every rule of a resource has, in words; what has no words stays as it is written. */
export function constraintWords(criterion: Criterion): string {
  return allOf(Object.entries(criterion).map(([name, data]) => oneConstraint(name, data)))
}

function oneConstraint(name: string, data: Json): string {
  if (name === 'ssh_username_matches_email') return 'SSH user name is that of the e-mail address'
  if (name === 'time_of_day' && isObject(data)) return timeOfDay(data)
  const subject = SUBJECTS[name] ?? plain(name, VALUE_MAX)
  return `${subject}: ${dataWords(data)}`
}

function timeOfDay(data: { readonly [key: string]: Json }): string {
  const { after, before, timezone } = data
  const bounds = [
    ...(after === undefined ? [] : [`after ${textOf(after)}`]),
    ...(before === undefined ? [] : [`before ${textOf(before)}`]),
  ]
  return `Time of day: ${allOf(bounds)}${timezone === undefined ? '' : ` (${textOf(timezone)})`}`
}

function dataWords(data: Json): string {
  if (Array.isArray(data)) return oneOf(data.map(textOf))
  if (!isObject(data)) return textOf(data)
  const parts = Object.entries(data).map(([operator, value]) => {
    const values = Array.isArray(value) ? oneOf(value.map(textOf)) : textOf(value)
    const word = OPERATORS[operator] ?? plain(operator, VALUE_MAX).replaceAll('_', ' ')
    return word === '' ? values : `${word} ${values}`
  })
  return parts.join(', ')
}

function isObject(data: Json | undefined): data is { readonly [key: string]: Json } {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

function textOf(data: Json): string {
  return plain(typeof data === 'string' ? data : JSON.stringify(data), VALUE_MAX)
}
