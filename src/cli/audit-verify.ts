import { readFileSync } from 'node:fs'
import type { TrailVerified } from '../postgres/audit-verify.ts'
import { verifyTrail } from '../postgres/audit-verify.ts'
import type { Head } from '../domain/chained-event.ts'
import { formatHead } from '../domain/chained-event.ts'
import type { HeadsFile } from '../trail/heads.ts'
import { headsIn, headsInFile } from '../trail/heads.ts'
import { verifyExport } from './audit-verify-file.ts'
import type { CliResult } from './command.ts'
import { withDatabase } from './database.ts'
import { wordsIn } from './words.ts'

/** Exit code where nothing could be verified, which is not the same as finding something. */
const NOT_VERIFIED = 2

/** Checks the trail of the database; fails with 1 when something is wrong with it, and 2 when it could not be checked. */
export async function verify(words: readonly string[]): Promise<CliResult> {
  const read = wordsIn(words, {
    from: { type: 'string' },
    to: { type: 'string' },
    head: { type: 'string', multiple: true },
    heads: { type: 'string' },
    file: { type: 'string' },
  })
  if (!read.ok) return read.usage
  const { from, to, head = [], heads, file } = read.values
  if (read.positionals.length > 0) return { type: 'usage' }
  const problem = [from, to].flatMap((text) =>
    text === undefined || isNumber(text) ? [] : `${text} is no number of an event`,
  )[0]
  if (problem !== undefined) return { type: 'usage', problem }
  if (from !== undefined && to !== undefined && Number(to) < Number(from))
    return { type: 'usage', problem: `--to ${to} is before --from ${from}` }
  const known = headsOf(head, heads)
  if (!known.ok) return { type: 'usage', problem: known.problem }
  if (file !== undefined) {
    if (from !== undefined || to !== undefined)
      return { type: 'usage', problem: 'a file is verified as a whole: leave out --from and --to' }
    return verifyExport(file, known.of.heads)
  }
  const options = { from: numberOf(from), to: numberOf(to), ...known.of }
  return withDatabase(async (db) => answerTo(await verifyTrail(db, options), options), {
    isPatient: true,
    exitCode: NOT_VERIFIED,
  })
}

interface Known extends HeadsFile {
  readonly to: number | undefined
}

function answerTo(verified: TrailVerified, { to, heads, givenUp }: Known): CliResult {
  const { events, head, erased, headsMet, finding, problems, isTrusted, archived } = verified
  if (finding !== undefined || problems.length > 0) {
    const first = finding === undefined ? [] : [`event ${finding.seq}: ${finding.problem}`]
    return { type: 'failed', text: ['NOT AS RECORDED', ...first, ...problems].join('\n') }
  }
  const last = heads.filter(({ seq }) => to === undefined || seq <= to).map(({ seq }) => seq)
  // Those of before the first event that was looked at say nothing.
  const known = headsMet === 0 ? 0 : Math.max(...last.filter((seq) => seq <= head.seq))
  return {
    type: 'ok',
    text: [
      `as recorded: ${events} events, the last is ${formatHead(head)}`,
      ...(erased === 0 ? [] : [`${erased} of them had personal parts that were erased, on record`]),
      ...(isTrusted ? ['what is before them was not looked at: their beginning is trusted'] : []),
      ...(archived === undefined
        ? []
        : [
            `those up to ${archived.seq} are in archives: verify each file with --file, the last with --head ${formatHead(archived)}`,
          ]),
      ...(givenUp === 0
        ? []
        : [`${givenUp} heads of the file were given up after a restore, and left out`]),
      known === 0
        ? 'no head from outside was given: that the end was cut off or all written anew would not show'
        : `heads from outside vouch for all up to event ${known}`,
    ].join('\n'),
  }
}

function headsOf(
  given: readonly string[],
  file: string | undefined,
):
  { readonly ok: true; readonly of: HeadsFile } | { readonly ok: false; readonly problem: string } {
  const heads: Head[] = []
  for (const text of given) {
    const [head] = headsIn(text)
    if (head === undefined || formatHead(head) !== text)
      return { ok: false, problem: `${text} is no head: write it as <seq>:<hash>` }
    heads.push(head)
  }
  if (file === undefined) return { ok: true, of: { heads, givenUp: 0 } }
  try {
    const found = headsInFile(readFileSync(file, 'utf8'))
    if (found.heads.length === 0) return { ok: false, problem: `there are no heads in ${file}` }
    return { ok: true, of: { ...found, heads: [...heads, ...found.heads] } }
  } catch (error) {
    return { ok: false, problem: `${file} cannot be read: ${String(error)}` }
  }
}

const isNumber = (text: string) => /^[1-9]\d{0,14}$/.test(text)
const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text))
