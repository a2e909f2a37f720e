import { KeySetUnavailable, fetchKeySet } from '../web/key-set-remote.ts'
import type { Unavailable } from '../web/key-set-remote.ts'
import type { Finding, Line } from './finding.ts'
import { check, failed, ok, reasonOf, skip } from './finding.ts'
import type { Settings } from './settings.ts'

const TIMEOUT_MS = 5_000
const ADDRESS =
  'set JWKS_ENDPOINT to WEB_ORIGIN/.well-known/pomerium/jwks.json, which Pomerium answers on every route'
const REACH =
  'let this machine reach that address, or save the key set in a file and name it by JWKS_FILE'
const SIGNING_KEY = 'set a signing key for ES256 or RS256 in Pomerium'

const REMEDIES: Readonly<Record<Unavailable, readonly [string, string]>> = {
  unreachable: ['no answer', REACH],
  'timed-out': ['no answer in time', REACH],
  status: ['the answer is no key set', ADDRESS],
  'not-json': ['the answer is no key set', ADDRESS],
  'not-a-key-set': ['the answer is no key set', ADDRESS],
  'too-large': ['the answer is no key set', ADDRESS],
  'secret-key': ['the key set has a secret or private key in it', SIGNING_KEY],
  'ambiguous-kid': ['the key set has two keys under one kid', SIGNING_KEY],
  'no-usable-key': ['the key set has no key that is usable', SIGNING_KEY],
}

/** Whether assertions can be verified, where there are pages. */
export async function examinePages({ web }: Pick<Settings, 'web'>): Promise<readonly Line[]> {
  if (web === undefined) return skip(['pages.keys'], 'there are no pages')
  const { keys } = web
  return check(
    'pages.keys',
    async () => {
      const set = 'url' in keys ? await fetchKeySet(keys.url, TIMEOUT_MS) : keys.keySet
      return ok(`${set.keys.length} key(s) to verify assertions with`)
    },
    { meaning: unavailable },
  )
}

function unavailable(error: unknown): Finding {
  if (!(error instanceof KeySetUnavailable)) return failed(reasonOf(error), REACH)
  const [what, remedy] = REMEDIES[error.code]
  return failed(`${what} (${error.message})`, remedy)
}
