import { z } from 'zod'
import { isPersonal } from './vocabulary-terms.ts'
import { VOCABULARY } from './vocabulary.ts'

/** The vocabulary as a page of Markdown, for people. */
export function vocabularyPage(): string {
  const rows = Object.entries(VOCABULARY).map(([action, { version, meaning, details }]) => {
    const names = Object.entries(details.shape).map(([name, detail]) =>
      [
        `\`${name}\``,
        ...(detail instanceof z.ZodOptional ? ['?'] : []),
        ...(isPersonal(detail) ? ['*'] : []),
      ].join(''),
    )
    return `| \`${action}\` | ${version} | ${meaning} | ${names.join(', ').replaceAll('*', '\\*')} |`
  })
  return [
    '# Events of the audit trail',
    '',
    'Made by `npm run --silent jit -- audit schema --format markdown`; `audit.schema.json` has the same for programs, with what each detail means.',
    'A `?` marks a detail that may be missing, a `*` one that is personal: it can be erased, and is missing then.',
    '',
    '| Action | Version | What happened | Details |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
