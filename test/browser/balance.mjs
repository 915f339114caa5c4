// What is left at providers, and the check of how one counts, on a stand-in that remembers what it was asked.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { makeFormsWorld, refusal } from './forms-world.mjs'
import { becomes, check } from './harness.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })
const row = (page, id) => page.locator(`[data-row="${id}"]`)
const dialog = (page) => page.getByRole('dialog')

const ago = (minutes) => new Date(Date.now() - minutes * 60_000 - 5_000).toISOString()
const told = (differs) => ({ key_id: 'pk', kind: 'account', currency: 'USD', left: '12.4', total: null, used: null, unlimited: false, fetched_at: ago(3), error: null, also: [], ...differs })
const down = 'SiliconFlow, China (api.siliconflow.cn) has trouble of its own (status 503).'

/** Providers that tell what is left, each in a way of its own. */
export function makeBalanceWorld() {
  const world = makeFormsWorld(30)
  const types = world.ops['providers.types']().map((type) => ({ ...type, tells_balance: ['openrouter', 'deepseek', 'new-api'].includes(type.type) }))
  const provider = (id, name, type, balance, differs = {}) => ({ ...world.providers[0], id, name, type, state: 'ok', message: null, enabled: true, dialect: 'openai-chat', models: [], map: {}, keys: [{ id: 'pk', mask: '…a1b2', state: 'ok', message: null }], balance, counting: null, ...differs })
  world.providers = [
    provider('ch_or', 'OpenRouter', 'openrouter', told({ kind: 'key_limit', left: '3.2', total: '10', used: '6.8', also: [told()] })),
    provider('ch_ds', 'DeepSeek', 'deepseek', told({ currency: 'CNY', fetched_at: ago(190), error: down })),
    provider('ch_na', 'The team gateway', 'new-api', told({ kind: null, currency: null, left: null, fetched_at: null, error: down }), { models: ['gpt-5', 'gpt-5-mini'] }),
    provider('ch_un', 'Without a limit', 'openrouter', told({ kind: 'key_limit', currency: null, left: null, unlimited: true })),
    provider('ch_co', 'A server with a long name that somebody gave it', 'custom-openai', null, { models: ['big'], base_url: 'http://127.0.0.1:8080/v1' }),
    provider('ch_new', 'Not asked yet', 'deepseek', null),
  ]
  const find = (id) => world.providers.find((one) => one.id === id)
  const change = (id, differs) => {
    world.providers = world.providers.map((one) => (one.id === id ? { ...one, ...differs } : one))
    return find(id)
  }
  world.plan = { dialect: 'openai-chat', calls: 3, prompt_tokens: 3004, output_tokens: 16, cost_usd: '0.0117' }
  world.found = { verdict: 'exclusive', set: 'exclusive', message: 'The prompt count leaves cached tokens out: it was 2,040 at first and 120 later, with 1,920 from a cache.' }
  const call = (n, prompt, read) => ({ call_id: world.at(n).id, prompt_tokens: prompt, cache_read_tokens: read, cache_write_tokens: 0, output_tokens: 1 })
  Object.assign(world.ops, {
    'providers.types': () => types,
    'providers.balance': ({ id }) => {
      world.asked.push({ op: 'providers.balance', id })
      return [change(id, { balance: told({ left: '7.25', currency: 'CNY', fetched_at: new Date().toISOString() }) })]
    },
    'providers.probe.preview': ({ id, model }) => {
      world.asked.push({ op: 'providers.probe.preview', id, model })
      return { model, ...world.plan }
    },
    'providers.probe.run': ({ id, model }) => {
      world.asked.push({ op: 'providers.probe.run', id, model })
      if (world.fails) throw refusal('bad_upstream', 'model', world.fails)
      const counting = { at: new Date().toISOString(), model, dialect: 'openai-chat', ...world.found, calls: [call(1, 2040, 0), call(3, 120, 1920)] }
      change(id, { counting, ...(counting.set && { count: counting.set }) })
      return counting
    },
  })
  return world
}

export async function weigh(browser, dist) {
  const world = makeBalanceWorld()
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (404|409|500)/ })
  const stage = { page: opened.page, world, standin }
  try {
    await opened.page.goto(`${standin.url}/#/providers`)
    await balances(stage)
    await counting(stage)
    await check('no error in the console of balances, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function everySize(page, name) {
  await clean(inspect(page, name))
  for (const size of ['small', 'zoomed']) {
    await page.setViewportSize(sizes[size])
    await clean(inspect(page, `${name}-${size}`, { axe: false }))
  }
  await page.setViewportSize(sizes.wide)
}

async function balances({ page, world }) {
  await check('each provider says what is left and how long ago that was; what is not known is no zero', async () => {
    await row(page, 'ch_or').getByText('Key limit $3.20 of $10 left · 3 min ago').waitFor()
    await row(page, 'ch_or').getByText('Account $12.40 left · 3 min ago').waitFor()
    await row(page, 'ch_ds').getByText(`Account ¥12.40 left · 3 h ago. It could not be asked since: ${down}`).waitFor()
    await row(page, 'ch_na').getByText(`What is left is not known: ${down}`).waitFor()
    await row(page, 'ch_un').getByText('The key has no limit · 3 min ago').waitFor()
    await row(page, 'ch_new').getByText('What is left was not asked yet.').waitFor()
    assert.equal(await row(page, 'ch_co').getByText('Ask what is left').count(), 0, 'nobody is asked who does not tell')
    assert.ok(!/[$¥]0/.test(await page.locator('main').innerText()), 'nothing is shown as nothing')
    await everySize(page, 'balance-list')
  })
  await check('a person can have a provider asked now', async () => {
    await row(page, 'ch_ds').getByRole('button', { name: 'Ask what is left at DeepSeek' }).click()
    await row(page, 'ch_ds').getByText('Account ¥7.25 left · just now').waitFor()
    assert.deepEqual(world.asked.at(-1), { op: 'providers.balance', id: 'ch_ds' })
  })
  await check('who cannot be asked says why', async () => {
    world.errors = { 'providers.balance': { kind: 'locked', message: 'Your system keychain is locked.' } }
    await row(page, 'ch_new').getByRole('button', { name: /Ask what is left/ }).click()
    await row(page, 'ch_new').getByText('Your system keychain is locked.').waitFor()
    world.errors = {}
  })
}

async function open(page, name) {
  await button(page, `More for ${name}`).click()
  await page.getByRole('menuitem', { name: 'Check how it counts…' }).click()
  await dialog(page).waitFor()
}

async function counting({ page, world }) {
  const model = page.getByLabel('Model to check with')
  const submit = page.locator('button[type=submit]')
  await check('nothing is called before a person has seen what it costs', async () => {
    await open(page, 'The team gateway')
    await becomes(() => model.inputValue(), 'gpt-5')
    await submit.click()
    await page.getByText('At most $0.0117 for 3 calls of up to 3,004 tokens in and 16 out.').waitFor()
    await page.getByText('“Weir\'s own check”').waitFor()
    assert.equal(world.asked.at(-1).op, 'providers.probe.preview')
    await everySize(page, 'counting-plan')
  })
  await check('another model has another price', async () => {
    world.plan = { ...world.plan, cost_usd: null }
    await model.fill('nobody-sells-this')
    await becomes(() => submit.innerText(), 'What it would cost')
    await model.press('Enter')
    await page.getByText('What it costs is unknown: nobody-sells-this has no known price.').waitFor()
    await clean(inspect(page, 'counting-unpriced'))
  })
  await check('a check that fails says why, and that nothing was changed', async () => {
    world.fails = 'The check could not be made. The team gateway answered with status 404: “no such model”. Nothing was changed.'
    await submit.click()
    await page.getByText(world.fails).waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
    await clean(inspect(page, 'counting-failed'))
    world.fails = null
  })
  await check('the numbers that prove it are shown, and what was set', async () => {
    await model.fill('gpt-5-mini')
    await submit.click()
    await button(page, 'Make the calls').click()
    await page.getByText('Set: excludes cache.').waitFor()
    await becomes(() => dialog(page).locator('tbody tr').allInnerTexts(), ['Call 1\t2,040\t0\t0', 'Call 2\t120\t1,920\t0'])
    await everySize(page, 'counting-found')
    await button(page, 'Close').click()
    await dialog(page).waitFor({ state: 'detached' })
    await row(page, 'ch_na').getByText('Cached tokens come on top of the prompt count.').waitFor()
    await row(page, 'ch_na').getByText(/^Checked .* with gpt-5-mini\. The prompt count leaves cached tokens out/).waitFor()
  })
  await check('without evidence the setting stays, and it can be tried again', async () => {
    world.found = { verdict: 'no_cache', set: null, message: 'No evidence: this upstream reported nothing from a cache, so it did not cache, or does not say so. The setting was left as it was.' }
    await open(page, 'A server with a long name that somebody gave it')
    await submit.click()
    await button(page, 'Make the calls').click()
    await dialog(page).getByText(world.found.message).waitFor()
    await becomes(() => page.getByText(/^Set:/).count(), 0)
    await button(page, 'Check again').click()
    await button(page, 'Make the calls').waitFor() // a form that is busy cannot be left
    await page.keyboard.press('Escape')
    await dialog(page).waitFor({ state: 'detached' })
  })
  await check('the form has the three ways by their names', async () => {
    await row(page, 'ch_co').getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('combobox', { name: /^Cached tokens/ }).click()
    await becomes(() => page.getByRole('option').allInnerTexts(), ['Auto', 'Includes cache', 'Excludes cache'])
    await page.keyboard.press('Escape')
    await page.getByRole('listbox').waitFor({ state: 'detached' })
    await page.getByText('choose “Check how it counts…” in its menu').waitFor()
    await button(page, 'Cancel').click()
    await dialog(page).waitFor({ state: 'detached' })
  })
}
