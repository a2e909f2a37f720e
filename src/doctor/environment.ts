import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Catalogue } from '../domain/resource.ts'
import { readRules } from '../rules.ts'
import type { Finding, Line } from './finding.ts'
import { apart, check, failed, lineOf, ok, reasonOf, skipped, warning } from './finding.ts'
import type { Settings } from './settings.ts'

const SEE_EXAMPLE = 'see .env.example'
const SEE_CHECK = 'correct the file: "npm run jit -- catalogue check" names what is wrong'

/** Whether every variable can be read, and the file that heads are kept in can be had. */
export function examineEnvironment(settings: Settings): Promise<readonly Line[]> {
  const { mistakes, auditHeadsPath, isSocketMode } = settings
  return check('environment', async () => {
    const wrong: Finding[] = mistakes.map((mistake) => failed(...apart(mistake, SEE_EXAMPLE)))
    const heads = auditHeadsPath === undefined ? undefined : await headsProblem(auditHeadsPath)
    if (heads !== undefined)
      wrong.push(failed(heads, 'name a file that the bot may read and add to, or leave it out'))
    if (wrong.length > 0) return wrong
    const mode = isSocketMode ? 'Slack by Socket Mode' : 'Slack by HTTP'
    return ok(`every variable can be read; ${mode}`)
  })
}

/** The bot would make the file, which a look must not. */
async function headsProblem(path: string): Promise<string | undefined> {
  const { R_OK, W_OK } = constants
  try {
    await access(path, R_OK | W_OK)
    return undefined
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing) return `AUDIT_HEADS_FILE: ${reasonOf(error)}`
  }
  try {
    await access(dirname(path), W_OK)
    return undefined
  } catch (error) {
    return `AUDIT_HEADS_FILE: ${reasonOf(error)}`
  }
}

export interface ExaminedCatalogue {
  readonly lines: readonly Line[]
  /** Absent when the bot would not start with it. */
  readonly catalogue?: Catalogue
}

/** Reads the rules as a start does; an OPA server is not asked. */
export async function examineCatalogue(settings: Settings): Promise<ExaminedCatalogue> {
  const { cataloguePath, opa, web } = settings
  if (cataloguePath === undefined)
    return { lines: [lineOf('catalogue', skipped('the environment does not say where it is'))] }
  let catalogue: Catalogue | undefined
  const lines = await check('catalogue', async () => {
    const parts = { cataloguePath, ...(opa && { opa }), ...(web && { web }) }
    const read = await readRules(parts, () => performance.now())
    if (!read.ok)
      return read.problems.map((problem) =>
        failed(...apart(`${read.headline}: ${problem}`, SEE_CHECK)),
      )
    await read.rules.rego?.[Symbol.asyncDispose]?.()
    catalogue = read.rules.catalogue
    const { resources, revision } = catalogue
    return [
      ok(`${resources.size} resource(s), revision ${revision.slice(0, 12)}`),
      ...read.warnings.map((text) =>
        warning(...apart(text, 'change it, or leave it if it is meant so')),
      ),
    ]
  })
  return { lines, ...(catalogue && { catalogue }) }
}
