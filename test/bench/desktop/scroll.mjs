// Scrolls the list of calls of a running Weir in Chromium; prints one line of JSON for each thing that it measured.
import { launch, openPage } from '../../browser/browser.mjs'
import { rowsThere, seenFrames, watchFrames } from '../../browser/frames.mjs'

const login = process.argv[2]
const say = (name, unit, values) => console.log(JSON.stringify({ name, unit, values }))

const browser = await launch({ scrollbars: true })
const { page, close } = await openPage(browser, new URL(login).origin)
const scroller = page.locator('.scroller')

async function open() {
  await page.evaluate(() => (location.hash = '#/overview'))
  await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
  const begun = performance.now()
  await page.evaluate(() => (location.hash = '#/calls'))
  await page.locator('[data-call]').first().waitFor()
  return performance.now() - begun
}

async function wheel(box) {
  await page.mouse.move(box.x + 200, box.y + 200)
  await watchFrames(page)
  for (let i = 0; i < 150; i++) await page.mouse.wheel(0, i < 100 ? 240 : 2400)
  return seenFrames(page)
}

async function drag(box) {
  await scroller.evaluate((e) => (e.scrollTop = 0))
  const x = box.x + box.width - 8
  await watchFrames(page)
  await page.mouse.move(x, box.y + 24)
  await page.mouse.down()
  for (let i = 1; i <= 60; i++) await page.mouse.move(x, box.y + 24 + (box.height * i) / 60)
  await page.mouse.up()
  return seenFrames(page)
}

/** Goes far down at once; returns how long the rows took to come. */
async function jump(share) {
  const begun = performance.now()
  await scroller.evaluate((e, share) => (e.scrollTop = e.scrollHeight * share), share)
  await page.evaluate(() => new Promise(requestAnimationFrame))
  await rowsThere(page)
  return performance.now() - begun
}

async function heap() {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('HeapProfiler.collectGarbage')
  await devtools.send('Performance.enable')
  const { metrics } = await devtools.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 2 ** 20
}

try {
  await page.goto(login)
  const opened = []
  for (let i = 0; i < 5; i++) opened.push(await open())
  say('the list opened in a browser, rows there', 'ms', opened)
  await rowsThere(page)
  const box = await scroller.boundingBox()
  say('a frame while the wheel turns', 'ms', await wheel(box))
  say('a frame while the scrollbar is dragged', 'ms', await drag(box))
  const jumps = []
  for (let i = 1; i <= 20; i++) jumps.push(await jump(((i * 7) % 20) / 20 + 0.01))
  say('a jump into the list, rows there', 'ms', jumps)
  say('the page’s objects after all that', 'MB', [await heap()])
} finally {
  await close()
  await browser.close()
}
