// The list of calls on a stand-in: every kind of row, 100,000 of them, live, filtered, with keys alone.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes, tryAgain } from './browser.mjs'
import { becomes, check, eventually, matches } from './harness.mjs'
import { count, scroll } from './scroll.mjs'
import { startStandin } from './standin.mjs'
import { makeWorld } from './world.mjs'

const rows = (page) => page.locator('[data-call]')
const receipt = (page) => page.getByRole('complementary', { name: 'Receipt' })
const clean = async (found) => assert.deepEqual(await found, [])
const sums = (page) => page.getByText(/calls?, [$—]/) // an amount, or a dash where none is known
const many = 100_000

export async function walk(browser, dist) {
  const world = makeWorld(many)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of 500/ })
  const { page } = opened
  try {
    await loading(page, standin, world)
    await everyKind(page)
    await receipts(page)
    await live(page, standin, world)
    await keys(page)
    await filters(page, standin)
    await lacking(page, standin, world)
    await everySize(page, standin)
    await check('no error in the console, and no request to another origin', () => assert.deepEqual(opened.faults, []))
    await opened.close()
    await scroll(standin, world, many)
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function loading(page, standin, world) {
  await check('a list that is still coming shows its outline', async () => {
    let come
    world.slow = { 'calls.page': new Promise((done) => (come = done)) }
    await page.goto(`${standin.url}/#/calls`)
    await page.getByRole('status', { name: 'Loading' }).waitFor()
    await clean(inspect(page, 'list-loading'))
    world.slow = {}
    come()
    await rows(page).first().waitFor()
  })
}

async function everyKind(page) {
  await check('every kind of call has its row, and amounts stand under each other', async () => {
    await clean(inspect(page, 'list'))
    const points = () => page.locator('[role=gridcell] .after:not(:empty)').evaluateAll((cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().left)))
    await becomes(async () => new Set(await points()).size, 2, 'the points of cost and of saved stand at two places')
  })
  await check('above the list stands what the whole of it comes to', async () => {
    await matches(() => sums(page).innerText(), /^100,000 calls, \$[\d,.]+ spent, 1 unpriced$/)
  })
  await check('the list says to readers how long it is, and which row is which', async () => {
    const grid = page.getByRole('grid', { name: 'Calls, newest first' })
    assert.equal(await grid.getAttribute('aria-rowcount'), String(many + 1))
    assert.equal(await rows(page).first().getAttribute('aria-rowindex'), '2')
    const [cells, headings] = [await rows(page).first().getByRole('gridcell').count(), await grid.getByRole('columnheader').count()]
    assert.equal(cells, headings)
  })
  await check('a model that was asked for by another name is shown with both', async () => {
    await page.getByRole('gridcell', { name: /cheap.*served as.*claude-haiku-5-5/ }).waitFor()
  })
  await check('what is not known is a dash with its reason, never 0', async () => {
    const row = rows(page).filter({ hasText: 'no price' })
    assert.match(await row.innerText(), /—/)
    assert.match(await row.locator('.unknown').first().getAttribute('title'), /no price for glm/)
  })
}

async function receipts(page) {
  for (const [index, name] of [[0, 'running'], [2, 'unpriced'], [3, 'estimated'], [4, 'lost'], [5, 'failed'], [6, 'refused'], [7, 'huge'], [9, 'reported']]) {
    await check(`the receipt of a call that is ${name} is readable`, async () => {
      await rows(page).nth(index).click()
      await receipt(page).getByRole('heading').first().waitFor()
      await clean(inspect(page, `list-receipt-${name}`, { axe: [0, 2, 4].includes(index) }))
    })
  }
  await check('attempts are told in their order, with the names that the providers have here', async () => {
    await rows(page).nth(5).click()
    await receipt(page).getByText('2 attempts').click()
    const attempt = (n) => () => receipt(page).getByRole('listitem').nth(n).innerText()
    await matches(attempt(0), /OpenAI of the team[^]*status 429 · 120\sms · not charged/)
    await matches(attempt(1), /The box in the cellar[^]*no answer · 4\.1\ss · may have been charged[^]*The connection was reset\./)
    await clean(inspect(page, 'list-attempts'))
  })
  await check('below 1,100 pixels the receipt lies over the list, and gives the focus back', async () => {
    await page.keyboard.press('Escape')
    await receipt(page).waitFor({ state: 'detached' })
    await page.setViewportSize(sizes.small)
    await rows(page).nth(4).click()
    await page.getByRole('dialog', { name: 'Receipt' }).waitFor()
    await clean(inspect(page, 'list-receipt-over'))
    await page.setViewportSize(sizes.zoomed)
    await clean(inspect(page, 'list-receipt-zoomed', { axe: false }))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement?.hasAttribute('data-call'))
    await page.setViewportSize(sizes.wide)
  })
}

async function live(page, standin, world) {
  const scroller = page.locator('.scroller')
  const come = (n, differs = {}) => {
    world.added.unshift({ ...world.at(20), ...differs, id: `call_001000${String(n).padStart(6, '0')}` })
    standin.send('call', world.added[0])
    return page.locator(`[data-call="${world.added[0].id}"]`)
  }
  await check('a call that comes while nobody reads is shown at once', async () => {
    await come(1).waitFor()
    await sums(page).getByText('100,001 calls').waitFor()
  })
  await check('a call that comes while the list is scrolled waits, and nothing moves', async () => {
    await scroller.evaluate((e) => (e.scrollTop = 34 * 5000))
    await page.locator('[data-row="5000"][data-call]').waitFor()
    const row = await page.locator('[data-row="5000"]').getAttribute('data-call')
    const late = come(2)
    await page.getByRole('button', { name: '1 new' }).waitFor()
    assert.equal(await scroller.evaluate((e) => e.scrollTop), 34 * 5000)
    assert.equal(await page.locator('[data-row="5000"]').getAttribute('data-call'), row)
    await clean(inspect(page, 'list-waiting', { axe: false }))
    await page.getByRole('button', { name: '1 new' }).click()
    await late.waitFor()
    await becomes(() => scroller.evaluate((e) => e.scrollTop), 0)
  })
  await check('a burst of calls does not stop the page', async () => {
    const asked = count(world, 'calls.page')
    let last
    for (let i = 3; i <= 1500; i++) last = come(i)
    await last.waitFor()
    assert.ok(asked() < 100, `${asked()} pages were fetched for 1,498 calls`)
    await eventually(async () => assert.ok((await rows(page).count()) < 60))
  })
  await check('what is no conversation says what it is, and is called so where it has no model', async () => {
    await come(1501, { operation: 'transcription', model: 'whisper-1', upstream_model: 'whisper-1' }).getByText('whisper-1 · Transcription').waitFor()
    await come(1502, { operation: 'stored', model: null, upstream_model: null, basis: 'zero', lines: [], meters: {}, cost_usd: '0', saved_usd: '0', without_cache_usd: '0' }).getByText('Stored response').click()
    await receipt(page).getByRole('heading', { name: 'Stored response' }).waitFor()
    await clean(inspect(page, 'list-receipt-stored'))
    await page.keyboard.press('Escape')
    await receipt(page).waitFor({ state: 'detached' })
  })
  await check('a running call becomes its receipt when it ends', async () => {
    await page.goto(`${standin.url}/#/calls/${world.at(0).id}`)
    await page.getByText('This call is still running.').waitFor()
    standin.send('call', { ...world.at(20), id: world.at(0).id })
    await page.locator('[data-total]').waitFor()
    await page.keyboard.press('Escape')
    await receipt(page).waitFor({ state: 'detached' })
    await page.goto(`${standin.url}/#/calls`)
  })
}

async function keys(page) {
  const total = async () => Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1
  const focusOn = (row) => page.waitForFunction((n) => document.activeElement?.getAttribute('data-row') === String(n), row)
  await check('keys lead from the newest call to the oldest and back', async () => {
    await rows(page).first().focus()
    await page.keyboard.press('ArrowDown')
    await focusOn(1)
    await page.keyboard.press('PageDown')
    await page.waitForFunction(() => Number(document.activeElement?.getAttribute('data-row')) > 10)
    await page.keyboard.press('End')
    await focusOn((await total()) - 1)
    await page.locator(':focus[data-call]').waitFor()
    await page.keyboard.press('Home')
    await focusOn(0)
  })
  await check('a receipt that is open follows the keys, also to a call that is not fetched yet', async () => {
    await page.keyboard.press('Enter')
    await receipt(page).waitFor()
    await page.keyboard.press('End')
    await page.waitForFunction((id) => location.hash.endsWith(id), 'call_000899900001')
    await receipt(page).getByText('call_000899900001').waitFor()
    await page.keyboard.press('Escape')
    await receipt(page).waitFor({ state: 'detached' })
    await page.keyboard.press('Home')
    await focusOn(0)
  })
}

async function filters(page, standin) {
  const counted = (text) => sums(page).and(page.getByText(new RegExp(`^${text},`))).waitFor() // 100,002 calls are not 2 calls
  const open = () => page.getByRole('button', { name: 'Filter', exact: true }).click()
  const choose = async (label, option) => {
    await page.getByRole('group', { name: 'Filter' }).getByRole('combobox', { name: label }).click()
    await page.getByRole('option', { name: option, exact: true }).click()
  }
  await check('a filter is chosen, said above the list, and kept in the address', async () => {
    await open()
    await choose('Key', 'Codex')
    await counted('2 calls')
    await choose('State', 'failed')
    await counted('1 call')
    await matches(() => page.url(), /#\/calls\?key=key_2&state=failed$/)
    await page.getByText('Key: Codex').waitFor()
    await clean(inspect(page, 'list-filter'))
    await page.reload()
    await counted('1 call')
    await page.getByRole('button', { name: 'Remove the filter “State: failed”' }).click()
    await counted('2 calls')
  })
  await check('a model is typed, and an amount that is none is told', async () => {
    await open()
    await page.getByLabel('Model').fill('gpt-5.6-sol')
    await page.getByLabel('Costs over, $').fill('much')
    await page.getByText('An amount in dollars, such as 0.50.').waitFor()
    await page.getByLabel('Costs over, $').fill('$.001')
    await page.getByLabel('Costs over, $').blur()
    await counted('1 call')
    await matches(() => page.url(), /key=key_2&model=gpt-5\.6-sol&over=0\.001$/)
  })
  await check('when nothing fits, the list says so and offers everything', async () => {
    await page.getByLabel('Unpriced only').check()
    await page.getByRole('heading', { name: 'No calls match' }).waitFor()
    await clean(inspect(page, 'list-none'))
    await page.getByRole('button', { name: 'Clear', exact: true }).first().click()
    await rows(page).nth(10).waitFor()
    await matches(() => page.url(), /#\/calls$/)
  })
  await check('the number of unpriced calls leads to them, and back leads back', async () => {
    await page.getByRole('link', { name: '1 unpriced' }).click()
    await counted('1 call')
    await becomes(() => rows(page).count(), 1)
    await page.goBack()
    await rows(page).nth(10).waitFor()
    await page.goForward()
    await page.getByText('Unpriced only').first().waitFor()
    await counted('1 call')
  })
  await check('a period of another page is taken over, and widened with one click', async () => {
    await page.goto(`${standin.url}/#/calls?since=2026-11-20T15:00:00.000Z&until=2026-11-20T15:41:00.000Z&channel=ch_2`)
    await counted('2 calls')
    await page.getByText(/Nov 20, 2026, 4:00\s–\s4:41\sPM/).waitFor()
    await clean(inspect(page, 'list-period', { axe: false }))
    await page.getByRole('radio', { name: 'Any time' }).click()
    await page.waitForFunction(() => location.hash === '#/calls?channel=ch_2')
    await page.goto(`${standin.url}/#/calls`)
    await rows(page).nth(10).waitFor()
  })
}

async function lacking(page, standin, world) {
  await check('a part of the list that cannot be fetched is said, and fetched on demand', async () => {
    world.errors = { 'calls.page': { kind: 'storage', message: 'The ledger cannot be read.' } }
    await page.locator('.scroller').evaluate((e) => (e.scrollTop = 34 * 60_000))
    await page.getByText('Some of these calls could not be loaded.').waitFor()
    await clean(inspect(page, 'list-lacking'))
    world.errors = {}
    await tryAgain(page)
    await page.locator('[data-row="60001"][data-call]').waitFor()
    await page.getByText('Some of these calls could not be loaded.').waitFor({ state: 'detached' })
  })
}

async function everySize(page, standin) {
  await page.goto(`${standin.url}/#/calls?key=key_1&model=claude-opus-5-5&over=0.01`)
  await sums(page).and(page.getByText(/^2 calls,/)).waitFor()
  await check('the list and its filter fit into every window', async () => {
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `list-${size}`, { axe: size === 'small' }))
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
      await clean(inspect(page, `list-filter-${size}`, { axe: false }))
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
    }
    await page.goto(`${standin.url}/#/calls`)
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await rows(page).nth(3).waitFor()
      await clean(inspect(page, `list-all-${size}`, { axe: false }))
    }
  })
}
