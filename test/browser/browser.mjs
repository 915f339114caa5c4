// Chromium, and what every page of it is watched for.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import axe from 'axe-core'
import { chromium } from 'playwright-core'

const flags = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

/** Zoomed is a window of 1280×800 at 200 %. */
export const sizes = { wide: { width: 1280, height: 800 }, small: { width: 880, height: 600 }, zoomed: { width: 640, height: 400 }, phone: { width: 480, height: 720 } }

/** Pictures that nobody measures are taken only on demand. */
const everyPicture = process.env.WEIR_PICTURES === 'all'

const shots = new URL('../../out/shots/', import.meta.url).pathname

/** A browser without a window draws scrollbars only when it is told to. */
export const launch = ({ scrollbars = false } = {}) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags, ignoreDefaultArgs: scrollbars ? ['--hide-scrollbars'] : [] })

/** Opens a page that notes errors and requests to other origins; `expected` matches what a test provokes. */
export async function openPage(browser, origin, { size = sizes.wide, session = false, expected = /^$/, zone = 'Europe/Berlin' } = {}) {
  const context = await browser.newContext({ viewport: size, locale: 'en-US', timezoneId: zone, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] })
  if (session) await context.addInitScript(() => localStorage.setItem('weir.session', 'session'))
  const page = await context.newPage()
  page.setDefaultTimeout(30_000) // a loaded machine is slow; a passing check waits for nothing
  const faults = []
  page.on('pageerror', (error) => faults.push(`error in the page: ${error.message}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) faults.push(`request to another origin: ${request.url()}`)
  })
  return { page, faults, close: () => context.close() }
}

/** Looks at a page as it stands in both themes: saves what is seen, and returns what axe and a ruler find wrong. Without axe it is the ruler alone, as a rule. */
export async function inspect(page, name, { axe = true } = {}) {
  const wrong = []
  if (!axe && !everyPicture) return tooWide(page, name)
  await mkdir(shots, { recursive: true })
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, scheme)
    await page.screenshot({ path: path.join(shots, `${name}-${scheme}.png`), caret: 'initial' })
    if (axe) wrong.push(...(await violations(page, scheme === 'dark')).map((text) => `${name}, ${scheme}: ${text}`))
  }
  return [...wrong, ...(await tooWide(page, name))]
}

/** Says what a person would have to scroll sideways to see: the window, its content, a dialog. */
export async function tooWide(page, name) {
  const over = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('main, [role=dialog], .popup')].map((e) => e.scrollWidth - e.clientWidth))
  return over.filter((px) => px > 0).map((px) => `${name}: ${px} px do not fit into the window`)
}

/** In a second theme nothing but colours is another. */
async function violations(page, onlyColours) {
  // The source is half a megabyte: it goes into each document once.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate((source) => (0, eval)(source), axe.source)
  const found = await page.evaluate(
    async (runOnly) => (await window.axe.run(document, { resultTypes: ['violations'], ...(runOnly && { runOnly }) })).violations,
    onlyColours ? ['color-contrast', 'link-in-text-block'] : null,
  )
  return found.map(({ id, help, nodes }) => `${id} (${help}) at ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
}

/** Presses "Try again" at once: a page that has recovered by itself meanwhile has none any more. */
export async function tryAgain(page) {
  for (const button of await page.getByRole('button', { name: 'Try again' }).elementHandles()) await button.evaluate((it) => it.click()).catch(() => undefined)
}
