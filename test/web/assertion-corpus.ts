import type { AssertionFault } from '../../src/web/assertion.ts'
import {
  ALEX,
  HOST,
  SECONDS,
  claims,
  cluster,
  ec,
  encoded,
  good,
  goodHeader,
  goodPayload,
  goodSignature,
  headed,
  hmac,
  hmacSecrets,
  json,
  kid,
  minted,
  own,
  p384,
  rsa,
  rsaCluster,
  stranger,
} from './assertion-tokens.ts'

/** One value of the header, what becomes of it, and why the published rules would take what is refused here. */
export interface Case {
  readonly name: string
  readonly token: string
  readonly expected: 'accepted' | AssertionFault
  readonly stricter?: string
}

const accepted: readonly Case[] = [
  fine('what Pomerium sends', good),
  fine('the other issuer format', cluster.mint({ ...ALEX, issuerFormat: 'uri' })),
  fine('an RSA key', rsaCluster.mint(ALEX)),
  fine('a claim more', minted({ department: 'ops', admin: true })),
  fine('a parameter more that brings no key', headed({ cty: 'x' })),
  fine('one audience in a list', minted({ aud: [HOST] })),
  fine('a type in another spelling', headed({ typ: 'application/jwt' })),
  fine('no start, or one now', minted({ nbf: SECONDS })),
  fine('a clock 30 s ahead', minted({ iat: SECONDS + 30, exp: SECONDS + 330 })),
  fine('a start 30 s ahead', minted({ nbf: SECONDS + 30 })),
  fine('an end 29 s ago', minted({ iat: SECONDS - 329, exp: SECONDS - 29 })),
  fine('parts of a second', minted({ iat: SECONDS - 0.5, exp: SECONDS + 299.5 })),
  fine('a subject with a space inside', minted({ sub: 'CN=Alex Doe' })),
  fine('the longest subject', minted({ sub: 's'.repeat(255) })),
]

const otherAppsAndClusters: readonly Case[] = [
  bad('another app of the cluster', 'iss', cluster.mint({ ...ALEX, host: 'wiki.example.com' })),
  bad('the audience of another app', 'aud', minted({ aud: 'wiki.example.com' })),
  bad('an audience with port', 'aud', minted({ aud: `${HOST}:443` })),
  bad('an audience as address', 'aud', minted({ aud: `https://${HOST}/` })),
  bad('an audience in capitals', 'aud', minted({ aud: HOST.toUpperCase() })),
  bad('no audience', 'aud', minted({ aud: undefined })),
  bad('an empty audience', 'aud', minted({ aud: '' })),
  bad('an empty list of audiences', 'aud', minted({ aud: [] })),
  bad('an audience that is an object', 'aud', minted({ aud: { 0: HOST } })),
  bad(
    'two audiences, ours among them',
    'aud',
    minted({ aud: ['wiki.example.com', HOST] }),
    'Pomerium names one; another audience could bring the token here',
  ),
  bad('a parent domain', 'iss', minted({ iss: 'example.com' })),
  bad('the issuer of another cluster', 'iss', minted({ iss: 'auth.example.net' })),
  bad("an attacker's address as issuer", 'iss', minted({ iss: 'https://evil.example/' })),
  bad('an issuer without the slash', 'iss', minted({ iss: `https://${HOST}` })),
  bad('an issuer over http', 'iss', minted({ iss: `http://${HOST}/` })),
  bad('an issuer with a user', 'iss', minted({ iss: `https://${HOST}@evil.example/` })),
  bad('a list of issuers', 'iss', minted({ iss: [HOST] })),
  bad('no issuer', 'iss', minted({ iss: undefined })),
  bad('another cluster', 'key', stranger.mint(ALEX)),
  bad('another cluster under our kid', 'signature', stranger.mint({ ...ALEX, header: { kid } })),
]

const algorithms: readonly Case[] = [
  ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
    bad(
      `${alg || 'no'} algorithm, unsigned`,
      'malformed',
      `${encoded({ alg, kid })}.${goodPayload}.`,
    ),
    bad(
      `${alg || 'no'} algorithm, signed`,
      alg === '' ? 'malformed' : 'algorithm',
      headed({ alg }),
    ),
  ]),
  bad('an algorithm that is a list', 'malformed', headed({ alg: ['ES256'] })),
  ...hmacSecrets().map(([what, secret]) => bad(`HS256 with ${what}`, 'algorithm', hmac(secret))),
  bad('RS256 with the EC key', 'key', headed({ alg: 'RS256' })),
  bad('ES256 with the RSA key', 'key', rsaCluster.mint({ ...ALEX, header: { alg: 'ES256' } })),
  bad('ES256 signed with RSA', 'key', own({ alg: 'ES256', kid: 'own-rsa' }, rsa.privateKey)),
  bad('PS256', 'algorithm', own({ alg: 'PS256', kid: 'own-rsa' }, rsa.privateKey)),
  bad('RS384', 'algorithm', own({ alg: 'RS384', kid: 'own-rsa' }, rsa.privateKey)),
  bad('ES384', 'algorithm', own({ alg: 'ES384', kid: 'own-p384' }, p384.privateKey)),
  bad('ES256 with a key for ES384', 'key', own({ alg: 'ES256', kid: 'own-p384' }, p384.privateKey)),
]

const keys: readonly Case[] = [
  bad('an unknown kid', 'key', headed({ kid: 'ffff' })),
  bad('no kid', 'key', headed({ kid: undefined })),
  bad('an empty kid', 'key', headed({ kid: '' })),
  bad('a kid that is a number', 'key', headed({ kid: 0 })),
  bad('a kid that is a list', 'key', headed({ kid: [kid] })),
  bad('a kid that is a path', 'key', headed({ kid: '../../../dev/null' })),
  bad('a kid that every object has', 'key', headed({ kid: '__proto__' })),
  ...['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'].flatMap((name) => {
    const value = name === 'jwk' ? stranger.jwks().keys[0] : 'https://evil.example/keys'
    const why = 'Pomerium sends no such parameter, and nobody needs one'
    return [
      bad(
        `a key of the sender by ${name}`,
        'header',
        stranger.mint({ ...ALEX, header: { [name]: value } }),
      ),
      bad(
        `our kid beside ${name}`,
        'header',
        stranger.mint({ ...ALEX, header: { kid, [name]: value } }),
      ),
      bad(`our signature over ${name}`, 'header', headed({ [name]: value }), why),
    ]
  }),
  bad('a critical extension', 'header', headed({ crit: ['exp'] })),
  bad('a payload that is not encoded', 'header', headed({ crit: ['b64'], b64: false })),
  bad('a payload that is compressed', 'header', headed({ zip: 'DEF' }), 'JWS knows no compression'),
  bad('no type', 'typ', headed({ typ: undefined }), 'Pomerium always says JWT'),
  bad('an access token', 'typ', headed({ typ: 'at+jwt' }), 'a token of another kind'),
  bad('a type that is a list', 'typ', headed({ typ: ['JWT'] }), 'a token of another kind'),
]

const times: readonly Case[] = [
  bad(
    'expired for 30 s',
    'expired',
    minted({ iat: SECONDS - 330, exp: SECONDS - 30 }),
    tolerance(),
  ),
  bad('expired for a minute', 'expired', minted({ iat: SECONDS - 360, exp: SECONDS - 60 })),
  bad('expired since 1970', 'expired', minted({ exp: 0 })),
  bad('made 31 s ahead', 'iat', minted({ iat: SECONDS + 31, exp: SECONDS + 331 }), tolerance()),
  bad('made tomorrow', 'iat', minted({ iat: SECONDS + 86_400, exp: SECONDS + 86_700 })),
  bad(
    'made an hour ago for a year',
    'expired',
    minted({ iat: SECONDS - 3_600, exp: SECONDS + 31_536_000 }),
    'Pomerium makes a token for each request: an old one was kept by somebody',
  ),
  bad('a start 31 s ahead', 'nbf', minted({ nbf: SECONDS + 31 }), tolerance()),
  bad('a start tomorrow', 'nbf', minted({ nbf: SECONDS + 86_400 })),
  bad('a start that is a word', 'nbf', minted({ nbf: 'now' })),
  bad('no end', 'exp', minted({ exp: undefined })),
  bad('an end that is a text', 'exp', minted({ exp: String(SECONDS + 300) })),
  bad('an end that is true', 'exp', minted({ exp: true })),
  bad('no beginning', 'iat', minted({ iat: undefined }), 'its age cannot be told'),
  bad('a beginning that is a text', 'iat', minted({ iat: String(SECONDS) })),
  bad('a beginning that is null', 'iat', minted({ iat: null })),
  bad(
    'a beginning without end',
    'iat',
    cluster.seal(
      json({ alg: 'ES256', kid, typ: 'JWT' }),
      json(claims).replace(/"iat":\d+/, '"iat":1e400'),
    ),
  ),
]

const nobody = 'there is nobody whom the act could be recorded for'
const identities: readonly Case[] = [
  bad(
    'nobody, on a public route',
    'sub',
    cluster.mint({ ...ALEX, subject: '', email: '' }),
    nobody,
  ),
  bad('a service account without address', 'email', cluster.mint({ ...ALEX, email: '' }), nobody),
  bad('no token id', 'jti', minted({ jti: undefined }), 'Pomerium always gives one'),
  ...([undefined, '', ' ', null, 0, true, [ALEX.subject], { id: 1 }] as const).map((sub) =>
    bad(`the subject ${json(sub) ?? 'left out'}`, 'sub', minted({ sub }), nobody),
  ),
  ...[
    ' 00u-alex',
    '00u-alex\n',
    '00u\0alex',
    '00u\u202ealex',
    '\u200b',
    '\ud800',
    's'.repeat(256),
  ].map((sub) =>
    bad(`the subject ${json(sub)}`, 'sub', minted({ sub }), 'it would read like another'),
  ),
  ...([undefined, '', ' ', null, 0, true, [ALEX.email], { address: ALEX.email }] as const).map(
    (email) => bad(`the e-mail ${json(email) ?? 'left out'}`, 'email', minted({ email }), nobody),
  ),
  ...[
    'alex',
    '@example.com',
    'alex@',
    'a@b@example.com',
    ' alex@example.com',
    'alex@example.com ',
    'alex@example.com\nkim@example.com',
    'alex@example.com\0',
    'al\u200bex@example.com',
    '\u202ealex@example.com',
    `${'a'.repeat(310)}@example.com`,
  ].map((email) =>
    bad(`the e-mail ${json(email)}`, 'email', minted({ email }), 'it cannot stand in a rule'),
  ),
]

const forms: readonly Case[] = [
  bad('an empty header, as when Pomerium cannot sign', 'malformed', ''),
  bad('a word', 'malformed', 'assertion'),
  bad('dots', 'malformed', '..'),
  bad('two tokens in one header', 'malformed', `${good}, ${good}`),
  bad('two tokens in one header without space', 'malformed', `${good},${good}`),
  bad('a scheme before the token', 'malformed', `Bearer ${good}`),
  bad('a fourth part', 'malformed', `${good}.${goodSignature}`),
  bad('the signature missing', 'malformed', `${goodHeader}.${goodPayload}`),
  bad('an empty signature', 'malformed', `${goodHeader}.${goodPayload}.`),
  bad('an empty payload', 'malformed', `${goodHeader}..${goodSignature}`),
  bad('an empty header part', 'malformed', `.${goodPayload}.${goodSignature}`),
  bad('a space inside', 'malformed', `${goodHeader}. ${goodPayload}.${goodSignature}`),
  bad('a line end inside', 'malformed', `${goodHeader}.${goodPayload}\n.${goodSignature}`),
  bad('padding', 'malformed', `${good}==`),
  bad(
    'the other alphabet',
    'malformed',
    own({ alg: 'ES256', kid: 'own-ec' }, ec.privateKey, 'base64'),
  ),
  bad(
    'bits left over in the signature',
    'malformed',
    `${good.slice(0, -1)}${nextLetter(good.at(-1) ?? '')}`,
    'one token is written in one way',
  ),
  bad('one letter less', 'malformed', good.slice(0, -1)),
  bad('two letters less', 'signature', good.slice(0, -2)),
  bad('four letters more', 'signature', `${good}.AAAA`.replace(/\.(\w{4})$/, '$1')),
  bad('zeros as signature', 'signature', `${goodHeader}.${goodPayload}.${zeros(64)}`),
  bad('a shorter signature of zeros', 'signature', `${goodHeader}.${goodPayload}.${zeros(63)}`),
  bad('a longer signature of zeros', 'signature', `${goodHeader}.${goodPayload}.${zeros(65)}`),
  bad(
    'a signature in DER',
    'signature',
    own({ alg: 'ES256', kid: 'own-ec' }, ec.privateKey, 'der'),
  ),
  bad(
    'the signature of another token',
    'signature',
    `${goodHeader}.${goodPayload}.${partOf(minted({}), 2)}`,
  ),
  bad(
    'the payload of another token',
    'signature',
    `${goodHeader}.${partOf(minted({ sub: 'kim' }), 1)}.${goodSignature}`,
  ),
  bad(
    'the header of another token',
    'signature',
    `${partOf(headed({ cty: 'x' }), 0)}.${goodPayload}.${goodSignature}`,
  ),
  bad(
    'a JSON serialization',
    'malformed',
    json({ protected: goodHeader, payload: goodPayload, signature: goodSignature }),
  ),
  bad(
    'an encrypted token',
    'malformed',
    `${encoded({ alg: 'dir', enc: 'A128GCM', kid })}..${zeros(12)}.${zeros(64)}.${zeros(16)}`,
  ),
  ...['[]', 'null', '"alex"', '{', '', '{}x'].map((payload) =>
    bad(
      `the payload ${payload || 'of no length'}`,
      'malformed',
      cluster.seal(json({ alg: 'ES256', kid, typ: 'JWT' }), payload),
    ),
  ),
  ...['[]', 'null', '{', '{}x'].map((header) =>
    bad(`the header ${header}`, 'malformed', cluster.seal(header, json(claims))),
  ),
  bad('a header without anything', 'key', cluster.seal('{}', json(claims))),
  bad(
    'claims without anything',
    'iss',
    cluster.seal(json({ alg: 'ES256', kid, typ: 'JWT' }), '{}'),
  ),
]

/** Every kind of token that somebody may try, and what Pomerium really sends; all at {@link NOW}. */
export const corpus: readonly Case[] = [
  ...accepted,
  ...otherAppsAndClusters,
  ...algorithms,
  ...keys,
  ...times,
  ...identities,
  ...forms,
]

function fine(name: string, token: string): Case {
  return { name, token, expected: 'accepted' }
}

function bad(name: string, expected: AssertionFault, token: string, stricter?: string): Case {
  return { name, token, expected, ...(stricter === undefined ? {} : { stricter }) }
}

function tolerance(): string {
  return '30 s are enough between clocks that are kept right'
}

function zeros(size: number): string {
  return Buffer.alloc(size).toString('base64url')
}

function partOf(token: string, index: number): string {
  return token.split('.')[index] ?? ''
}

/** The letter whose highest bits are the same. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return letters[letters.indexOf(letter) + 1] ?? ''
}
