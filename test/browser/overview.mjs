// The overview on a stand-in: a working day, the periods, too much and nothing at all.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes, tryAgain } from './browser.mjs'
import { becomes, check, eventually, matches } from './harness.mjs'
import { now, overview } from './overview-world.mjs'
import { makeSettingsWorld } from './settings-world.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const tall = { width: 1280, height: 1240 }
const expected = /status of 500/
const answered = (page) => page.waitForFunction(() => document.querySelector('.page')?.getAttribute('aria-busy') === 'false')
const chart = (page) => page.getByRole('slider', { name: /^Spend by/ })
const card = (page, name) => page.getByRole('region', { name, exact: true })

export async function survey(browser, dist) {
  const world = makeSettingsWorld(30)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await opened.page.clock.setFixedTime(now)
    await outline(stage)
    await links(stage)
    await keyboard(stage)
    await periods(stage)
    await table(stage)
    await live(stage)
    await shell(stage)
    await tooMuch(stage)
    await failing(stage)
    await nothing(stage)
    await check('no error in the console of the overview, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function outline({ page, world, go }) {
  await check('an overview that is still coming shows its outline', async () => {
    let come
    world.slow = { 'overview.get': new Promise((done) => (come = done)) }
    await go('overview')
    await page.getByRole('status', { name: 'Loading' }).waitFor()
    await clean(inspect(page, 'overview-loading'))
    world.slow = {}
    come()
    await chart(page).waitFor()
  })
  await check('the overview is readable in both themes and at every size', async () => {
    await clean(inspect(page, 'overview'))
    await page.setViewportSize(tall)
    await clean(inspect(page, 'overview-whole'))
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `overview-${size}`, { axe: size === 'zoomed' }))
    }
    await page.setViewportSize(tall)
  })
  await check('the amounts of a list stand under each other at the point', async () => {
    for (const name of ['By key', 'By model', 'By provider']) {
      await eventually(async () => {
        const points = await card(page, name).locator('.after').evaluateAll((cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().left)))
        assert.ok(points.length > 1 && new Set(points).size === 1, `${name}: points at ${points}`)
      })
    }
  })
}

async function links({ page, go }) {
  await check('every number leads to the calls behind it', async () => {
    const addresses = [
      ['Spent today', '$3.62', '#/calls?span=today'], ['Spent today', '12 calls unpriced', '#/calls?span=today&unpriced=1'],
      ['November', '$71.24', '#/calls?span=month'], ['November', 'of $120', '#/keys'], ['Saved by cache today', '$9.20', '#/calls?span=today'],
      ['Cache hit rate', '412 calls', '#/calls?span=today&state=settled'], ['Cache hit rate', '3 failed', '#/calls?span=today&state=failed'], ['Cache hit rate', '1 refused', '#/calls?span=today&state=refused'],
      ['By key', 'Codex', '#/calls?span=today&key=key_2'], ['By model', 'gpt-5.6-sol', '#/calls?span=today&model=gpt-5.6-sol'], ['By model', '12 calls unpriced', '#/calls?span=today&model=glm-5.3-air&unpriced=1'],
      ['By provider', 'Anthropic', '#/calls?span=today&channel=ch_1'], ['By limit', 'Codex', '#/keys/key_2'], ['By limit', '$0.94', '#/calls?key=key_2&span=today'],
      ['Needs attention', 'No price for glm-5.3-air', '#/calls?span=today&model=glm-5.3-air&unpriced=1'],
    ]
    for (const [name, text, address] of addresses) await becomes(() => card(page, name).getByRole('link', { name: text, exact: true }).first().getAttribute('href'), address, `${name}: ${text}`)
  })
  await check('what is not known is a dash with its reason', async () => {
    const row = card(page, 'By model').getByRole('listitem').filter({ hasText: 'glm-5.3-air' })
    assert.match(await row.innerText(), /—/)
    assert.equal(await row.locator('.unknown').getAttribute('title'), 'None of these calls has a price.')
  })
  await check('a bar leads to the calls of its hour', async () => {
    const box = await chart(page).boundingBox()
    await page.mouse.move(box.x + box.width * 0.41, box.y + 100)
    await page.getByText(/^10:00.–.11:00.AM$/).waitFor()
    await clean(inspect(page, 'overview-bar', { axe: false }))
    await page.mouse.click(box.x + box.width * 0.41, box.y + 100)
    await page.waitForFunction(() => location.hash.startsWith('#/calls?since=2026-11-20T09%3A00'))
    await go('overview')
    await chart(page).waitFor()
  })
}

async function keyboard({ page }) {
  await check('the chart is read by keyboard', async () => {
    await page.mouse.move(5, 5)
    await chart(page).focus()
    const said = () => chart(page).getAttribute('aria-valuetext')
    await matches(said, /^5:00.–.6:00.PM: \$0\.09, without cache/)
    await page.keyboard.press('ArrowLeft')
    await matches(said, /^4:00.–.5:00.PM/)
    await page.keyboard.press('Home')
    await matches(said, /^12:00.–.1:00.AM/)
    await clean(inspect(page, 'overview-keyboard'))
    await page.keyboard.press('Escape')
  })
  await check('everything is reached by keyboard, in the order in which it is read', async () => {
    await page.locator('body').evaluate(() => document.activeElement.blur())
    await page.reload()
    await chart(page).waitFor()
    const names = []
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      names.push(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText.trim()))
    }
    const order = ['Skip to the content', 'Overview', 'Settings', 'Today', 'Custom…', 'Running on 127.0.0.1:9347', '$3.62', '$71.24', 'Model', 'Show as table', 'Spend by hour', 'Claude Code', 'No price for glm-5.3-air', 'gpt-5.6-sol']
    const places = order.map((name) => (name === 'gpt-5.6-sol' ? names.lastIndexOf(name) : names.indexOf(name)))
    assert.ok(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1])), names.join(' | '))
  })
  await check('the first step of the keyboard skips to the content', async () => {
    await page.reload()
    await chart(page).waitFor()
    await page.keyboard.press('Tab')
    await clean(inspect(page, 'overview-skip', { axe: false }))
    await page.keyboard.press('Enter')
    await becomes(() => page.evaluate(() => document.activeElement.id), 'content')
    await matches(() => page.evaluate(() => location.hash), /^#\/overview/)
  })
}

async function periods({ page }) {
  await check('period and grouping are kept in the address', async () => {
    await page.getByRole('radio', { name: '7 days' }).click()
    await page.getByRole('radio', { name: 'Key' }).click()
    await page.getByRole('heading', { name: 'Spend by day' }).waitFor()
    await becomes(() => page.evaluate(() => location.hash), '#/overview?span=7d&by=key')
    await page.reload()
    await page.getByRole('heading', { name: 'Spent in 7 days' }).waitFor()
    await becomes(() => page.getByRole('radio', { name: 'Key' }).getAttribute('aria-checked'), 'true')
    await page.getByRole('radio', { name: 'November' }).click()
    await page.getByRole('heading', { name: 'Spent in November' }).waitFor()
    await clean(inspect(page, 'overview-month', { axe: false }))
  })
  await check('days are chosen in a form that gives the focus back', async () => {
    await page.getByRole('button', { name: 'Custom…' }).click()
    const form = page.getByRole('dialog', { name: 'Days to show' })
    await form.getByLabel('From').fill('2026-11-09')
    await form.getByLabel('To').fill('2026-11-03')
    await form.getByText('The first day must not be after the last one.').waitFor()
    await clean(inspect(page, 'overview-days'))
    await page.keyboard.press('Escape')
    await form.waitFor({ state: 'detached' })
    await becomes(() => page.evaluate(() => document.activeElement.innerText), 'Custom…')
    await page.keyboard.press('Enter')
    await form.getByLabel('From').fill('2026-11-03')
    await form.getByLabel('To').fill('2026-11-09')
    await form.getByRole('button', { name: 'Show these days' }).click()
    await page.getByRole('heading', { name: /^Spent Nov 3/ }).waitFor()
    await matches(() => page.evaluate(() => location.hash), /span=2026-11-03\.\.2026-11-09/)
    assert.equal(await page.locator('style').count(), 0, 'the content policy allows no style in the page')
    await becomes(() => card(page, 'By key').getByRole('link', { name: 'Codex' }).getAttribute('href'), '#/calls?since=2026-11-02T23%3A00%3A00.000Z&until=2026-11-09T23%3A00%3A00.000Z&key=key_2')
    await clean(inspect(page, 'overview-custom', { axe: false }))
    await page.getByRole('radio', { name: 'Today' }).click()
    await page.getByRole('heading', { name: 'Spent today' }).waitFor()
  })
}

async function table({ page }) {
  await check('the chart is a table too', async () => {
    await page.getByRole('button', { name: 'Show as table' }).click()
    await becomes(() => page.getByRole('table').getByRole('row').count(), 19, 'a heading and the hours until now')
    await clean(inspect(page, 'overview-table'))
    await page.getByRole('button', { name: 'Show as chart' }).click()
    await chart(page).waitFor()
  })
}

async function live({ page, world, standin }) {
  await check('what comes in is shown within seconds, fetched once, and nothing moves', async () => {
    let asked = 0
    world.ops['overview.get'] = (args) => overview(args, { factor: 1 + ++asked })
    const before = await card(page, 'By model').boundingBox()
    for (let i = 0; i < 20; i++) standin.send('calls')
    await page.getByText('$7.24', { exact: true }).first().waitFor()
    assert.equal(asked, 1)
    await becomes(() => card(page, 'By model').boundingBox(), before)
    world.ops['overview.get'] = (args) => overview(args)
    await page.reload()
    await chart(page).waitFor()
  })
}

async function shell({ page, world, standin }) {
  await check('a narrow rail says its words when it is pointed at or reached by keyboard', async () => {
    await page.setViewportSize(sizes.small)
    const link = page.getByRole('navigation').getByRole('link', { name: 'Keys & limits' })
    await link.hover()
    await page.getByRole('tooltip', { name: 'Keys & limits' }).waitFor()
    await clean(inspect(page, 'overview-tooltip'))
    await page.mouse.move(600, 300)
    await page.getByRole('tooltip').waitFor({ state: 'detached' })
    await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).focus()
    await page.keyboard.press('Tab')
    await page.getByRole('tooltip', { name: 'Calls' }).waitFor()
    await page.setViewportSize(tall)
  })
  await check('the header says when the relay is paused, and when its port is taken', async () => {
    const { status } = world
    world.status = { ...status, paused: true }
    standin.send('status')
    await page.getByText('Paused on 127.0.0.1:9347').waitFor()
    await clean(inspect(page, 'overview-paused'))
    world.status = { ...status, door: { open: false, port: 9347, holder: 'node', message: null } }
    standin.send('status')
    await becomes(() => page.getByRole('link', { name: 'Port 9347 is in use' }).getAttribute('href'), '#/settings')
    await clean(inspect(page, 'overview-port', { axe: false }))
    world.status = status
    standin.send('status')
    await page.getByText('Running on 127.0.0.1:9347').waitFor()
  })
}

async function tooMuch({ page, world }) {
  await check('long names, large amounts and many keys have room', async () => {
    world.ops['overview.get'] = (args) => overview(args, { factor: 3408.4, names: [`${'a'.repeat(60)}${'-very-long-model-name'.repeat(7)}`], keys: 50, budget: null, lost: true })
    await page.reload()
    await page.getByText('$12,346.93').first().waitFor()
    await page.getByText(/^The cache cost \$3,704\.\d\d more than it saved\.$/).waitFor()
    await page.getByText('No budget set.').waitFor()
    await clean(inspect(page, 'overview-much'))
    await card(page, 'By key').getByRole('button', { name: 'Show all 53' }).click()
    await becomes(() => card(page, 'By key').getByRole('listitem').count(), 53)
    await page.getByRole('button', { name: 'Show as table' }).click()
    await clean(inspect(page, 'overview-much-table'))
    for (const size of ['small', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `overview-much-${size}`, { axe: false }))
    }
    await page.setViewportSize(tall)
    world.ops['overview.get'] = (args) => overview(args)
  })
}

async function failing({ page, world, standin }) {
  await check('when overview.get fails, the page says so and tries again on demand', async () => {
    world.errors = { 'overview.get': { kind: 'storage', message: 'The ledger cannot be read.' } }
    await page.reload()
    await page.getByRole('heading', { name: 'The overview could not be loaded' }).waitFor()
    await page.getByText('The ledger cannot be read.').waitFor()
    await clean(inspect(page, 'overview-error'))
    world.errors = {}
    await tryAgain(page)
    await chart(page).waitFor()
    await page.getByText('The ledger cannot be read.').waitFor({ state: 'detached' })
  })
  await check('what was shown stays when it cannot be fetched anew', async () => {
    world.errors = { 'overview.get': { kind: 'storage', message: 'The ledger cannot be read.' } }
    standin.send('calls')
    await page.getByText('The ledger cannot be read.').waitFor()
    await page.getByText('$3.62').first().waitFor()
    await clean(inspect(page, 'overview-error-later', { axe: false }))
    world.errors = {}
    await tryAgain(page)
    await page.getByText('The ledger cannot be read.').waitFor({ state: 'detached' })
  })
}

async function nothing({ page, world }) {
  await check('a period without calls says so, without a chart of zeros', async () => {
    world.ops['overview.get'] = (args) => overview(args, { factor: 0 })
    await page.reload()
    await page.getByText('Nothing was spent in this time.').waitFor()
    await clean(inspect(page, 'overview-quiet'))
  })
  await check('before the first call there are the first steps instead of zeros', async () => {
    world.status = { ...world.status, has_calls: false, has_providers: false, has_keys: false, simulated_only: true }
    world.settings = { ...world.settings, first_steps_done_at: null }
    await page.reload()
    await page.getByRole('heading', { name: 'Add a provider', exact: false }).first().waitFor()
    await becomes(() => page.getByRole('heading', { name: 'Spent today' }).count(), 0)
    await clean(inspect(page, 'overview-first'))
  })
  await check('whoever put the first steps away is told what fills the page', async () => {
    world.settings = { ...world.settings, first_steps_done_at: '2026-11-20T09:00:00.000Z' }
    await page.reload()
    await page.getByRole('link', { name: 'Add a key' }).waitFor()
    await answered(page)
    await clean(inspect(page, 'overview-empty'))
  })
}
