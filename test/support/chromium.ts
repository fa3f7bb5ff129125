import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const PROGRAM = '/usr/bin/chromium'

/** No sandbox: CI runs as root in a container, and the pages are our own. Nothing is asked of any network. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where screenshots are kept, for whoever wants to look: an artefact of CI. */
const SCREENSHOTS = path.join('.tap', 'screenshots')

/**
 * A browser, closed after the test. Undefined where there is no Chromium: the test is then skipped with the reason, or
 * fails where `REQUIRE_CHROMIUM=1` demands one.
 */
export async function requireChromium(t: Test): Promise<Browser | undefined> {
  if (!existsSync(PROGRAM)) {
    if (process.env.REQUIRE_CHROMIUM === '1') t.fail(`REQUIRE_CHROMIUM is set, and there is no ${PROGRAM}`)
    else t.pass(`there is no ${PROGRAM}`, { skip: 'needs Chromium (apt-get install chromium)' })
    return undefined
  }
  const browser = await chromium.launch({ executablePath: PROGRAM, args: ARGS })
  t.teardown(() => browser.close())
  return browser
}

/** The ways in which every page is looked at. */
export const LOOKS: Readonly<Record<string, PageLook>> = {
  light: { scheme: 'light' },
  dark: { scheme: 'dark' },
  phone: { scheme: 'light', width: 390, height: 844 },
}

export interface OpenPage {
  page: Page
  /** Errors and warnings of the console, and what scripts threw. */
  complaints: string[]
  /** What the page asked for beside itself. */
  requests: string[]
  /** From the start of navigation to the end of loading, ms. */
  loadMs: number
}

export interface PageLook {
  scheme?: 'light' | 'dark'
  width?: number
  height?: number
}

/** Opens a file as a reader would, from the disk. */
export function openFile(browser: Browser, file: string, look: PageLook = {}): Promise<OpenPage> {
  return openAddress(browser, `file://${path.resolve(file)}`, look)
}

export async function openAddress(browser: Browser, url: string, look: PageLook = {}): Promise<OpenPage> {
  const { scheme = 'light', width = 1280, height = 900 } = look
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } })
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url())
  })
  const startMs = performance.now()
  await page.goto(url, { waitUntil: 'load' })
  return { page, complaints, requests, loadMs: performance.now() - startMs }
}

/** Resolves when an expression is true in the page, which may be loaded anew meanwhile. Its policy forbids it to look itself. */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  for (;;) {
    if ((await page.evaluate(expression).catch(() => false)) === true) return
    await page.waitForTimeout(100)
  }
}

/** Keeps what a page looks like, from its top to its bottom. */
export async function keepScreenshot(page: Page, name: string): Promise<string> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const file = path.join(SCREENSHOTS, `${name}.png`)
  await page.screenshot({ path: file, fullPage: true })
  return file
}

/** What axe holds for a fault, each with the places where it is. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // The policy of the page forbids it to load scripts; the tester puts one in.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  return violations.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  )
}
