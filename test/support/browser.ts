import { accessSync, constants, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { Front } from '../simulators/pomerium/front.ts'
import type { People } from './world.ts'
import { addressOf } from './world.ts'

/** A real browser in front of the front; each tab is a person's own, with nothing kept from others. */
export interface TestBrowser extends AsyncDisposable {
  /** Somebody's tab, signed in. */
  open(who: keyof People, look?: Look): Promise<Tab>
}

export interface Look {
  readonly javaScript?: boolean
  readonly colorScheme?: 'light' | 'dark'
  /** CSS pixels; 1000 unless told. */
  readonly width?: number
  /** Lets a test's own scripts into pages, which the pages' policy keeps out. */
  readonly bypassPolicy?: boolean
}

export interface Tab extends AsyncDisposable {
  readonly page: Page
  /** What should never happen: dialogs, scripts that fail, what the page's policy stopped, answers that fail. */
  readonly accidents: readonly string[]
  goto(path: string): Promise<void>
  /** Presses Tab until the focus is on what a screen reader calls so, e.g. `button "Ask`. Throws when it never is. */
  tabTo(wanted: string): Promise<void>
  /** What axe-core finds wrong by some of its rules or all, one line each; of a tab that bypasses the policy. */
  violations(...rules: readonly string[]): Promise<readonly string[]>
  /** Keeps a picture where SCREENSHOTS says, if it does. */
  picture(name: string): Promise<void>
}

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const MAX_TABS = 80

/**
 * Where Chromium is: CHROMIUM, or one that the system has. Nowhere is `undefined`, or an error where it is demanded:
 * with REQUIRE_CHROMIUM or CI set.
 */
export function findChromium(): string | undefined {
  const given = process.env['CHROMIUM']
  const found = (given === undefined ? PLACES : [given]).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  const isDemanded = Boolean(process.env['REQUIRE_CHROMIUM'] ?? process.env['CI'])
  if (found === undefined && (isDemanded || given !== undefined))
    throw new Error(`no Chromium at ${given ?? PLACES.join(', ')}; install it or set CHROMIUM`)
  return found
}

/** Why tests in a browser are left out, or `false`. */
export const isWithoutBrowser: string | false =
  findChromium() === undefined && 'no Chromium here: install it or set CHROMIUM'

/** Starts a headless Chromium. */
export async function startBrowser(front: Front): Promise<TestBrowser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('start a browser: there is no Chromium')
  const isRoot = process.getuid?.() === 0
  const browser = await chromium.launch({
    executablePath,
    args: ['--disable-dev-shm-usage', ...(isRoot ? ['--no-sandbox'] : [])],
  })
  return {
    open: (who, look = {}) => openTab(browser, front, addressOf(who), look),
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

async function openTab(browser: Browser, front: Front, email: string, look: Look): Promise<Tab> {
  const { javaScript = true, colorScheme = 'light', width = 1_000, bypassPolicy = false } = look
  const options: BrowserContextOptions = {
    baseURL: front.origin,
    javaScriptEnabled: javaScript,
    colorScheme,
    bypassCSP: bypassPolicy,
    viewport: { width, height: 900 },
    reducedMotion: 'reduce',
  }
  const context = await browser.newContext(options)
  const [name = '', value = ''] = front.signIn(email).split('=')
  await context.addCookies([{ name, value, url: front.origin }])
  const page = await context.newPage()
  page.setDefaultTimeout(8_000)
  const accidents = watch(page)
  return {
    page,
    accidents,
    async goto(path) {
      await page.goto(path)
    },
    async tabTo(wanted) {
      const seen: string[] = []
      for (let presses = 0; presses < MAX_TABS; presses += 1) {
        await page.keyboard.press('Tab')
        const focus = await focusOf(page)
        if (focus.startsWith(wanted)) return
        seen.push(focus)
      }
      throw new Error(`Tab never came to ${wanted} at ${page.url()}: ${seen.join(' | ')}`)
    },
    violations: (...rules) => violationsOf(page, rules),
    async picture(title) {
      const folder = process.env['SCREENSHOTS']
      if (folder === undefined) return
      await mkdir(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${title}.png`), fullPage: true })
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

function watch(page: Page): readonly string[] {
  const accidents: string[] = []
  page.on('dialog', (dialog) => {
    accidents.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => accidents.push(`script: ${error.message}`))
  page.on('console', (message) => {
    // The page itself says what its status means.
    const isOwnStatus =
      /^Failed to load.* status of 4/.test(message.text()) && message.location().url === page.url()
    if (!isOwnStatus && ['error', 'warning'].includes(message.type()))
      accidents.push(`console: ${message.text()}`)
  })
  page.on('requestfailed', (request) =>
    accidents.push(`${request.url()}: ${request.failure()?.errorText ?? 'failed'}`),
  )
  return accidents
}

/** What a screen reader would say of what has the focus, e.g. `button "Ask"`. */
async function focusOf(page: Page): Promise<string> {
  const focus = page.locator(':focus')
  if ((await focus.count()) === 0) return ''
  const [first = ''] = (await focus.ariaSnapshot()).split('\n')
  // YAML, which quotes what has a colon in it.
  return first.replace(/^- '?/, '')
}

interface Axe {
  run(options: object): Promise<{
    readonly violations: readonly {
      readonly id: string
      readonly help: string
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
    }[]
  }>
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

async function violationsOf(page: Page, rules: readonly string[]): Promise<readonly string[]> {
  const isThere = await page.evaluate<boolean>('"axe" in globalThis')
  if (!isThere) await page.addScriptTag({ content: readFileSync(AXE, 'utf8') })
  const { violations } = await page.evaluate(
    (rules) =>
      (globalThis as unknown as { readonly axe: Axe }).axe.run({
        ...rules,
        resultTypes: ['violations'],
      }),
    rules.length === 0 ? {} : { runOnly: rules },
  )
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}: ${html} ${failureSummary}`),
  )
}
