// Every page on the real program with a ledger of forty days: both themes, each popup, by keyboard alone, at 200 %.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inspect, openPage, sizes, tooWide } from './browser.mjs'
import { becomes, check } from './harness.mjs'
import { dialogs, walkThrough } from './used-keys.mjs'
import { startWeir, zone } from './weir.mjs'

const root = new URL('../../', import.meta.url).pathname
const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })
const main = (page) => page.locator('main')

export async function use(browser, binary, home) {
  const [calls, first] = await fill(home)
  const weir = await startWeir(binary, home, { timeZone: zone })
  const opened = await openPage(browser, weir.console, { zone })
  const { page } = opened
  const go = async (place, ready) => {
    await page.evaluate((hash) => (location.hash = hash), `#/${place}`)
    await ready(page).waitFor()
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
  }
  try {
    await page.goto(weir.login_url)
    await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
    const stage = { page, go, calls, first }
    await everyPage(stage)
    await everyForm(stage)
    await everySection(stage)
    await popups(stage)
    await totals(stage)
    await zoomed(stage)
    await walkThrough(stage, places)
    await dialogs(stage)
    await check('no error in the console of a used Weir, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await weir.stop()
  }
}

/** Fills the home; returns how many calls it has and the first key's name. */
async function fill(home, calls = 3000) {
  await promisify(execFile)('go', ['run', './test/browser/fill', '-home', home, '-calls', String(calls)], { cwd: root, env: { ...process.env, CGO_ENABLED: '0', TZ: zone } })
  return [calls, 'Claude Code']
}

const chart = (page) => page.getByRole('slider', { name: /^Spend by/ })
const row = (page) => page.locator('[data-call]').nth(5)
const things = (page) => page.locator('[data-row]').nth(2)

const places = [
  ['today', 'overview?span=today', chart],
  ['week', 'overview?span=7d&by=key', chart],
  ['month', 'overview?span=month&by=provider', chart],
  ['calls', 'calls', row],
  ['filtered', 'calls?span=month&model=claude-opus-4-8&over=0.05', row],
  ['providers', 'providers', things],
  ['keys', 'keys', things],
  ['settings', 'settings', (page) => page.getByRole('heading', { name: 'Privacy' })],
]

async function everyPage({ page, go }) {
  for (const [name, place, ready] of places) {
    await check(`the page “${name}” of a used Weir is readable in both themes`, async () => {
      await go(place, ready)
      await clean(inspect(page, `real-${name}`))
    })
  }
  await check('the chart of a used Weir is a table too', async () => {
    await go('overview?span=month', chart)
    await button(page, 'Show as table').click()
    await page.getByRole('table').first().waitFor()
    await clean(inspect(page, 'real-table'))
    await button(page, 'Show as chart').click()
  })
  await check('a receipt of a used Weir is readable beside its list', async () => {
    await go('calls?model=claude-opus-4-8', row)
    await row(page).click()
    await page.locator('[data-total]').waitFor()
    await clean(inspect(page, 'real-receipt'))
    await page.keyboard.press('Escape')
  })
}

async function everyForm({ page, go, first }) {
  const open = async (name, opener) => {
    await opener.click()
    await page.getByRole('dialog').waitFor()
    await clean(inspect(page, `real-${name}`))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await check('the forms of providers are readable above a used Weir', async () => {
    await go('providers', things)
    await open('provider-add', button(page, 'Add a provider').first())
    await open('provider-edit', button(page, 'Edit').first())
  })
  await check('the forms of keys are readable above a used Weir', async () => {
    await go('keys', things)
    await open('key-add', button(page, 'Add a key').first())
    await open('key-limits', page.locator('[data-row]', { hasText: first }).getByRole('button', { name: /limit/ }).first())
  })
}

async function everySection({ page, go }) {
  for (const name of ['relay', 'data', 'privacy', 'diagnostics', 'about']) {
    await check(`the section “${name}” of the settings is readable`, async () => {
      await go(`settings/${name}`, () => page.locator(`#heading-${name}`))
      await page.waitForFunction((id) => document.activeElement?.id === id, `heading-${name}`)
      await clean(inspect(page, `real-settings-${name}`))
    })
  }
}

async function popups({ page, go }) {
  const open = async (name, opener, popup) => {
    await opener.click()
    await popup.waitFor()
    await clean(inspect(page, `real-popup-${name}`))
    await page.keyboard.press('Escape')
    await popup.waitFor({ state: 'detached' })
    await becomes(() => opener.evaluate((e) => e === document.activeElement), true, `${name} gives the focus back`)
  }
  await check('each popup belongs to its page, is readable, and gives the focus back', async () => {
    await go('calls', row)
    await open('period', button(page, 'Custom…'), page.getByRole('dialog', { name: 'Days to show' }))
    await button(page, 'Filter').click()
    await open('select', page.getByRole('combobox', { name: /^Key/ }), page.getByRole('listbox'))
    await button(page, 'Filter').click()
    await go('keys', things)
    await open('menu', page.getByRole('button', { name: /^More for/ }).first(), page.getByRole('menu'))
    await button(page, 'Add a key').first().click()
    await open('select-in-form', page.getByRole('combobox', { name: /^Unit/ }), page.getByRole('listbox'))
    await becomes(() => page.getByRole('dialog').count(), 1, 'Escape closes what is on top, and nothing else')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
  await check('the words of a narrow rail belong to the page', async () => {
    await page.setViewportSize(sizes.zoomed)
    await page.getByRole('link', { name: 'Calls', exact: true }).focus()
    await page.getByRole('tooltip').waitFor()
    await clean(inspect(page, 'real-popup-tooltip'))
    await page.setViewportSize(sizes.wide)
  })
}

async function totals({ page, go, calls }) {
  const amount = async (money) => [await money.innerText(), await money.getAttribute('title')]
  const sums = page.locator('.sums p .money')
  const same = ([text, title]) => page.locator(`.sums p .money[title="${title}"]`).getByText(text, { exact: true }).waitFor()
  for (const [span, name] of [['month', /^Spent in [A-Z]/], ['7d', 'Spent in 7 days'], ['today', 'Spent today']]) {
    await check(`what a span (${span}) comes to is what the calls behind it come to, to the last digit`, async () => {
      await go(`overview?span=${span}`, () => page.getByRole('heading', { name }))
      const hero = main(page).locator('.hero a.money').first()
      const shown = await amount(hero)
      await hero.click()
      await row(page).waitFor()
      await same(shown)
      await becomes(() => amount(sums), shown)
    })
  }
  await check('the tile of the month is what its calls come to', async () => {
    await go('overview?span=today', chart)
    const hero = main(page).locator('.hero a.money').nth(1)
    const shown = await amount(hero)
    await hero.click()
    await row(page).waitFor()
    await same(shown)
    await becomes(() => amount(sums), shown)
  })
  await check('every call that was made is in the list', async () => {
    await go('calls', row)
    await page.locator(`[role=grid][aria-rowcount="${calls + 1}"]`).waitFor()
  })
}

async function zoomed({ page, go }) {
  await page.setViewportSize(sizes.zoomed)
  for (const [name, place, ready] of places) {
    await check(`the page “${name}” fits at 200 %, without a sideways scroll`, async () => {
      await go(place, (page) => ready(page).or(page.getByRole('alert')).first())
      await clean(tooWide(page, name))
    })
  }
  await page.setViewportSize(sizes.wide)
}
