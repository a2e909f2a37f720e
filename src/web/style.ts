import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The stylesheet of every page. */
export const STYLE = readFileSync(new URL('style.css', import.meta.url), 'utf8')

const VERSION = createHash('sha256').update(STYLE).digest('base64url').slice(0, 16)

/** Where pages find the stylesheet; another one has another address, so that it may be kept for long. */
export const STYLE_PATH = `/style.css?v=${VERSION}`
