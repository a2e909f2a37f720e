import { explanationText } from '../catalogue/explain-text.ts'
import { explain, findResource } from '../catalogue/explain.ts'
import { parseDuration } from '../domain/duration.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { instantOf } from '../domain/start-time.ts'
import { askerOf } from './catalogue-asker.ts'
import { readCatalogue, usualFile } from './catalogue-file.ts'
import type { CliResult } from './command.ts'
import { wordsIn } from './words.ts'

const STRING = { type: 'string' } as const
const OPTIONS = {
  who: STRING,
  user: STRING,
  groups: STRING,
  standing: STRING,
  resource: STRING,
  for: STRING,
  from: STRING,
  beneficiary: STRING,
  reason: STRING,
  file: STRING,
}

/** Says what the catalogue means for one person and one resource. */
export async function explainCatalogue(words: readonly string[]): Promise<CliResult> {
  const parsed = wordsIn(words, OPTIONS)
  if (!parsed.ok) return parsed.usage
  if (parsed.positionals.length > 0)
    return { type: 'usage', problem: `catalogue explain has no place for ${parsed.positionals[0]}` }
  const options = parsed.values
  const { who, resource: ref, for: time, from, beneficiary, reason } = options
  if (who === undefined || !isWritableEmail(who))
    return failed('--who must be an e-mail address such as ana@example.com')
  if (ref === undefined)
    return failed('--resource is missing; give grafana-prod, or grafana-prod:read')
  const duration = parseDuration(time ?? '')
  if (!duration.ok) return failed('--for must be a duration such as 30m, 1h30m or 2d')
  if (beneficiary !== undefined && !isWritableEmail(beneficiary))
    return failed('--beneficiary must be an e-mail address such as vic@partner.example')
  const at = new Date()
  const startsAt = from === undefined ? undefined : startOf(from, at)
  if (typeof startsAt === 'string') return failed(startsAt)
  const read = readCatalogue(options.file ?? usualFile())
  if (!read.ok) return failed(read.text)
  const { catalogue } = read
  const found = findResource(catalogue, ref)
  if ('problem' in found) return failed(found.problem)
  const { resource } = found
  const asker = await askerOf({ ...options, who }, catalogue, resource)
  if (!asker.ok) return failed(asker.text)
  const explanation = explain(catalogue, {
    who: asker.person,
    resource,
    durationSeconds: duration.seconds,
    ...(reason === undefined ? {} : { reason }),
    ...(beneficiary === undefined ? {} : { beneficiary }),
    ...(startsAt === undefined ? {} : { startsAt }),
    at,
  })
  const lines = [...explanationText(catalogue, explanation), ...asker.notes]
  return { type: 'ok', text: lines.join('\n') }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

/** The minute that somebody means, or what is wrong with it. */
function startOf(text: string, now: Date): Date | string {
  const unreadable = '--from must be an instant such as 2026-03-02T09:00Z'
  if (!INSTANT.test(text)) return unreadable
  const start = instantOf({ type: 'instant', at: new Date(text) }, now, undefined)
  if (!('code' in start)) return start
  return start.code === 'start-in-past' ? '--from is over already' : unreadable
}

function failed(text: string): CliResult {
  return { type: 'failed', text }
}
