// What the real program reaches only by accident or after months, on a stand-in.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { check } from './harness.mjs'
import { startStandin } from './standin.mjs'
import { makeWorld } from './world.mjs'

const rows = (page) => page.locator('[data-call]')
const clean = async (found) => assert.deepEqual(await found, [])
const many = 100_000

export async function visit(browser, dist) {
  const world = makeWorld(many)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (401|500)|ERR_(EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET)/ })
  const { page } = opened
  try {
    await loading(page, standin, world)
    await everyKind(page)
    await long(page, standin, world)
    await notices(page, standin, world)
    await errors(page, standin, world)
    await away(page, standin, world)
    await check('no error in the console, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function loading(page, standin, world) {
  await check('a list that is still coming shows its outline', async () => {
    let come
    world.slow = { 'calls.list': new Promise((done) => (come = done)) }
    await page.goto(`${standin.url}/#/calls`)
    await page.getByRole('status', { name: 'Loading' }).waitFor()
    await clean(inspect(page, 'rare-loading'))
    world.slow = {}
    come()
    await rows(page).first().waitFor()
  })
}

async function everyKind(page) {
  await check('every kind of call has its row, and amounts stand under each other', async () => {
    await clean(inspect(page, 'rare-calls'))
    const points = await page.locator('[role=gridcell] .after:not(:empty)').evaluateAll((cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().left)))
    assert.equal(new Set(points).size, 2, `points of cost and saved stand at ${[...new Set(points)]}`)
  })
  await check('what is not known is a dash with its reason, never 0', async () => {
    const row = rows(page).filter({ hasText: 'no price' })
    assert.match(await row.innerText(), /—/)
    assert.match(await row.locator('.unknown').first().getAttribute('title'), /no price for glm/)
  })
  for (const [index, name] of [[0, 'running'], [2, 'unpriced'], [3, 'estimated'], [4, 'lost'], [5, 'failed'], [6, 'refused'], [7, 'huge']]) {
    await check(`the receipt of a call that is ${name} is readable`, async () => {
      await rows(page).nth(index).click()
      await page.getByRole('complementary', { name: 'Receipt' }).getByRole('heading').waitFor()
      await clean(inspect(page, `rare-receipt-${name}`, { axe: [0, 2, 4].includes(index) }))
    })
  }
  await check('below 1,100 pixels the receipt lies over the list, and gives the focus back', async () => {
    await page.keyboard.press('Escape')
    await page.setViewportSize(sizes.small)
    await rows(page).nth(4).click()
    await page.getByRole('dialog', { name: 'Receipt' }).waitFor()
    await clean(inspect(page, 'rare-receipt-over'))
    await page.setViewportSize(sizes.zoomed)
    await clean(inspect(page, 'rare-receipt-zoomed', { axe: false }))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute('data-call')), true)
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `rare-calls-${size}`, { axe: false }))
    }
    await page.setViewportSize(sizes.wide)
  })
}

async function long(page, standin, world) {
  const scroller = page.locator('.scroller')
  await check('of 100,000 calls a few rows are drawn, and older ones come as the list is scrolled', async () => {
    const loaded = async () => Math.round((await scroller.evaluate((e) => e.scrollHeight)) / 34)
    assert.ok((await loaded()) < 250)
    for (let i = 0; i < 5; i++) {
      const before = await loaded()
      await scroller.evaluate((e) => (e.scrollTop = e.scrollHeight))
      await page.waitForFunction((n) => document.querySelector('.scroller').scrollHeight / 34 > n + 50, before)
    }
    assert.ok((await loaded()) > 500)
    assert.ok((await rows(page).count()) < 60)
  })
  await check('a call that comes while the list is scrolled waits', async () => {
    const top = await scroller.evaluate((e) => e.scrollTop)
    world.added.unshift({ ...world.at(20), id: 'call_001000000001' })
    standin.send('call', world.added[0])
    await page.getByRole('button', { name: '1 new' }).waitFor()
    assert.equal(await scroller.evaluate((e) => e.scrollTop), top)
    await page.getByRole('button', { name: '1 new' }).click()
    await page.locator('[data-call="call_001000000001"]').waitFor()
    assert.equal(await scroller.evaluate((e) => e.scrollTop), 0)
  })
  await check('a burst of calls does not stop the page', async () => {
    const begun = Date.now()
    for (let i = 2; i <= 1500; i++) standin.send('call', { ...world.at(20), id: `call_00100000${String(i).padStart(4, '0')}` })
    await page.locator('[data-call="call_001000001500"]').waitFor()
    assert.ok(Date.now() - begun < 5000)
    assert.ok((await rows(page).count()) < 60)
  })
  await check('a running call becomes its receipt when it ends', async () => {
    await page.goto(`${standin.url}/#/calls/${world.at(0).id}`)
    await page.getByText('This call is still running.').waitFor()
    standin.send('call', { ...world.at(20), id: world.at(0).id })
    await page.locator('[data-total]').waitFor()
    await page.keyboard.press('Escape')
    await page.goto(`${standin.url}/#/calls`)
  })
}

async function notices(page, standin, world) {
  await check('what is wrong with the server is said on every page', async () => {
    world.status = { ...world.status, healthy: false, message: 'The ledger cannot be written: the disk is full.', secrets: { kept_in: 'file', locked: true, message: null }, simulated_only: true }
    standin.send('status')
    await page.getByText('the disk is full').waitFor()
    await page.getByText('Sandbox: not real money.').waitFor()
    await clean(inspect(page, 'rare-notices'))
    world.status = { ...makeWorld(many).status }
    standin.send('status')
    await page.getByText('the disk is full').waitFor({ state: 'detached' })
  })
}

async function errors(page, standin, world) {
  for (const [place, op, title] of [['calls', 'calls.list', 'The calls could not be loaded'], ['providers', 'providers.list', 'The providers could not be loaded'], ['keys', 'keys.list', 'The keys could not be loaded']]) {
    await check(`when ${op} fails, the page says so and tries again on demand`, async () => {
      world.errors = { [op]: { kind: 'storage', message: 'The ledger cannot be read.' } }
      await page.goto(`${standin.url}/#/${place}`)
      await page.reload()
      await page.getByRole('heading', { name: title }).waitFor()
      await page.getByText('The ledger cannot be read.').waitFor()
      await clean(inspect(page, `rare-error-${place}`))
      world.errors = {}
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.locator(place === 'calls' ? '[data-call]' : 'main li').first().waitFor()
      if (place !== 'calls') await clean(inspect(page, `rare-${place}`))
    })
  }
}

async function away(page, standin, world) {
  await check('a server that goes away is waited for, and what was missed is fetched', async () => {
    await page.goto(`${standin.url}/#/calls`)
    await rows(page).first().waitFor()
    world.away = true
    standin.drop()
    await page.getByText('Reconnecting…').waitFor()
    world.added.unshift({ ...world.at(20), id: 'call_001000009000' })
    world.away = false
    await page.locator('[data-call="call_001000009000"]').waitFor()
    await page.getByText('Running on').waitFor()
  })
  await check('a session that has ended is said at once', async () => {
    world.loggedOut = true
    await page.getByRole('link', { name: 'Keys & limits' }).click()
    await page.getByRole('heading', { name: 'Log in to Weir' }).waitFor()
  })
}
