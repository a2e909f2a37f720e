import { readFileSync, readdirSync } from 'node:fs'
import type pg from 'pg'

const FOLDER = new URL('../../db/queries/', import.meta.url)

/** The names of all queries that auditors are given. */
export const QUERIES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.slice(0, -'.sql'.length))
  .toSorted()

export function textOf(name: string): string {
  return readFileSync(new URL(`${name}.sql`, FOLDER), 'utf8')
}

/** A query as psql would send it: its variables as parameters, with those defaults that its `\if` blocks set. */
export function queryOf(name: string, given: Readonly<Record<string, string>>) {
  const defaults: Record<string, string> = {}
  const sql = textOf(name).replaceAll(
    /^\\if :\{\?(\w+)\}\n\\else\n\\set \1 (?:'(.*)'|(\S+))\n\\endif\n/gm,
    (_block, variable: string, quoted?: string, bare?: string) => {
      defaults[variable] = quoted ?? bare ?? ''
      return ''
    },
  )
  const values: string[] = []
  const places = new Map<string, string>()
  const text = sql.replaceAll(/(?<!:):'(\w+)'/g, (_mark, variable: string) => {
    const value = given[variable] ?? defaults[variable]
    if (value === undefined) throw new Error(`${name}: ${variable} is not given`)
    let place = places.get(variable)
    if (place === undefined) {
      place = `$${values.push(value)}::text`
      places.set(variable, place)
    }
    return place
  })
  return { text, values }
}

/** Runs a query as an auditor would. */
export async function run<Row extends object>(
  pool: pg.Pool,
  name: string,
  given: Readonly<Record<string, string>> = {},
): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>(queryOf(name, given))
  return rows
}
