// Scrolls 100,000 calls with the wheel and by the scrollbar, as a person does, and measures how long frames take.
import assert from 'node:assert/strict'
import { launch, openPage } from './browser.mjs'
import { rowsThere, seenFrames, watchFrames } from './frames.mjs'
import { check, eventually } from './harness.mjs'

const rowHeight = 34
const wheelSteps = 150

/** Needs a browser of its own: only one that draws scrollbars has one to drag. */
export async function scroll(standin, world, many) {
  const browser = await launch({ scrollbars: true })
  const { page, close } = await openPage(browser, standin.url, { session: true })
  const asked = count(world, 'calls.page')
  try {
    await page.goto(`${standin.url}/#/calls`)
    await page.locator('[data-call]').first().waitFor()
    const total = Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1
    assert.ok(total >= many)
    await check('the scrollbar is as long as the list', async () => {
      assert.equal(await page.locator('.scroller').evaluate((e) => e.scrollHeight), (total + 1) * rowHeight)
    })
    await check('the wheel scrolls smoothly, and every row that it stops at is there', () => wheel(page))
    await check('the scrollbar is dragged from the newest call to the oldest, and few pages are fetched on the way', () => drag(page, total, asked))
  } finally {
    await close()
    await browser.close()
  }
}

async function wheel(page) {
  const box = await page.locator('.scroller').boundingBox()
  await page.mouse.move(box.x + 200, box.y + 200)
  await watchFrames(page)
  for (let i = 0; i < wheelSteps; i++) await page.mouse.wheel(0, i < 100 ? 240 : 2400)
  await report(page, 'wheel')
  await eventually(async () => assert.ok((await page.locator('.scroller').evaluate((e) => e.scrollTop)) > 100 * 240))
  await shown(page)
}

async function drag(page, total, asked) {
  const box = await page.locator('.scroller').boundingBox()
  await page.locator('.scroller').evaluate((e) => (e.scrollTop = 0))
  await shown(page)
  const before = asked()
  await watchFrames(page)
  for (let tries = 0; tries < 5 && !(await ended(page)); tries++) await pull(page, box)
  await report(page, 'scrollbar')
  await page.locator(`[aria-rowindex="${total + 1}"][data-call]`).waitFor()
  await shown(page)
  assert.ok(asked() - before < 180, `${asked() - before} pages were fetched`)
}

/** Drags the scrollbar's thumb from one end to the other, once it is drawn where it is pressed. */
async function pull(page, box) {
  const x = box.x + box.width - 8
  await page.locator('.scroller').evaluate((e) => {
    e.scrollTop = 0
    return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  })
  await page.mouse.move(x, box.y + 24)
  await page.mouse.down()
  for (let i = 1; i <= 60; i++) await page.mouse.move(x, box.y + 24 + (box.height * i) / 60)
  await page.mouse.move(x, box.y + box.height + 50)
  await page.mouse.up()
}

const ended = (page) => page.locator('.scroller').evaluate((e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 1)

/** Waits until every drawn row has its call, and says that they are few. */
async function shown(page) {
  await rowsThere(page)
  await eventually(async () => assert.ok((await page.locator('[data-row]').count()) < 100))
}

async function report(page, name) {
  const frames = await seenFrames(page)
  const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))].toFixed(1)
  console.log(`      ${name}: ${frames.length} frames, median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms`)
}

/** Counts how often an operation is asked for from now on. */
export function count(world, op) {
  const answer = world.ops[op]
  let times = 0
  world.ops[op] = (args) => (times++, answer(args))
  return () => times
}
