import { parseKeySet } from './web/key-set.ts'
import type { KeySet, KeySetFault } from './web/key-set.ts'

type PageVariable = 'JWKS_ENDPOINT' | 'JWKS_FILE' | 'WEB_ORIGIN'

/** What is wrong with the variables of the pages together, one line each with the remedy. */
export function pageMistakes(
  given: (name: PageVariable) => boolean,
  { isLinked }: { readonly isLinked: boolean },
): readonly string[] {
  const [keys] = (['JWKS_ENDPOINT', 'JWKS_FILE'] as const).filter(given)
  if (given('JWKS_ENDPOINT') && given('JWKS_FILE'))
    return ['JWKS_ENDPOINT and JWKS_FILE are both set; keep one of them']
  if (keys !== undefined && !given('WEB_ORIGIN'))
    return [
      `${keys} is set without WEB_ORIGIN; set WEB_ORIGIN to the address of the Pomerium route of the pages`,
    ]
  if (keys === undefined && given('WEB_ORIGIN'))
    return [
      'WEB_ORIGIN is set without JWKS_ENDPOINT and JWKS_FILE; set JWKS_ENDPOINT to WEB_ORIGIN/.well-known/pomerium/jwks.json',
    ]
  if (keys === undefined && isLinked)
    return [
      'IDENTITY is linked, which needs the pages; set WEB_ORIGIN and JWKS_ENDPOINT, or leave it out for slack',
    ]
  return []
}

const PROBLEMS: Readonly<Record<KeySetFault, string>> = {
  'not-a-key-set': 'that is not a JSON Web Key Set',
  'secret-key': 'with a secret or private key in it',
  'ambiguous-kid': 'with two keys under one kid',
  'no-usable-key': 'without a key for ES256 or RS256 that has a kid',
}

/** The key set in a file, or what is wrong with it: one line with the remedy, and nothing of the file. */
export function readKeySetFile(
  path: string,
  readFile: (path: string) => string,
):
  | { readonly ok: true; readonly keySet: KeySet }
  | { readonly ok: false; readonly mistake: string } {
  const mistake = (problem: string) =>
    `JWKS_FILE names a file ${problem}; save there what Pomerium publishes at /.well-known/pomerium/jwks.json`
  let text: string
  try {
    text = readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    return { ok: false, mistake: mistake(`that cannot be read (${code})`) }
  }
  const parsed = parseKeySet(jsonOf(text))
  return parsed.ok ? parsed : { ok: false, mistake: mistake(PROBLEMS[parsed.why]) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whoever asks takes this for no key set.
    return undefined
  }
}
