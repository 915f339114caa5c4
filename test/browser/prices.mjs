// The price list, models without a price and signed catalogues, on the real program with a ledger of forty days.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { inspect, openPage, sizes } from './browser.mjs'
import { becomes, check } from './harness.mjs'
import { startWeir, zone } from './weir.mjs'

const root = new URL('../../', import.meta.url).pathname
const expected = /status of (400|404)/
const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })
const rowOf = (page, model) => page.getByRole('row').filter({ has: page.getByText(model, { exact: true }) }).first()
const drawer = (page) => page.getByRole('dialog').first()

export async function price(browser, binary) {
  const home = await mkdtemp(path.join(tmpdir(), 'weir-prices-'))
  await promisify(execFile)('go', ['run', './test/browser/fill', '-home', home, '-calls', '600'], { cwd: root, env: { ...process.env, CGO_ENABLED: '0', TZ: zone } })
  const weir = await startWeir(binary, home, { timeZone: zone })
  const opened = await openPage(browser, weir.console, { expected, zone })
  const { page } = opened
  const stage = { page, home, go: (view) => page.evaluate((hash) => (location.hash = hash), `#/prices${view ? `?view=${view}` : ''}`) }
  try {
    await page.goto(weir.login_url)
    await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
    await list(stage)
    await ownPrice(stage)
    await unmatched(stage)
    await updates(stage)
    await check('no error in the console of the prices, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await weir.stop()
    await rm(home, { recursive: true, force: true })
  }
}

async function list({ page, go }) {
  await go('')
  await page.getByRole('grid', { name: 'Price list' }).waitFor()
  await check('the list begins with the models that were used, and their points stand under each other', async () => {
    await becomes(() => page.getByRole('checkbox', { name: 'Used by me' }).isChecked(), true)
    const points = () => page.locator('[role=row] [role=gridcell]:nth-child(3) .after').evaluateAll((all) => new Set(all.map((one) => Math.round(one.getBoundingClientRect().left))).size)
    await becomes(points, 1)
    await clean(inspect(page, 'prices'))
  })
  await check('every model is found by its name, its provider or both', async () => {
    await page.getByRole('checkbox', { name: 'Used by me' }).uncheck()
    await page.getByRole('searchbox', { name: 'Search models' }).fill('openai gpt-5-nano')
    await rowOf(page, 'gpt-5-nano').waitFor()
    await page.getByRole('searchbox', { name: 'Search models' }).fill('a model that nobody ever made')
    await page.getByText('No model with a price has').waitFor()
    await clean(inspect(page, 'prices-none'))
    await button(page, 'Show all models').click()
    await page.getByText(/^1,\d\d\d models$/).waitFor()
  })
  await check('the list is readable at every size, and with long names', async () => {
    for (const size of ['small', 'zoomed', 'phone', 'wide']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `prices-${size}`, { axe: size === 'zoomed' }))
    }
  })
  await check('the list is walked through by keyboard, and a row opens', async () => {
    const first = page.locator('[data-row="0"]')
    await first.focus()
    await page.keyboard.press('End')
    await page.waitForFunction(() => Number(document.activeElement?.getAttribute('data-row')) > 1000)
    await page.keyboard.press('Home')
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-row') === '0')
    await page.keyboard.press('Enter')
    await drawer(page).getByRole('heading', { name: 'History' }).waitFor()
    await page.keyboard.press('Escape')
    await drawer(page).waitFor({ state: 'detached' })
  })
}

async function ownPrice({ page, go }) {
  await go('')
  await page.getByRole('searchbox', { name: 'Search models' }).fill('deepseek-v4-flash')
  await rowOf(page, 'deepseek-v4-flash').click()
  await drawer(page).getByRole('heading', { name: 'Now' }).waitFor()
  await check('a price with hours says them in words, and where it is from', async () => {
    await drawer(page).getByText(/Mon–Fri 09:00–12:00 \(UTC\+8\)/).first().waitFor()
    await clean(inspect(page, 'price-hours'))
  })
  await page.keyboard.press('Escape')
  await drawer(page).waitFor({ state: 'detached' })
  await page.getByRole('searchbox', { name: 'Search models' }).fill('gpt-5-nano')
  await rowOf(page, 'gpt-5-nano').click()
  await check('a rate that is none is said so at its field', async () => {
    await button(page, 'Set a price').click()
    await page.getByRole('textbox', { name: 'Fresh input' }).fill('-1')
    await button(page, 'Set this price').click()
    await page.getByText('Write a rate as 0.25').waitFor()
    await clean(inspect(page, 'price-form'))
  })
  await check('a price of your own holds over the catalogue’s, and stands in the history', async () => {
    await page.getByRole('textbox', { name: 'Fresh input' }).fill('0.123456789')
    await page.getByRole('textbox', { name: 'Note, for yourself' }).fill('What our contract says')
    await button(page, 'Set this price').click()
    await drawer(page).getByText('What our contract says').first().waitFor()
    await drawer(page).getByText('$0.123456789').first().waitFor()
    await clean(inspect(page, 'price-yours'))
  })
  await check('the catalogue’s price comes back from now on', async () => {
    await button(page, 'Reset to catalogue').click()
    const question = page.getByRole('dialog').filter({ has: button(page, 'Cancel') })
    await question.getByRole('button', { name: 'Reset to catalogue' }).click()
    await page.waitForFunction(() => ![...document.querySelectorAll('button')].some(({ textContent }) => textContent === 'Reset to catalogue'))
    await drawer(page).getByText('What our contract says').waitFor() // what was, still explains itself
    await page.keyboard.press('Escape')
    await drawer(page).waitFor({ state: 'detached' })
  })
}

async function unmatched({ page, go }) {
  await go('unmatched')
  await page.getByText('Models of which calls').waitFor()
  await check('models without a price say how many calls, and what they could cost', () => clean(inspect(page, 'prices-unmatched')))
  const like = page.getByRole('button', { name: /^Like (?!another)/ }).first()
  if ((await like.count()) === 0) return
  await check('an alias gives a model a price from now on, and can be taken away', async () => {
    await like.click()
    await page.getByText(/^It costs what/).waitFor()
    await clean(inspect(page, 'prices-alias'))
    await page.getByRole('button', { name: /^Remove the alias/ }).click()
    await page.getByText(/^It costs what/).waitFor({ state: 'detached' })
  })
}

/** The shipped book as a published catalogue, with another price for a model from tomorrow on and a new one. */
async function published(secret) {
  const day = new Date().toISOString().slice(0, 10)
  const lines = async (name, as) => (await readFile(path.join(root, 'billing', 'book', name), 'utf8')).split('\n').filter(Boolean).map((line) => `{"${as}":${line}}`)
  const card = { id: 'openai/gpt-test', provider: 'openai', model: 'gpt-test', rates: { input: '1', output: '4' }, source: 'test', url: 'https://example.org', checked_on: day }
  const body = [
    JSON.stringify({ edition: { schema: 1, version: Number(`${day.replaceAll('-', '')}07`), created_on: day } }),
    ...(await lines('catalog.jsonl', 'card')),
    JSON.stringify({ card }),
    ...(await lines('overlay.jsonl', 'overlay')),
    ...(await lines('terms.jsonl', 'term')),
    ...(await lines('fx.jsonl', 'rate')),
    '',
  ].join('\n')
  const raw = secret.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const signature = sign(null, Buffer.concat([Buffer.from('weir-prices 1\n'), Buffer.from(body)]), secret.privateKey)
  const head = { weir_prices: 1, key: createHash('sha256').update(raw).digest('hex').slice(0, 32), signature: signature.toString('base64') }
  return { file: `${JSON.stringify(head)}\n${body}`, key: raw.toString('base64') }
}

async function updates({ page, home, go }) {
  const catalogue = await published(generateKeyPairSync('ed25519'))
  const file = path.join(home, 'weir-prices.jsonl')
  await writeFile(file, catalogue.file)
  const openFile = () => page.locator('input[type=file]').first().setInputFiles(file)
  await go('updates')
  await page.getByRole('heading', { name: /came with Weir is in force/ }).waitFor()
  await check('a catalogue that nobody trusted signed is refused', async () => {
    await openFile()
    await page.getByText('Nobody whom you trust signed this catalogue').waitFor()
    await clean(inspect(page, 'prices-untrusted'))
  })
  await check('a publisher is trusted by hand, shown by a fingerprint', async () => {
    await button(page, 'Trust a publisher').click()
    await page.getByRole('textbox', { name: 'Public key' }).fill('not a key')
    await page.getByRole('textbox', { name: 'Name of the publisher' }).fill('Our own team')
    await button(page, 'Trust this key').click()
    await page.getByText('This is no public key').waitFor()
    await clean(inspect(page, 'prices-trust'))
    await page.getByRole('textbox', { name: 'Public key' }).fill(catalogue.key)
    await button(page, 'Trust this key').click()
    await page.getByText(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/).waitFor()
  })
  await check('what a catalogue would change is shown before it is applied', async () => {
    await openFile()
    await page.getByText('gpt-test', { exact: true }).waitFor()
    await page.getByText('1 price changes.').waitFor()
    await clean(inspect(page, 'prices-difference'))
  })
  await check('it is applied on a click, and taken back on another', async () => {
    await page.getByRole('button', { name: /^Apply catalogue/ }).click()
    await page.getByRole('heading', { name: /^Catalogue \d+ is in force$/ }).waitFor()
    await clean(inspect(page, 'prices-applied'))
    await button(page, 'Take back').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click()
    await page.getByRole('heading', { name: /came with Weir is in force/ }).waitFor()
    for (const size of ['small', 'zoomed', 'wide']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `prices-updates-${size}`, { axe: false }))
    }
  })
  await check('a rate of exchange is entered and forgotten', async () => {
    await page.getByLabel('Day', { exact: true }).fill('2026-11-20')
    await page.getByRole('textbox', { name: 'Yuan for a dollar' }).fill('7.12')
    await button(page, 'Add').click()
    await page.getByText(/¥7\.12 for \$1 \(entered by you\)/).waitFor()
    await page.getByRole('button', { name: /^Forget the rate/ }).click()
    await page.getByText(/¥7\.12 for \$1/).waitFor({ state: 'detached' })
  })
}
